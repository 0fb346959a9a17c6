"""A small web client: it asks for one page, and prints what comes."""

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.web.client import Agent, readBody


async def fetch(reactor):
    response = await Agent(reactor).request(b"GET", b"http://example.com/hello")
    body = await readBody(response)
    print(response.code, body.decode())


react(lambda reactor: Deferred.fromCoroutine(fetch(reactor)))
