"""What the peers share: the clients' command line, and what they print."""

import argparse
import sys


def parse_address(text):
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


def parse_args(doc):
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--transform", metavar="TRANSFORM", type=parse_address)
    parser.add_argument("addresses", metavar="ADDRESS", nargs="+", type=parse_address)
    return parser.parse_args()


def netstring(poem):
    """The request to the transform server."""
    request = f"cummingsify.{poem}".encode()
    return b"%d:%s," % (len(request), request)


def report(addresses, results):
    """Print each poem, or on standard error why there is none; the exit status."""
    failed = 0
    for (host, port), result in zip(addresses, results, strict=True):
        if isinstance(result, str):
            print(result)
        else:
            print(f"Poem failed: {host}:{port}: {result}", file=sys.stderr)
            failed = 1
    return failed
