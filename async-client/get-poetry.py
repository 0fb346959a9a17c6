"""The asynchronous client: all poems at once, in one loop around select."""

import argparse
import datetime
import select
import socket
import sys

# select can't watch a descriptor beyond 1,023, and a few are taken already.
SELECT_LIMIT = 1000


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


class PoetrySocket:
    poem = None

    def __init__(self, task_num, host, port):
        self.task_num = task_num
        self.address = f"{host}:{port}"
        self.chunks = []
        self.sock = socket.create_connection((host, port))
        self.sock.setblocking(False)

    def fileno(self):
        return self.sock.fileno()


def get_poetry(sockets):
    waiting = list(sockets)

    while waiting:
        # Returns as soon as one socket, or more, has data or has come to its end.
        readable, _, _ = select.select(waiting, [], [])

        for task in readable:
            chunks = []
            try:
                while data := task.sock.recv(1024):
                    chunks.append(data)
            except BlockingIOError:
                pass  # that was all for now
            except OSError as err:
                print(f"Task {task.task_num}: {task.address} failed: {err}", file=sys.stderr)
                waiting.remove(task)
                task.sock.close()
                continue

            if chunks:
                data = b"".join(chunks)
                task.chunks.append(data)
                print(f"Task {task.task_num}: got {len(data)} bytes of poetry from {task.address}")
            else:
                print(f"Task {task.task_num} finished")
                task.poem = b"".join(task.chunks)
                waiting.remove(task)
                task.sock.close()


def poetry_main():
    args = parse_args()
    if len(args.addresses) > SELECT_LIMIT:
        sys.exit(f"select watches few descriptors: no more than {SELECT_LIMIT} poems at once")
    start = datetime.datetime.now()
    sockets = []

    for task_num, (host, port) in enumerate(args.addresses, 1):
        try:
            sockets.append(PoetrySocket(task_num, host, port))
        except (OSError, UnicodeError) as err:
            print(f"Task {task_num}: {host}:{port} failed: {err}", file=sys.stderr)

    get_poetry(sockets)
    elapsed = datetime.datetime.now() - start
    poems = [task for task in sockets if task.poem is not None]

    for task in poems:
        print(f"Task {task.task_num}: {len(task.poem)} bytes of poetry")

    print(f"Got {len(poems)} poems in {elapsed}")
    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    try:
        poetry_main()
    except KeyboardInterrupt:
        sys.exit(130)
