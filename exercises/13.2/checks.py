"""13.2: a transform server that may be left out."""

from companion.check.clients import FIRST, FIRST_POEM, REFUSED, TRANSFORM, arrived, shows
from companion.check.exercise import asks, own_options
from companion.check.subject import Subject
from companion.event import Close
from companion.peers.script import Script
from companion.virtual.run import Run

AS = "client-4.0"  # which knows of no transform server


def transform(subject: Subject, server: Script) -> Run:
    """The client's run with a transform server that an option names."""
    names = own_options(subject, "an option that takes the transform server's address")
    runs = [subject.run((server, FIRST), (name, "{1}", "{2}")) for name in names]
    return next((run for run in runs if run.how == "exit" and run.status == 0), runs[0])


@asks(
    "without",
    name=("without its address the poems come as they are", "没有给出它的地址时，诗原样到达"),
    hint=(
        "add the callback that transforms only where there is a server for it",
        "只有在有转换服务器时，才添加负责转换的回调",
    ),
)
def without(subject: Subject) -> None:
    run = subject.run((FIRST,))
    arrived(subject, run, FIRST_POEM)
    tried = any(event.how == "refused" for event in run.of(Close))
    seen = "it connects to a server that nobody has named"
    subject.expect(not tried, "no transform server asked", run, seen)


@asks(
    "with",
    name=("with its address the poems are transformed", "给出它的地址时，诗被转换"),
    hint=(
        "an option takes the address, as --transform HOST:PORT, and the others stay as they are",
        "用一个选项接受地址，例如 --transform HOST:PORT，其余参数不变",
    ),
)
def with_address(subject: Subject) -> None:
    run = transform(subject, TRANSFORM)
    wanted = FIRST_POEM.decode().lower()
    subject.expect(shows(run, wanted), "with an option, the poem in small letters", run)


@asks(
    "alone",
    name=("where only the transformation fails, the poem comes", "只有转换失败时，诗照样到达"),
    hint=(
        "the errback on the inner Deferred returns the poem as it was",
        "内层 Deferred 上的 errback 返回原来的诗",
    ),
)
def alone(subject: Subject) -> None:
    run = transform(subject, REFUSED)
    arrived(subject, run, FIRST_POEM)
    subject.expect(run.status == 0, "an end with status 0", run)
