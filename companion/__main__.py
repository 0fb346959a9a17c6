"""The entry point of `companion` and of `python -m companion`."""

import gc
import sys


def main() -> None:
    """The command line; Ctrl-C while it is loaded, which takes a moment, ends it like later on."""
    gc.set_threshold(50_000)  # a command makes much that stays, and little to collect
    try:
        from companion.cli import commands
    except KeyboardInterrupt:
        sys.exit(130)
    commands.main()


if __name__ == "__main__":
    main()
