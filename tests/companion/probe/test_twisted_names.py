"""What the probe reads of Twisted: all in one list, checked, and told where it is missing."""

import ast
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from twisted.internet.defer import Deferred, DeferredList

from companion.event import KINDS, Unseen, checked, read_events
from companion.peers.scenario import Scenario
from companion.probe import twisted_names
from companion.probe.twisted_names import NAMES, Name, missing, unseen
from companion.render.terminal import Screen
from companion.trace.compare import Comparison
from companion.trace.compare_view import compare_svg, compare_text
from companion.trace.picture import trace_svg
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.trace.words import UNSEEN
from companion.tutorial.stages import ROOT, load_map
from companion.virtual import run as virtual
from companion.virtual.run import Run
from twisted import __version__

PROGRAM = """
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks

    @inlineCallbacks
    def main():
        one, two = Deferred(), Deferred()
        reactor.callLater(1, one.callback, "poem")
        reactor.callLater(2, two.cancel)
        print((yield one), (yield DeferredList([two], consumeErrors=True))[0][0])
        reactor.callLater(0, reactor.stop)
        Deferred().addCallback(str).errback(ValueError("lost"))
        inner, outer = Deferred(), Deferred()
        outer.addCallback(lambda _: inner).callback(None)
        inner.callback("poem")

    reactor.callWhenRunning(main)
    reactor.run()
"""
# What is lost: the kinds of event that are then not told.
LOST: dict[str, set[str]] = {
    "deferreds": {"cancelled"},
    "pairs": {"pair"},
    "fired": {"fired"},
    "results": {"runs", "ran", "resumed", "unhandled"},
    "unhandled": {"unhandled"},
    "generators": set(),
    "lists": {"join"},
    "timers": {"timer", "timer_fired"},
}


def play(tmp_path: Path, **more: Any) -> Run:
    file = tmp_path / "program.py"
    file.write_text(dedent(PROGRAM))
    return virtual.play(file, Scenario(**more))


def test_this_twisted_has_every_name() -> None:
    assert missing() == {}
    assert unseen(real=True) == {}


def test_a_name_is_missing_where_its_owner_has_it_not_or_a_variable_is_another() -> None:
    assert not Name(Deferred, "addBoth", ("callback",)).missing()
    assert Name(Deferred, "addBoth", ("callback", "another")).missing()
    assert Name(Deferred, "_another").missing()
    assert not Name(DeferredList, "_deferredList").missing()  # set when one is made
    assert Name(twisted_names, "another").missing()


def test_what_is_read_in_real_time_alone_is_missed_there_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("twisted.internet.selectreactor._select")
    fields = {"twisted": __version__, "what": ["real waits"], "names": ["selectreactor._select"]}
    assert unseen(real=True) == fields
    assert unseen(real=False) == {}


@pytest.mark.parametrize("shown", LOST)
def test_what_this_twisted_can_not_show_is_told_and_all_else_is_shown(
    shown: str, tmp_path: Path
) -> None:
    plain, whole = play(tmp_path), play(tmp_path, traced=True)
    run = play(tmp_path, traced=True, probe=f"tests.helpers.other_twisted:{shown}")
    assert (run.how, run.status, run.stdout) == (plain.how, plain.status, plain.stdout)
    [event] = run.of(Unseen)
    assert checked(event) is event
    assert event.twisted == __version__
    assert shown in event.what
    kinds, all_kinds = ({event.kind for event in one.events} for one in (run, whole))
    assert "unseen" not in all_kinds
    assert all_kinds >= LOST[shown]
    assert kinds == all_kinds - LOST[shown] | {"unseen"}
    generators = [event for event in run.events if event.fields.get("generator")]
    assert bool(generators) == ("generators" not in event.what)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", f"not shown on Twisted {__version__}: timers"),
        ("zh", f"在 Twisted {__version__} 上无法显示：定时器"),
    ],
)
def test_the_views_say_it_in_one_line(lang: str, said: str, tmp_path: Path) -> None:
    run = play(tmp_path, traced=True, probe="tests.helpers.other_twisted:timers")
    events = list(read_events(event.to_json() for event in run.events))
    assert trace_text(Trace(events), Screen(lang=lang)).splitlines()[1:3] == [said, ""]
    assert trace_svg(Trace(events), lang).count(f">{said}<") == 1
    stage, whole = load_map().by_id["hello"], play(tmp_path, traced=True)
    comparison = Comparison((stage, stage), (whole, run))
    assert compare_text(comparison, Screen(lang=lang)).splitlines().count(said) == 1
    assert compare_svg(comparison, lang).count(f">{said}<") == 1


def test_each_has_its_text_in_both_languages() -> None:
    assert set(UNSEEN["en"]) == set(UNSEEN["zh"]) == set(NAMES)
    assert "unseen" in KINDS


def test_every_private_name_and_local_variable_that_the_probe_reads_is_in_the_list() -> None:
    names = [name for some in NAMES.values() for name in some]
    listed = {name.name for name in names} | {one for name in names for one in name.variables}
    read = set()
    for file in ("calls", "deferreds"):
        path = ROOT / "companion" / "probe" / f"{file}.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(attr=name) if name.startswith("_") and name[:2] != "__":
                    read.add(name)
                case ast.Subscript(
                    value=ast.Attribute(attr="f_locals") | ast.Name(id="values"),
                    slice=ast.Constant(value=str(name)),
                ):
                    read.add(name)
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Attribute(attr="f_locals") | ast.Name(id="values"), attr="get"
                    ),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    read.add(name)
    assert {"_runningCallbacks", "_deferredList", "self", "current", "item", "gen"} <= read
    assert read <= listed
