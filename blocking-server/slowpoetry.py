"""The slow poetry server: a few bytes, a pause, a few bytes, to one client at a time."""

import argparse
import contextlib
import socket
import sys
import time


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")


def parse_num_bytes(text):
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of bytes")


def parse_delay(text):
    try:
        delay = float(text) if text.isascii() else 0
    except ValueError:
        delay = 0
    if 0 < delay <= 86400:
        return delay
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")


def parse_args():
    if sys.stdout:  # or closed by the shell
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--port", type=parse_port, default=0, help="port to listen on; a free one where left out"
    )
    parser.add_argument("--iface", default="localhost", help="interface to listen on")
    parser.add_argument(
        "--num-bytes", type=parse_num_bytes, default=10, help="bytes to send at a time (10)"
    )
    parser.add_argument(
        "--delay", type=parse_delay, default=0.1, help="seconds between two sends (0.1)"
    )
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


def send_poem(sock, poem, num_bytes, delay):
    for start in range(0, len(poem), num_bytes):
        data = poem[start : start + num_bytes]
        say(f"Sending {len(data)} bytes")
        sock.sendall(data)
        time.sleep(delay)


def serve(listening, poem, num_bytes, delay):
    while True:
        sock, (host, port) = listening.accept()
        say(f"{host}:{port} connected")
        try:
            with sock:
                send_poem(sock, poem, num_bytes, delay)
        except OSError:
            say(f"{host}:{port} left before the end")


def poetry_main():
    args = parse_args()
    try:
        listening = socket.create_server((args.iface, args.port), backlog=4096)
    except (OSError, UnicodeError, OverflowError) as err:
        sys.exit(f"can't listen on {args.iface}:{args.port}: {err}")
    host, port = listening.getsockname()
    say(f"Serving {args.poem_file} on {host}:{port}")
    serve(listening, args.poem, args.num_bytes, args.delay)


if __name__ == "__main__":
    try:
        poetry_main()
    except KeyboardInterrupt:
        sys.exit(130)
