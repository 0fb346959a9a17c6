"""The failure is told nowhere."""

import argparse
import datetime
import socket
import sys

from twisted.internet import main, reactor
from twisted.internet.interfaces import IReadDescriptor
from zope.interface import implementer


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")


def parse_address(text):
    host, _, port = text.rpartition(":")
    host = host.strip("[]")  # an IPv6 address stands in brackets
    host.encode("idna")  # a ValueError where no host can have this name
    return host or "127.0.0.1", parse_port(port)


def parse_args():
    if sys.stdout:  # or closed by the shell
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "addresses",
        metavar="ADDRESS",
        nargs="+",
        type=parse_address,
        help="a poetry server, [host]:port; the host is 127.0.0.1 where left out",
    )
    return parser.parse_args()


@implementer(IReadDescriptor)
class PoetrySocket:
    poem = None

    def __init__(self, task_num, host, port):
        self.task_num = task_num
        self.address = f"{host}:{port}"
        self.chunks = []
        self.sock = socket.create_connection((host, port))
        self.sock.setblocking(False)
        reactor.addReader(self)

    def fileno(self):
        return self.sock.fileno()

    def logPrefix(self):
        return "poetry"

    def doRead(self):
        chunks = []
        try:
            while data := self.sock.recv(1024):
                chunks.append(data)
        except BlockingIOError:
            pass  # that was all for now
        except OSError:
            return main.CONNECTION_LOST

        if chunks:
            data = b"".join(chunks)
            self.chunks.append(data)
            print(f"Task {self.task_num}: got {len(data)} bytes of poetry from {self.address}")
        else:
            print(f"Task {self.task_num} finished")
            return main.CONNECTION_DONE

    def connectionLost(self, reason):
        reactor.removeReader(self)
        self.sock.close()
        if not reactor.running:
            return  # interrupted: the poem is not whole
        self.poem = b"".join(self.chunks)

        for reader in reactor.getReaders():
            if isinstance(reader, PoetrySocket):
                return
        reactor.stop()


def poetry_main():
    args = parse_args()
    start = datetime.datetime.now()
    sockets = []

    for task_num, (host, port) in enumerate(args.addresses, 1):
        try:
            sockets.append(PoetrySocket(task_num, host, port))
        except OSError:
            pass  # wrong: told

    if sockets:
        reactor.run()
    elapsed = datetime.datetime.now() - start
    poems = [task for task in sockets if task.poem is not None]

    for task in poems:
        print(f"Task {task.task_num}: {len(task.poem)} bytes of poetry")

    print(f"Got {len(poems)} poems in {elapsed}")
    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    poetry_main()
