"""The pages of the guide: from the map, the parts, recorded outputs and runs, to markup.

A page is named by its path below the guide's folder, as en/part-8.html; nothing is made before it
is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.check.exercise import task_of
from companion.diff.definitions import read_source
from companion.diff.html import HTML_LANG, Link, asset, index, links_at, page, rows, template
from companion.diff.model import compare
from companion.diff.steps import Step, all_steps, make_step
from companion.diff.words import counts_text
from companion.guide.words import WORDS
from companion.learn.progress import done
from companion.render.language import LANGUAGES
from companion.trace.compare import compare as compare_runs
from companion.trace.compare_view import lanes_svg
from companion.trace.player import trace_page
from companion.trace.show import TraceError, traced
from companion.trace.trace import Trace
from companion.tutorial.exercises import Exercise
from companion.tutorial.listing import recorded_output
from companion.tutorial.origin import figures_text, origin_address, origin_text
from companion.tutorial.parts import Part, exercises_of
from companion.tutorial.stages import Stage, StageMap

ASSETS = ("guide.css", "diff.css", "guide.js")


class NoPageError(LookupError):
    """The guide has no such page."""


@dataclass(frozen=True)
class Guide:
    """What the pages are made from."""

    stages: StageMap
    parts: tuple[Part, ...]
    served: bool = False  # or else the pages are files, where nothing runs

    def paths(self) -> Iterator[str]:
        """Every page, by its path."""
        yield "index.html"
        yield from ASSETS
        for lang in LANGUAGES:
            yield f"{lang}/index.html"
            for part in self.parts:
                yield f"{lang}/part-{part.number}.html"
            yield f"{lang}/steps/index.html"
            yield from (
                f"{lang}/steps/{stage.id}.html" for stage in self.stages.stages if stage.after
            )
            yield from (
                f"{lang}/trace/{stage.id}.html" for stage in self.stages.stages if is_traced(stage)
            )
            yield from (f"{lang}/solution/{one.id}.html" for one in self.solved())

    def solved(self) -> Iterator[Exercise]:
        """The exercises whose solution can be read beside their start."""
        for part in self.parts:
            for one in part.exercises:
                if one.kind == "build" and task_of(one, self.stages).python:
                    yield one

    def page(self, path: str) -> str:
        """A page's text. Raises NoPageError."""
        if path == "index.html":
            return render("guide_choice.html", title=WORDS["en"]["guide"])
        if path in ASSETS:
            return asset(path) if path.endswith(".js") else render(path)
        lang, _, rest = path.partition("/")
        folder, _, name = rest.rpartition("/")
        number = name.removesuffix(".html")
        if lang not in LANGUAGES or not name.endswith(".html"):
            raise NoPageError(path)
        if not folder:
            return self.first(lang) if number == "index" else self.part(lang, number)
        makers = {"steps": self.step, "trace": self.trace, "solution": self.solution}
        if folder not in makers:
            raise NoPageError(path)
        return makers[folder](lang, number)

    def first(self, lang: str) -> str:
        """The first page: the race, and what to do next."""
        one, other = (self.stages.find(name) for name in ("blocking-client", "async-client"))
        return render(
            "guide_first.html",
            **self.common(lang, WORDS[lang]["guide"]),
            parts=self.parts,
            racers=[(one.id, one.title[lang]) for one in racers(self.stages)],
            picture=lanes_svg(compare_runs(one, other), lang),
            figures=[figures_text(stage, lang) for stage in (one, other)],
            root="..",
        )

    def common(self, lang: str, title: str) -> dict[str, Any]:
        """What every page says."""
        exercises = exercises_of(self.parts)
        solved = done() if self.served else frozenset()
        other = next(one for one in LANGUAGES if one != lang)
        return {
            "html_lang": HTML_LANG[lang],
            "lang": lang,
            "other": other,
            "other_lang": HTML_LANG[other],
            "words": WORDS[lang],
            "title": title,
            "served": self.served,
            "done": solved,
            "count": len(exercises),
            "following": next((one for one in exercises if one.id not in solved), None),
        }

    def part(self, lang: str, name: str) -> str:
        number = name.removeprefix("part-")
        found = [part for part in self.parts if str(part.number) == number and name != number]
        if not found:
            raise NoPageError(name)
        part, words = found[0], WORDS[lang]
        return render(
            "guide_part.html",
            **self.common(
                lang, words["titled"].format(words["part"].format(number), part.title[lang])
            ),
            part=part,
            origin=origin_text(part, lang),
            address=origin_address(part),
            last=len(self.parts),
            stages=[
                self.stage(stage, lang) for stage in self.stages.stages if stage.part == part.number
            ],
            exercises=[self.exercise(one, lang) for one in part.exercises],
            root="..",
        )

    def stage(self, stage: Stage, lang: str) -> dict[str, Any]:
        """What a part's page says of one of its stages."""
        output = recorded_output(stage)
        before = self.stages.by_id.get(stage.after)
        step = make_step(before, stage, (stage,)) if before else None
        return {
            "id": stage.id,
            "path": stage.path,
            "title": stage.title[lang],
            "idea": stage.idea[lang],
            "flaw": stage.flaw.get(lang, ""),
            "figures": figures_text(stage, lang),
            "output": output,
            "guess": stage.kind == "demo" and 0 < output.count("\n") < 40,
            "changes": step and (step.title_before(lang), counts_text(step, lang)),
            "diff": rows(step, lang, 4) if step else "",
            "traced": is_traced(stage),
        }

    def exercise(self, one: Exercise, lang: str) -> dict[str, Any]:
        solved = one.kind == "build" and task_of(one, self.stages).python
        return {
            "id": one.id,
            "kind": one.kind,
            "text": one.text[lang],
            "hints": one.hints[lang],
            "why": one.why.get(lang, ""),
            "solved": solved,
        }

    def step(self, lang: str, name: str) -> str:
        steps = all_steps(self.stages)
        if name == "index":
            return index(steps, lang, self.links(lang, "steps/index"))
        at = next((n for n, step in enumerate(steps) if step.stage and step.stage.id == name), None)
        if at is None:
            raise NoPageError(name)
        stage = self.stages.by_id[name]
        links = self.links(lang, f"steps/{name}", self.part_link(stage, lang))
        if is_traced(stage):
            links.append(Link(f"../trace/{name}.html", WORDS[lang]["step through"]))
        return page(steps[at], lang, links=[*links, *links_at(steps, at, lang)])

    def links(self, lang: str, path: str, *links: Link) -> list[Link]:
        """What a page of a folder leads to: the first page, itself in the other language, and
        these."""
        other = next(one for one in LANGUAGES if one != lang)
        itself = Link(f"../../{other}/{path}.html", WORDS[lang]["other"], lang=HTML_LANG[other])
        return [Link("../index.html", WORDS[lang]["guide"]), itself, *links]

    def part_link(self, stage: Stage, lang: str) -> Link:
        """To a stage, on the page of its part."""
        return Link(f"../part-{stage.part}.html#{stage.id}", WORDS[lang]["part"].format(stage.part))

    def trace(self, lang: str, name: str) -> str:
        stage = self.stages.by_id.get(name)
        if stage is None or not is_traced(stage):
            raise NoPageError(name)
        links = self.links(lang, f"trace/{name}", self.part_link(stage, lang))
        if stage.after:
            links.append(Link(f"../steps/{stage.id}.html", WORDS[lang]["changes"]))
        idea = stage.idea[lang]
        if figures := figures_text(stage, lang):
            idea = WORDS[lang]["figured"].format(idea, figures)
        return trace_page(Trace(traced(stage).events), [stage], idea, lang, links)

    def solution(self, lang: str, name: str) -> str:
        one = next((one for one in self.solved() if one.id == name), None)
        if one is None:
            raise NoPageError(name)
        task = task_of(one, self.stages)
        path = f"exercises/{one.id}/{task.name}"
        diff = compare(
            read_source(task.start.file, task.start.path), read_source(task.solution, path)
        )
        here = f"../part-{name.partition('.')[0]}.html#exercise-{name}"
        back = Link(here, WORDS[lang]["exercise"].format(name))
        links = self.links(lang, f"solution/{name}", back)
        return page(Step(diff, task.start), lang, links=links)


def render(name: str, **values: Any) -> str:
    """The markup of a template with these values."""
    return template(name).render(**values)


def racers(stages: StageMap) -> Iterator[Stage]:
    """The stages that can race wherever Python is."""
    return (one for one in stages.stages if one.kind == "client" and not (one.build or one.tools))


def is_traced(stage: Stage) -> bool:
    """Whether a run of the stage can be stepped through."""
    return (
        not stage.build and not stage.tools and stage.kind in ("client", "server", "proxy", "demo")
    )


def write_guide(guide: Guide, folder: Path) -> int:
    """Write every page into a folder, made where there is none; how many. Raises OSError."""
    count = 0
    for path in guide.paths():
        try:
            text = guide.page(path)
        except TraceError:
            continue
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        count += 1
    return count
