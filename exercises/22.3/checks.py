"""22.3: a time-out for the asyncio client, which counts the silence."""

from companion.check.clients import FIRST, arrived
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.check.timeouts import SILENT, closes, gives_up, half_a_poem, late
from companion.peers import script

PIECES = 8
POEM = b"s" * PIECES


@asks(
    "silence",
    name=("a poem may take its time, if something comes", "只要还有数据来，诗可以慢慢到"),
    hint=(
        "read piece by piece, each piece under a time-out of its own",
        "一块一块地读，每一块各有自己的超时",
    ),
)
def silence(subject: Subject) -> None:
    half = late(subject, FIRST, SILENT).seconds / 2
    run = late(subject, script.slow(POEM, 1, half), SILENT)
    arrived(subject, run, POEM)


CHECKS = (gives_up, closes, silence, half_a_poem)
