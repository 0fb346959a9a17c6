"""Threads, and tasks of asyncio, in a trace: each has a lane, and turns of its own."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from companion.event import Wait
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.render.terminal import Screen
from companion.trace.lanes import code_marks
from companion.trace.picture import trace_svg
from companion.trace.show import traced
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.trace.turns import MAIN, Task, task_of, turns
from companion.tutorial.stages import load_map
from companion.virtual.run import Run, play

STAGES = load_map().by_id
SECONDS: dict[Task, float] = {"Task 1": 10.1, "Task 2": 6.2, "Task 3": 6.6}
Traced = Callable[..., Run]


@cache
def trace_of(id: str) -> Trace:
    return Trace(traced(STAGES[id]).events)


@pytest.fixture
def run(tmp_path: Path) -> Traced:
    """Traces a program that is given as its text."""

    def run(text: str, **options: object) -> Run:
        file = tmp_path / "program.py"
        file.write_text(dedent(text))
        return play(file, Scenario(traced=True, **options))  # type: ignore[arg-type]

    return run


def waited(trace: Trace, mark: str = "-") -> dict[Task, float]:
    """How long each thread and task has waited, in seconds."""
    return {
        task: round(sum(stop - start for start, stop in marks[mark]), 6)
        for task, marks in trace.marks.items()
    }


def test_figure_2_each_thread_waits_for_its_own_poem_and_the_main_one_for_all() -> None:
    trace = trace_of("threaded-client")
    assert waited(trace) == {MAIN: 10.1} | SECONDS
    assert set(waited(trace, "!").values()) == {0}


def test_each_task_awaits_its_own_poem_while_no_other_code_stands_still() -> None:
    trace = trace_of("asyncio-client")
    assert waited(trace) == {MAIN: 0, "download_all 1": 10.1} | SECONDS
    assert set(waited(trace, "!").values()) == {0}


def test_the_lanes_of_threads_stand_below_those_of_the_connections() -> None:
    lines = trace_text(trace_of("threaded-client")).splitlines()
    assert lines[6:11] == [
        "main thread      '---------------------------------------'",
        "Task 1           '---------------------------------------'",
        "Task 2           '------------------------'",
        "Task 3           '-------------------------'",
        "                 ' a moment: bytes arrive, code runs   \" several of them",
    ]
    assert "主线程" in trace_text(trace_of("threaded-client"), Screen(lang="zh"))
    picture = trace_svg(trace_of("threaded-client"))
    assert all(f">{name}</text>" in picture for name in ("main thread", *SECONDS))


def test_a_program_without_threads_or_tasks_has_one_lane_for_its_code() -> None:
    lines = trace_text(trace_of("client-4.0")).splitlines()
    assert lines[6].startswith("the stage's code ")


def said(trace: Trace) -> list[str]:
    """The lines of a trace without their columns."""
    return [" ".join(line.split()) for line in trace_text(trace, Screen(columns=120)).splitlines()]


def test_a_thread_s_calls_go_on_after_another_has_run_and_its_wait_stands_in_its_turn() -> None:
    lines = said(trace_of("threaded-client"))
    first = lines.index("0.000 Task 1 --> download")
    assert lines[first + 2 : first + 6] == [
        "0.000 get_poetry",
        "0.000 waits 0.100 s in recv, until 0.100",
        "10.100 ... 100 more times",
        "0.000 Task 2 --> download",
    ]
    again = lines.index("6.200 Task 2 --> download goes on")
    assert lines[again + 1 : again + 4] == [
        "6.200 get_poetry goes on",
        "6.200 returned b'The Fascination of'...",
        "6.200 > Task 2: got 620 bytes of poetry from 127.0.0.1:10001 in 0:00:06.200000",
    ]


def test_what_the_library_prints_in_the_main_thread_is_in_no_thread_s_turn(run: Traced) -> None:
    found = turns(
        run(
            """
            import queue, threading
            from twisted.internet import reactor
            def work():
                print("by the thread", todo.get())
                reactor.callFromThread(print, "by the reactor")
                reactor.callFromThread(reactor.stop)
                todo.get()
            todo = queue.Queue()
            threading.Thread(target=work, daemon=True).start()
            reactor.callLater(1, todo.put, 1)
            reactor.run()
            """
        ).events
    )
    printed = [turn for turn in found if any(row.event.kind == "print" for row in turn.rows)]
    assert [turn.tasks for turn in printed] == [[1], [MAIN]]


def test_the_main_thread_goes_on_when_the_loop_has_come_to_its_end() -> None:
    assert said(trace_of("asyncio-client"))[-4:-1] == [
        "10.100 main thread --> <module> goes on",
        "10.100 poetry_main goes on",
        "10.100 > Got 3 poems in 0:00:10.100000",
    ]


def test_turns_of_tasks_that_look_alike_are_one_with_their_names() -> None:
    text = trace_text(trace_of("asyncio-client"), Screen(columns=160))
    assert "... 192 more times (Task 1, Task 2, Task 3)" in text


def test_a_task_without_a_name_has_its_function_s_and_such_a_thread_a_number(run: Traced) -> None:
    program = """
        import asyncio, threading, time

        def work():
            time.sleep(1)

        async def part():
            await asyncio.sleep(1)

        async def main():
            await asyncio.gather(part(), part())

        threads = [threading.Thread(target=work), threading.Thread(target=work, name="mine")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asyncio.run(main())
    """
    found = {task_of(event) for event in run(program).events}
    assert found == {MAIN, 1, "mine", "main 1", "part 2", "part 3"}


def test_a_task_that_blocks_lets_the_loop_stand_still(run: Traced) -> None:
    program = """
        import asyncio, time

        async def main():
            await asyncio.sleep(1)
            time.sleep(2)

        asyncio.run(main())
    """
    marks = code_marks(run(program).events)["main 1"]
    assert (marks["-"], marks["!"]) == ([(0.0, 1.0)], [(1.0, 3.0)])


def test_a_wait_for_ever_is_told_of_every_thread_that_is_in_one() -> None:
    silent = [script.silence(), script.fast(b"x")]
    events = play("threaded-client", Scenario(servers=silent, traced=True)).events
    waits = [event for event in events if isinstance(event, Wait) and event.until is None]
    assert [(event.task, event.call) for event in waits] == [
        (None, "join"),
        ("Task 1", "recv"),
    ]


@pytest.mark.parametrize("client", ["threaded-client", "asyncio-client"])
def test_who_waits_for_ever_is_seen_in_its_lane(client: str) -> None:
    lines = trace_text(Trace(traced(STAGES[client], "SILENT").events)).splitlines()
    for_ever = [line.split("  ")[0] for line in lines if line.endswith("~>")]
    others = ["download_all 1"] * (client == "asyncio-client")
    assert for_ever == ["main thread", *others, "Task 3"]


def test_many_threads_share_the_lanes_there_are(run: Traced) -> None:
    program = """
        import threading, time

        def work():
            time.sleep(1)

        for number in range(25):
            threading.Thread(target=work, name=f"Task {number}").start()
    """
    lines = trace_text(Trace(run(program).events)).splitlines()
    shown = [line for line in lines if line.startswith("Task ") and "-->" not in line]
    assert len(shown) == 9
    assert shown[0].startswith("Task 0 to Task 2 '----")
