"""A client that leaves ends the server."""

import argparse
import contextlib
import select
import socket
import sys

# select can't watch a descriptor beyond 1,023, and a few are taken already.
SELECT_LIMIT = 1000


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")


def parse_args():
    if sys.stdout:  # or closed by the shell
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--port", type=parse_port, default=0, help="port to listen on; a free one where left out"
    )
    parser.add_argument("--iface", default="localhost", help="interface to listen on")
    parser.add_argument("poem_file", metavar="FILE", help="the poem to serve")
    args = parser.parse_args()
    try:
        with open(args.poem_file, "rb") as poem_file:
            args.poem = poem_file.read()
    except OSError as err:
        parser.error(f"can't read {args.poem_file}: {err.strerror}")
    return args


def say(line):
    """Print a line, if anybody reads it; to serve does not depend on that."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


class PoetrySocket:
    def __init__(self, sock, address, poem):
        self.sock = sock
        self.address = address
        self.rest = memoryview(poem)
        self.sock.setblocking(False)

    def fileno(self):
        return self.sock.fileno()


def send_poem(client):
    """Send as much as the kernel takes now. Returns whether that was all."""
    sent = client.sock.send(client.rest)
    say(f"Sending {sent} bytes")
    client.rest = client.rest[sent:]
    return not client.rest


def serve(listening, poem):
    clients = []

    while True:
        # Returns as soon as a client has connected, or the kernel takes more for one.
        accepting = [listening] if len(clients) < SELECT_LIMIT else []
        readable, writable, _ = select.select(accepting, clients, [])

        for client in writable:
            try:
                if not send_poem(client):  # wrong: left
                    continue
            except BlockingIOError:
                continue
            clients.remove(client)
            client.sock.close()

        for _ in readable:
            sock, (host, port) = listening.accept()
            say(f"{host}:{port} connected")
            clients.append(PoetrySocket(sock, f"{host}:{port}", poem))


def poetry_main():
    args = parse_args()
    try:
        listening = socket.create_server((args.iface, args.port), backlog=4096)
    except (OSError, UnicodeError, OverflowError) as err:
        sys.exit(f"can't listen on {args.iface}:{args.port}: {err}")
    host, port = listening.getsockname()
    say(f"Serving {args.poem_file} on {host}:{port}")
    serve(listening, args.poem)


if __name__ == "__main__":
    try:
        poetry_main()
    except KeyboardInterrupt:
        sys.exit(130)
