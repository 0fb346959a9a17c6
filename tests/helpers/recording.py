"""Writes tests/recorded/: how each stage is run there, where that is not as the map has it.

`make record` runs this. A stage that never ends by itself ends with the line that says so.
"""

from typing import Any

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.tutorial.stages import Stage, load_map
from companion.virtual.recorded import FOLDER, record_text
from companion.virtual.run import play
from tests.helpers.netstrings import netstring

POEM = "poetry/pond.txt"
TWO_READERS = {"clients": [script.reader(), script.reader(1)]}
BY_CHANCE = [{"choices": [outcome]} for outcome in ("success", "gibberish", "bug")]
# Stage -> the scenarios, as fields, of each of its recorded runs.
RUNS: dict[str, list[dict[str, Any]]] = {
    "slow-server": [
        {
            "args": [POEM],
            "clients": [script.reader(), script.reader(0.1), script.leaver(after=0.7, at=0.2)],
        },
        {
            "args": ["--num-bytes", "50", "--delay", "5", "poetry/fascination.txt"],
            "clients": [script.reader()],
        },
    ],
    "deferred-simulator": [
        {"stdin": "r 1 p\nf 2 r ok\np p\n\n", "args": []},
        {"stdin": "r poem p\nr None r None\nr None r None\n\n", "args": ["--narrow"]},
    ],
    "fastpoetry-2.0": [{**TWO_READERS, "signals": [(3.0, "SIGTERM")]}],
    "fastpoetry-3.0": [{**TWO_READERS, "signals": [(3.0, "SIGINT")]}],
    "transform-server": [
        {
            "clients": [
                script.sender(netstring(b"cummingsify.HERE IS MY POEM")),
                script.sender(netstring(b"shout.Here is my poem"), at=1),
                script.sender(b"HERE IS MY POEM", at=2),
            ]
        }
    ],
    "proxy-3.0": [{"clients": [script.leaver(after=3.0), script.reader(4.0), script.reader(20.0)]}],
}


def stages() -> list[Stage]:
    """The stages of the map that are Python programs; trial runs tests in a way of its own."""
    python = (stage for stage in load_map().stages if stage.path.endswith(".py"))
    return [stage for stage in python if stage.kind != "test"]


def record(stage: Stage) -> str:
    """What the stage prints, as it stands in its file."""
    by_kind = [TWO_READERS] if stage.kind in ("server", "proxy") else [{}]
    runs = RUNS.get(stage.id, BY_CHANCE if "chance" in stage.traits else by_kind)
    return "\n".join(record_text(play(stage, Scenario(**options))) for options in runs)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    names = {f"{stage.id}.txt" for stage in stages()}
    for old in FOLDER.glob("*.txt"):
        if old.name not in names:
            old.unlink()
    for stage in stages():
        (FOLDER / f"{stage.id}.txt").write_text(record(stage), encoding="utf-8")


if __name__ == "__main__":
    main()
