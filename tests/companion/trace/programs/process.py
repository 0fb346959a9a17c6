"""A child process that sorts what it is given."""

from twisted.internet import reactor
from twisted.internet.protocol import ProcessProtocol


class Sort(ProcessProtocol):
    def connectionMade(self):
        self.transport.write(b"pear\napple\n")
        self.transport.closeStdin()

    def outReceived(self, data):
        print(data.decode().split())

    def processEnded(self, reason):
        print("status", reason.value.exitCode)
        reactor.stop()


reactor.callWhenRunning(reactor.spawnProcess, Sort(), "sort", ["sort"], {"PATH": "/usr/bin:/bin"})
reactor.run()
# refused: a child process (os.posix_spawnp), in process.py, line 21
# prints: ['apple', 'pear']
# prints: status 0
