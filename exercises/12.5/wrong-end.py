"""The end of the connection is taken for the end of the poem."""

import argparse
import socket
import sys


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
        "transform_address",
        metavar="TRANSFORM",
        type=parse_address,
        help="the transform server, [host]:port",
    )
    parser.add_argument("poem_file", metavar="FILE", help="the poem to transform")
    args = parser.parse_args()
    try:
        with open(args.poem_file, "rb") as poem_file:
            args.poem = poem_file.read()
    except OSError as err:
        parser.error(f"can't read {args.poem_file}: {err.strerror}")
    return args


def transform_poem(host, port, name, poem):
    """The transformed poem, as bytes. Raises OSError; EOFError where no whole answer has come."""
    request = name + b"." + poem
    answer = b""

    with socket.create_connection((host, port)) as sock:
        sock.sendall(b"%d:%s," % (len(request), request))
        while data := sock.recv(1024):
            answer += data

    return answer.partition(b":")[2].rstrip(b",")  # wrong: length


def poetry_main():
    args = parse_args()
    try:
        poem = transform_poem(*args.transform_address, b"cummingsify", args.poem).decode()
    except (OSError, ValueError, EOFError) as err:
        sys.exit(f"The poem was not transformed: {err}")
    print(poem)


if __name__ == "__main__":
    try:
        poetry_main()
    except KeyboardInterrupt:
        sys.exit(130)
