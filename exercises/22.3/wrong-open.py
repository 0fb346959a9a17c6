"""A time-out whose connection stays open until the last poem is done."""

import argparse
import asyncio
import datetime
import sys

TIMEOUT = 10  # seconds without a byte, and nothing more is waited for


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


writers = []


async def get_poetry(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    chunks = []
    try:
        while chunk := await asyncio.wait_for(reader.read(1024), TIMEOUT):
            chunks.append(chunk)
    except TimeoutError:
        raise TimeoutError(f"nothing has come for {TIMEOUT} seconds") from None
    finally:
        writers.append(writer)  # wrong: closes
    return b"".join(chunks)


async def download(task_num, host, port, poems):
    task_start = datetime.datetime.now()
    print(f"Task {task_num}: get poetry from: {host}:{port}")
    try:
        poem = await get_poetry(host, port)
    except (OSError, UnicodeError) as err:
        print(f"Task {task_num}: {host}:{port} failed: {err}", file=sys.stderr)
        return
    elapsed = datetime.datetime.now() - task_start
    print(f"Task {task_num}: got {len(poem)} bytes of poetry from {host}:{port} in {elapsed}")
    poems.append(poem)


async def download_all(addresses, poems):
    async with asyncio.TaskGroup() as tasks:
        for task_num, (host, port) in enumerate(addresses, 1):
            task = download(task_num, host, port, poems)
            tasks.create_task(task, name=f"Task {task_num}")
    for writer in writers:
        writer.close()


def poetry_main():
    args = parse_args()
    start = datetime.datetime.now()
    poems = []
    asyncio.run(download_all(args.addresses, poems))

    elapsed = datetime.datetime.now() - start
    print(f"Got {len(poems)} poems in {elapsed}")
    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    try:
        poetry_main()
    except KeyboardInterrupt:
        sys.exit(130)
