"""The end of a race: the table, and the lanes under one axis as text and as a picture."""

import xml.etree.ElementTree as ET

import pytest

from companion.event import Event, Exit, Interrupt, Listen, Read, Start, event_of
from companion.race.standings import LaneStanding, Standings
from companion.race.table import table_text
from companion.race.timeline import closing_lines, merged, timeline_svg, timeline_text
from companion.render.text import columns
from tests.helpers.race_events import STAGES, lane_events, small_race, without_reads

LIMIT = ["the", "limit:", "no", "client", "can", "end", "before", "its", "longest", "poem", "does"]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_table_has_every_measure_of_every_stage() -> None:
    assert table_text(Standings(small_race()), 80) == (
        "                                   blocking-client  client-1.0-broken  crash.py\n"
        "seconds, of the process                       2.12               1.34      0.40\n"
        "  until it first connects                     0.10               0.30      0.10\n"
        "  from then on                                2.02               1.04      0.30\n"
        "  over the longest poem, 1.00 s *             2.02               1.04         -\n"
        "  over the sum of all, 2.00 s                 1.01               0.52         -\n"
        "CPU seconds                                   0.04               0.25      0.02\n"
        "peak memory, MB                                 13                 33      < 11\n"
        "bytes sent to it                               200                200        30\n"
        "  in chunks                                     20                 20         3\n"
        "poems whole                                 2 of 2             2 of 2    0 of 2\n"
        "exit status                                      0                  0         1\n"
        "\n"
        "* the limit: no client can end before its longest poem does"
    )


@pytest.mark.parametrize("width", [40, 50, 60, 80, 200])
def test_a_table_is_cut_into_parts_that_fit(width: int) -> None:
    text = table_text(Standings(small_race()), width)
    heads = [line.split() for line in text.splitlines() if line.split()[:1] and "py" in line]
    assert all(stage in text for stage in STAGES)
    assert heads[-1][-1] == "crash.py"
    assert max(map(len, text.splitlines())) <= width
    assert text.split("* ")[-1].split() == LIMIT
    lanes = timeline_text(Standings(small_race()), width)
    assert max(map(len, lanes.splitlines())) <= width
    assert "- connected, waiting" in " ".join(lanes.split())


def test_a_table_too_narrow_for_names_and_values_has_them_below_each_other() -> None:
    rows = [" ".join(row.split()) for row in table_text(Standings(small_race()), 40).splitlines()]
    assert rows[:3] == ["blocking-client client-1.0-broken", "seconds, of the process", "2.12 1.34"]
    place = rows.index("over the longest poem, 1.00 s *")
    assert rows[place + 1] == "2.02 1.04"


def test_a_stage_that_was_stopped_says_so_and_has_no_ratio() -> None:
    stage = "async-client"
    events = [
        Start(0.0, stage, argv=["python"], pid=1),
        *lane_events(stage, 1, "pond", 0.1, None)[:8],
        Interrupt(0.5, stage),
        Exit(0.51, stage, status=-9, cpu=0.01),
    ]
    standings = Standings(events)
    rows = [line.split() for line in table_text(standings).splitlines()]
    assert ["exit", "status", "stopped"] in rows
    assert ["over", "the", "longest", "poem,", "1.00", "s", "*", "-"] in rows
    assert ["poems", "whole", "0", "of", "1"] in rows
    assert closing_lines(standings) == []


def test_a_stage_without_any_event_but_its_servers_is_no_reason_to_fail() -> None:
    standings = Standings(event for event in small_race() if isinstance(event, Listen))
    assert ["exit", "status", "-", "-", "-"] in [
        r.split() for r in table_text(standings).split("\n")
    ]
    assert timeline_text(standings)
    ET.fromstring(timeline_svg(event for event in small_race() if isinstance(event, Listen)))
    assert table_text(Standings()) == ""
    ET.fromstring(timeline_svg([]))


def test_a_failed_stage_has_a_closing_line_with_its_last_error() -> None:
    assert closing_lines(Standings(small_race())) == [
        "crash.py failed, status 1: ValueError: I fall \N{REPLACEMENT CHARACTER}[31mdown"
    ]
    silent = [Exit(0.1, "killed.py", status=-9)]
    assert closing_lines(Standings(silent)) == [
        "killed.py failed, signal 9: it wrote nothing to standard error"
    ]


def test_the_timeline_shows_waits_and_reads_under_one_axis() -> None:
    assert timeline_text(Standings(small_race()), 80) == (
        "blocking-client\n"
        "  moonlight        +###########################---\n"
        "  spring                                         ###########################---\n"
        "client-1.0-broken\n"
        "  moonlight              +###########################---\n"
        "  spring                 ++++++++++++++++++++++++++++++#\n"
        "crash.py\n"
        "  moonlight        +#######--\n"
        "  spring\n"
        "                 0 s                                                      2.1 s\n"
        "# read by the stage   + sent, not yet read   - connected, waiting"
    )


def test_where_reads_are_not_known_what_is_sent_is_shown() -> None:
    events = without_reads()
    text = timeline_text(Standings(events), 80)
    assert text.splitlines()[-1] == "# sent   - connected, waiting"
    assert "+" not in text
    assert "as the client reads it" not in timeline_svg(events)
    assert "as its server sends it" in timeline_svg(events)


def test_a_pause_as_long_as_a_look_at_the_kernel_is_no_wait() -> None:
    lane = {"lane": 1, "poem": "spring", "size": 100}
    events = [
        event_of(0.0, "a.py", "listen", {**lane, "num_bytes": 10, "delay": 0.0, "reads": True}),
        event_of(0.0, "a.py", "open", lane),
        *[Read(n / 10, "a.py", lane=1, bytes=10) for n in range(1, 11)],
    ]
    _, row, *_ = timeline_text(Standings(events), 80).splitlines()
    assert "-#" in row
    assert "#-" not in row


def test_lanes_as_one_are_closed_when_the_last_of_them_is() -> None:
    early, late, still_open = LaneStanding(closed=1.0), LaneStanding(closed=2.0), LaneStanding()
    assert merged([early, late]).closed == 2.0
    assert merged([early, still_open]).closed is None


def hundred() -> list[Event]:
    """A hundred poems with long Chinese names, one after the other."""
    events: list[Event] = [Start(0.0, "blocking-client", argv=["python"], pid=1)]
    for lane in range(1, 101):
        events += lane_events("blocking-client", lane, "月下独酌其一" * 5, lane / 10, None)
    return sorted(events, key=lambda event: event.t)


def test_a_hundred_lanes_are_summed_in_groups() -> None:
    lines = timeline_text(Standings(hundred()), 80).splitlines()
    assert [line[:16].strip() for line in lines[1:11]] == [
        f"{first} to {first + 9}" for first in range(1, 101, 10)
    ]
    assert len(lines) == 13
    starts = [line.index("#") for line in lines[1:11]]
    assert starts == sorted(starts)
    assert starts[0] < starts[-1] - 40


def test_no_line_of_text_is_wider_than_the_terminal() -> None:
    for width in (60, 80, 160):
        for line in timeline_text(Standings(hundred()[:400]), width).splitlines():
            assert columns(line) <= max(width, 66)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_the_picture_names_each_stage_its_poems_and_its_time() -> None:
    svg = timeline_svg(small_race())
    assert texts(svg) == [
        f"A race of {', '.join(STAGES)}",
        "blocking-client",
        "moonlight",
        "spring",
        "2.12 s",
        "client-1.0-broken",
        "moonlight",
        "spring",
        "1.34 s",
        "crash.py, failed, status 1",
        "moonlight",
        "spring",
        "0.40 s",
        *(f"{n / 2:g} s" for n in range(5)),
        "a poem, as the client reads it",
        "sent, and not yet read",
        "connected, still to come",
        "not connected yet",
        "the longest poem: no client can end before",
        "the client ends",
    ]
    root = ET.fromstring(svg)
    assert root.attrib["aria-label"] == f"A race of {', '.join(STAGES)}"
    assert "prefers-color-scheme: dark" in svg
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter():
        for name, most in (("x", width), ("x2", width), ("y", height), ("y2", height)):
            assert 0 <= float(element.attrib.get(name, 0)) <= most


def test_a_lane_fills_with_what_is_sent_and_read() -> None:
    root = ET.fromstring(timeline_svg(small_race()))
    areas = [
        (element.attrib["class"], [tuple(map(float, p.split(","))) for p in points.split()])
        for element in root.iter(f"{SVG}polygon")
        for points in [element.attrib["points"]]
    ]
    assert [style for style, _ in areas] == [*["sent", "read"] * 5, "read", "sent"]
    sent, read = areas[6][1], areas[7][1]  # the broken client's second poem
    assert min(y for _, y in sent) == min(y for _, y in read)
    full_at = [min(x for x, y in area if y == min(y for _, y in area)) for area in (sent, read)]
    assert full_at[0] < full_at[1]


def test_a_hundred_lanes_stay_a_picture_of_sensible_height() -> None:
    root = ET.fromstring(timeline_svg(hundred()))
    assert float(root.attrib["height"]) < 600
    assert len(list(root.iter(f"{SVG}polygon"))) == 200 + len(["a sign of the legend"])
