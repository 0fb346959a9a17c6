"""8.2: the Deferred passes the address on."""

from companion.check.clients import AFTER, BEFORE, GOOD, REFUSED
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Pair


@asks(
    "origin",
    name=("each poem is printed with its origin", "每首诗都和来源一起打印"),
    hint=(
        "the extra arguments come after the result: got_poem(poem, host, port)",
        "额外的参数排在结果后面：got_poem(poem, host, port)",
    ),
)
def origin(subject: Subject) -> None:
    run = subject.run((*GOOD, REFUSED))
    lines = run.stdout.splitlines()
    for number, poem in enumerate((BEFORE, AFTER)):
        text, port = poem.decode().strip(), str(10000 + number)
        subject.expect(text in run.stdout, f"the poem of port {port}", run)
        at = next(n for n, line in enumerate(lines) if text in line)
        near = "\n".join(lines[max(0, at - 2) : at + 3])
        expected = f"the address of port {port} beside its poem"
        subject.expect(port in near, expected, run, f"beside the poem stands {near!r}")
    subject.expect("10002" in run.stderr + run.stdout, "a line that names the failed server", run)


@asks(
    "extra",
    name=("the Deferred passes the address on", "地址由 Deferred 传给回调"),
    hint=(
        "addErrback(function, host, port), addCallbacks(..., callbackArgs=..., errbackArgs=...)",
        "addErrback(function, host, port)，addCallbacks(..., callbackArgs=..., errbackArgs=...)",
    ),
)
def extra(subject: Subject) -> None:
    run = subject.traced(servers=(*GOOD, REFUSED))
    pairs = run.of(Pair)
    passed = any(event.extra for event in pairs)
    seen = "its functions are added without any more arguments"
    subject.expect(passed, "a pair that is added with arguments of its own", run, seen)
