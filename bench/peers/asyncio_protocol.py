"""FastPoetry's job with an asyncio Protocol."""

import argparse
import asyncio
import contextlib


class PoetryProtocol(asyncio.Protocol):
    def __init__(self, poem):
        self.poem = poem

    def connection_made(self, transport):
        transport.write(self.poem)
        transport.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("poem_file", metavar="FILE")
    args = parser.parse_args()
    with open(args.poem_file, "rb") as poem_file:
        poem = poem_file.read()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: PoetryProtocol(poem), "127.0.0.1", backlog=4096)
    host, port = server.sockets[0].getsockname()
    print(f"Serving {args.poem_file} on {host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
