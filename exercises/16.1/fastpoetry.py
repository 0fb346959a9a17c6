"""FastPoetry 2.0 with a second poem, whose services have a MultiService of their own."""

from twisted.application import internet, service
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.python import log


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.factory.service.sending.add(self)
        poem = self.factory.service.poem
        peer = self.transport.getPeer()
        log.msg(f"sending {len(poem)} bytes of poetry to {peer.host}:{peer.port}")
        self.transport.write(poem)
        self.transport.loseConnection()

    def connectionLost(self, reason):
        self.factory.service.poem_sent(self)


class PoetryFactory(ServerFactory):
    protocol = PoetryProtocol

    def __init__(self, service):
        self.service = service


class PoemError(SystemExit, Exception):
    """Ends twistd with one line; as a daemon it hears of nothing but an Exception."""


class PoetryService(service.Service):
    all_sent = None
    deadline = 10  # seconds for the poems in flight, when the service stops

    def __init__(self, poem_file):
        self.poem_file = poem_file
        self.sending = set()

    def startService(self):
        service.Service.startService(self)
        try:
            with open(self.poem_file, "rb") as poem_file:
                self.poem = poem_file.read()
        except OSError as err:
            raise PoemError(f"can't read {self.poem_file}: {err.strerror}") from None
        log.msg(f"loaded a poem from: {self.poem_file}")

    def stopService(self):
        from twisted.internet import reactor  # only now: twistd chooses which

        service.Service.stopService(self)
        if not self.sending:
            return None
        self.all_sent = Deferred()
        return self.all_sent.addTimeout(self.deadline, reactor).addErrback(self.gave_up)

    def poem_sent(self, protocol):
        self.sending.remove(protocol)
        if self.all_sent is not None and not self.sending:
            self.all_sent.callback(None)

    def gave_up(self, err):
        log.msg(f"gave up on {len(self.sending)} poems in flight")


port = 10000
iface = "localhost"
poem_file = "poetry/ecstasy.txt"

second_port = 10001
second_poem_file = "poetry/fascination.txt"

top_service = service.MultiService()

poetry_service = PoetryService(poem_file)
poetry_service.setServiceParent(top_service)

factory = PoetryFactory(poetry_service)
tcp_service = internet.TCPServer(port, factory, backlog=4096, interface=iface)
tcp_service.setServiceParent(top_service)

second_service = service.MultiService()
second_service.setServiceParent(top_service)

second_poetry_service = PoetryService(second_poem_file)
second_poetry_service.setServiceParent(second_service)

second_factory = PoetryFactory(second_poetry_service)
second_tcp_service = internet.TCPServer(second_port, second_factory, backlog=4096, interface=iface)
second_tcp_service.setServiceParent(second_service)

application = service.Application("fastpoetry")
top_service.setServiceParent(application)
