"""TLS by asyncio's streams, with a cipher that needs no certificate."""

import asyncio
import ssl


def context(purpose):
    made = ssl.SSLContext(purpose)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return made


async def serve(reader, writer):
    line = await reader.readline()
    print("server:", line.decode().strip(), writer.get_extra_info("cipher")[0])
    writer.write(line.upper())
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context(ssl.PROTOCOL_TLS_SERVER))
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context(ssl.PROTOCOL_TLS_CLIENT)
    )
    writer.write(b"a secret\n")
    print("client:", (await reader.read()).decode().strip())
    writer.close()
    server.close()


asyncio.run(main())
# prints: server: a secret AECDH-AES256-SHA
# prints: client: A SECRET
