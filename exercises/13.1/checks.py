"""13.1: a transformation that the user names."""

from companion.check.clients import FIRST, FIRST_POEM, arrived, shows
from companion.check.exercise import asks, own_options
from companion.check.servers import netstring
from companion.check.subject import Subject
from companion.event import Open
from companion.peers import script
from companion.peers.script import CLOSE
from companion.virtual.run import Run

ANSWER = b"What the server makes of it\n"


def transform(subject: Subject, name: str, *steps: script.TimedAction) -> Run:
    """The client's run with a server that takes these steps where it is asked for `name`."""
    request = netstring(name.encode() + b"." + FIRST_POEM)
    servers = script.answering(*steps, request=request), FIRST
    options = own_options(subject, "an option that takes the transformation's name")
    runs = [subject.run(servers, (option, name, "{1}", "{2}")) for option in options]
    return next((run for run in runs if run.how == "exit" and run.status == 0), runs[0])


@asks(
    "named",
    name=("the server is asked for the name that is given", "向服务器请求用户给出的转换"),
    hint=(
        "an option takes the name, and TransformProxy.xform hands it on",
        "用一个选项接受名字，TransformProxy.xform 会把它传过去",
    ),
)
def named(subject: Subject) -> None:
    run = transform(subject, "upper", (0.0, netstring(ANSWER)), (0.0, CLOSE))
    expected = "with an option, the server asked for upper, and its answer printed"
    subject.expect(shows(run, ANSWER.decode()), expected, run)


@asks(
    "unknown",
    name=(
        "where the server does not know the name, the poem comes as it was",
        "服务器不认识这个名字时，诗原样到达",
    ),
    hint=(
        "only the server knows which names there are: ask it, and let the errback mend the rest",
        "只有服务器知道有哪些名字：去问它，其余的交给 errback",
    ),
)
def unknown(subject: Subject) -> None:
    run = transform(subject, "no-such-name", (0.5, CLOSE))
    arrived(subject, run, FIRST_POEM, lower=False)
    asked = [event for event in run.of(Open) if event.lane == 1]
    subject.expect(run.how == "exit" and asked, "an end, after the server was asked", run)
