#!/usr/bin/python3
"""Ports for programs that are told where to listen before they do, or that close their door and open it again.

A port that was found free by bind(0) and closed again lies in the kernel's range of ephemeral ports, so that any connection, or
any other program's bind(0), may have it before it is listened on. These lie outside that range, and each belongs to one process
from reserve() until release() or its end: its name is an abstract socket's, which like the port itself is the network
namespace's, and goes with whoever holds it. Two test programs side by side, or a test and a demo, never have the same.

  ports.py COUNT [FIRST...]    prints so many, one of FIRST where it is free, and holds them until it is ended"""

import errno
import random
import signal
import socket
import sys

LOWEST = 10000      # below it are ports that somebody may know by heart
_held = {}


def choices():
    """Every port that no bind(0) and no outgoing connection gets."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        low, high = map(int, file.read().split())
    return [port for port in range(LOWEST, 65536) if not low <= port <= high]


def _is_free(port):
    """Nobody listens there, at any address of this host."""
    for family, everywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind((everywhere, port))
        except OSError as error:
            # A host without IPv6 refuses in other words.
            if error.errno == errno.EADDRINUSE:
                return False
    return True


def _take(port):
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind("\0infusiond-port-%d" % port)
    except OSError:
        lock.close()
        return False
    if not _is_free(port):
        lock.close()
        return False
    _held[port] = lock
    return True


def reserve(first=()):
    """A port that nobody listens on and nobody else will be given; one of `first` where there is such a one."""
    others = choices()
    for port in [*first, *random.sample(others, len(others))]:
        if _take(port):
            return port
    raise AssertionError("no port is free outside the range of ephemeral ports: see net.ipv4.ip_local_port_range")


def release(port):
    _held.pop(port).close()


def main():
    count, first = int(sys.argv[1]), [int(word) for word in sys.argv[2:]]
    print(*(reserve(first) for _ in range(count)), flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
