"""What waits in the kernel: bytes that a connection's reader has not taken yet.

Linux shows it for the sockets of any program in any language, as `rx_queue` in /proc/net/tcp (its
columns are in the kernel's Documentation/networking/proc_net_tcp.rst). The same number can be had
for one connection, through the socket that `ss` asks (sock_diag(7)): that takes microseconds, where
the table takes a tenth of a second on a machine with thousands of connections just ended. So the
table is for kernels that do not answer. Elsewhere there is nothing to read.
"""

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

# IPv6 too: a socket of both protocols, as Java and Erlang open them, stands there.
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
# Over a loopback everything arrives at once, until the reader's queue is full: below so many bytes
# in it, what the writer has no acknowledgement for is there already.
FULL = 1 << 15
CLOSE_WAIT = 8  # the writer has ended its side, and its FIN counts as a byte to be read

# Of <linux/netlink.h>, <linux/sock_diag.h>, <linux/inet_diag.h>. A request is a header and an
# inet_diag_req_v2; in an answer the state, the ports and the queues are of interest.
REQUEST = struct.Struct("=IHHII BBBBI HH 16s 16s I 8s")
HEADER, STATE, QUEUES = struct.Struct("=IH"), struct.Struct("=xB"), struct.Struct("=II")
HEADER_SIZE, QUEUES_AT = 16, 72
NETLINK_SOCK_DIAG, BY_FAMILY, NLM_F_REQUEST, NLMSG_ERROR = 4, 20, 1, 2
AF_INET, IPPROTO_TCP, ANY_STATE, NO_COOKIE = 2, 6, 0xFFFFFFFF, b"\xff" * 8
LOOPBACK = socket.inet_aton("127.0.0.1")

# (the reader's port, the writer's port), both of 127.0.0.1.
Ends = tuple[int, int]
# Bytes that can be read from a socket, and bytes that its peer has not acknowledged.
Queues = tuple[int, int]


def available() -> bool:
    """Whether this machine shows what waits unread."""
    return TABLES[0].is_file()


def unread(wanted: Iterable[Ends]) -> dict[Ends, int]:
    """How many bytes sent on each of these connections its reader has not taken, by its ends.

    What the writer's end holds back counts too. A connection whose reader's end is closed is left
    out.
    """
    wanted = list(wanted)
    both = {*wanted, *(ends[::-1] for ends in wanted)}
    try:
        queues = ask(both)
    except OSError:
        queues = {}
        for table in TABLES:
            if table.is_file():
                queues |= read_table(table.read_text("ascii"), both)
    found = {}
    for ends in wanted:
        if ends in queues:
            here, there = queues[ends][0], queues.get(ends[::-1], (0, 0))[1]
            found[ends] = here + there if here > FULL else here
    return found


def ask(wanted: Iterable[Ends]) -> dict[Ends, Queues]:
    """The queues of these sockets, by (own port, peer's port). Raises OSError where refused."""
    found: dict[Ends, Queues] = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as sock:
        for own, peer in wanted:
            header = (REQUEST.size, BY_FAMILY, NLM_F_REQUEST, 0, 0)
            kind = (AF_INET, IPPROTO_TCP, 0, 0, ANY_STATE)
            ends = (socket.htons(own), socket.htons(peer), LOOPBACK, LOOPBACK, 0, NO_COOKIE)
            sock.send(REQUEST.pack(*header, *kind, *ends))
            answer = sock.recv(1 << 16)
            if HEADER.unpack_from(answer)[1] == NLMSG_ERROR:
                error = -int.from_bytes(answer[16:20], sys.byteorder, signed=True)
                if error != errno.ENOENT:
                    raise OSError(error, os.strerror(error))
                continue
            (state,) = STATE.unpack_from(answer, HEADER_SIZE)
            found[own, peer] = without_fin(state, *QUEUES.unpack_from(answer, QUEUES_AT))
    return found


def read_table(text: str, wanted: set[Ends]) -> dict[Ends, Queues]:
    """The same from a table as /proc shows it."""
    found: dict[Ends, Queues] = {}
    for line in text.splitlines()[1:]:
        _, local, remote, state, queues, _ = line.split(None, 5)
        ends = int(local[-4:], 16), int(remote[-4:], 16)
        if ends in wanted:
            found[ends] = without_fin(int(state, 16), int(queues[9:], 16), int(queues[:8], 16))
    return found


def without_fin(state: int, to_read: int, to_send: int) -> Queues:
    """A queue without the byte that Linux counts for the other end's FIN."""
    return max(0, to_read - (state == CLOSE_WAIT)), to_send
