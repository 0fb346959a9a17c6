"""Run a client that prints only counts, and print what it kept of each poem.

python tests/helpers/keeping.py CLIENT ADDRESS...
"""

import hashlib
import importlib.util
import sys
from collections.abc import Awaitable
from inspect import iscoroutine
from types import ModuleType
from typing import Any


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("client", path)
    assert spec
    assert spec.loader
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)
    return client


def digest(poem: bytes) -> str:
    return f"{hashlib.sha256(poem).hexdigest()[:16]} {len(poem)}"


def main() -> None:
    client = load(sys.argv.pop(1))
    kept: list[bytes] = []
    if hasattr(client, "PoetrySocket"):
        tasks = []
        begin = client.PoetrySocket.__init__

        def remember(task: Any, *args: Any) -> None:
            begin(task, *args)
            tasks.append(task)

        client.PoetrySocket.__init__ = remember
        client.poetry_main()
        kept = [task.poem for task in tasks]
    else:
        get_poetry = client.get_poetry

        by_port: dict[int, bytes] = {}

        async def keep_later(port: int, poem: Awaitable[bytes]) -> bytes:
            by_port[port] = await poem
            return by_port[port]

        def keep(host: str, port: int) -> Any:
            poem = get_poetry(host, port)
            if iscoroutine(poem):
                return keep_later(port, poem)
            by_port[port] = poem
            return poem

        client.get_poetry = keep  # type: ignore[attr-defined]
        client.poetry_main()
        kept = [by_port[port] for port in sorted(by_port)]
    for poem in kept:
        print("kept", digest(poem))


if __name__ == "__main__":
    main()
