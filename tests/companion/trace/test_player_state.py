"""The state that the player derives in the browser is what the drawings show, at every event."""

from collections.abc import Iterator
from typing import Any

import pytest

from companion.diff.html import asset
from companion.event import Event, read_events
from companion.trace.show import TraceError, traced
from companion.tutorial.stages import Stage, load_map
from tests.helpers.browser import browser
from tests.helpers.player_states import states_of

# Every state from the one before it, each then in the form that state_of has; told at the end, so
# that one which was changed later is found out.
STATES = """
(events) => {
  const all = [state(events, 0)];
  for (let n = 1; n <= events.length; n += 1) all.push(state(events, n, all[n - 1]));
  return all.map((now) => ({
    t: now.t,
    stack: now.stack.filter((call) => !call.left)
      .map((call) => [call.task, call.call, call.function, call.line]),
    waits: now.waits, loops: now.loops, printed: now.printed, exit: now.exit,
    timers: [...now.timers.values()].map((one) => [one.timer, one.calls, one.at]),
    lanes: [...now.lanes.values()].map(({ size, ...lane }) => lane),
    deferreds: [...now.deferreds.values()].map(({ line, function: _, touched, ...one }) => ({
      ...one,
      pairs: one.pairs.map((p) =>
        [p.pair, p.callback, p.errback, p.joins, p.resumes, p.ran, p.how]),
      hand: one.hand ? [[one.hand.value, one.hand.failed]] : [],
    })),
  }));
}
"""
QUICK = ("defer-5", "client-5.1", "client-8.0", "proxy-2.0", "deferred-list", "threaded-client")


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page with the function that derives the state."""
    with browser() as started:
        page = started.new_page()
        page.add_script_tag(content=asset("state.js").replace("export ", ""))
        yield page


def events_of(stage: Stage) -> list[Event]:
    """The events of a stage, as they are kept."""
    try:
        return list(read_events(event.to_json() for event in traced(stage).events))
    except TraceError as err:
        pytest.skip(str(err))


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param(stage, marks=[pytest.mark.slow] * (stage.id not in QUICK), id=stage.id)
        for stage in load_map().stages
    ],
)
def test_the_state_is_the_drawings_at_every_event(page: Any, stage: Stage) -> None:
    events = events_of(stage)
    derived = page.evaluate(STATES, [event.record for event in events])
    for n, (state, drawn) in enumerate(zip(derived, states_of(events), strict=True)):
        state["deferreds"].sort(key=lambda one: one["deferred"])
        state["lanes"].sort(key=lambda one: (len(one["name"]), one["name"]))
        assert state == drawn, n


def test_a_state_is_the_same_from_any_earlier_one(page: Any) -> None:
    events = [event.record for event in events_of(load_map().find("client-8.0"))]
    assert page.evaluate(
        """(events) => {
          const text = (now) => JSON.stringify(now, (_, v) => v instanceof Map ? [...v] : v);
          const [middle, end] = [events.length >> 1, events.length];
          return text(state(events, end)) === text(state(events, end, state(events, middle)))
            && text(state(events, 0)) === text(state(events, 0, state(events, 0)))
            && text(state(events, middle)) !== text(state(events, end));
        }""",
        events,
    )
