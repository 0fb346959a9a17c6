"""Which language is spoken, and the Chinese of what the code says in English.

The table is chinese.toml: its keys are the texts as they stand in the code, with {} for a value.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")
TABLE = Path(__file__).with_name("chinese.toml")


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the reader's locale: zh where it is Chinese, en otherwise."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.startswith("zh") else "en"
    return "en"


def language_named(name: str) -> str:
    """A language as a locale says it, zh, zh_CN or zh-Hans; "" where there is none."""
    found = re.split(r"[-_.]", name.lower())[0]
    return found if found in LANGUAGES else ""


def language_in(words: Sequence[str]) -> str:
    """The language of a command line: that of its --lang, or else the locale's."""
    for word, after in zip(words, [*words[1:], ""], strict=False):
        name, _, value = word.partition("=")
        if name == "--lang" and (found := language_named(value or after)):
            return found
    return language()


def say(lang: str, text: str, *values: object) -> str:
    """A text of the code with its values, in a language. Raises KeyError where it has none."""
    return (texts()[text] if lang == "zh" else text).format(*values)


def listed(lang: str, names: Iterable[str]) -> str:
    """Names in a row, as a language sets them apart."""
    return ("、" if lang == "zh" else ", ").join(names)


def translated(lang: str, text: str) -> str:
    """A text that has its values already, as an error has; in English where it has no Chinese."""
    return str(Value(text).chinese()) if lang == "zh" else text


class Value(str):
    """A value in a text: as it is, or with the format t a text of the table itself, with the format
    l a list of names."""

    def __format__(self, spec: str) -> str:
        if spec == "t":
            return self.chinese()
        return self.replace(", ", "、") if spec == "l" else str(self)

    def chinese(self) -> str:
        """Its Chinese, by the text of the table that it was made from; itself where none is."""
        if exact := texts().get(str(self)):
            return exact
        for pattern, wanted in patterns():
            if found := pattern.fullmatch(self):
                return wanted.format(*map(Value, found.groups()))
        return str(self)


@cache
def tables() -> dict[str, dict[str, str]]:
    """The table, by what its texts are for."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def texts() -> dict[str, str]:
    """Every text, and its Chinese."""
    return {text: wanted for table in tables().values() for text, wanted in table.items()}


@cache
def patterns() -> list[tuple[re.Pattern[str], str]]:
    """What matches a text with its values, and its Chinese: first the texts that begin with a word
    and say most. The others are never said with their values in them."""
    every = {
        text
        for name in ("help", "usage", "errors", "tables", "checks", "exercises")
        for text in tables()[name]
    }
    return [
        (re.compile("(.*?)".join(map(re.escape, text.split("{}"))), re.DOTALL), texts()[text])
        for text in sorted(every, key=lambda text: (text.startswith("{}"), -len(text)))
        if "{}" in text
    ]
