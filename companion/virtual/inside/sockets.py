"""The methods of a socket that a program may wait in, and the names and ports it meets."""

import _socket
import errno
import os
import select
import socket
from collections.abc import Callable
from select import POLLOUT
from typing import Any

from companion.virtual.inside.clock import clock
from companion.virtual.inside.limits import check_socket
from companion.virtual.inside.loopback import (
    FULL,
    HOST,
    POLLRDHUP,
    ROOM,
    arrive,
    held_back,
    settle,
    unread,
)
from companion.virtual.inside.network import End, Network

net: Network = None  # type: ignore[assignment]  # that of the run, as soon as there is one
real = _socket.socket
real_poll = select.poll
real_accept, real_close = socket.socket.accept, socket.socket._real_close  # type: ignore[attr-defined]


def ready(sock: socket.socket, events: int, call: str) -> None:
    """Wait as a blocking socket does. Raises TimeoutError after the socket's own time-out."""
    timeout = sock.gettimeout()
    if timeout == 0:
        return
    poll = real_poll()
    poll.register(sock.fileno(), events)
    if not clock.wait(call, lambda: in_fact(poll.poll(0)), timeout):
        raise TimeoutError("timed out")


def in_fact(ready: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of ready descriptors is so for the program: one that has still to be connected is not,
    nor can be written what the other end has no room for."""
    if net.full:
        net.look_for_room()
        ready = [(fd, found & ~POLLOUT if fd in net.full else found) for fd, found in ready]
        ready = [pair for pair in ready if pair[1]]
    connecting = net.connecting
    return [pair for pair in ready if pair[0] not in connecting] if connecting else ready


def reading(name: str) -> Callable[..., Any]:
    """recv and its like."""
    call = getattr(real, name)

    def read(sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        ready(sock, select.POLLIN, name)
        data = call(sock, *args, **kwargs)
        if data and (end := net.ends.get(sock)) and end.mark:
            clock.fruitless = 0
            first = data[0] if isinstance(data, tuple) else data
            size = first if isinstance(first, int) else len(first)
            clock.emit("read", **end.mark, bytes=size)
        return data

    return read


recv, recv_into = reading("recv"), reading("recv_into")
recvfrom, recvfrom_into = reading("recvfrom"), reading("recvfrom_into")


def send(sock: socket.socket, data: Any, flags: int = 0) -> int:
    """What is sent has arrived before anybody looks again."""
    ready(sock, select.POLLOUT, "send")
    end = net.ends.get(sock)
    if end is None:
        return real.send(sock, data, flags)
    before = net.under_way(end)
    if limited := may_be_full(sock, end):
        if before >= FULL:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        data = memoryview(data).cast("B")[: FULL - before]
    size = real.send(sock, data, flags)
    if limited and before + size >= FULL:
        net.full[sock.fileno()] = end
    if (fd := net.fd_of(end.other)) >= 0:
        arrive(fd, before, size, FULL if limited else ROOM)
    else:
        end.blind += size
    return size


def may_be_full(sock: socket.socket, end: End) -> bool:
    """Whether a connection takes no more than FULL bytes until they are read; it takes what the
    kernel takes where nobody could read meanwhile: the program, which waits, is the other end."""
    return end.limited and bool(end.mark or clock.tasks or sock.gettimeout() == 0)


def sendall(sock: socket.socket, data: Any, flags: int = 0) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        try:
            rest = rest[send(sock, rest, flags | socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            if sock.gettimeout() == 0:
                raise


def accept(sock: socket.socket) -> tuple[socket.socket, Any]:
    ready(sock, select.POLLIN, "accept")
    connection, address = real_accept(sock)
    clock.fruitless = 0
    if sock in net.bound:
        net.accepted(sock, connection, address[1])
        address = getpeername(connection)
    return connection, address


def connect(sock: socket.socket, address: Any) -> None:
    error = connect_ex(sock, address)
    if error == errno.ETIMEDOUT and sock.gettimeout():
        raise TimeoutError("timed out")
    if error:
        raise OSError(error, os.strerror(error))


def connect_ex(sock: socket.socket, address: Any) -> int:
    check_socket(sock, address, "connect")
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return real.connect_ex(sock, address)
    host, port = address[:2]
    if not 0 <= port <= 65535:
        raise OverflowError("connect(): port must be 0-65535.")
    if sock.family == socket.AF_INET6:  # nobody listens there
        return errno.ECONNREFUSED if host in ("::1", "::", "localhost") else errno.ENETUNREACH
    timeout = sock.gettimeout()
    if sock.fileno() in net.connecting:
        return errno.EALREADY
    if end := net.ends.get(sock):
        server, kernel_port = net.target(HOST, end.there)
        return real.connect_ex(sock, (HOST, kernel_port))
    server, kernel_port = net.target(host, port)
    if not server or server.script.connect != "slow":
        return net.connect(sock, port, server, kernel_port)
    if timeout == 0:
        return connect_later(sock, port, server, kernel_port)
    wait = server.script.wait
    clock.wait("connect", lambda: None, wait if timeout is None else min(wait, timeout))
    if timeout is not None and timeout < wait:
        return errno.ETIMEDOUT
    return net.connect(sock, port, server, kernel_port)


def connect_later(sock: socket.socket, port: int, server: Any, kernel_port: int) -> int:
    """A non-blocking socket whose connection is slow: nobody sees it ready before its time."""
    fd = sock.fileno()
    net.connecting.add(fd)

    def connect_now() -> None:
        if fd in net.connecting:
            net.connecting.discard(fd)
            net.connect(sock, port, server, kernel_port)

    clock.at(clock.now + server.script.wait, connect_now)
    return errno.EINPROGRESS


def _real_close(sock: socket.socket) -> None:
    end = net.ends.pop(sock, None)
    net.connecting.discard(sock.fileno())
    net.full.pop(sock.fileno(), None)
    held = held_back(sock)
    real_close(sock)
    see_end(end, held)


def shutdown(sock: socket.socket, how: int) -> None:
    held = held_back(sock)
    real.shutdown(sock, how)
    if how != socket.SHUT_RD:
        see_end(net.ends.get(sock), held)


def see_end(end: End | None, held: bool) -> None:
    """Wait until the other end has the news that nothing more will come, unless bytes are held
    back before it."""
    if end and not held and (fd := net.fd_of(end.other)) >= 0 and unread(fd) < ROOM:
        settle(fd, POLLRDHUP)


def bind(sock: socket.socket, address: Any) -> None:
    check_socket(sock, address, "bind")
    if sock.family == socket.AF_INET:
        net.bind(sock, *address)
    else:
        real.bind(sock, address)


def sendto(sock: socket.socket, data: Any, *rest: Any) -> int:
    if sock.type == socket.SOCK_STREAM:
        return send(sock, data, *rest[:-1])
    check_socket(sock, rest[-1], "sendto")
    return real.sendto(sock, data, *rest)


def sendmsg(sock: socket.socket, buffers: Any, *rest: Any) -> int:
    if sock.type != socket.SOCK_STREAM:
        check_socket(sock, rest[2] if len(rest) > 2 else "", "sendmsg")
    if sock.family == socket.AF_INET:
        return send(sock, b"".join(buffers), *rest[1:2])
    ready(sock, select.POLLOUT, "sendmsg")
    return real.sendmsg(sock, buffers, *rest)


def listen(sock: socket.socket, backlog: int = 4096) -> None:
    real.listen(sock, 4096)
    net.listens(sock)


def getsockname(sock: socket.socket) -> Any:
    address = real.getsockname(sock)
    if sock in net.bound:
        return address[0], net.bound[sock]
    end = net.ends.get(sock)
    return (address[0], end.here) if end else address


def getpeername(sock: socket.socket) -> Any:
    address = real.getpeername(sock)
    end = net.ends.get(sock)
    return (address[0], end.there) if end else address


METHODS = (
    *("recv", "recv_into", "send", "sendall", "accept", "connect", "connect_ex", "shutdown"),
    *("recvfrom", "recvfrom_into", "sendto", "sendmsg"),
    *("_real_close", "bind", "listen", "getsockname", "getpeername"),
)


# Names. Only localhost has one; addresses of the other version are never given.


def getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[tuple[Any, ...]]:
    host = host.decode() if isinstance(host, bytes) else host
    six = host == "::1"
    version, rest = (socket.AF_INET6, (0, 0)) if six else (socket.AF_INET, ())
    any_host = host is None and flags & socket.AI_PASSIVE
    address = host if six else "0.0.0.0" if any_host else net.find(host)
    if family not in (0, version):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    kinds = ((socket.SOCK_STREAM, 6, "tcp"), (socket.SOCK_DGRAM, 17, "udp"))
    return [
        (version, socket.SocketKind(kind), number, "", (address, port_of(port, name), *rest))
        for kind, number, name in kinds
        if type in (0, kind) and proto in (0, number)
    ]


def port_of(service: Any, protocol: str) -> int:
    """The port of a service, by its number or name. Raises socket.gaierror."""
    service = service.decode() if isinstance(service, bytes) else service
    if service is None or isinstance(service, int):
        return service or 0
    if service.isdecimal():
        return int(service)
    try:
        return socket.getservbyname(service, protocol)
    except OSError:
        raise socket.gaierror(
            socket.EAI_SERVICE, "Servname not supported for ai_socktype"
        ) from None


def gethostbyaddr(host: str) -> Any:
    raise socket.herror(1, "Unknown host")


def unknown_if_reserved(call: Callable[..., Any]) -> Callable[..., Any]:
    def find(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return call(host, *args, **kwargs)

    return find
