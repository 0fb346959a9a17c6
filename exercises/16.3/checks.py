"""16.3: a plugin with options for a second poem and its port, found in its help."""

import re
from itertools import permutations

from companion.check.exercise import asks, options_of
from companion.check.servers import POEM, served
from companion.check.subject import Subject
from companion.peers import script
from companion.virtual.run import Run

SECOND = b"The second poem stands on a port of its own.\n"
PORT = 12345
CLIENTS = script.Client(1), script.Client(2, port=PORT)


def started(subject: Subject, *args: str) -> Run:
    return subject.run((), ("--poem", subject.poem_file(POEM), *args), clients=CLIENTS)


def pair(subject: Subject) -> tuple[Run, str, str]:
    """A run in which both new options are given, and their names: the poem's and the port's.

    Raises Unmet where there are none, or none has the second poem served.
    """
    names = [option.names[-1] for option in options_of(subject)]
    file = subject.poem_file(SECOND)
    run = subject.run((), ("--help",))
    for poem, port in permutations(names, 2):
        run = started(subject, poem, file, port, str(PORT))
        if len(run.clients) == 2 and run.clients[1].data == SECOND:
            return run, poem, port
    seen = f"the help has {', '.join(names)}" if names else "the help has no new option"
    subject.expect(False, "two options, which have a second poem served at a port", run, seen)
    return run, "", ""


@asks(
    "second",
    name=(
        "both options have a second poem served, beside the first",
        "给出两个选项，就多提供一首诗",
    ),
    hint=(
        "makeService makes a PoetryService and a TCPServer for it, where the options are there",
        "选项给出时，makeService 为它建一个 PoetryService 和一个 TCPServer",
    ),
)
def second(subject: Subject) -> None:
    run, _, _ = pair(subject)
    served(subject, run, 0, POEM, "the first poem at its port")
    served(subject, run, 1, SECOND, "the second poem at its port")


@asks(
    "none",
    name=("both may be left out", "两者都可以省略"),
    hint=(
        "an option that is not given is None: then nothing is made of it",
        "没有给出的选项是 None：那就什么都不建",
    ),
)
def none(subject: Subject) -> None:
    run = started(subject)
    served(subject, run, 0, POEM, "the first poem, without the options")


@asks(
    "one",
    name=("one without the other is refused", "只给其中一个会被拒绝"),
    hint=(
        "postOptions raises usage.UsageError where just one of them is None",
        "恰好有一个是 None 时，postOptions 抛出 usage.UsageError",
    ),
)
def one(subject: Subject) -> None:
    _, poem, port = pair(subject)
    for args in ((poem, subject.poem_file(SECOND)), (port, str(PORT))):
        run = subject.run((), ("--poem", subject.poem_file(POEM), *args))
        refused = run.how == "exit" and re.search("UsageError", run.stdout + run.stderr)
        subject.expect(refused, f"a UsageError where {args[0]} stands alone", run)
