"""A race whose events are printed as it goes: python -m companion.race.emit STAGE...

Each event is a line of JSON on standard output. The race ends with whoever reads them.
"""

import sys
from collections.abc import Sequence

from companion.event import Event, write_events
from companion.race.conductor import run_race
from companion.race.course import POEMS, course_of
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import load_map


def emit(event: Event) -> None:
    """Print an event as a line of JSON, at once."""
    write_events([event], sys.stdout)
    sys.stdout.flush()


def main(names: Sequence[str]) -> int:
    """Race these stages over the poems of every race. Returns the status for the shell."""
    course = course_of([load_map().find(name) for name in names], [*map(find_poem, POEMS)])
    return run_race(course, emit)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
