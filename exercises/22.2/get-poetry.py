"""Ten threads, each of which takes the next poem that nobody has taken."""

import argparse
import datetime
import queue
import socket
import sys
import threading

THREADS = 10


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


def get_poetry(host, port):
    chunks = []
    with socket.create_connection((host, port)) as sock:
        while data := sock.recv(1024):
            chunks.append(data)
    return b"".join(chunks)


def download(tasks, poems, lock):
    while True:
        try:
            task_num, host, port = tasks.get_nowait()
        except queue.Empty:
            return
        task_start = datetime.datetime.now()
        with lock:
            print(f"Task {task_num}: get poetry from: {host}:{port}")
        try:
            poem = get_poetry(host, port)
        except (OSError, UnicodeError) as err:
            with lock:
                print(f"Task {task_num}: {host}:{port} failed: {err}", file=sys.stderr)
            continue
        elapsed = datetime.datetime.now() - task_start
        got = f"got {len(poem)} bytes of poetry"
        with lock:
            print(f"Task {task_num}: {got} from {host}:{port} in {elapsed}")
            poems.append(poem)


def poetry_main():
    args = parse_args()
    start = datetime.datetime.now()
    poems = []
    lock = threading.Lock()  # another thread may run at any moment, even within a print
    tasks = queue.SimpleQueue()
    threads = []

    for task_num, (host, port) in enumerate(args.addresses, 1):
        tasks.put((task_num, host, port))
    for _ in range(min(THREADS, len(args.addresses))):
        # A daemon: Ctrl-C ends the main thread, and nobody waits for the others.
        thread = threading.Thread(target=download, args=(tasks, poems, lock), daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()

    elapsed = datetime.datetime.now() - start
    print(f"Got {len(poems)} poems in {elapsed}")
    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    try:
        poetry_main()
    except KeyboardInterrupt:
        sys.exit(130)
