"""The clients' job with trio."""

import sys

import trio
from command import netstring, parse_args, report


async def get_poetry(host, port):
    stream = await trio.open_tcp_stream(host, port)
    async with stream:
        return b"".join([data async for data in stream]).decode()


async def cummingsify(host, port, poem):
    stream = await trio.open_tcp_stream(host, port)
    async with stream:
        await stream.send_all(netstring(poem))
        reply = b""
        async for data in stream:
            reply += data
            size, colon, rest = reply.partition(b":")
            if colon and len(rest) > int(size):
                return rest[: int(size)].decode()
    raise ConnectionError("no whole reply")


async def main():
    args = parse_args(__doc__)
    results = [None] * len(args.addresses)

    async def get_transformed_poem(number, host, port):
        try:
            poem = await get_poetry(host, port)
            if args.transform:
                poem = await cummingsify(*args.transform, poem)
            results[number] = poem
        except (OSError, ValueError, trio.TrioInternalError) as err:
            results[number] = err

    async with trio.open_nursery() as nursery:
        for number, address in enumerate(args.addresses):
            nursery.start_soon(get_transformed_poem, number, *address)
    return report(args.addresses, results)


if __name__ == "__main__":
    sys.exit(trio.run(main))
