"""7.1: what the next pair gets."""

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Print, Ran, Runs

LEAVES_OUT = ("demo-happens",)  # it prints more than its start


def taken(subject: Subject) -> list[str]:
    """What the second pair of the Deferred is given, as a trace shows it."""
    return [
        str(event.took)
        for event in subject.traced().of(Ran)
        if event.pair == 2 and event.how != "passed"
    ]


@asks(
    "returns",
    name=(
        "got_poem returns something, and the next pair gets it",
        "got_poem 有返回值，下一级得到它",
    ),
    hint=(
        "a Python function without a return statement returns None",
        "没有 return 语句的 Python 函数返回 None",
    ),
)
def returns(subject: Subject) -> None:
    took = taken(subject)
    seen = "the next pair gets None" if took else ""
    holds = took and took[0] != "None"
    subject.expect(holds, "a result of got_poem for the next pair", subject.traced(), seen)


@asks(
    "prints",
    name=("poem_done prints what it gets", "poem_done 打印它得到的东西"),
    hint=("print the parameter of poem_done", "打印 poem_done 的参数"),
)
def prints(subject: Subject) -> None:
    run = subject.traced()
    inside = 0
    printed = ""
    for event in run.events:
        if isinstance(event, Runs | Ran) and event.pair == 2:
            inside += 1 if isinstance(event, Runs) else -1
        elif isinstance(event, Print) and inside:
            printed += event.text + "\n"
    value = (taken(subject) or ["None"])[0].strip("'\"…").partition("\\n")[0][:20]
    seen = f"it prints {printed.strip()!r}" if printed else "it prints nothing there"
    subject.expect(value in printed, f"a line with {value!r}, printed by poem_done", run, seen)
