"""5.2: who calls connectionLost."""

from companion.check.clients import FIRST
from companion.check.exercise import asks
from companion.check.subject import Subject

LEAVES_OUT = ("demo-happens", "demo-ends")  # it ends later than its start


@asks(
    "stack",
    name=("the stack of connectionLost is printed", "打印出 connectionLost 的调用栈"),
    hint=(
        "traceback.print_stack() in connectionLost, and nowhere else",
        "在 connectionLost 里调用 traceback.print_stack()，别处不要",
    ),
)
def stack(subject: Subject) -> None:
    run = subject.run((FIRST,))
    printed = run.stdout + run.stderr
    ours = str(subject.file)
    frames = [line for line in printed.splitlines() if ours in line and ", in " in line]
    last = frames[-1].rpartition(", in ")[2] if frames else ""
    seen = f"the stack that is printed ends in {last}" if last else "no stack is printed"
    expected = "a stack from the reactor to connectionLost"
    subject.expect(last.rpartition(".")[2] == "connectionLost", expected, run, seen)
    subject.expect(", in run\n" in printed, expected, run, "the reactor is not on the stack")
