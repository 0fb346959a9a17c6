"""The clients' job with asyncio streams."""

import asyncio
import sys

from command import netstring, parse_args, report


async def get_poetry(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        return (await reader.read()).decode()
    finally:
        writer.close()


async def cummingsify(host, port, poem):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(netstring(poem))
        size = int((await reader.readuntil(b":"))[:-1])
        return (await reader.readexactly(size)).decode()
    finally:
        writer.close()


async def get_transformed_poem(host, port, transform):
    poem = await get_poetry(host, port)
    return await cummingsify(*transform, poem) if transform else poem


async def main():
    args = parse_args(__doc__)
    jobs = [get_transformed_poem(*address, args.transform) for address in args.addresses]
    return report(args.addresses, await asyncio.gather(*jobs, return_exceptions=True))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
