"""The second port has the first poem."""

from twisted.application import internet, service
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.plugin import IPlugin
from twisted.python import log, usage
from zope.interface import implementer


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ValueError(f"{text!r} is not a port from 1 to 65535")


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


class Options(usage.Options):
    optParameters = [
        ["port", "p", 10000, "The port to listen on.", parse_port],
        ["poem", None, None, "The file that holds the poem."],
        ["iface", None, "localhost", "The interface to listen on."],
        ["second-poem", None, None, "The file that holds a second poem."],
        ["second-port", None, None, "The port for the second poem.", parse_port],
    ]

    def postOptions(self):
        if self["poem"] is None:
            raise usage.UsageError("--poem is needed: the file that holds the poem")
        if (self["second-poem"] is None) != (self["second-port"] is None):
            raise usage.UsageError("--second-poem and --second-port are needed together")


@implementer(service.IServiceMaker, IPlugin)
class PoetryServiceMaker:
    tapname = "fastpoetry"
    description = "A fast poetry service."
    options = Options

    def makeService(self, options):
        top_service = service.MultiService()

        poetry_service = PoetryService(options["poem"])
        poetry_service.setServiceParent(top_service)

        factory = PoetryFactory(poetry_service)
        tcp_service = internet.TCPServer(
            options["port"], factory, backlog=4096, interface=options["iface"]
        )
        tcp_service.setServiceParent(top_service)

        if options["second-poem"] is not None:
            second_service = PoetryService(options["second-poem"])
            second_service.setServiceParent(top_service)

            factory = PoetryFactory(poetry_service)  # wrong: second
            tcp_service = internet.TCPServer(
                options["second-port"], factory, backlog=4096, interface=options["iface"]
            )
            tcp_service.setServiceParent(top_service)

        return top_service


# twistd looks for an object like this one; its name is of no account.
service_maker = PoetryServiceMaker()
