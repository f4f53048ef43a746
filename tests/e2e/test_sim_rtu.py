"""The simulator's serial wire in time: what a master of our own, pymodbus and libmodbus read over a pty, and when it comes; what
comes too soon, at another speed, or from who is gone."""

import errno
import os
import re
import struct
import subprocess
import time
import unittest

from rtu_case import CHARACTER_S, NOTHING_S, PATIENCE_S, SILENCE_S, Case, wait_for
from rtu_port import Port, checksum, frame, is_right, read_of, words

MAGIC = 0x494e4655434c4b31
START_MS = 1767258000000        # 2026-01-01T09:00:00Z

try:
    from pymodbus.client import ModbusSerialClient
except ImportError:
    ModbusSerialClient = None


class Wire(Case):
    """Time, speed and silence."""

    def test_bytes_come_when_their_characters_are_over(self):
        self.start("--turnaround", "20")
        port = self.port()
        request = read_of(1)
        began = time.monotonic()
        port.send(request)
        first = port.take(1)
        came = time.monotonic() - began
        rest = port.take(10)
        over = time.monotonic() - began
        self.assertEqual(len(words(first + rest)), 3)
        until = len(request) * CHARACTER_S + SILENCE_S + 0.020
        self.assertGreaterEqual(came, until + CHARACTER_S)
        self.assertGreaterEqual(over, until + 11 * CHARACTER_S)

    def test_parity_and_stop_bits_take_time(self):
        self.start("--parity", "even", "--stop-bits", "2")
        port = self.port()
        began = time.monotonic()
        port.send(read_of(1))
        self.assertEqual(len(words(port.take(11))), 3)
        self.assertGreaterEqual(time.monotonic() - began, (8 + 3.5 + 11) * 12 / 9600)

    def test_another_speed_is_not_understood(self):
        self.start()
        port = self.port(19200)
        self.assertEqual(port.ask(read_of(1), within=NOTHING_S), b"")
        self.say("speed-garbage")
        garbage = port.ask(read_of(1), 8)
        self.assertEqual(len(garbage), 8)
        self.assertFalse(is_right(garbage))
        port.set_baud(9600)
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.assertEqual(self.stop()["wrong_speed"], 2)
        self.assertEqual(self.truth(1, "lost"), ["speed", "speed"])

    def test_half_requests_are_no_request(self):
        self.start()
        port = self.port()
        request = read_of(1)
        port.send(request[:4])
        self.assertEqual(port.take(1, NOTHING_S), b"")
        port.send(request[4:])
        self.assertEqual(port.take(1, NOTHING_S), b"")
        self.assertEqual(len(words(port.ask(request))), 3)
        counts = self.stop()
        self.assertEqual((counts["requests"], counts["damaged"]), (1, 2))

    def test_two_requests_without_silence_are_none(self):
        self.start(units="1,2")
        port = self.port()
        self.assertEqual(port.ask(read_of(1) + read_of(2), within=NOTHING_S), b"")
        self.assertEqual(self.stop()["damaged"], 1)

    def test_what_is_not_for_a_unit(self):
        self.start()
        port = self.port()
        for request in (read_of(9), read_of(0), read_of(1)[:-1] + b"\x00"):
            self.assertEqual(port.ask(request, within=NOTHING_S), b"")
        for request, code in ((read_of(1, 500), 2), (frame(1, 3, 0, 0, 0, 126), 3), (frame(1, 99), 1)):
            answer = port.ask(request, 5)
            self.assertTrue(is_right(answer))
            self.assertEqual(answer[:3], bytes((1, request[1] | 0x80, code)))
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)

    def test_a_master_that_asks_into_an_answer(self):
        # At a speed at which we are in the middle of it even where this machine keeps us for a quarter of a second.
        self.start(units="1,2", baud=1200)
        port = self.port(1200)
        port.send(read_of(1, 0, 12))
        first = port.take(1)
        port.send(read_of(2))
        answer = first + port.take(28)
        self.assertEqual(len(words(answer)), 12)
        self.assertEqual(port.take(1, NOTHING_S), b"")
        self.assertEqual(self.stop()["collided"], 1)
        self.assertEqual(self.truth(2, "lost"), ["collided"])
        self.assertEqual(self.truth(2, "served"), [])


class Masters(Case):
    """Programs that are not ours."""

    @unittest.skipIf(ModbusSerialClient is None, "no pymodbus")
    def test_pymodbus_reads_each_unit(self):
        self.start(units="1,2,3")
        for unit, rate in ((1, 61), (2, 72), (3, 83)):
            self.say("monitor-%d set rate %d" % (unit, rate))
        client = ModbusSerialClient(port=self.path("port"), baudrate=9600, timeout=2)
        self.addCleanup(client.close)
        self.assertTrue(client.connect())
        for unit, rate in ((3, 83), (1, 61), (2, 72), (3, 83)):
            answer = client.read_holding_registers(0, 12, slave=unit)
            self.assertFalse(answer.isError(), answer)
            self.assertEqual((len(answer.registers), answer.registers[0]), (12, rate))
        self.assertTrue(client.read_holding_registers(0, 12, slave=9).isError())
        self.assertEqual(self.stop()["t35_violations"], 0)
        for unit, count in ((1, 1), (2, 1), (3, 2)):
            rows = self.truth(unit, "served")
            self.assertEqual(len(rows), count)
            self.assertTrue(all(row.startswith("rate=%d " % (50 + 11 * unit)) for row in rows), rows)

    @unittest.skipIf(ModbusSerialClient is None, "no pymodbus")
    def test_pymodbus_at_another_speed(self):
        self.start(baud=19200)
        client = ModbusSerialClient(port=self.path("port"), baudrate=9600, timeout=1)
        self.addCleanup(client.close)
        self.assertTrue(client.connect())
        self.assertTrue(client.read_holding_registers(0, 12, slave=1).isError())
        self.assertGreaterEqual(self.stop()["wrong_speed"], 1)

    def test_libmodbus_with_a_wait_loses_nothing_on_a_strict_line(self):
        for baud, character in ((9600, 10 / 9600), (19200, 10 / 19200), (115200, 10 / 115200)):
            with self.subTest(baud=baud):
                self.start("--strict-t35", units="1,2,3,4", baud=baud)
                answered, failed, seconds = self.loop("1,2,3,4", 100, "WAIT", baud, 1000)
                self.assertEqual((answered, failed), (100, 0))
                # Nothing is faster than the wire: request, silence, answer, silence.
                self.assertGreaterEqual(seconds, 100 * (8 + 29) * character + 199 * max(3.5 * character, 0.00175) - 0.001)
                counts = self.stop()
                self.assertEqual((counts["requests"], counts["t35_violations"]), (100, 0))

    def test_libmodbus_without_a_wait_loses_requests_on_a_strict_line(self):
        # At a speed whose silence of 7 ms is longer than a busy host keeps it from asking, most of the time.
        self.start("--strict-t35", units="1,2", baud=4800)
        answered, failed, _ = self.loop("1,2", 20, "NOWAIT", 4800, 500)
        counts = self.stop()
        # It asks as soon as it has read the last byte: every second request follows an answer too soon, and is lost.
        self.assertGreaterEqual(failed, 5)
        self.assertEqual(answered + failed, 20)
        self.assertEqual(counts["merged"], failed)
        self.assertEqual(counts["t35_violations"], failed)
        rows = self.truth(1, "t35_violation") + self.truth(2, "t35_violation")
        self.assertEqual(len(rows), failed)
        for row in rows:
            gap, needed = map(int, re.fullmatch(r"gap_us=(\d+) needed_us=(\d+) lost", row).groups())
            self.assertLess(gap, needed)
            self.assertEqual(needed, 7291)

    def test_others_only_count_what_comes_too_soon(self):
        # At a speed whose silence of 29 ms is longer than a busy host keeps anybody from asking, most of the time.
        self.start(units="1,2", baud=1200)
        answered, failed, _ = self.loop("1,2", 12, "NOWAIT", 1200, 3000)
        self.assertEqual((answered, failed), (12, 0))
        counts = self.stop()
        self.assertEqual(counts["merged"], 0)
        self.assertGreaterEqual(counts["t35_violations"], 5)

    def test_a_client_that_is_gone_leaves_nothing_behind(self):
        self.start("--turnaround", "50")
        for wanted in (0, 1):
            # Before its answer has begun, and within it.
            port = Port(self.path("port"))
            port.send(read_of(1))
            self.assertEqual(len(port.take(wanted)), wanted)
            port.close()
            self.let_it_notice()
            port = Port(self.path("port"))
            self.assertEqual(port.take(1, NOTHING_S), b"")
            self.assertEqual(len(words(port.ask(read_of(1)))), 3)
            port.close()
            self.let_it_notice()

    def let_it_notice(self):
        """What was there before a command came is seen by when another one is answered."""
        self.say("clear")
        self.say("clear")

    def test_exclusive_use_ends_with_who_wanted_it(self):
        self.start()
        done = subprocess.run(["/usr/bin/python3", "-c", "import fcntl, os, termios; fd = os.open(%r, os.O_RDWR | os.O_NOCTTY); "
                               "fcntl.ioctl(fd, termios.TIOCEXCL); os.write(fd, b'x'); os.kill(os.getpid(), 9)"
                               % self.path("port")], timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, -9)

        def opens():
            try:
                Port(self.path("port")).close()
                return True
            except OSError as problem:
                self.assertEqual(problem.errno, errno.EBUSY)
                return False
        wait_for("port that can be opened", opens)


class VirtualTime(Case):
    def test_the_world_follows_the_clock_and_the_wire_does_not_pace(self):
        with open(self.path("clock"), "wb") as file:
            file.write(struct.pack("<qqqq", MAGIC, START_MS, START_MS, 0))
        with open(self.path("script"), "w", encoding="ascii") as file:
            file.write("10 set rate 50\n20 mute for 5\n30 refuse for 5\n")
        self.start("--clock", self.path("clock"), "--script", self.path("script"), baud=1200)
        port = self.port(1200)
        self.assertNotEqual(words(port.ask(read_of(1)))[0], 50)
        self.set_time(10)
        began = time.monotonic()
        for _ in range(20):
            answer = port.ask(read_of(1, 0, 12), 29)
            self.assertEqual(words(answer)[0], 50)
        # Less than the characters alone would have taken.
        self.assertLess(time.monotonic() - began, 20 * 37 * 10 / 1200)
        self.set_time(22)
        self.assertEqual(port.ask(read_of(1), within=NOTHING_S), b"")
        self.set_time(26)
        self.assertEqual(words(port.ask(read_of(1)))[0], 50)
        self.set_time(31)
        wait_for("pulled adapter", lambda: not os.path.lexists(self.path("port")))
        self.set_time(36)
        wait_for("port", lambda: os.path.lexists(self.path("port")))
        self.assertEqual(words(self.port(1200).ask(read_of(1)))[0], 50)
        self.stop()
        self.assertEqual(len(self.truth(1, "served")), 23)

    def set_time(self, seconds):
        with open(self.path("clock"), "r+b") as file:
            file.seek(8)
            file.write(struct.pack("<q", START_MS + seconds * 1000))


if __name__ == "__main__":
    # The checksum of the standard's own example.
    assert checksum(b"\x01\x03\x00\x00\x00\x0a") == b"\xc5\xcd"
    unittest.main()
