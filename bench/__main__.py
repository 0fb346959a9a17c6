"""Every bench: prints the tables, and writes docs/bench.md, its picture and the READMEs' table.

Takes about a quarter of an hour where the machine is idle. Status 1 where a bound does not hold;
one that is undecided is no failure.
"""

import argparse
import os
import platform
import sys
from importlib.metadata import version

import large
import readme
import scale
import serving
from picture import scale_svg
from table import BenchError, as_markdown, as_text, count

from companion.tutorial.stages import ROOT


def machine(rounds: int) -> str:
    """The command, the kind of machine and the versions, in plain words."""
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            models = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
        model = models[0] if models else model
    busy = os.getloadavg()[0]
    made = f"`python bench --rounds {rounds}`" if rounds else "`make bench`"
    return (
        f"Made by {made}. Measured on {os.cpu_count()} cores ({model}) under {platform.system()},"
        f" with Python {platform.python_version()}, Twisted {version('twisted')} and trio"
        f" {version('trio')}; the load average was {busy:.1f} before. A bound holds where the"
        " cheapest runs keep it and every single round does; where some rounds do and others do"
        " not, it is undecided: measure again when the machine is idle."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=count, default=0, help="of each bench; else 5, or 7")
    rounds = parser.parse_args().rounds
    told = machine(rounds)
    try:
        costs = scale.measure(list(scale.NUMBERS), rounds or scale.ROUNDS, scale.REPEAT, [])
        tables = [
            scale.table(costs),
            serving.measure(serving.CONNECTIONS, rounds or serving.ROUNDS),
            large.measure(large.MEGABYTES, rounds or large.ROUNDS, []),
        ]
    except BenchError as err:
        print(f"bench: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("\n\n".join(map(as_text, tables)))
    pictures = ROOT / "docs" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / "scale.svg").write_text(scale_svg(costs), encoding="utf-8")
    readme.write(costs)
    parts = [
        "# What a poem costs",
        told,
        "![CPU time a poem, by the number of slow servers](pictures/scale.svg)",
        *map(as_markdown, tables),
    ]
    (ROOT / "docs" / "bench.md").write_text("\n\n".join(parts), encoding="utf-8")
    return max(table.status for table in tables)


if __name__ == "__main__":
    sys.exit(main())
