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
    if timeout == 0 or sock.fileno() < 0:  # it is closed, which the call itself says
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
recvmsg, recvmsg_into = reading("recvmsg"), reading("recvmsg_into")


def send(sock: socket.socket, data: Any, flags: int = 0) -> int:
    """What is sent has arrived before anybody polls again."""
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
    """socket.sendall."""
    rest = memoryview(data).cast("B")
    while rest:
        try:
            rest = rest[send(sock, rest, flags | socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            if sock.gettimeout() == 0:
                raise


def accept(sock: socket.socket) -> tuple[socket.socket, Any]:
    """socket.accept."""
    ready(sock, select.POLLIN, "accept")
    connection, address = real_accept(sock)
    clock.fruitless = 0
    if sock in net.bound:
        net.accepted(sock, connection, address[1])
        address = getpeername(connection)
    return connection, address


def connect(sock: socket.socket, address: Any) -> None:
    """socket.connect."""
    if sock.family in NUMBERED and not is_address(sock, address):
        return real.connect(sock, address)
    error = connect_ex(sock, address)
    if error == errno.ETIMEDOUT and sock.gettimeout():
        raise TimeoutError("timed out")
    if error:
        raise OSError(error, os.strerror(error))
    return None


NUMBERED = (socket.AF_INET, socket.AF_INET6)  # whose addresses have a port


def connect_ex(sock: socket.socket, address: Any) -> int:
    """socket.connect_ex: the error number, or 0."""
    check_socket(sock, address, "connect")
    if sock.family not in NUMBERED or not is_address(sock, address):
        return real.connect_ex(sock, address)
    host, port = address[:2]
    if sock.family == socket.AF_INET6:  # nobody listens there
        return errno.ECONNREFUSED if host in ("::1", "::", "localhost") else errno.ENETUNREACH
    timeout = sock.gettimeout()
    if sock.fileno() in net.connecting:
        return errno.EALREADY
    if end := net.ends.get(sock):
        server, real_address = net.target(HOST, end.there)
        return real.connect_ex(sock, real_address)
    server, real_address = net.target(host, port)
    if not server or server.script.connect != "slow":
        return net.connect(sock, port, server, real_address)
    if timeout == 0:
        return connect_later(sock, port, server, real_address)
    wait = server.script.wait
    clock.wait("connect", lambda: None, wait if timeout is None else min(wait, timeout))
    if timeout is not None and timeout < wait:
        return errno.ETIMEDOUT
    return net.connect(sock, port, server, real_address)


def is_address(sock: socket.socket, address: Any) -> bool:
    """Whether it has the form of an address; Python refuses any other before the kernel sees it."""
    sizes = (2,) if sock.family == socket.AF_INET else (2, 3, 4)
    return (
        isinstance(address, tuple)
        and len(address) in sizes
        and isinstance(address[0], str | bytes | bytearray)
        and hasattr(address[1], "__index__")
        and 0 <= address[1] <= 65535
    )


def connect_later(
    sock: socket.socket, port: int, server: Any, real_address: tuple[str, int]
) -> int:
    """A non-blocking socket whose connection is slow: nobody sees it ready before its time."""
    fd = sock.fileno()
    net.connecting.add(fd)

    def connect_now() -> None:
        if fd in net.connecting:
            net.connecting.discard(fd)
            net.connect(sock, port, server, real_address)

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
    if sock.family == socket.AF_INET and is_address(sock, address):
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
    *("recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "sendto", "sendmsg"),
    *("_real_close", "bind", "listen", "getsockname", "getpeername"),
)


# Names. Only localhost has one; addresses of the other version are never given.


def getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[tuple[Any, ...]]:
    """socket.getaddrinfo, which knows this host's names and the scripted ones alone."""
    host = host.decode() if isinstance(host, bytes) else host
    if host is None and port is None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    asked = [
        (socket.SocketKind(kind), number, at)
        for kind, number, name in KINDS
        if type in (0, kind) and proto in (0, number)
        for at in ports_of(port, name)
    ]
    if not asked:
        raise socket.gaierror(socket.EAI_SERVICE, "Servname not supported for ai_socktype")
    six = is_ipv6(host)
    version, rest = (socket.AF_INET6, (0, 0)) if six else (socket.AF_INET, ())
    any_host = host is None and flags & socket.AI_PASSIVE
    address = host if six else "0.0.0.0" if any_host else net.find(host)
    if family not in (0, version):
        raise socket.gaierror(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
    return [(version, kind, number, "", (address, at, *rest)) for kind, number, at in asked]


# The kinds of socket that an address is for, with the number and the name of their protocol.
KINDS = (socket.SOCK_STREAM, 6, "tcp"), (socket.SOCK_DGRAM, 17, "udp"), (socket.SOCK_RAW, 0, "")


def is_ipv6(host: object) -> bool:
    """Whether a host is an address of IPv6, and no name."""
    try:
        return isinstance(host, str) and bool(socket.inet_pton(socket.AF_INET6, host))
    except OSError:
        return False


def ports_of(service: Any, protocol: str) -> list[int]:
    """The port of a service, by its number or name; none where the protocol has none."""
    service = service.decode() if isinstance(service, bytes) else service
    if service is None or isinstance(service, int) or service.isdigit():
        return [int(service or 0) % 65536] if int(service or 0) >= 0 else []
    try:
        return [socket.getservbyname(service, protocol)]
    except OSError:
        return []


def gethostbyaddr(host: str) -> Any:
    raise socket.herror(1, "Unknown host")


def unknown_if_reserved(call: Callable[..., Any]) -> Callable[..., Any]:
    def find(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return call(host, *args, **kwargs)

    return find
