"""The drawings of the READMEs, each from a run in simulated time.

They are drawn for a phone; the values, lines and moments in them are read from the run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from companion.event import Enter, Event, Leave, Listen, Pair, Placed, Ran, Runs
from companion.peers.scenario import Scenario
from companion.peers.script import Action, Script, slow, transforming
from companion.race.course import course_of
from companion.race.standings import Standings
from companion.race.timeline import LEFT, RIGHT, draw_stage, end_of, key, timeline_svg
from companion.render.axis import Axis
from companion.render.language import say as raced
from companion.render.svg import README_SCALE, README_WIDTH, ROW, Svg, fit, fit_mono, text_lines
from companion.render.text import wrap
from companion.trace.chains import Chain, Pause
from companion.trace.ladder_picture import WAYS, Anchors, Panel
from companion.trace.show import traced, traced_in
from companion.trace.trace import Trace
from companion.trace.turns import MAIN
from companion.trace.words import names_text
from companion.trace.words import say as traced_words
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import ROOT, Stage, load_map

MARGIN, INNER = 16.0, README_WIDTH - 2 * 16.0  # pixels
# Where callbacks, errbacks and an inner Deferred begin that stand beside each other; their width.
PLACES, PLACE = (16.0, 142.0, 326.0), 118.0
BAND, TURNS = 104.0, 146.0  # the reactor's band, and where the generator's turns begin
RACERS = "blocking-client", "async-client", "client-1.0"  # as `companion race` has them
MARKS = {"runs": "dim", "blocks": "mark"}  # what a client's code does, and the style of each
POEMS = "ecstasy", "fascination", "science"
THINKS = 0.5  # seconds that the transform server takes to answer, so that it can be seen
TEXTS = {
    "en": {
        "broken": "Client 1.0, broken and right: one blocking read",
        "client-1.0-broken": "doRead waits for the next byte of its poem until there is no more:"
        " the others are there, and nobody reads them",
        "client-1.0": "doRead takes what is there, and the reactor goes on to whoever is ready",
        "code": "its code",
        "runs": "the client's code runs",
        "blocks": "it waits in recv, and the reactor with it",
        "deferred": "Client 4.0: a Deferred is made, handed over, and fired",
        "made": "1  It is made, at {:.3f} s",
        "empty": "D1: no pairs, no result",
        "handed": "2  It is handed over, at {:.3f} s",
        "kept": "get_poetry gives it to whoever wants the poem, who adds the pairs. The factory"
        " keeps it, too.",
        "fired": "3  It is fired, at {:.3f} s",
        "comes": "The poem is whole: the factory fires the Deferred, which calls the callbacks."
        " The errbacks are passed by.",
        "chain": "Client 5.1: a failure on its way through the chain",
        "falls": "cummingsify raises, so the way goes over to the errbacks; poem_failed returns,"
        " and it comes back.",
        "generator": "Client 7.0: the generator between its yields",
        "outside": "the reactor",
        "begins": "begins",
        "goes on": "goes on with {}",
        "gives": "yields {}",
        "ends": "returns: D1 fires",
        "stands": "stands still; its locals stay",
        "waits": "waits for D{}",
        "called": "it is called",
        "fires": "D{} fires",
        "chained": "D{} fires with what it returns:",
        "cancel": "defer-cancel-12: a cancellation, and its failure",
        "outer": "D{}, the outer one",
        "inner": "D{}, the inner one",
        "line": "line {}",
        "canceller": "its canceller",
        "fails": "The outer one has fired already, so its own canceller is not called; what it"
        " waits for is cancelled. That one's canceller fires nothing, and so it fails.",
    },
    "zh": {
        "broken": "客户端 1.0，有问题的与正确的：一次阻塞的读取会怎样",
        "client-1.0-broken": "doRead 一直等自己那首诗的下一个字节，直到读完："
        "别的诗已经到了，却没有人读",
        "client-1.0": "doRead 只取走已经到的字节，reactor 接着去找下一个就绪的连接",
        "code": "它的代码",
        "runs": "客户端的代码在运行",
        "blocks": "它在 recv 中等待，reactor 也跟着等",
        "deferred": "客户端 4.0：一个 Deferred 被创建、交出、触发",
        "made": "1  创建，{:.3f} 秒",
        "empty": "D1：没有回调，没有结果",
        "handed": "2  交出，{:.3f} 秒",
        "kept": "get_poetry 把它交给想要诗的一方，由那一方添加回调。factory 也留着它。",
        "fired": "3  触发，{:.3f} 秒",
        "comes": "诗已完整：factory 触发 Deferred，由它调用各个 callback。errback 被绕过。",
        "chain": "客户端 5.1：一次失败怎样走过链",
        "falls": "cummingsify 抛出异常，于是走到 errback 一边；"
        "poem_failed 正常返回，又回到 callback 一边。",
        "generator": "客户端 7.0：两次 yield 之间的生成器",
        "outside": "reactor",
        "begins": "开始",
        "goes on": "继续，得到 {}",
        "gives": "yield {}",
        "ends": "返回：D1 触发",
        "stands": "停住不动，局部变量都还在",
        "waits": "等待 D{}",
        "called": "被调用",
        "fires": "D{} 触发",
        "chained": "D{} 触发，结果就是它返回的值：",
        "cancel": "defer-cancel-12：一次取消，以及它的失败",
        "outer": "外层的 D{}",
        "inner": "内层的 D{}",
        "line": "第 {} 行",
        "canceller": "它的取消函数",
        "fails": "外层已经触发过，所以不调用它自己的取消函数，而是取消它正在等待的那一个。"
        "内层的取消函数什么也没有触发，于是内层失败。",
    },
}


class Sheet:
    """A drawing, from top to bottom; y is where its next part begins."""

    def __init__(self, title: str, lang: str) -> None:
        self.lang = lang
        self.svg = Svg(README_WIDTH, 0, self.say(title), README_SCALE)
        self.y = self.svg.title_lines(MARGIN) + 6

    def say(self, text: str, *args: object) -> str:
        return TEXTS[self.lang][text].format(*args)

    def text(self, text: str, style: str = "", x: float = MARGIN) -> None:
        """A text, in as many lines as it needs."""
        for line in text_lines(text, README_WIDTH - MARGIN - x):
            self.svg.text(x, self.y + 13, line, style)
            self.y += ROW

    def listing(self, stage: Stage, events: Iterable[Placed]) -> None:
        """The lines of the stage that these events happened in, with their functions."""
        for event in events:
            function = str(event.function).rpartition(".")[2]
            code = source(stage, event.line or 0)
            self.svg.ground(MARGIN, self.y, INNER, ROW, "track")
            self.svg.text(MARGIN + 34, self.y + 13, str(event.line), "mono dim", "end")
            room = INNER - 56 - 8.1 * len(function)
            self.svg.text(MARGIN + 42, self.y + 13, fit_mono(code, room), "mono")
            self.svg.text(MARGIN + INNER - 6, self.y + 13, function, "mono dim", "end")
            self.y += ROW
        self.y += 8

    def turn(self, lines: Sequence[str]) -> None:
        """What the generator does from one yield to the next: a box, with a way in and a way out;
        all lines but the first and the last are code."""
        top, height = self.y, ROW * len(lines) + 10
        self.svg.rect(TURNS, top, README_WIDTH - MARGIN - TURNS, height, "call")
        for number, line in enumerate(lines):
            plain = number in (0, len(lines) - 1)
            text = fit(line, README_WIDTH - MARGIN - TURNS - 16) if plain else line
            y = top + 18 + ROW * number
            self.svg.text(TURNS + 8, y, text, "" if plain else "mono")
        edge = MARGIN + BAND + 1
        self.svg.way([(edge, top + 13), (TURNS - 1, top + 13)], "end", "good")
        self.svg.way([(TURNS, top + height - 13), (edge, top + height - 13)], "end", "good")
        self.y += height

    def stands(self, number: int) -> None:
        """The pause between two turns, in which the reactor has the control."""
        x = TURNS + 20
        self.svg.line(x, self.y, x, self.y + 40, "line dashed")
        self.svg.text(x + 12, self.y + 24, self.say("stands"), "dim")
        self.svg.text(MARGIN + 8, self.y + 24, self.say("waits", number), "dim")
        self.y += 40

    def line(self, event: Placed) -> str:
        """The line that it happened at."""
        return self.say("line", event.line)

    def box(self, x: float, y: float, text: str, style: str) -> None:
        """A handler in a box."""
        right, below = x + PLACE, y + 24
        self.svg.way([(x, y), (right, y), (right, below), (x, below), (x, y)], style)
        self.svg.text(
            x + PLACE / 2, y + 16, text, "mono dim" * (style == "line") or "mono", "middle"
        )

    def pair(self, pair: Pair, ran: int) -> None:
        """A pair of which one has run: 0 for the callback, 1 for the errback."""
        for side, text in enumerate(names_text(pair, self.lang)):
            self.box(PLACES[side], self.y, text, WAYS[bool(side)][0] if side == ran else "line")
        self.y += 24

    def panel(self) -> Panel:
        """What draws a chain here."""
        panel = Panel(self.svg, Anchors(), MARGIN, INNER, self.lang)
        panel.y = self.y
        return panel

    def finished(self) -> str:
        self.svg.height = self.y + 10
        return str(self.svg)


def source(stage: Stage, line: int) -> str:
    """A line of a stage, without its indent."""
    return (ROOT / stage.path).read_text(encoding="utf-8").splitlines()[line - 1].strip()


@cache  # for the other language
def traced_fascination(id: str, *others: Script) -> tuple[Stage, Trace]:
    """A client that downloads one poem from a slow server."""
    stage, poem = load_map().by_id[id], find_poem("fascination")
    return stage, Trace(traced_in(stage, Scenario([*others, slow(poem.data)])).events)


@cache
def racing(ids: tuple[str, ...]) -> list[tuple[str, list[Event]]]:
    """Each client by itself, over the poems and at the pace of `companion race`."""
    stages = [load_map().by_id[id] for id in ids]
    course = course_of([load_map().by_id[id] for id in RACERS], list(map(find_poem, POEMS)))
    servers = [
        replace(slow(lane.poem.data, lane.num_bytes, course.delay), poem=lane.poem.name)
        for lane in course.lanes
    ]
    found = []
    for stage in stages:
        events = [
            Listen(
                0.0,
                stage.id,
                lane=number,
                poem=lane.poem.name,
                size=lane.poem.size,
                num_bytes=lane.num_bytes,
                delay=course.delay,
                reads=True,
            )
            for number, lane in enumerate(course.lanes, 1)
        ]
        found.append((stage.id, [*events, *traced_in(stage, Scenario(servers)).events]))
    return found


def race(lang: str) -> str:
    """What `companion race` shows, but that no time goes by for the start of a program."""
    return timeline_svg([event for _, events in racing(RACERS) for event in events], lang)


def broken(lang: str) -> str:
    """The lanes of the broken client and of the right one, and when their code has the control."""
    sheet = Sheet("broken", lang)
    runs = dict(racing(("client-1.0-broken", "client-1.0")))
    standings = Standings(event for events in runs.values() for event in events)
    axis = Axis(LEFT, RIGHT, end_of(standings))
    for stage in standings.stages.values():
        sheet.text(stage.label, "bold")
        sheet.text(sheet.say(stage.label), "dim")
        sheet.y = draw_stage(sheet.svg, stage, axis, sheet.y + 6)
        sheet.svg.text(MARGIN + 10, sheet.y + 16, sheet.say("code"), "dim")
        marks = Trace(runs[stage.label]).marks[MAIN]
        for mark, style in zip("#!", MARKS.values(), strict=True):
            for start, end in marks[mark]:
                width = max(1.5, axis.x(end) - axis.x(start))
                sheet.svg.rect(axis.x(start), sheet.y, width, 22, style)
        sheet.y += 38
    axis.draw(sheet.svg, sheet.y - 6)
    stages = list(standings.stages.values())
    shown = [(sign, style, raced(lang, text)) for sign, style, text in key(stages, axis)]
    shown += [("box", style, sheet.say(text)) for text, style in MARKS.items()]
    sheet.y = sheet.svg.legend(MARGIN, sheet.y + 24, MARGIN + INNER, shown)
    return sheet.finished()


def deferred(lang: str) -> str:
    """A chain in three states: just made, with its pairs, and with its result on the way."""
    stage, trace = traced_fascination("client-4.0")
    (chain,) = trace.chains[0]
    returned = next(e for e in trace.events if isinstance(e, Leave) and e.value == "D1")
    sheet = Sheet("deferred", lang)
    sheet.text(sheet.say("made", chain.made.t), "bold")
    sheet.listing(stage, [chain.made])
    corners = [(MARGIN, sheet.y), (MARGIN + INNER, sheet.y)]
    corners += [(x, sheet.y + 24) for x, _ in corners[::-1]]
    sheet.svg.way([*corners, corners[0]], "line dashed")
    sheet.svg.text(README_WIDTH / 2, sheet.y + 16, sheet.say("empty"), "dim", "middle")
    sheet.y += 42
    sheet.text(sheet.say("handed", returned.t), "bold")
    sheet.text(sheet.say("kept"), "dim")
    sheet.y += 4
    sheet.listing(stage, [returned, *chain.pairs.values()])
    panel = sheet.panel()
    for number in chain.pairs:
        panel.pair(chain, number, None)
        panel.y += 6
    sheet.y = panel.y + 12
    sheet.text(sheet.say("fired", chain.fired[0].t), "bold")
    sheet.text(sheet.say("comes"), "dim")
    sheet.y += 4
    sheet.listing(stage, chain.fired)
    return ladder(sheet, chain)


def ladder(sheet: Sheet, chain: Chain) -> str:
    """The way of a chain's result, and what the colours mean."""
    panel = sheet.panel()
    panel.steps(chain)
    failed = any(isinstance(step, Ran) and step.failed for step in chain.steps)
    shown = [
        ("line", WAYS[side][0], traced_words(sheet.lang, text))
        for side, text in ((False, "result"), (True, "failure"))
        if failed or not side
    ]
    sheet.y = sheet.svg.legend(MARGIN, panel.y + 8, MARGIN + INNER, shown)
    return sheet.finished()


def chain(lang: str) -> str:
    """A failure on its way."""
    _, trace = traced_fascination("client-5.1")
    sheet = Sheet("chain", lang)
    sheet.text(sheet.say("falls"), "dim")
    sheet.y += 6
    return ladder(sheet, trace.chains[0][0])


def thinking(received: bytes) -> tuple[tuple[float, Action], ...] | None:
    """What the transform server answers, after a while."""
    steps = transforming(received)
    return steps and tuple((t + THINKS, action) for t, action in steps)


def generator(lang: str) -> str:
    """The generator's turns beside the reactor, and its Deferred's chain; time runs down."""
    stage, trace = traced_fascination("client-7.0", Script(answer=thinking))
    found = [one for alike in trace.chains for one in alike]
    chain = next(one for one in found if one.generator)
    entered = [e for e in trace.events if isinstance(e, Enter) and e.function == chain.generator]
    left = [e for e in trace.events if isinstance(e, Leave) and e.function == chain.generator]
    resumes = {(e.deferred, e.pair) for e in trace.events if isinstance(e, Pair) and e.resumes}
    runs = [e for e in trace.events if isinstance(e, Runs)]
    took = [e.took for e in runs if (e.deferred, e.pair) in resumes]
    sheet = Sheet("generator", lang)
    band = sheet.y
    sheet.svg.text(MARGIN + 8, sheet.y + 16, sheet.say("outside"), "bold")
    sheet.svg.text(TURNS + 8, sheet.y + 16, chain.generator, "mono bold")
    sheet.y += ROW + 10
    for number, (enter, leave) in enumerate(zip(entered, left, strict=True)):
        wait = chain.yields[number - 1].event.on if number else 0
        said = sheet.say("fires", wait) if number else sheet.say("called")
        for place, text in enumerate((f"{enter.t:.3f} s", said)):
            sheet.svg.text(MARGIN + 8, sheet.y + 18 + ROW * place, text)
        lines = [sheet.say("goes on", took[number - 1]) if number else sheet.say("begins")]
        lines += wrap(source(stage, leave.line), 36)
        ends = leave.how == "returned"
        lines.append(sheet.say("ends") if ends else sheet.say("gives", leave.value))
        sheet.turn(lines)
        if not ends:
            sheet.stands(chain.yields[number].event.on)
    sheet.svg.ground(MARGIN, band, BAND, sheet.y - band, "track")
    sheet.y += 12
    sheet.text(sheet.say("chained", chain.number), "bold")
    return ladder(sheet, replace(chain, steps=chain.way))


def cancel(lang: str) -> str:
    """Two Deferreds beside each other: what comes from the outer one to the inner, and back."""
    stage = load_map().by_id["defer-cancel-12"]
    inner, outer = (alike[0] for alike in Trace(traced(stage).events).chains)
    first, second = (step for step in outer.way if isinstance(step, Ran))
    (waits,) = (step.event for step in outer.way if isinstance(step, Pause))
    (fired,), (cancelled,) = outer.fired, outer.cancelled
    canceller, failed = inner.canceller, inner.fired[0]
    assert canceller is not None
    sheet = Sheet("cancel", lang)
    svg, (left, right, far) = sheet.svg, (x + PLACE / 2 for x in PLACES)
    for x, said, one in ((PLACES[0], "outer", outer), (PLACES[2], "inner", inner)):
        svg.text(x, sheet.y + 13, sheet.say(said, one.number), "bold")
        svg.text(x, sheet.y + 13 + ROW, sheet.line(one.made), "dim")
    sheet.y += 2 * ROW + 10
    svg.text(left + 10, sheet.y + 14, fired.value, "mono")
    svg.text(left + 60, sheet.y + 14, sheet.line(fired), "dim")
    svg.way([(left, sheet.y), (left, sheet.y + 24)], "end", "good")
    sheet.y += 24
    sheet.pair(outer.pairs[first.pair], 0)
    svg.way([(left, sheet.y), (left, sheet.y + 24)], "end", "good")
    svg.text(left + 10, sheet.y + 18, first.gave, "mono")
    sheet.y += 24
    wait = sheet.y
    svg.text(left + 10, wait + 18, traced_words(lang, "wait", waits.on), "bold")
    y = wait + 44  # of the cancellation
    svg.text(left + 10, y + 4, "cancel()", "mono warn")
    svg.text(left + 84, y + 4, sheet.line(cancelled), "dim")
    svg.way([(left + 142, y), (far, y), (far, y + 34)], "stop dashed", "warn")
    svg.text(far - 10, y + 24, sheet.say("canceller"), "dim", "end")
    sheet.box(PLACES[2], y + 34, canceller.function, "stop")
    svg.text(far - 8, y + 76, failed.value + "*", "mono bad", "end")
    sheet.y = y + 120
    svg.way([(far, y + 58), (far, y + 86), (right, y + 86), (right, sheet.y)], "fail", "bad")
    svg.way([(left, wait), (left, sheet.y)], "line dashed")
    sheet.pair(outer.pairs[second.pair], 1)
    points = [(right, sheet.y), (right, sheet.y + 6), (left, sheet.y + 6), (left, sheet.y + 26)]
    svg.way(points, "end", "good")
    svg.text(left + 10, sheet.y + 22, second.gave, "mono")
    sheet.y += 34
    sheet.text(sheet.say("fails"), "dim")
    sheet.y += 6
    shown = [
        ("line", style, traced_words(lang, text))
        for style, text in (("end", "result"), ("fail", "failure"), ("stop dashed", "cancel"))
    ]
    sheet.y = svg.legend(MARGIN, sheet.y, MARGIN + INNER, shown)
    return sheet.finished()


# A picture's name, and who draws it in a language.
PICTURES = {
    "race": race,
    "broken": broken,
    "deferred": deferred,
    "chain": chain,
    "generator": generator,
    "cancel": cancel,
}
