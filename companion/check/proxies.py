"""What a proxy must do: the checks of a learner's own."""

from collections.abc import Iterator
from dataclasses import dataclass

from companion.check.servers import ANY_END, BYTES, got, served
from companion.check.subject import Check, Subject, interrupted, usage
from companion.peers import script
from companion.peers.script import CLOSE, Script
from companion.virtual.run import VirtualRun

UPSTREAM = script.slow(BYTES, 7, 0.1)
TWICE = script.reader(1), script.reader(10)


@dataclass(eq=False)
class Recovering:
    """The steps of a server whose first connection is reset half-way, and no other."""

    poem: bytes
    connections: int = 0

    def __call__(self) -> Iterator[script.Step]:
        self.connections += 1
        if self.connections == 1:
            return iter(((0.0, self.poem[:10]), (0.5, script.RESET)))
        return iter(((0.0, self.poem), (0.0, CLOSE)))


def proxy_whole(subject: Subject) -> None:
    run = subject.run((UPSTREAM,), clients=TWICE)
    served(subject, run, 0, BYTES, "the poem of the server behind it, as it is")


def proxy_caches(subject: Subject) -> None:
    run = subject.run((UPSTREAM,), clients=TWICE)
    served(subject, run, 1, BYTES, "the poem for a second client, too")
    fetched = sum(event.kind == "open" and "lane" in event.fields for event in run.events)
    happened = f"it was fetched {fetched} times"
    subject.expect(fetched == 1, "one download for two clients, one after the other", run, happened)


def told_so(subject: Subject, run: VirtualRun, number: int) -> None:
    """Raises Unmet where a client whose poem can't be had waits on, or is given part of it."""
    client = run.clients[number]
    holds = client.how in ANY_END and not (client.how == "done" and client.data)
    subject.expect(holds, "an end for the client, and no half poem", run, got(client))


def proxy_refused(subject: Subject) -> None:
    run = subject.run((script.refused(),), clients=TWICE)
    for number in range(2):
        told_so(subject, run, number)


def proxy_recovers(subject: Subject) -> None:
    run = subject.run((Script(Recovering(BYTES)),), clients=TWICE)
    told_so(subject, run, 0)
    served(subject, run, 1, BYTES, "the whole poem for the next client, once it can be had")


def proxy_cancels(subject: Subject) -> None:
    clients = script.leaver(after=0.25, at=1), script.reader(10)
    run = subject.run((UPSTREAM,), clients=clients)
    closed = [e for e in run.events if e.kind == "close" and "lane" in e.fields]
    hung_up = closed and closed[0]["how"] == "left" and closed[0].t < 1.4
    expected = "a client that leaves after 0.25 s, and the download hung up then"
    subject.expect(hung_up, expected, run, "" if subject.crash(run) else "the download went on")
    served(subject, run, 1, BYTES, "the whole poem for the next client")


def proxy_usage(subject: Subject) -> None:
    usage(subject, ("--port", "99999", "10000"), ("abc",), ())


def proxy_interrupted(subject: Subject) -> None:
    interrupted(subject, subject.run((UPSTREAM,), signals=((1.0, "SIGINT"),)), 1.0)


CHECKS = (
    Check(
        "proxy-whole",
        "a client gets the poem of the server behind the proxy",
        14,
        "the poem may be there or still to come: a Deferred is right for both",
        proxy_whole,
    ),
    Check(
        "proxy-caches",
        "the next client gets the poem from the cache",
        14,
        "keep the poem in the service before you hand it on",
        proxy_caches,
    ),
    Check(
        "proxy-refused",
        "a server that can't be reached keeps no client waiting",
        14,
        "an errback of the protocol ends the connection to the client",
        proxy_refused,
    ),
    Check(
        "proxy-recovers",
        "half a poem is neither passed on nor cached",
        14,
        "the reason of connectionLost tells a clean end from any other; cache nothing but a result",
        proxy_recovers,
    ),
    Check(
        "proxy-cancels",
        "a client that leaves cancels its download",
        19,
        "connectionLost cancels the Deferred, and its canceller hangs up on the server",
        proxy_cancels,
        only=frozenset(("proxy-3.0",)),
    ),
    Check(
        "proxy-usage",
        "a wrong command line is refused with status 2",
        2,
        "argparse does it: a type that raises for what is no port from 1 to 65535",
        proxy_usage,
    ),
    Check(
        "proxy-interrupted",
        "Ctrl-C ends the proxy at once",
        3,
        "reactor.run() returns at Ctrl-C; then sys.exit tells that a signal was the end",
        proxy_interrupted,
    ),
)
