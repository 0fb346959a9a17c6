"""What a script's imports find beside it in the place of a module of Python's or a library's.

Runs by itself, as `python beside_script.py SCRIPT`, in a process that has loaded no more than
Python has when it comes to a script; of it, and of the files beside it, only the imports run.
"""

import sys

AT_START = set(sys.modules)

import ast  # noqa: E402
import contextlib  # noqa: E402
import importlib.abc  # noqa: E402
import os  # noqa: E402
from importlib.machinery import ModuleSpec, PathFinder  # noqa: E402
from types import ModuleType  # noqa: E402


def run_imports(path: str) -> None:
    """Run the imports of a file, wherever in it they stand."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level):
            with contextlib.suppress(Exception):
                exec(compile(ast.Module([node], []), path, "exec"), {})


class Finder:
    """Finds what is beside the script first, as Python does, and keeps its name."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.found: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        spec = None if path else PathFinder.find_spec(name, [self.folder])
        if spec is None or spec.origin is None:
            return None
        self.found.append(name)
        return ModuleSpec(name, Loader(spec.origin), origin=spec.origin)


class Loader(importlib.abc.Loader):
    """Loads the imports of a file alone."""

    def __init__(self, path: str) -> None:
        self.path = path

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        run_imports(self.path)


def main(script: str) -> None:
    """Run a script's imports alone, and print the modules that were found beside it."""
    finder = Finder(os.path.dirname(os.path.realpath(script)))
    sys.meta_path.insert(0, finder)
    sys.path[0] = finder.folder
    for name in [*sys.modules]:
        if name not in AT_START:
            del sys.modules[name]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        run_imports(script)
    print(*dict.fromkeys(finder.found))


if __name__ == "__main__":
    main(sys.argv[1])
