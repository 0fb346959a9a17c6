"""Which way does a result take through a chain? Draws a chain, and both of its firings."""

import argparse
import shutil
import sys
import unicodedata
from itertools import zip_longest

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

HELP = "r VALUE returns it, f VALUE fails with it, p passes on what came; a blank line ends"
WORDS = {"r": "return", "f": "fail", "p": "pass"}
MAX_VALUE = 6
GAP = "   "  # between the two columns of a drawing
BETWEEN = "     "  # between two drawings


class SimulatedError(Exception):
    pass


def parse_width(text):
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of columns")


def parse_args():
    parser = argparse.ArgumentParser(
        description="Draw a Deferred's chain, and how it fires.",
        epilog=f"A PAIR is a callback and an errback, such as 'r poem p': {HELP}.",
    )
    parser.add_argument("--narrow", action="store_true", help="one drawing below the other")
    parser.add_argument("--width", type=parse_width, help="columns; the terminal's where left out")
    parser.add_argument(
        "chain",
        metavar="PAIR",
        nargs="*",
        help="the chain, or a file of it; read from standard input where left out",
    )
    args = parser.parse_args()
    try:
        args.chain = get_chain(args.chain)
    except ValueError as err:
        parser.error(str(err))
    return args


def get_chain(words):
    try:
        if len(words) == 1 and len(words[0].split()) == 1:
            with open(words[0], encoding="utf-8") as file:
                return read_chain(file, f"{words[0]}, line")
        if words:
            return read_chain(iter(words), "pair")
        return read_chain(sys.stdin, "line", ask=sys.stdin.isatty())
    except OSError as err:
        raise ValueError(f"can't read {words[0]}: {err.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("a chain must be UTF-8 text") from None


def read_chain(lines, name, ask=False):
    chain = []
    if ask:
        print(f"A callback and an errback a line: {HELP}.", file=sys.stderr)
    while True:
        number = len(chain) + 1
        if ask:
            print(f"{number}: ", end="", file=sys.stderr, flush=True)
        line = next(lines, "")
        if ask and not line:
            print(file=sys.stderr)
        if not line.strip():
            return chain
        try:
            chain.append(parse_pair(line))
        except ValueError as err:
            if not ask:
                raise ValueError(f"{name} {number}: {err}") from None
            print(f"{name} {number}: {err}", file=sys.stderr)


def parse_pair(line):
    words = iter(unicodedata.normalize("NFC", line).split())
    pair = []
    for letter in words:
        if letter not in WORDS:
            raise ValueError(f"{letter!r} is none of r, f and p")
        value = "" if letter == "p" else next(words, "")
        if letter != "p" and not value:
            raise ValueError(f"{letter!r} needs a value")
        if len(value) > MAX_VALUE or not value.isprintable():
            raise ValueError(f"{value!r} is not a value of up to {MAX_VALUE} characters")
        pair.append((WORDS[letter], value))
    if len(pair) != 2:
        raise ValueError("a callback and an errback are needed, such as: r poem p")
    return pair


def fire(chain, initial):
    """Where the result came by, as (column, value) for each pair and for the end."""
    path = []

    def handler(column, word, value):
        def run(result):
            failed = isinstance(result, Failure)
            path.append((column, f"{result.value}*" if failed else result))
            if word == "fail":
                raise SimulatedError(value)
            return result if word == "pass" else value

        return run

    d = Deferred()
    for callback, errback in [*chain, [("return", None), ("return", None)]]:
        d.addCallbacks(handler(0, *callback), handler(1, *errback))
    if isinstance(initial, Exception):
        d.errback(initial)
    else:
        d.callback(initial)
    return path


def columns(text):
    """How wide a terminal shows a text: a Chinese character is two columns wide."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.category(char) in ("Mn", "Me") for char in text)


def left(text, width):
    return text + " " * (width - columns(text))


def centre(text, width):
    return left(" " * ((width - columns(text)) // 2) + text, width)


def in_column(column, text, width):
    """A line with the text in one of the two columns; in neither where column is None."""
    return GAP.join(centre(text if column == each else "", width) for each in (0, 1))


def draw_boxes(pair, column, width):
    """A callback and its errback; what did not run is dotted. All is solid without a column."""
    boxes = []
    for each, action in enumerate(pair):
        corner, edge, side = "+-|" if column in (None, each) else "..:"
        border = corner + edge * (width - 2) + corner
        boxes.append(
            [border, *(f"{side} {left(text, width - 4)} {side}" for text in action), border]
        )
    return [GAP.join(row) for row in zip(*boxes, strict=True)]


def draw_way(before, column, width):
    """The line between two pairs: straight down, or across to the other column."""
    if before == column:
        return in_column(column, "|", width)
    start = (width - 1) // 2
    return left(" " * start + "+" + "-" * (width + len(GAP) - 1) + "+", 2 * width + len(GAP))


def draw(title, chain, path, width):
    """The lines of a drawing: the chain, and where a result came by."""
    lines = [centre(title, 2 * width + len(GAP)), ""]
    lines.append(GAP.join(centre(name, width) for name in ("callback", "errback")))
    before = path[0][0]
    for number, (column, value) in enumerate(path):
        if number > 0:
            lines.append(draw_way(before, column, width))
        lines.append(in_column(column, value, width))
        if number < len(chain):
            lines.append(in_column(column, "v", width))
            lines += draw_boxes(chain[number], column, width)
        elif column == 1:
            lines.append(in_column(column, "unhandled", width))
        before = column
    return lines


def draw_all(chain, columns_wide, narrow):
    values = [value for pair in chain for _, value in pair]
    width = max(columns(text) for text in ["return", *values]) + 4
    drawings = [
        draw("the chain", chain, [(None, "")] * (len(chain) + 1), width),
        draw("callback(initial)", chain, fire(chain, "initial"), width),
        draw("errback(initial*)", chain, fire(chain, SimulatedError("initial")), width),
    ]
    total = columns(drawings[0][0])
    if narrow or 3 * total + 2 * len(BETWEEN) > columns_wide:
        drawings[0] = [line for line in drawings[0] if line.strip()]
        drawings[0].insert(1, "")
        return "\n\n".join("\n".join(map(str.rstrip, lines)) for lines in drawings)
    rows = zip_longest(*drawings, fillvalue=" " * total)
    return "\n".join(BETWEEN.join(row).rstrip() for row in rows)


def main():
    args = parse_args()
    print(draw_all(args.chain, args.width or shutil.get_terminal_size().columns, args.narrow))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
