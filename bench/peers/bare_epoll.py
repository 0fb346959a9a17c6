"""The clients' job with nothing but epoll: the least that a loop in Python can do."""

import select
import socket
import sys

from command import netstring, parse_args, report


class Connection:
    def __init__(self, number, address, request=b""):
        self.number = number
        self.request = request
        self.asked = bool(request)
        self.chunks = []
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.connect_ex(address)  # recv and send tell of a failure


def body(reply):
    """The string of a netstring."""
    size, _, rest = reply.partition(b":")
    if len(rest) != int(size) + 1:
        raise ValueError("no whole reply")
    return rest[:-1]


def main():
    args = parse_args(__doc__)
    results = [None] * len(args.addresses)
    epoll = select.epoll()
    connections = {}

    def add(connection):
        fd = connection.sock.fileno()
        connections[fd] = connection
        epoll.register(fd, select.EPOLLOUT if connection.request else select.EPOLLIN)

    def ready(fd, connection):
        if connection.request:
            sent = connection.sock.send(connection.request)
            connection.request = connection.request[sent:]
            if not connection.request:
                epoll.modify(fd, select.EPOLLIN)
            return
        data = connection.sock.recv(65536)
        if data:
            connection.chunks.append(data)
            return
        close(fd, connection)
        poem = b"".join(connection.chunks)
        if connection.asked:
            results[connection.number] = body(poem).decode()
        elif args.transform:
            add(Connection(connection.number, args.transform, netstring(poem.decode())))
        else:
            results[connection.number] = poem.decode()

    def close(fd, connection):
        del connections[fd]
        connection.sock.close()

    for number, address in enumerate(args.addresses):
        add(Connection(number, address))
    while connections:
        for fd, _ in epoll.poll():
            connection = connections[fd]
            try:
                ready(fd, connection)
            except (OSError, ValueError) as err:
                if fd in connections:
                    close(fd, connection)
                results[connection.number] = err
    return report(args.addresses, results)


if __name__ == "__main__":
    sys.exit(main())
