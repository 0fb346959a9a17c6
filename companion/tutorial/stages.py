"""The map: stages.toml read into records, the one place that knows the stages."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from companion.render.language import LANGUAGES
from companion.tutorial.toml import (
    EntryError,
    TableError,
    check_entry,
    check_name,
    read_document,
    read_text,
    refusal,
)

MARK = "stages.toml"


def find_root() -> Path:
    """The folder that holds the stages: that of the reader, made by `companion start`, which he
    works in or below; or else that of a clone; or else where a wheel has put them."""
    tool = Path(__file__).resolve().parents[2]
    here = Path(os.path.abspath(os.curdir)) if os.path.isdir(os.curdir) else tool
    for folder in (here, *here.parents):
        if (folder / MARK).is_file() and not (folder / "companion").is_dir():
            return folder
    if (tool / MARK).is_file():
        return tool
    import sysconfig  # much to load

    user = sysconfig.get_preferred_scheme("user")
    data = [sysconfig.get_path("data"), sysconfig.get_path("data", user)]
    known = [Path(path, "share", "twisted-companion") for path in data]
    return next((folder for folder in known if (folder / MARK).is_file()), tool)


ROOT = find_root()


def is_importable(root: Path = ROOT) -> bool:
    """Whether Python looks for packages there, as in a clone: so does twistd for its plugins."""
    return any(os.path.realpath(path) == os.path.realpath(root) for path in sys.path)


KINDS = ("client", "server", "proxy", "demo", "tool", "test")
# What a client or a server may be like, beside its kind, and what its step is about.
TRAITS = (
    "counts",  # prints the sizes of poems, and no poem
    "in-turn",  # fetches one poem after another
    "gulps",  # reads a poem in one go
    "crashes",  # does not stand a connection that can't be made
    "trusts",  # takes any end of a connection for the end of the poem
    "chance",  # chooses an outcome by chance
    "own-pace",  # a demonstration whose seconds are its own
    "either",  # a demonstration whose Deferred may as well be fired with a failure
    "sends",  # a demonstration that sends a value into a generator
    "alike",  # does all that the stage before it does, in other words, or leaves something out
    "answers",  # sends nothing before a request has come, and then transforms a poem
    "transforms",  # a client that has its poems transformed by the first of its servers
    "own-poem",  # serves a poem that it names itself
    "slow",  # a server that pauses between the pieces of a poem
    "shows",  # a client that is there to show what happens, as a demonstration does
)
LESSONS = (
    *("reactor", "protocol", "callback", "deferred", "always", "generator", "list"),
    *("timeout", "thread", "task"),
)
# A word of a command on the map: {{ and }} stand for a brace, as in str.format.
WORD = re.compile(r"([^{}]|\{\{|\}\}|\{(python|bin|path|out)\})*")


class UnknownStageError(LookupError):
    """No stage has this id or path."""


@dataclass(frozen=True)
class Need:
    """A server that must be running: a stage of the map and what follows its name."""

    stage: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One entry of the map. Paths are relative to the root; texts are by language, en and zh.

    `run` stands for `python PATH` where a stage is started otherwise, and `build` makes what it
    starts. In both, {python} is this Python, {bin} the folder of its commands (twistd, trial),
    {path} the stage's script and {out} a folder outside the tree for what is built. `tools` are
    commands that a machine may lack (escript, ghc, nc).

    `teaches` names the definitions that may differ from the stage in `after`: functions, classes
    with all that is in them, Class.method, module-level names, `__main__` for loose statements.
    `budget` is how many lines may differ, + and - counted, blank lines and the docstring's first
    line not; 0 is for companion.diff.purity.BUDGET. Without a flaw, `flaw` is empty. `traits` are
    of TRAITS and say what the stage is like; `lesson`, of LESSONS, what its chapter has by now.
    """

    id: str
    path: str
    part: int
    kind: str
    title: Mapping[str, str]
    idea: Mapping[str, str]
    run: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    after: str = ""
    teaches: tuple[str, ...] = ()
    budget: int = 0
    flaw: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    lesson: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        """Where the stage's script is."""
        return ROOT / self.path

    def played_by(self, file: Path) -> "Stage":
        """A file of the reader's own in its place: its servers, clients and arguments."""
        return replace(self, id=file.name, path=str(file.resolve()))

    @property
    def is_plugin(self) -> bool:
        """Whether twistd finds it by a name, and not by its path."""
        return self.run[:1] == ("{bin}/twistd",) and "{path}" not in self.run

    @property
    def is_python(self) -> bool:
        """Whether it is a Python program that a trace or simulated time can run."""
        return self.run[0] == "{bin}/twistd" if self.run else self.path.endswith(".py")

    @property
    def transforms(self) -> bool:
        """Whether it is a client that also needs a transform server, the first of its addresses."""
        return "transforms" in self.traits


def program(file: Path) -> Stage:
    """A file that is no stage, to be run as it is: with python, or with twistd where it is a tac
    file, or a plugin, whose name is the first of its arguments."""
    none, twistd = {"en": "", "zh": ""}, ("{bin}/twistd", "--nodaemon", "--pidfile=")
    is_plugin = file.resolve().parts[-3:-1] == ("twisted", "plugins")
    run = twistd if is_plugin else (*twistd, "--python", "{path}") if file.suffix == ".tac" else ()
    return Stage(file.name, str(file.resolve()), 0, "demo", none, none, run)


@dataclass(frozen=True)
class StageMap:
    """Every stage, in reading order."""

    stages: tuple[Stage, ...]

    @cached_property
    def by_id(self) -> dict[str, Stage]:
        return {stage.id: stage for stage in self.stages}

    @cached_property
    def by_place(self) -> dict[Path, int]:
        """The number, in reading order, of the stage in a file, and of the first in a folder."""
        places: dict[Path, int] = {}
        for number, stage in enumerate(self.stages):
            for place in (stage.file, stage.file.parent):
                places.setdefault(place.resolve(), number)
        return places

    def find(self, name: str) -> Stage:
        """The stage with this id, or id without .0, or path, or folder (its first stage).

        A path is the reader's, where there is such a file, or else one at the root.

        Raises UnknownStageError where there is none, with the nearest ids unless it is a file.
        """
        stage = self.by_id.get(name) or self.by_id.get(f"{name}.0")
        if stage:
            return stage
        place = Path(os.path.realpath(name if os.path.exists(name) else ROOT / name))
        if place in self.by_place:
            return self.stages[self.by_place[place]]
        line = f"no stage is called {name!r}; companion list shows them all"
        if not os.path.isfile(place):
            if near := self.near(name):
                line = f"no stage is called {name!r}; did you mean {near}?"
            elif not os.path.exists(place) and ("/" in name or name.endswith((".py", ".tac"))):
                line = f"there is no file {name}, and no stage of that name"
        raise UnknownStageError(line)

    def near(self, name: str) -> str:
        """The ids that somebody may have meant, as `proxy-1.0, proxy-2.0`; "" for none."""
        from difflib import get_close_matches  # much to load, and seldom needed

        ids = list(self.by_id)
        if "/" in name:
            paths = {stage.path: stage.id for stage in reversed(self.stages)}
            return ", ".join(paths[path] for path in get_close_matches(name, paths, 1, 0.8))
        word = name.lower().removesuffix(".py")
        if re.fullmatch(r"[\d.]+", word):  # a client's number, as the tutorial says it
            numbers = (word, f"{word}.0")
            return next((f"client-{n}" for n in numbers if f"client-{n}" in ids), "")
        close = get_close_matches(word, [*ids, *(id.partition("-")[0] for id in ids)], 1, 0.7)
        guesses = (
            [id for id in ids if id in (word, f"{word}.0", word.removesuffix(".0"))],
            [id for id in ids if id.startswith(f"{word}-")],
            [stage.id for stage in self.stages if stage.file.stem == word],
            [id for id in ids if word in id.split("-")],
            [id for id in ids if id in close],
            [id for id in ids if id.partition("-")[0] in close],
        )
        return ", ".join(next(filter(None, guesses), [])[:4])


def load_map(path: Path = ROOT / MARK) -> StageMap:
    """Read the map. Raises TableError with the file's name and the line that is wrong."""
    try:
        text = read_text(path)
    except OSError as err:
        raise TableError(f"no map, {path}: {err.strerror}; install with pip install -e .") from None
    return read_map(text, path)


@lru_cache(maxsize=1)
def read_map(text: str, path: Path) -> StageMap:
    """The map from its text; the last one is kept, since reading it takes as long as a run."""
    document = read_document(text, path, "stage", ("servers",))
    servers = document.get("servers", {})
    stages: list[Stage] = []
    place: tuple[str | int, ...] = ("servers",)
    try:
        check_servers(servers, [entry.get("id") for entry in document["stage"]])
        for index, entry in enumerate(document["stage"]):
            place = ("stage", index)
            if isinstance(named := entry.get("needs"), str):
                if named not in servers:
                    raise EntryError("needs", f"no [servers] are called {named!r}")
                entry["needs"] = servers[named]
            stages.append(read_stage(entry, path.parent, stages))
    except EntryError as err:
        raise refusal(err, path, text, *place, err.key) from None
    return StageMap(tuple(stages))


TEXT, NUMBER, TEXTS, BILINGUAL, SERVERS = (
    "a text",
    "a number",
    "a list of texts",
    f"a text in each of {', '.join(LANGUAGES)}",
    "the name of some [servers], or a list of { stage, args }",
)
# The keys that hold anything else than a text.
SHAPES = {
    **dict.fromkeys(("part", "budget"), NUMBER),
    **dict.fromkeys(("title", "idea", "flaw"), BILINGUAL),
    **dict.fromkeys(
        ("run", "build", "tools", "args", "teaches", "figures", "traits", "lesson"), TEXTS
    ),
    "needs": SERVERS,
}


def shapes(value: Any) -> set[str]:
    """What a value of the map can stand for."""
    if isinstance(value, str):
        return {TEXT}
    if isinstance(value, int) and not isinstance(value, bool):
        return {NUMBER}
    if isinstance(value, dict) and set(value) == set(LANGUAGES):
        return {BILINGUAL} if all(isinstance(text, str) for text in value.values()) else set()
    if not isinstance(value, list):
        return set()
    texts = all(isinstance(item, str) for item in value)
    servers = all(isinstance(item, dict) and is_server(item) for item in value)
    return ({TEXTS} if texts else set()) | ({SERVERS} if servers else set())


def is_server(item: dict[str, Any]) -> bool:
    """Whether it has the shape { stage = "ID", args = ["ARG"] }, args as it may be left out."""
    known = set(item) <= {"stage", "args"} and TEXT in shapes(item.get("stage"))
    return known and TEXTS in shapes(item.get("args", []))


def check_servers(servers: dict[str, Any], ids: list[Any]) -> None:
    """Raises EntryError where a list of servers is none, or names what is not on the map."""
    for name, needs in servers.items():
        if SERVERS not in shapes(needs):
            raise EntryError(name, f"{name} must be a list of {{ stage, args }}")
        for need in needs:
            if need["stage"] not in ids:
                raise EntryError(name, f"needs {need['stage']!r}, which no entry is called")


def read_stage(entry: dict[str, Any], root: Path, before: list[Stage]) -> Stage:
    """One entry as a Stage. Raises EntryError where it does not hold."""
    needed = ("id", "path", "part", "kind", "title", "idea")
    check_entry(entry, needed, Stage.__dataclass_fields__)
    for key, value in entry.items():
        if SHAPES.get(key, TEXT) not in shapes(value):
            raise EntryError(key, f"{key} must be {SHAPES.get(key, TEXT)}")
    check_name("id", entry["id"])
    ids = {stage.id for stage in before}
    if entry["id"] in ids:
        raise EntryError("id", f"the id {entry['id']!r} stands twice")
    path = read_path(entry["path"], root)
    if entry.get("after", "") not in ids | {""}:
        raise EntryError("after", f"after {entry['after']!r}, which no earlier entry is called")
    if entry["kind"] not in KINDS:
        raise EntryError("kind", f"kind {entry['kind']!r} is none of {', '.join(KINDS)}")
    if not 1 <= entry["part"] <= 22:
        raise EntryError("part", f"part {entry['part']!r} is none of 1 to 22")
    for key, known in (("traits", TRAITS), ("lesson", LESSONS)):
        if unknown := sorted(set(entry.get(key, ())) - set(known)):
            raise EntryError(key, f"{key} has {unknown[0]!r}, which is none of {', '.join(known)}")
    if entry.get("budget", 0) < 0:
        raise EntryError("budget", f"budget {entry['budget']} is below 0")
    for key in ("run", "build"):
        check_command(key, entry.get(key))
    values = {**entry, "path": path}
    values |= {key: tuple(entry.get(key, ())) for key, shape in SHAPES.items() if shape == TEXTS}
    values["needs"] = tuple(read_need(need, ids) for need in entry.get("needs", ()))
    stage = Stage(**values)
    same = [other for other in before if other.path == path and is_run_as(other, stage)]
    if same:
        raise EntryError("path", f"{same[0].id!r} runs {path!r} in the same way")
    return stage


def is_run_as(one: Stage, other: Stage) -> bool:
    """Whether two stages are run with the same words and servers."""
    return (one.run, one.args, one.needs) == (other.run, other.args, other.needs)


def read_path(path: str, root: Path) -> str:
    """A script's path in its shortest form. Raises EntryError where there is no such script."""
    if Path(path).anchor or ".." in Path(path).parts:
        raise EntryError("path", f"the path {path!r} leads out of the map's folder")
    if not os.path.isfile(root / path):  # False, where Path.is_file raises, for a name too long
        raise EntryError("path", f"no file {path!r}")
    return Path(path).as_posix()


def check_command(key: str, words: list[str] | None) -> None:
    """Raises EntryError where the words name no command, or have braces that nothing fills in."""
    if words is not None and not any(words[:1]):
        raise EntryError(key, f"{key} names no command")
    for word in words or ():
        if not WORD.fullmatch(word):
            known = "{python}, {bin}, {path} and {out}"
            raise EntryError(key, f"{key} has {word!r}, where only {known} are filled in")


def read_need(need: dict[str, Any], ids: set[str]) -> Need:
    """A server that a stage needs. Raises EntryError where no earlier entry has its id."""
    if need["stage"] not in ids:
        raise EntryError("needs", f"needs {need['stage']!r}, which no earlier entry is called")
    return Need(need["stage"], tuple(need.get("args", ())))
