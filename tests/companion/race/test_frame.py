"""The race as it happens: frames that fit any terminal, and lines for a pipe."""

import io

import pytest
from rich.console import Console

from companion.event import Event, Exit, Interrupt, Print, Start, event_of
from companion.race.frame import ASCII, Size, frame, plain_line
from companion.race.standings import Standings
from companion.render.text import columns
from tests.helpers.race_events import STAGES, lane_events, small_race, without_reads


def drawn(events: list[Event], seconds: float, size: Size) -> list[str]:
    """The lines of a frame that shows what has happened by then."""
    out = io.StringIO()
    console = Console(file=out, width=size.width, height=size.height, color_system=None)
    console.print(frame(Standings(e for e in events if e.t <= seconds), seconds, size))
    return out.getvalue().splitlines()


def test_a_frame_shows_lanes_times_and_last_lines() -> None:
    assert drawn(small_race(), 0.5, Size(80, 24)) == [
        "╭─ blocking-client  0.5 s ─────────────────────────────────────────────────────╮",
        "│ moonlight    ██████████████████████▒▒▒▒▒▒·····························   40% │",
        "│ spring       ·························································    0% │",
        "╰─ Got 2 poems in 0:00:02.000000 ──────────────────────────────────────────────╯",
        "╭─ client-1.0-broken  0.5 s ───────────────────────────────────────────────────╮",
        "│ moonlight    ███████████▒▒▒▒▒▒········································   20% │",
        "│ spring       ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒········································    0% │",
        "╰─ 任务 2：收到 100 字节 ──────────────────────────────────────────────────────╯",
        "╭─ crash.py  failed, status 1, after 0.40 s ───────────────────────────────────╮",
        "│ moonlight    █████████████████········································   30% │",
        "│ spring       ·························································    0% │",
        "╰─ ValueError: I fall \N{REPLACEMENT CHARACTER}[31mdown"
        " ───────────────────────────────────────────────╯",
        "█ read  ▒ sent, not yet read  · to come  longest poem 1.0 s, all 2.0 s",
    ]


def test_the_last_frame_tells_who_is_done() -> None:
    lines = drawn(small_race(), 3.0, Size(80, 24))
    assert lines[0].startswith("╭─ blocking-client  done in 2.12 s ─")
    assert [line.split()[-2] for line in lines if "spring" in line] == ["100%", "100%", "0%"]


@pytest.mark.parametrize(("status", "last"), [(1, "refused"), (0, "Got 2 poems")])
def test_a_stage_that_failed_shows_its_last_line_of_error(status: int, last: str) -> None:
    events = [
        Start(0.0, "client", argv=[], pid=1),
        Print(0.1, "client", text="refused", stream="stderr"),
        Print(0.2, "client", text="Got 2 poems", stream="stdout"),
        Exit(0.3, "client", status=status, cpu=0.1, rss=1),
    ]
    assert drawn(events, 0.5, Size(80, 24))[-2].startswith(f"╰─ {last} ─")


def test_before_its_first_connection_a_stage_is_starting_up() -> None:
    assert "client-1.0-broken  0.2 s, starting up" in drawn(small_race(), 0.2, Size(80, 24))[4]


@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize("lanes", [1, 40])
@pytest.mark.parametrize("size", [Size(80, 24), Size(160, 50), Size(40, 10), Size(38, 5)])
def test_a_frame_never_exceeds_the_terminal(count: int, lanes: int, size: Size) -> None:
    events: list[Event] = []
    for number in range(count):
        stage = f"stage-{number}"
        events.append(Start(0, stage, argv=[], pid=1))
        events.append(event_of(0, stage, "print", {"text": "春眠不觉晓" * 40, "stream": "stdout"}))
        for lane in range(1, lanes + 1):
            events += lane_events(stage, lane, "月下独酌其一", 0.0, None)
    lines = drawn(events, 0.5, size)
    assert len(lines) <= size.height
    assert max(map(columns, lines)) <= size.width
    text = "\n".join(lines)
    shown = text.count("stage-")
    assert shown == count or lines[-1].startswith(f"{count - shown} more stages")


def test_lanes_beyond_the_screen_are_summed_in_one() -> None:
    events = [e for n in range(1, 101) for e in lane_events("all", n, f"poem {n}", n / 1000, None)]
    lines = drawn(events, 0.5, Size(80, 12))
    assert [line.split("  ")[0][2:] for line in lines[1:10]] == [
        *(f"poem {number}" for number in range(1, 9)),
        "92 more",
    ]


def test_where_reads_are_not_known_their_shade_is_left_out() -> None:
    lines = drawn(without_reads(), 0.5, Size(80, 24))
    assert "█" not in "".join(lines)
    assert lines[1].endswith(" 50% │")
    assert lines[-1].startswith("▒ sent, not yet read  · to come")


def test_a_terminal_without_blocks_gets_plain_characters() -> None:
    lines = drawn(small_race(), 0.5, Size(80, 24, ASCII))
    assert lines[1] == f"│ moonlight    {'#' * 22}{'+' * 6}{'.' * 29}   40% │"


def test_a_frame_of_nothing_is_empty() -> None:
    assert drawn([], 0.0, Size(80, 24)) == [""]


def test_in_a_pipe_each_stage_tells_its_start_its_lines_and_its_end() -> None:
    lines = [line for event in small_race() if (line := plain_line(event)) is not None]
    assert [line for line in lines if STAGES[2] in line] == [
        "   0.000 s  crash.py starts: python crash.py 10000 10001",
        "   0.350 s  crash.py | ValueError: I fall \N{REPLACEMENT CHARACTER}[31mdown",
        "   0.400 s  crash.py ends with status 1",
    ]
    assert len(lines) == 9
    assert plain_line(Interrupt(1.5, "slow.py")) == "   1.500 s  slow.py is stopped"
