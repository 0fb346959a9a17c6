"""The entry point of `companion` and of `python -m companion`."""

import sys


def main() -> None:
    """The command line; Ctrl-C while it is loaded, which takes a moment, ends it like later on."""
    try:
        from companion.cli import commands
    except KeyboardInterrupt:
        sys.exit(130)
    commands.main()


if __name__ == "__main__":
    main()
