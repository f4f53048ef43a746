"""Ports are given to one process at a time, and the kernel gives them to nobody."""

import contextlib
import os
import socket
import subprocess
import sys
import unittest

import ports

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ports.py")


@contextlib.contextmanager
def holding(count, first):
    """The ports that another process holds."""
    with subprocess.Popen([sys.executable, PROGRAM, str(count), *map(str, first)], stdout=subprocess.PIPE, text=True) as other:
        try:
            yield [int(word) for word in other.stdout.readline().split()]
        finally:
            other.kill()


class Ports(unittest.TestCase):
    def test_no_connection_can_have_one(self):
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            low, high = map(int, file.read().split())
        self.assertTrue(all(not low <= port <= high for port in ports.choices()))

    def test_two_processes_never_have_the_same(self):
        wanted = ports.choices()[1000:1100]
        with holding(50, wanted) as here, holding(50, wanted) as there:
            self.assertEqual((len(here), len(there), set(here) & set(there)), (50, 50, set()))

    def test_what_ended_holds_nothing_any_more(self):
        with holding(1, ports.choices()[1200:1400]) as (port,):
            self.assertNotEqual(ports.reserve([port]), port)
        self.assertEqual(ports.reserve([port]), port)
        ports.release(port)
        self.assertEqual(ports.reserve([port]), port)
        ports.release(port)

    def test_where_somebody_listens_is_not_free(self):
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with contextlib.suppress(OSError), socket.create_server((host, 0), family=family) as listener:
                port = listener.getsockname()[1]
                self.assertNotEqual(ports.reserve([port]), port)


if __name__ == "__main__":
    unittest.main()
