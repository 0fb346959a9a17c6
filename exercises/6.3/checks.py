"""6.3: clientConnectionFailed is called after get_poetry has returned."""

from companion.check.clients import REFUSED
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Enter, Event, Leave, Print, Reactor


def prints_in(subject: Subject, name: str) -> list[Event]:
    """What is printed to standard output while a function of this name runs, itself or by what it
    calls."""
    calls: set[int] = set()
    found: list[Event] = []
    for event in subject.traced(servers=(REFUSED,)).events:
        if isinstance(event, Enter) and event.function.rpartition(".")[2] == name:
            calls.add(event.call)
        elif isinstance(event, Leave):
            calls.discard(event.call)
        elif isinstance(event, Print) and event.stream == "stdout" and calls:
            found.append(event)
    return found


@asks(
    "returns",
    name=("get_poetry says that it returns, at its end", "get_poetry 在末尾说它要返回了"),
    hint=(
        "the last line of get_poetry prints, after connectTCP: a print before it proves nothing",
        "get_poetry 的最后一行打印，要在 connectTCP 之后：在它之前打印证明不了什么",
    ),
)
def returns(subject: Subject) -> None:
    run = subject.traced(servers=(REFUSED,))
    printed = prints_in(subject, "get_poetry")
    subject.expect(printed, "a line printed in get_poetry", run, "it prints nothing there")


@asks(
    "fails",
    name=("clientConnectionFailed says that it is called", "clientConnectionFailed 说它被调用了"),
    hint=(
        "its first line prints, before it calls anything else",
        "它的第一行就打印，在调用别的函数之前",
    ),
)
def fails(subject: Subject) -> None:
    run = subject.traced(servers=(REFUSED,))
    inside = False
    for event in run.events:
        if isinstance(event, Enter):
            if inside:
                break
            inside = event.function.endswith("clientConnectionFailed")
        elif inside and isinstance(event, Print):
            return
        elif inside and isinstance(event, Leave):
            break
    seen = "it calls something else first, or prints nothing"
    subject.expect(False, "a line printed at the start of clientConnectionFailed", run, seen)


@asks(
    "between",
    name=("between them it says that the reactor runs now", "两者之间说 reactor 开始运行"),
    hint=("a print right before reactor.run", "在 reactor.run 之前打印一行"),
)
def between(subject: Subject) -> None:
    run = subject.traced(servers=(REFUSED,))
    events = list(run.events)
    runs = next((n for n, event in enumerate(events) if isinstance(event, Reactor)), len(events))
    printed = [n for n, event in enumerate(events[:runs]) if isinstance(event, Print)]
    of_call = prints_in(subject, "get_poetry")
    after = printed and events[printed[-1]] not in of_call
    seen = "the last line before it is that of get_poetry"
    subject.expect(after, "a line right before reactor.run", run, seen)
