"""What waits unread in the kernel: asked for directly, and read from the table of /proc."""

import socket
import sys
from pathlib import Path

import pytest

from companion.race import unread as kernel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")


def connection(family: socket.AddressFamily = socket.AF_INET) -> tuple[socket.socket, ...]:
    """A writer, a reader, connected over 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        reader = socket.socket(family)
        reader.connect(("::ffff:127.0.0.1" if family == socket.AF_INET6 else "127.0.0.1", port))
        writer, _ = listening.accept()
    return writer, reader


def refuse(wanted: object) -> None:
    raise OSError("no answer")


@pytest.mark.parametrize("way", ["asked", "table"])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_unread_bytes_are_counted_until_they_are_read(
    way: str, family: socket.AddressFamily, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "table":
        monkeypatch.setattr(kernel, "ask", refuse)
    writer, reader = connection(family)
    with writer, reader:
        ends = reader.getsockname()[1], writer.getsockname()[1]
        assert kernel.unread([ends]) == {ends: 0}
        writer.send(b"thirty-seven bytes of poetry, unread.")
        assert kernel.unread([ends]) == {ends: 37}
        reader.recv(30)
        assert kernel.unread([ends]) == {ends: 7}
        writer.shutdown(socket.SHUT_WR)  # its FIN counts as a byte of the queue
        assert kernel.unread([ends]) == {ends: 7}
        reader.recv(7)
        assert reader.recv(1) == b""
        assert kernel.unread([ends]) == {ends: 0}


@pytest.mark.parametrize("way", ["asked", "table"])
def test_what_the_writers_end_holds_back_counts_too(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "table":
        monkeypatch.setattr(kernel, "ask", refuse)
    writer, reader = connection()
    with writer, reader:
        writer.setblocking(False)
        sent = 0
        try:
            while True:
                sent += writer.send(b"x" * 65536)
        except BlockingIOError:
            pass
        ends = reader.getsockname()[1], writer.getsockname()[1]
        # What has arrived and is not acknowledged counts twice.
        assert sent <= kernel.unread([ends])[ends] < sent * 1.1


@pytest.mark.parametrize("way", ["asked", "table"])
def test_a_connection_that_is_closed_is_left_out(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "table":
        monkeypatch.setattr(kernel, "ask", refuse)
    writer, reader = connection()
    ends = reader.getsockname()[1], writer.getsockname()[1]
    writer.send(b"unread")
    reader.close()
    writer.close()
    assert kernel.unread([ends]) == {}
    assert kernel.unread([]) == {}


def test_without_a_table_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "TABLES", (Path("/nowhere"),))
    monkeypatch.setattr(kernel, "ask", refuse)
    assert not kernel.available()
    assert kernel.unread([(1, 2)]) == {}
