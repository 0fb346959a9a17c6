"""A trace read: turns of the stage's code, what is repeated, and the chain of every Deferred."""

import re
from pathlib import Path
from time import perf_counter

import pytest

from companion.event import Cancelled, Enter, Leave, Open, Ran, Read, Resumed, Wait, checked
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.render.terminal import Screen
from companion.trace.chains import Chain, Pause, chains
from companion.trace.faults import FAULTS, with_fault
from companion.trace.ladder import ladder_text
from companion.trace.lanes import code_marks, lanes
from companion.trace.picture import trace_svg
from companion.trace.show import TraceError, traced
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.trace.turns import MAIN, Turn, folded, turns
from companion.tutorial.stages import load_map
from companion.virtual.run import play
from tests.helpers.traces import events_of

LADDER = """
D1: made at line 16
  fired at line 19, 0.000 s
       callback                 errback
                         Exception('The ink...*
......................   +--------------------+
: got_poem           :   | poem_failed        |   line 17
......................   +--------------------+
          +------------------------+
         None
"""


def functions(turn: Turn) -> list[str]:
    return [row.event.function for row in turn.rows if isinstance(row.event, Enter)]


def chains_of(id: str) -> list[Chain]:
    return chains(events_of(id))


def way(chain: Chain) -> list[tuple[int, str, str]]:
    """What ran in a chain: pair, side, what came of it."""
    ran = [step for step in chain.steps if isinstance(step, Ran)]
    return [(event.pair, event.side, event.gave) for event in ran]


# The tutorial's figures: each is to be found in the events of the stage that it belongs to.


def test_the_map_says_where_each_figure_is() -> None:
    shown = {int(figure.split()[1]) for stage in load_map().stages for figure in stage.figures}
    assert shown >= {*range(2, 8), *range(10, 27), 28, 29, 31, 32, 36, 37, 39}


def test_figures_3_and_4_waits_one_after_another_and_reads_that_take_turns() -> None:
    def order(id: str) -> list[int]:
        return [event.lane or 0 for event in events_of(id) if isinstance(event, Read)]

    one_by_one, in_turns = order("blocking-client"), order("async-client")
    assert one_by_one == sorted(one_by_one)
    assert in_turns[:9] == [1, 2, 3] * 3
    assert sum(b - a for a, b in code_marks(events_of("blocking-client"))[MAIN]["-"]) == (
        pytest.approx(22.9)
    )


@pytest.mark.parametrize("stage", ["client-2.1", "client-4.0", "defer-block"])
def test_a_trace_is_the_same_under_each_reactor_and_its_waits_are_the_reactors(stage: str) -> None:
    def seen(reactor: str) -> tuple[object, ...]:
        events = play(stage, Scenario(reactor=reactor, traced=True)).events
        marks = code_marks(events)[MAIN]
        shown = [vars(lane) for lane in lanes(events)]
        return [turn.shape for turn in turns(events)], marks["-"], marks["!"], shown

    first = seen("epoll")
    assert "wait" in [turn.who for turn in turns(events_of("client-4.0"))]
    assert first[1] == []
    assert bool(first[2]) == (stage == "defer-block")
    for reactor in ("poll", "select", "asyncio"):
        assert seen(reactor) == first, reactor


def test_figure_5_a_loop_waits_and_handles() -> None:
    calls = [e.call for e in events_of("async-client") if isinstance(e, Wait)]
    assert set(calls) == {"select"}
    assert len(calls) == 101


def test_figure_6_the_reactor_calls_the_stage_and_gets_the_control_back() -> None:
    found = turns(events_of("hello"))
    assert [(turn.who, functions(turn)) for turn in found] == [
        ("start", ["<module>"]),
        ("reactor", ["hello"]),
        ("wait", []),
    ]
    assert found[-1].wait
    assert found[-1].wait.until is None


def test_figure_6_the_stage_goes_on_when_the_loop_has_ended() -> None:
    found = turns(events_of("countdown"))
    assert [row.event.kind for row in found[0].rows] == ["enter", "print", "reactor"]
    assert found[-1].who == "goes on"
    assert found[-1].rows[0].call.by == "returns"
    assert [row.event.fields["text"] for row in found[-1].rows[1:]] == ["Stop!"]


def test_a_client_has_the_same_number_in_its_lane_and_in_the_calls_made_for_it() -> None:
    events = events_of("proxy-3.0")
    called = {e.client for e in events if isinstance(e, Enter) and e.client}
    assert called == {e.client for e in events if isinstance(e, Open) and e.client}


def test_a_callback_that_a_timer_leads_to_is_its_deferred_s() -> None:
    runs = [
        (row.runs.deferred, row.call.function)
        for turn in turns(events_of("inline-callbacks-2"))
        for row in turn.rows
        if row.runs and row.call.by == "reactor"
    ]
    assert (1, "got_result") in runs
    assert (3, "got_error") in runs


def test_a_handler_of_the_library_s_is_not_taken_for_the_stage_s() -> None:
    reactor_calls = [
        row
        for turn in turns(events_of("client-8.0"))
        for row in turn.rows
        if isinstance(row.event, Enter) and row.event.by == "reactor"
    ]
    assert len(reactor_calls) > 10
    assert not any(row.runs for row in reactor_calls)


def test_what_the_library_logs_while_the_loop_runs_is_no_call_of_the_stage_s() -> None:
    logged = [
        row
        for turn in turns(events_of("exception"))
        for row in turn.rows
        if row.event.fields.get("stream") == "stderr"
    ]
    assert len(logged) > 5
    assert {row.depth for row in logged} == {0}


def test_figure_7_the_reactor_calls_do_read_of_the_socket_that_is_ready() -> None:
    called = [turn for turn in turns(events_of("client-1.0")) if turn.who == "reactor"]
    assert functions(called[0])[0] == "PoetrySocket.doRead"
    assert {turn.lanes[0] for turn in called} == {"1", "2", "3"}


def test_figure_10_the_transport_hands_data_to_the_protocol_of_its_connection() -> None:
    called = [functions(t) for t in turns(events_of("client-2.0")) if t.who == "reactor"]
    assert called.count(["PoetryProtocol.dataReceived"]) > 200


@pytest.mark.parametrize("id", ["client-3.1", "client-3.0"])
def test_figure_11_the_lost_connection_becomes_a_poem_in_our_code(id: str) -> None:
    last = [turn for turn in turns(events_of(id)) if turn.who == "reactor"][-1]
    assert functions(last)[:4] == [
        "PoetryProtocol.connectionLost",
        "PoetryProtocol.poemReceived",
        "PoetryClientFactory.poem_finished",
        "got_poem",
    ]


def test_figure_14_the_deferred_calls_our_callbacks() -> None:
    last = [turn for turn in turns(events_of("client-4.0")) if turn.who == "reactor"][-1]
    runs = [(row.runs.pair, row.call.function) for row in last.rows if row.runs]
    assert runs == [(1, "got_poem"), (2, "poem_done")]


def pairs(chain: Chain) -> list[tuple[str | None, str | None]]:
    return [(pair.callback, pair.errback) for pair in chain.pairs.values()]


def test_figure_12_a_deferred_is_two_columns_of_handlers() -> None:
    [chain] = chains_of("defer-1")
    assert pairs(chain) == [("got_poem", "poem_failed")]
    assert way(chain) == [(1, "callback", "None")]


def test_figure_13_who_asks_for_a_poem_gets_a_deferred_at_once() -> None:
    def first_answer(id: str) -> tuple[float, str]:
        left = [e for e in events_of(id) if isinstance(e, Leave) and e.function == "get_poetry"]
        return left[0].t, left[0].value[:11]

    assert first_answer("client-4.0") == (0.0, "D1")
    assert first_answer("blocking-client") == (pytest.approx(10.1), "b'The Ecsta")


def raised(id: str, fault: str = "") -> list[tuple[str, str]]:
    left = [e for e in events_of(id, fault) if isinstance(e, Leave) and e.how == "raised"]
    return [(event.function, event.value) for event in left]


def test_figure_15_an_exception_goes_up_to_whoever_called() -> None:
    assert raised("blocking-client", "REFUSED")[0] == ("get_poetry", "ConnectionRefusedError()")
    *_, last = turns(events_of("blocking-client", "REFUSED"))
    around = [row for row in last.rows if isinstance(row.event, Enter | Leave)]
    called = next(row for row in around if row.how == "raised" and row.depth == 2)
    assert (called.call.function, called.call.by) == ("get_poetry", "stage")


def test_figure_16_an_exception_in_a_callback_falls_into_the_reactor() -> None:
    assert raised("exception") == [("fall", "Exception('I fall down.')")]
    fell, went_on = [turn for turn in turns(events_of("exception")) if turn.who == "reactor"]
    assert (fell.who, fell.rows[0].how) == ("reactor", "raised")
    assert functions(went_on) == ["go_on"]


@pytest.mark.parametrize(
    ("lines", "sides"),
    [
        ("r a r b\nr c r d\n", "cc ec"),
        ("f a f b\nf c f d\nr e r g\n", "cee eee"),
        ("r a p\nf b p\nr c r d\np p\n", "ccec eeec"),
    ],
)
def test_figures_17_and_18_success_goes_left_and_failure_right(lines: str, sides: str) -> None:
    run = play("deferred-simulator", Scenario(args=[], stdin=f"{lines}\n", traced=True))
    drawn = len(lines.splitlines())  # the simulator's own handler comes after these
    ways = ["".join(side[0] for _, side, _ in way(chain)[:drawn]) for chain in chains(run.events)]
    assert " ".join(ways) == sides


def test_figure_19_the_chain_of_client_5() -> None:
    chain = chains_of("client-5.0")[0]
    assert pairs(chain) == [
        ("try_to_cummingsify", None),
        ("got_poem", "poem_failed"),
        ("poem_done", "poem_done"),
    ]


def test_figures_24_and_25_the_try_has_become_an_errback() -> None:
    run = play("client-5.1", Scenario(servers=[script.fast(b"POEM")], choices=[2], traced=True))
    [chain] = chains(run.events)
    assert pairs(chain) == [
        ("cummingsify", None),
        (None, "cummingsify_failed"),
        ("got_poem", "poem_failed"),
        ("poem_done", "poem_done"),
    ]
    assert way(chain) == [
        (1, "callback", "CannotCummingsify('POEM')"),
        (2, "errback", "'POEM'"),
        (3, "callback", "None"),
        (4, "callback", "None"),
    ]


def test_figure_31_a_cached_poem_comes_in_a_deferred_that_has_fired() -> None:
    fetched, cached, _ = chains_of("proxy-1.0")
    assert fetched.fired[0].t >= max(pair.t for pair in fetched.pairs.values())
    order = [e.kind for e in events_of("proxy-1.0") if e.fields.get("deferred") == cached.number]
    assert order[:4] == ["deferred", "fired", "pair", "runs"]


def test_figure_26_three_clients_of_one_server_are_three_lanes() -> None:
    assert [lane.name for lane in lanes(events_of("fastpoetry-1.0"))] == ["c1", "c2", "c3"]


def test_figure_29_control_goes_to_and_fro_and_the_reactor_waits_in_between() -> None:
    servers = [script.transform(), script.slow(b"POEM")]
    for id in ("client-6.0", "client-7.0"):
        run = play(id, Scenario(servers=servers, traced=True))
        whos = [turn.who for turn in turns(run.events)]
        assert whos[:2] == ["start", "reactor"]
        assert whos.count("wait") == 1
        assert whos.index("wait") < len(whos) - 1


def test_figure_36_a_generator_is_left_at_each_yield_and_goes_on() -> None:
    generators = [chain for chain in chains_of("client-7.0") if chain.generator]
    assert {chain.generator for chain in generators} == {"get_transformed_poem"}
    for chain in generators:
        paused = [step for step in chain.steps if isinstance(step, Pause)]
        assert [step.resumed is not None for step in paused] == [True, True]


@pytest.mark.parametrize(
    ("choice", "first", "result"),
    [
        (0, "'poem'", "'poem'"),
        (1, "GibberishError('nothing but gibberish')", ""),
        (2, "'POEM'", "'POEM'"),
    ],
)
def test_figures_20_to_22_the_way_through_the_chain_of_client_5(
    choice: int, first: str, result: str
) -> None:
    run = play(
        "client-5.0", Scenario(servers=[script.fast(b"POEM")], choices=[choice], traced=True)
    )
    [chain] = chains(run.events)
    ran = way(chain)
    assert ran[0] == (1, "callback", first)
    assert ran[1][1] == ("callback" if result else "errback")
    assert ran[2] == (3, "callback", "None")


def test_figure_23_without_a_connection_the_errbacks_are_taken() -> None:
    [chain] = chains(events_of("client-5.0", "REFUSED"))
    assert [side for _, side, _ in way(chain)] == ["errback", "errback", "callback"]


def test_figure_28_an_outer_deferred_waits_on_an_inner_one() -> None:
    *_, outer = [c for c in chains_of("defer-10") if c.steps]
    paused = [step for step in outer.steps if isinstance(step, Pause)]
    assert [(s.event.on, s.resumed is not None) for s in paused] == [(2, True)]


def test_figure_32_a_callback_that_comes_late_runs_at_once() -> None:
    kinds = [e.kind for e in events_of("defer-11") if e.fields.get("deferred") == 1]
    assert kinds == ["deferred", "fired", *(["pair", "runs", "ran"] * 3)]


def test_the_way_to_a_generator_begins_at_the_value_that_it_goes_on_with(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from twisted.internet.defer import Deferred, inlineCallbacks\n"
        "@inlineCallbacks\n"
        "def main(d):\n"
        "    yield d\n"
        "d = Deferred()\n"
        "main(d)\n"
        "d.callback('poem')\n"
    )
    svg = trace_svg(Trace(play(file, Scenario(args=[], traced=True)).events))
    (begin,) = re.findall(r'points="[\d.]+,([\d.]+) [^"]*" class="way end dashed"', svg)
    assert re.findall(r'y="([\d.]+)"[^>]*>\'poem\'<', svg) == [begin]


def test_figure_37_a_list_joins_its_results() -> None:
    [joined] = [chain for chain in chains_of("deferred-list-5") if chain.join]
    assert joined.join
    assert joined.join.of == [1, 2]
    assert joined.fired[0].value.startswith("[(True, 'result 1'), (False, ")


def test_figure_39_a_cancellation_goes_up_and_its_failure_comes_down() -> None:
    found = chains_of("defer-cancel-12")
    up = [e.deferred for e in events_of("defer-cancel-12") if isinstance(e, Cancelled)]
    assert up == [2, 1], "the outer asks the inner"
    inner, outer = found
    assert "CancelledError" in inner.fired[0].value
    [paused] = [step for step in outer.steps if isinstance(step, Pause)]
    assert paused.event.on == 1
    assert isinstance(paused.resumed, Resumed)
    assert "CancelledError" in paused.resumed.value
    assert way(outer)[-1][:2] == (2, "errback")


def test_a_canceller_is_named_where_one_is_called() -> None:
    inner, outer = chains_of("defer-cancel-12")
    assert inner.canceller
    assert inner.canceller.function == "cancel_inner"
    assert outer.canceller is None, "it has fired, so its own is not called"
    text = ladder_text(Trace(events_of("defer-cancel-12")))
    assert text.count("its canceller cancel_inner is called, line 10") == 1


# Flaws, as they are seen.


def test_the_broken_client_is_one_long_block() -> None:
    blocked = code_marks(events_of("client-1.0-broken"))[MAIN]["!"]
    assert (blocked[0][0], blocked[-1][1]) == pytest.approx((0.0, 10.1))
    assert sum(stop - start for start, stop in blocked) == pytest.approx(10.1)


def test_a_callback_that_sleeps_lets_the_reactor_stand_still() -> None:
    blocked = code_marks(events_of("defer-block"))[MAIN]["!"]
    assert sum(stop - start for start, stop in blocked) == pytest.approx(11.5)
    assert code_marks(events_of("blocking-client"))[MAIN]["!"] == []


def test_client_3_waits_for_ever_on_a_refused_port_and_the_picture_says_where() -> None:
    *_, waits, ends = trace_text(Trace(events_of("client-3.0", "REFUSED"))).splitlines()
    assert " ".join(waits.split()) == "30.000 reactor waits for ever in epoll"
    assert " ".join(ends.split()) == "30.000 waits for ever"


def test_a_forgotten_errback_is_marked() -> None:
    [chain] = chains_of("defer-unhandled")
    assert chain.unhandled
    assert ladder_text(Trace(events_of("defer-unhandled"))).splitlines()[-1].strip() == "UNHANDLED"


# Folding.


def test_turns_that_look_alike_are_one_with_their_number_and_lanes() -> None:
    [turn] = [t for t in folded(turns(events_of("client-2.1"))) if len(t.more) > 100]
    assert functions(turn) == ["PoetryProtocol.dataReceived"]
    assert turn.lanes == ["1", "2", "3"]
    assert turn.waited == pytest.approx(6.2)


def test_waits_with_nothing_between_them_are_one_until_the_end_of_the_last() -> None:
    waits = [Wait(t, "mine", call="epoll", until=t + 1, by="reactor") for t in (0.0, 1.0, 2.0)]
    (turn,) = folded(turns(waits))
    assert turn.wait == Wait(0.0, "mine", call="epoll", until=3.0, by="reactor")
    assert turn.waited == 3


def test_nothing_is_lost_by_folding() -> None:
    for id in ("client-4.0", "countdown", "inline-callbacks-2"):
        found = turns(events_of(id))
        kept = sum(1 + len(turn.more) for turn in folded(found) if turn.who != "wait")
        assert kept == sum(turn.who != "wait" for turn in found)


def test_chains_that_went_the_same_way_are_drawn_once() -> None:
    text = ladder_text(Trace(events_of("client-4.0")))
    assert "  the same way: D2, D3 (2)" in text
    assert text.count("made at") == 1


def test_the_ladder_of_the_simplest_deferred() -> None:
    text = ladder_text(Trace(events_of("defer-3")), Screen(70))
    assert text.splitlines() == LADDER.strip("\n").splitlines()


# Every stage, at any width, and at any size.


@pytest.mark.parametrize("width", [40, 80, 160])
def test_every_picture_fits_its_width(width: int) -> None:
    from companion.render.text import columns

    for id in ("client-8.0", "deferred-list-6", "defer-cancel-12", "countdown"):
        text = (
            trace_text(Trace(events_of(id)), Screen(width))
            + "\n"
            + ladder_text(Trace(events_of(id)), Screen(width))
        )
        assert max(columns(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("id", ["client-8.0", "defer-cancel-12", "countdown", "fastpoetry-1.0"])
def test_what_the_probe_tells_is_what_the_views_need(id: str) -> None:
    for event in events_of(id):
        assert checked(event) is event


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_in_the_last_poem_server(fault: str) -> None:
    servers = [script.slow(b"x" * 30), script.transform()]
    with pytest.raises(Exception, match="no poetry server"):
        with_fault(fault, [script.transform()])
    named = [servers[1], *(run_scripts("client-3.1"))]
    changed = with_fault(fault, named)
    assert changed[0] == named[0]
    assert changed[-1] != named[-1]
    if fault != "SPLIT":
        assert changed[:-1] == named[:-1]


def run_scripts(id: str) -> list[script.Script]:
    from companion.virtual.stand_ins import scripts_of

    stages = load_map()
    return scripts_of(stages.by_id[id], stages)


def test_what_is_no_python_program_is_refused_in_one_line() -> None:
    with pytest.raises(TraceError, match=r"^haskell-client-1 is not a Python program"):
        traced(load_map().by_id["haskell-client-1"])


@pytest.mark.slow
def test_a_thousand_servers_are_summed_in_ten_lanes_and_drawn_in_time() -> None:
    servers = [script.slow(b"x" * 40) for _ in range(1000)]
    run = play("client-4.0", Scenario(servers=servers, traced=True), limit=30)
    assert run.status == 0
    began = perf_counter()
    text = trace_text(Trace(run.events))
    ladder = ladder_text(Trace(run.events))
    svg = trace_svg(Trace(run.events))
    assert perf_counter() - began < 10
    assert "901 to 1000" in text
    assert "(999)" in ladder
    assert len(svg) < 1_000_000
