"""Part 15's stage, with tests for the transform server and the proxy."""

import importlib.util
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.error import ConnectionRefusedError
from twisted.trial.unittest import TestCase

CLIENT = "twisted-client-4/get-poetry.py"
ROOT = next(path for path in Path(__file__).resolve().parents if (path / CLIENT).is_file())
POEM = "This is a test.\nThis is only a test.\n"


def load(path):
    """A stage as a module: its folder's name can't be imported, and trial changes folder."""
    spec = importlib.util.spec_from_file_location("stage", ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = load(CLIENT)
server = load("twisted-server-1/fastpoetry.py")
transform = load("twisted-server-1/transformedpoetry.py")
proxy = load("twisted-server-2/poetry-proxy.py")


class PoetryTestCase(TestCase):
    def setUp(self):
        factory = server.PoetryFactory(POEM.encode())
        self.port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.portnum = self.port.getHost().port

    def tearDown(self):
        port, self.port = self.port, None
        return port.stopListening()

    def test_client(self):
        """The client downloads the poem that the server serves."""
        d = client.get_poetry("127.0.0.1", self.portnum)
        return d.addCallback(self.assertEqual, POEM)

    def test_failure(self):
        """Where nobody listens, the client's Deferred fails."""
        d = self.port.stopListening()
        d.addCallback(lambda _: client.get_poetry("127.0.0.1", self.portnum))
        return self.assertFailure(d, ConnectionRefusedError)


class TransformTestCase(TestCase):
    def test_cummingsify(self):
        """The service makes a poem lower case."""
        poem = transform.TransformService().cummingsify(POEM)
        self.assertEqual(poem, POEM.lower())


class ProxyTestCase(TestCase):
    def setUp(self):
        self.connections = []
        factory = server.PoetryFactory(POEM.encode())
        make = factory.buildProtocol
        factory.buildProtocol = lambda addr: self.connections.append(addr) or make(addr)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.service = proxy.ProxyService("127.0.0.1", port.getHost().port)

    def test_fetches_once(self):
        """The second client gets the poem that the first one has had fetched."""
        d = self.service.get_poem()
        d.addCallback(lambda _: self.service.get_poem())
        d.addCallback(self.assertEqual, POEM.encode())
        return d.addCallback(lambda _: self.assertEqual(len(self.connections), 1))
