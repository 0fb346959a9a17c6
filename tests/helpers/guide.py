"""`companion guide`, served for a test in a process and a folder of its own, and asked by hand."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from companion.tutorial.stages import ROOT

COMMAND = [sys.executable, "-m", "companion", "guide"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Served:
    """A guide that is served, with the folder that its reader works in."""

    process: subprocess.Popen[str]
    address: str
    folder: Path

    @property
    def port(self) -> int:
        return int(self.address.split(":")[2].split("/")[0])

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: str | None = None,
        *,
        cookie: bool = True,
        **headers: str,
    ) -> Reply:
        """Send a request as it is, and the cookie with it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Cookie": f"companion-{self.port}={self.token}"} if cookie else {}
        try:
            connection.request(method, path, body, {**sent, **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)
        finally:
            connection.close()

    def post(self, path: str, **fields: str) -> Reply:
        """Send a form, as a page of the guide does."""
        kind: dict[str, Any] = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask(path, "POST", urlencode(fields), Origin=self.root, **kind)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it by a signal; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(15)


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Served]:
    """A guide that is served until the end of the block."""
    with subprocess.Popen(
        [*COMMAND, "--no-open", *words],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        try:
            yield Served(process, found[0], folder)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(15)
