"""18.5: a DeferredDict, tried by a program that makes some."""

import json
from typing import Any

from companion.check.exercise import asks
from companion.check.subject import Subject

LEAVES_OUT = ("demo-happens",)  # it need not fire what its start fires
MARK = "@@ "
CALLER = """\
import json
import runpy

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

names = runpy.run_path({path!r}, run_name="dict")
DeferredDict = next(names[one] for one in names if one.lower().replace("_", "") == "deferreddict")


def made(*keys):
    deferreds = {{key: Deferred() for key in keys}}
    seen = []
    DeferredDict(deferreds).addBoth(lambda result: seen.append(result))
    return deferreds, seen


def plain(result):
    if not isinstance(result, dict):
        return None
    return {{k: v[1] if isinstance(v, tuple) and len(v) == 2 else v for k, v in result.items()}}


deferreds, seen = made("b", "a", "c")
for key in "acb":
    early = len(seen)
    deferreds[key].callback(key.upper())
results = plain(seen[0]) if seen else None
_, empty = made()
deferreds, fails = made("good", "bad")
deferreds["bad"].errback(ValueError("bad"))
deferreds["good"].callback("good")
told = {{"early": early, "results": results, "empty": plain(empty[0]) if empty else None}}
told["fails"] = len(fails)
print("{mark}" + json.dumps(told))
"""


def tried(subject: Subject) -> dict[str, Any]:
    """What the program has seen. Raises Unmet where the file has no DeferredDict, or it breaks."""
    caller = subject.folder / "caller.py"
    caller.write_text(CALLER.format(path=str(subject.file), mark=MARK), encoding="utf-8")
    run = Subject(caller, subject.stage, subject.folder).run((), ())
    told = [line for _, _, line in run.lines if line.startswith(MARK)]
    seen = "the file has no such name" if "StopIteration" in run.stderr else ""
    expected = "a DeferredDict, to be called with a dictionary of Deferreds"
    subject.expect(told, expected, run, seen)
    found: dict[str, Any] = json.loads(told[-1].removeprefix(MARK))
    return found


@asks(
    "results",
    name=("it fires with each result under its key", "触发时，每个结果都在自己的键下"),
    hint=(
        "a DeferredList of the values keeps their order: zip the keys with its result",
        "用所有的值组成 DeferredList，顺序不变：再用 zip 把键和结果配起来",
    ),
)
def results(subject: Subject) -> None:
    found = tried(subject)["results"]
    seen = f"it gives {found}" if found is not None else "it gives no dictionary"
    right = found == {"a": "A", "b": "B", "c": "C"}
    expected = "the results A, B and C under a, b and c"
    subject.expect(right, expected, subject.run(), seen)


@asks(
    "last",
    name=("it fires when all of them have, and not before", "全部触发之后才触发，不提前"),
    hint=("count them, or let a DeferredList do it", "数一数，或者让 DeferredList 来数"),
)
def last(subject: Subject) -> None:
    early = tried(subject)["early"]
    subject.expect(not early, "no firing before the last", subject.run(), "it fires too early")


@asks(
    "empty",
    name=("an empty dictionary fires at once, with {}", "空字典立刻触发，结果是 {}"),
    hint=(
        "nobody will call a callback of yours then: see to this case when it is made",
        "这时没有谁会调用你的回调：在创建时就要处理这种情形",
    ),
)
def empty(subject: Subject) -> None:
    found = tried(subject)["empty"]
    seen = "it never fires" if found is None else f"it gives {found}"
    subject.expect(found == {}, "an empty dictionary at once", subject.run(), seen)


@asks(
    "failure",
    name=("it fires, or fails, where one of them fails", "其中一个失败时，它也会触发，或者失败"),
    hint=(
        "a value that fails must be counted, too: addBoth, or DeferredList with its pairs",
        "失败的值也要算进去：用 addBoth，或者 DeferredList 给出的那一对",
    ),
)
def failure(subject: Subject) -> None:
    found = tried(subject)["fails"]
    expected = "one firing, as a result or a failure, where one value fails"
    subject.expect(found == 1, expected, subject.run(), "it never fires")
