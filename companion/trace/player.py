"""The player: markup in which a run, or two on one clock, is stepped through, event by event.

What there is to say is said here: the events, a sentence for each, the script in its colours, the
lanes under the scrubber. The script in the page, `player.js`, derives the state from the events.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from companion.diff.definitions import Source, SourceError, read_source
from companion.diff.html import HTML_LANG, Link, asset, template
from companion.diff.syntax import Piece, pieces, spans
from companion.event import ConnectionEnd
from companion.render.axis import Axis
from companion.render.text import visible
from companion.trace.lanes import MARKS, Lane, Marks
from companion.trace.legend import drawn
from companion.trace.picture import trace_svg
from companion.trace.sentences import sentences
from companion.trace.text import axis_end, group_text, groups, head, task_groups
from companion.trace.trace import Trace, in_order
from companion.trace.words import say
from companion.tutorial.stages import Stage
from companion.tutorial.typed import path_typed

WIDTH, HEIGHT = 1000, 10  # of a lane, in units that the page stretches
EVER = "mark-ever"
CLASSES = {
    "open": "open",
    "cut": "cut",
    **{mark: f"mark-{name}" for mark, name in MARKS.items()},
    "ever": EVER,
}
# What is shown of a state, and the kinds of event that it comes from; connections have lanes.
PARTS = {
    "stack": {"enter"},
    "reactor": {"reactor", "wait", "timer"},
    "deferreds": {"deferred"},
    "connections": set[str](),
    "output": {"print"},
}
MOVES = ("step", "over", "turn", "second", "line", "failure")
KEYS = {"step": ("←", "→"), "over": ("O", "o"), "turn": ("T", "t"), "line": ("L", "l")}
KEYS |= {"second": ("S", "s"), "failure": ("F", "f")}

TEXTS = {
    "en": {
        "player": "Step through the run",
        "step": "step",
        "over": "over",
        "turn": "turn",
        "second": "second",
        "line": "this line",
        "failure": "failure",
        "back": "back: {}",
        "forward": "forward: {}",
        "keys": "Keys",
        "key step": "one event back, or on",
        "key over": "over a call: to its end, or to what comes next beside it",
        "key turn": "to where the control passes: the reactor waits, or calls the code",
        "key second": "to what happens a second later, or earlier",
        "key line": "to where the current line runs; to another line by its number in the script",
        "key failure": "to where something fails: an exception, a failure, a broken connection",
        "ends": "to the first event, or the last",
        "big": "with Shift, a letter goes back",
        "lanes": "The lanes: a place in them is a moment",
        "script": "The script",
        "no script": "The script is not at hand.",
        "next time": "to the next time that line {} runs",
        "stack": "The stack",
        "reactor": "The reactor",
        "connections": "Connections",
        "deferreds": "Deferreds",
        "output": "Output",
        "picture": "The whole run",
        # What the script in the page says.
        "whose": "{}: {}",
        "position": "event {} of {}, {} s",
        "no more": "There is no more.",
        "no code": "None of the code runs.",
        "in control": "reactor.run: the reactor has the control",
        "in loop": "reactor.run, which calls:",
        "at line": "line {}",
        "by library": "called by the library",
        "in task": "in {}",
        "in thread": "in thread {}",
        "returned": "returns {}",
        "yielded": "yields {}",
        "raised": "raises {}",
        "runs": "It runs.",
        "rests": "It does not run.",
        "waits": "It waits in {}, until {} s.",
        "waits ever": "It waits in {}, for ever.",
        "itself": "The code itself waits in {}, until {} s.",
        "itself ever": "The code itself waits in {}, for ever.",
        "ready": "Ready: {}",
        "ready lane": "{}, {} bytes",
        "nothing ready": "Nothing is ready.",
        "timer": "Timer {}: {} at {} s, in {} s",
        "due": "Timer {}: {} is due",
        "server": "server {}",
        "client": "client {}",
        "arrived": "{} bytes arrived, {} read",
        "arrived of": "{} of {} bytes arrived, {} read",
        "got": "{} taken",
        "open": "open",
        "not open": "not open yet",
        **{how: say("en", how) for how in get_args(ConnectionEnd)},
        "none yet": "None yet.",
        "made": "made in line {}",
        "made by library": "made by the library",
        "for": "for {}",
        "joins": "joins {}",
        "pair": "pair",
        "hand": "In its hand: {}",
        "hand failed": "In its hand, a failure: {}",
        "not fired": "not fired yet",
        "fired": "fired",
        "fired again": "fired a second time",
        "on": "waits on D{}",
        "running": "pair {} runs",
        "cancelled": "cancelled",
        "unhandled": "its failure is unhandled",
        "pass": "passes on",
        "tell": "tells D{}",
        "resume": "D{} goes on",
        "mark runs": "runs now",
        "mark returned": "ran",
        "mark raised": "ran, and raised",
        "passed by": "passed by",
        "to come": "to come",
        "more": "… {} more",
        "between": ", ",
        "between ready": "; ",
        "between Deferreds": ", ",
    },
    "zh": {
        "player": "逐步查看这次运行",
        "step": "一步",
        "over": "越过",
        "turn": "一轮",
        "second": "一秒",
        "line": "这一行",
        "failure": "失败",
        "back": "后退：{}",
        "forward": "前进：{}",
        "keys": "按键",
        "key step": "后退或前进一个事件",
        "key over": "越过一次调用：到它结束，或到同一层的下一个事件",
        "key turn": "到控制权转移之处：reactor 等待，或调用代码",
        "key second": "到一秒之后或之前发生的事",
        "key line": "到当前行再次运行之处；其他行请点脚本中的行号",
        "key failure": "到出错之处：异常、失败或断开的连接",
        "ends": "到第一个或最后一个事件",
        "big": "同时按 Shift，字母键则后退",
        "lanes": "各个通道：其中每个位置是一个时刻",
        "script": "脚本",
        "no script": "找不到脚本。",
        "next time": "到第 {} 行下一次运行之处",
        "stack": "调用栈",
        "reactor": "reactor",
        "connections": "连接",
        "deferreds": "Deferred",
        "output": "输出",
        "picture": "整个运行",
        "whose": "{}：{}",
        "position": "第 {} 个事件，共 {} 个，{} 秒",
        "no more": "没有更多了。",
        "no code": "没有代码在运行。",
        "in control": "reactor.run：控制权在 reactor 手中",
        "in loop": "reactor.run，它调用：",
        "at line": "第 {} 行",
        "by library": "由库调用",
        "in task": "在 {} 中",
        "in thread": "在线程 {} 中",
        "returned": "返回 {}",
        "yielded": "yield {}",
        "raised": "抛出 {}",
        "runs": "正在运行。",
        "rests": "没有运行。",
        "waits": "在 {} 中等待，到 {} 秒。",
        "waits ever": "在 {} 中永远等待。",
        "itself": "代码自己在 {} 中等待，到 {} 秒。",
        "itself ever": "代码自己在 {} 中永远等待。",
        "ready": "就绪：{}",
        "ready lane": "{}，{} 字节",
        "nothing ready": "没有就绪的。",
        "timer": "定时器 {}：{}，在 {} 秒，还有 {} 秒",
        "due": "定时器 {}：{}，已到时",
        "server": "服务器 {}",
        "client": "客户端 {}",
        "arrived": "到达 {} 字节，已读 {}",
        "arrived of": "到达 {} 字节（共 {}），已读 {}",
        "got": "收到 {}",
        "open": "已建立",
        "not open": "尚未建立",
        **{how: say("zh", how) for how in get_args(ConnectionEnd)},
        "none yet": "还没有。",
        "made": "创建于第 {} 行",
        "made by library": "由库创建",
        "for": "代表 {}",
        "joins": "汇合 {}",
        "pair": "对",
        "hand": "手中：{}",
        "hand failed": "手中是一个失败：{}",
        "not fired": "尚未触发",
        "fired": "已触发",
        "fired again": "第二次触发",
        "on": "等待 D{}",
        "running": "第 {} 对正在运行",
        "cancelled": "已取消",
        "unhandled": "它的失败无人处理",
        "pass": "直接传递",
        "tell": "通知 D{}",
        "resume": "D{} 继续",
        "mark runs": "正在运行",
        "mark returned": "已运行",
        "mark raised": "已运行，并抛出",
        "passed by": "被越过",
        "to come": "还未轮到",
        "more": "… 还有 {} 个",
        "between": "，",
        "between ready": "；",
        "between Deferreds": "、",
    },
}


@dataclass(frozen=True)
class Code:
    """A line of a script: its number, its pieces, and whether an event names it."""

    number: int
    pieces: tuple[Piece, ...]
    runs: bool


@dataclass(frozen=True)
class Track:
    """A lane under the scrubber, or the code: its name, what came of it, its shapes by class."""

    name: str
    said: str
    shapes: dict[str, str]


@dataclass(frozen=True)
class Played:
    """A run that is played, with its script where that is at hand."""

    trace: Trace
    script: Source | None
    lang: str

    @property
    def title(self) -> str:
        return head(self.trace, self.lang)

    @cached_property
    def data(self) -> dict[str, object]:
        """The events, and their sentences: each text once, and which of them an event has."""
        said: dict[str, int] = {}
        events = self.trace.events
        says = [said.setdefault(text, len(said)) for text in sentences(events, self.lang)]
        records = [event.record for event in events]
        for record in records:
            del record["stage"]
        stage = events[0].stage if events else ""
        return {"stage": stage, "events": records, "said": list(said), "says": says}

    @property
    def parts(self) -> Iterator[str]:
        """What is shown of its state: the parts that there is ever something in."""
        kinds = {event.kind for event in self.trace.events}
        for part, needed in PARTS.items():
            if kinds & needed or (part == "connections" and self.trace.lanes):
                yield part

    @property
    def code(self) -> Iterator[Code]:
        """Its script, line by line."""
        if self.script is None:
            return
        named = {
            getattr(event, name, None) for event in self.trace.events for name in ("line", "at")
        }
        colours = spans(self.script)
        for number, text in enumerate(self.script.lines, 1):
            cut = tuple(pieces(text, colours[number - 1], ()))
            yield Code(number, cut, number in named)

    def tracks(self, end: float, timed: bool) -> Iterator[Track]:
        """Its lanes and its code on an axis that ends at `end`: in seconds, or, where no time
        passes, in events."""
        trace = self.trace if timed else Trace(in_order(self.trace.events))
        axis = Axis(0, WIDTH, end)
        for group in groups(trace.lanes):
            name, said = group_text(group, self.lang)
            yield Track(visible(name), said, lane_shapes(group, axis))
        for name, marks, ever in task_groups(trace, self.lang):
            yield Track(visible(name), "", code_shapes(marks, ever, axis))


def script_of(stage: Stage | None) -> Source | None:
    """What a stage's script says; None where it can't be read."""
    if stage is None:
        return None
    with suppress(SourceError):
        is_own = os.path.isabs(stage.path)
        return read_source(stage.file, path_typed(stage.file) if is_own else stage.path)
    return None


def lane_shapes(group: Sequence[Lane], axis: Axis) -> dict[str, str]:
    """When some lanes were open, when bytes came, and where they were cut: paths by class."""
    there = [lane for lane in group if lane.is_open]
    spans = [
        (lane.opened or 0.0, axis.end if lane.closed is None else lane.closed) for lane in there
    ]
    whole = [(min(start for start, _ in spans), max(stop for _, stop in spans))] if spans else []
    return {
        "open": areas(whole, axis),
        "bytes": ticks((t for lane in group for t in lane.reads), axis),
        "cut": ticks((lane.cut for lane in group if lane.cut is not None), axis),
    }


def code_shapes(marks: Marks, ever: float | None, axis: Axis) -> dict[str, str]:
    """When the code waits, runs, or blocks, and since when it waits for ever: paths by class."""
    shapes = {CLASSES[mark]: areas(marks[mark], axis) for mark in "-!"}
    shapes[EVER] = "" if ever is None else areas([(ever, axis.end)], axis)
    return {**shapes, CLASSES["#"]: ticks((t for t, _ in marks["#"]), axis)}


def areas(spans: Iterable[tuple[float, float]], axis: Axis) -> str:
    """Stretches of time, in seconds, as a path."""
    places = dict.fromkeys((round(axis.x(start)), round(axis.x(stop))) for start, stop in spans)
    return "".join(f"M{start} 0H{max(stop, start + 1)}V{HEIGHT}H{start}z" for start, stop in places)


def ticks(times: Iterable[float], axis: Axis) -> str:
    """Moments, in seconds, as a path."""
    places = dict.fromkeys(round(axis.x(t)) for t in times)
    return "".join(f"M{place} 0v{HEIGHT}" for place in places)


def player(runs: Sequence[Played], lang: str) -> str:
    """The markup of one run, or of two on one clock."""
    timed = max(axis_end(run.trace) for run in runs)
    end = timed or max(len(run.trace.events) - 1.0 for run in runs) or 1.0
    data = {"runs": [run.data for run in runs], "end": end, "timed": bool(timed)}
    text = json.dumps({**data, "words": TEXTS[lang]}, ensure_ascii=False, separators=(",", ":"))
    return template("player.html").render(
        runs=runs,
        end=end,
        timed=bool(timed),
        texts=TEXTS[lang],
        moves=[(move, *KEYS[move]) for move in MOVES if timed or move != "second"],
        legend=[
            (CLASSES[what], say(lang, text)) for what, text in drawn([run.trace for run in runs])
        ],
        height=HEIGHT,
        width=WIDTH,
        data=text.replace("<", "\\u003c").encode("utf-8", "replace").decode(),
        style=asset("player.css"),
        script=module(),
    )


def trace_page(
    trace: Trace,
    stages: Sequence[Stage | None],
    idea: str,
    lang: str,
    links: Sequence[Link] = (),
) -> str:
    """A page to step through a run, or that of two programs on one clock, with the drawing of the
    whole."""
    played = [
        Played(program, script_of(stage), lang)
        for program, stage in zip(trace.programs, stages, strict=True)
    ]
    return template("trace.html").render(
        lang=HTML_LANG[lang],
        title=head(trace, lang),
        idea=idea,
        links=links,
        player=player(played, lang),
        whole=TEXTS[lang]["picture"],
        picture=trace_svg(trace, lang),
    )


def module() -> str:
    """The script of the page: the module that plays, with the one that it imports."""
    own = "".join(asset(name) for name in ("state.js", "player.js"))
    lines = (line for line in own.splitlines() if not line.startswith("import "))
    return "\n".join(line.removeprefix("export ") for line in lines)
