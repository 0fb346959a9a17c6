"""What another program prints, in a Deferred."""

from twisted.internet import reactor
from twisted.internet.utils import getProcessOutput


def end(output):
    print(output.decode().strip())
    reactor.stop()


reactor.callWhenRunning(lambda: getProcessOutput("/bin/echo", ["a word"]).addBoth(end))
reactor.run()
# refused: a child process (os.posix_spawnp), in process_output.py, line 12
# prints: a word
