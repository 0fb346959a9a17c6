"""The tutorial itself: where it is, and which of its figures a stage answers to."""

from companion.tutorial.parts import Part
from companion.tutorial.stages import Stage

ADDRESS = "https://krondo.com/?page_id=1327"  # of its index
LAST = 21  # of its parts; the one after is our own
TEXTS = {
    "en": {
        "origin": "The tutorial itself: “An Introduction to Asynchronous Programming and Twisted”"
        " by Dave Peticolas, part {}, “{}”",
        "figure": "figure {}",
        "figures": "figures {}",
        "between": ", ",
    },
    "zh": {
        "origin": "教程原文：Dave Peticolas 的“An Introduction to Asynchronous Programming and"
        " Twisted”，中文译本第 {} 部分，《{}》",
        "figure": "图 {}",
        "figures": "图 {}",
        "between": "、",
    },
}


def origin_text(part: Part, lang: str) -> str:
    """Which part of the tutorial it is, by its author and title; empty where it is our own."""
    if part.number > LAST:
        return ""
    return TEXTS[lang]["origin"].format(part.number, part.title[lang])


def origin_address(part: Part) -> str:
    """Where that part is to be read, or else the index of all."""
    return part.page or ADDRESS


def figures_text(stage: Stage, lang: str) -> str:
    """The tutorial's figures that a stage answers to, by number; empty without any."""
    numbers = [one.removeprefix("fig ") for one in stage.figures]
    text = TEXTS[lang]["figures" if numbers[1:] else "figure"]
    return text.format(TEXTS[lang]["between"].join(numbers)) if numbers else ""
