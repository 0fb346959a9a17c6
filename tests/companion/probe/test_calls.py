"""Tracing: what a stage's own code does is told, and nothing that it does changes."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from companion.event import (
    Deferred,
    Enter,
    Fired,
    Leave,
    Pair,
    Paused,
    Print,
    Ran,
    Resumed,
    Timer,
    TimerCancelled,
    TimerFired,
    Wait,
    checked,
)
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.probe.frames import Shower
from companion.tutorial.stages import Stage, load_map
from companion.virtual.run import Run, play, program_of
from companion.virtual.stand_ins import VirtualError

Traced = Callable[..., Run]


def is_python(stage: Stage) -> bool:
    try:
        return bool(program_of(stage, stage.path))
    except VirtualError:
        return False


PYTHON = [stage for stage in load_map().stages if is_python(stage)]
POEM = "A poem of 詩.\n".encode()
FAULTS = {
    "refused": [script.refused()],
    "reset": [script.reset_at(POEM, 10, 5)],
    "not UTF-8": [script.slow(b"\xff" * 25)],
}


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    """Runs a program that is given as its text, with and without the probe."""

    def run(text: str, **options: object) -> Run:
        file = tmp_path / "program.py"
        file.write_text(dedent(text))
        with_probe = play(file, Scenario(traced=True, **options))  # type: ignore[arg-type]
        same(play(file, Scenario(**options)), with_probe)  # type: ignore[arg-type]
        return with_probe

    return run


def same(plain: Run, traced: Run) -> None:
    for name in ("status", "how", "ended", "stdout", "stderr", "lines", "clients"):
        assert getattr(traced, name) == getattr(plain, name), name


def told(run: Run, *kinds: str) -> list[tuple[object, ...]]:
    """Events of these kinds, each as its kind and what it says of a Deferred."""
    names = ("deferred", "pair", "side", "function", "took", "gave", "value", "on", "of")
    return [
        (event.kind, *(event.fields[name] for name in names if name in event.fields))
        for event in run.events
        if event.kind in kinds
    ]


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param(stage, marks=[pytest.mark.slow] * (stage.kind != "demo"), id=stage.id)
        for stage in PYTHON
    ],
)
def test_tracing_changes_nothing(stage: Stage) -> None:
    serves = stage.kind in ("server", "proxy")
    options = {"clients": [script.reader(), script.leaver(0.2)]} if serves else {}
    run = play(stage, Scenario(traced=True, **options))  # type: ignore[arg-type]
    same(play(stage, Scenario(**options)), run)  # type: ignore[arg-type]
    assert run.of(Enter)
    for event in run.events:
        assert checked(event) is event


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "id", ["client-1.0", "client-3.0", "client-3.1", "client-5.1", "client-8.0"]
)
def test_tracing_changes_nothing_under_a_fault(id: str, fault: str) -> None:
    servers = [script.slow(POEM), *FAULTS[fault]]
    servers = [script.transform(), *servers] if id == "client-8.0" else servers
    same(play(id, Scenario(servers=servers)), play(id, Scenario(servers=servers, traced=True)))


def test_nothing_of_the_stage_is_called_to_show_a_value(traced: Traced) -> None:
    run = traced(
        """
        from twisted.internet.defer import Deferred

        class Loud(Exception):
            def __repr__(self):
                print("shown")
            __str__ = __getattr__ = __eq__ = __hash__ = __repr__

        def fail(value):
            raise Loud(value)

        d = Deferred()
        d.addCallback(fail).addErrback(lambda failure: None)
        d.callback(Loud())
        """
    )
    assert run.stdout == ""
    assert told(run, "runs")[0] == ("runs", 1, 1, "callback", "fail", "Loud()")


def test_the_library_hands_control_to_the_stage_and_the_stage_to_itself() -> None:
    run = play("client-3.1", Scenario(servers=[script.fast(POEM)], traced=True))
    depth, lines = 0, []
    for event in run.of(Enter, Leave):
        if isinstance(event, Leave):
            depth -= 1
        elif isinstance(event, Enter):
            lines.append((event.by, depth, event.function, event.lane))
            depth += 1
    first = next(i for i, line in enumerate(lines) if line[2] == "PoetryProtocol.connectionLost")
    assert lines[first:] == [
        ("reactor", 2, "PoetryProtocol.connectionLost", 1),
        ("stage", 3, "PoetryProtocol.poemReceived", 1),
        ("stage", 4, "PoetryClientFactory.poem_finished", None),
        ("stage", 5, "got_poem", None),
        ("stage", 6, "poem_done", None),
        ("stage", 2, "show", None),
    ]


def test_a_callback_that_blocks_is_seen_to_wait() -> None:
    run = play("defer-block", Scenario(traced=True))
    stay = [e for e in run.of(Enter, Leave) if e.function == "write_poem"]
    assert [(event.kind, round(event.t, 3)) for event in stay] == [("enter", 0), ("leave", 11.5)]
    assert [event.call for event in run.of(Wait)] == ["sleep"] * 5


def test_timers_are_set_fired_and_cancelled() -> None:
    run = play("defer-cancel-11", Scenario(traced=True))
    timers = [e for e in run.events if isinstance(e, Timer | TimerFired | TimerCancelled)]
    assert [(event.t, event.kind, event.timer) for event in timers] == [
        (0, "timer", 1),
        (0, "timer", 2),
        (0, "timer", 3),
        (2, "timer_fired", 2),
        (2, "timer_cancelled", 1),
        (10, "timer_fired", 3),
    ]
    assert [event.calls for event in run.of(Timer)] == [
        "send_poem",
        "D1.cancel",
        "ReactorBase.stop",
    ]


def test_a_timer_that_is_refused_raises_in_the_stage_and_not_in_the_probe(traced: Traced) -> None:
    run = traced("""
        from twisted.internet import reactor
        reactor.callLater(print, 1)
    """)
    assert (run.how, run.status) == ("exit", 1)
    assert "TypeError: '>=' not supported" in run.stderr
    assert not run.of(Timer)


def test_a_result_takes_its_way_through_the_pairs() -> None:
    run = play("client-5.0", Scenario(servers=[script.fast(b"POEM")], choices=[2], traced=True))
    assert told(run, "fired", "ran") == [
        ("fired", 1, "PoetryClientFactory.poem_finished", "'POEM'"),
        ("ran", 1, 1, "callback", "try_to_cummingsify", "'POEM'", "'POEM'"),
        ("ran", 1, 2, "callback", "got_poem", "'POEM'", "None"),
        ("ran", 1, 3, "callback", "poem_done", "None", "None"),
    ]
    assert {event.errback for event in run.of(Pair)} == {
        None,
        "poem_failed",
        "poem_done",
    }


def test_every_kind_of_callable_is_seen(traced: Traced) -> None:
    run = traced(
        """
        from functools import partial
        from twisted.internet.defer import Deferred

        d = Deferred()
        d.addCallback(list).addCallback(partial(print, "two")).addCallback([].append)
        d.addCallback(int).addErrback(repr).addCallback(lambda text: len(text) > 1)
        d.callback("ab")
        """
    )
    rows = [(e.function, e.how, e.gave) for e in run.of(Ran)]
    assert rows[:3] == [
        ("list", "returned", "['a', 'b']"),
        ("print", "returned", "None"),
        ("list.append", "returned", "None"),
    ]
    assert rows[3][:2] == ("int", "raised")
    assert rows[4][:2] == ("repr", "returned")
    assert rows[5] == ("lambda", "returned", "True")


def test_one_deferred_waits_on_another() -> None:
    run = play("defer-10", Scenario(traced=True))
    [paused] = run.of(Paused)
    [resumed] = run.of(Resumed)
    assert (paused.deferred, paused.on) == (resumed.deferred, resumed.on)
    order = [(event.kind, getattr(event, "deferred", None)) for event in run.events]
    resumed_at = order.index(("resumed", paused.deferred))
    assert order.index(("paused", paused.deferred)) < order.index(("fired", paused.on))
    assert order.index(("fired", paused.on)) < resumed_at


def test_a_generator_is_the_chain_that_it_stands_for() -> None:
    run = play("inline-callbacks-1", Scenario(traced=True))
    assert run.of(Deferred)[0].generator == "callbacks"
    assert told(run, "paused") == [("paused", 1, 2), ("paused", 1, 3)]
    stays = [e for e in run.of(Enter, Leave) if e.function == "callbacks"]
    assert {event.fields.get("deferred", 1) for event in stays} == {1}
    assert [event.how for event in stays if isinstance(event, Leave)] == [
        "yielded",
        "yielded",
        "yielded",
        "returned",
    ]
    assert [e.resumes for e in run.of(Pair) if e.resumes] == [1, 1]


def test_a_coroutine_is_one_too(traced: Traced) -> None:
    run = traced(
        """
        from twisted.internet import reactor
        from twisted.internet.defer import Deferred
        from twisted.internet.task import deferLater

        async def inner():
            return await deferLater(reactor, 2, lambda: "poem")

        async def main():
            print(await inner())
            reactor.stop()

        reactor.callWhenRunning(lambda: Deferred.fromCoroutine(main()))
        reactor.run()
        """
    )
    assert [e.generator for e in run.of(Deferred)] == ["main", None]
    assert told(run, "paused") == [("paused", 1, 2)]
    assert told(run, "fired")[-1] == ("fired", 1, "None")


def test_a_list_joins_its_deferreds_and_a_forgotten_failure_is_marked() -> None:
    run = play("deferred-list-6", Scenario(traced=True))
    assert told(run, "join") == [("join", 3, [1, 2])]
    assert told(run, "fired")[-1] == (
        "fired",
        3,
        "<module>",
        "[(True, 'result 1'), (False, Exception('failure…",
    )
    assert told(run, "unhandled") == [("unhandled", 2, "Exception('failure 2')")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "'short'"),
        ("The Fascination of What's Difficult", "'The Fascination of'…"),
        ("four and twenty letters, and more", "'four and twenty letters,'…"),
        (b"one two threefourfivesixseven", "b'one two threefourfivesix'…"),
        (" " * 40, "''…"),
    ],
)
def test_a_long_text_is_cut_at_the_end_of_a_word(text: str | bytes, shown: str) -> None:
    assert Shower(str).show(text) == shown


def test_a_deferred_fired_twice_and_one_cancelled_are_told() -> None:
    fired = play("defer-4", Scenario(traced=True)).of(Fired)
    assert [event.again for event in fired] == [False, True]
    run = play("defer-cancel-3", Scenario(traced=True))
    assert told(run, "cancelled", "fired") == [
        ("fired", 1, "<module>", "'Four lines, too late.'"),
        ("cancelled", 1, "<module>"),
    ]


def test_deferreds_of_the_library_alone_are_not_shown(traced: Traced) -> None:
    run = traced(
        """
        from twisted.internet import reactor
        from twisted.internet.endpoints import TCP4ServerEndpoint
        from twisted.internet.protocol import Factory
        from twisted.internet.threads import deferToThread

        reactor.callWhenRunning(reactor.callLater, 0.1, reactor.stop)
        reactor.run()
        """
    )
    assert run.of(Deferred) == []


def test_what_happened_to_a_deferred_before_the_stage_got_it_stands_in_its_place(
    traced: Traced,
) -> None:
    run = traced(
        """
        from twisted.internet import reactor
        from twisted.internet.task import deferLater

        def later(seconds):
            return deferLater(reactor, seconds, print, "late")

        def both():
            first, second = later(1), later(2)
            second.addCallback(lambda _: reactor.stop())

        both()
        reactor.run()
        """
    )
    kinds = [event.kind for event in run.events if getattr(event, "function", "") == "later"]
    assert kinds == ["enter", "deferred", "pair", "timer", "leave"] * 2


def test_what_runs_in_a_thread_has_its_number_and_its_waits(traced: Traced) -> None:
    run = traced(
        """
        import time
        from twisted.internet import reactor
        from twisted.internet.threads import deferToThread

        def work(seconds):
            time.sleep(seconds)
            print(seconds)
            if seconds == 2:
                reactor.callFromThread(reactor.stop)

        deferToThread(work, 1)
        deferToThread(work, 2)
        reactor.run()
        """
    )
    told = [event for event in run.events if event.thread]
    assert [(event.kind, event.thread) for event in told] == [
        *(("enter", 1), ("enter", 2), ("wait", 1), ("wait", 2)),
        *(("print", 1), ("leave", 1), ("print", 2), ("leave", 2)),
    ]
    assert {event.by for event in told if isinstance(event, Enter)} == {"thread"}
    assert [event.until for event in told if isinstance(event, Wait)] == [1, 2]


def test_each_call_of_a_stage_is_left_as_often_as_entered() -> None:
    for id in ("client-4.0", "inline-callbacks-2", "exception", "defer-cancel-12"):
        run = play(id, Scenario(traced=True))
        entered = [event.call for event in run.of(Enter)]
        left = [event.call for event in run.of(Leave)]
        assert sorted(left) == entered == list(range(1, len(entered) + 1))


def test_a_comprehension_is_part_of_the_function_that_it_stands_in(traced: Traced) -> None:
    run = traced(
        """
        def squares(numbers):
            [n * n for n in numbers], {n: n for n in numbers}, {n for n in numbers}
            return sum(n * n for n in numbers)

        print(squares([1, 2]))
        """
    )
    assert [event.function for event in run.of(Enter)] == ["<module>", "squares"]
    assert run.stdout == "5\n"


def test_what_an_exception_says_is_told_whole(traced: Traced) -> None:
    words = "the ink has run dry, " * 40
    run = traced(
        f"""
        from twisted.internet.defer import Deferred
        d = Deferred()
        d.addErrback(lambda failure: None)
        d.errback(ValueError({words!r}))
        """
    )
    (fired,) = run.of(Fired)
    assert fired.value == f"ValueError({words!r})"


def test_a_call_a_printed_line_and_a_wait_say_in_which_line_they_are(traced: Traced) -> None:
    run = traced(
        """\
        import time
        from twisted.internet import defer
        def speak(said):
            print(said)
        def steps(d):
            speak((yield d))
        d = defer.Deferred()
        defer.inlineCallbacks(steps)(d)
        time.sleep(1)
        d.callback("now")
        """
    )
    names = ("function", "line", "at")
    assert [
        (event.kind, *(event.fields.get(name) for name in names))
        for event in run.of(Enter, Print, Wait)
    ] == [
        ("enter", "<module>", 1, None),
        ("enter", "steps", 5, 8),
        ("wait", "<module>", 9, None),
        ("enter", "steps", 6, 10),
        ("enter", "speak", 3, 6),
        ("print", "speak", 4, None),
    ]
