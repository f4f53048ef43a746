"""The simulator on a serial line: what a plain client, pymodbus and libmodbus read over a pty, when it comes, and every fault
that a wire, an adapter or a unit can have."""

import errno
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from rtu_port import Port, checksum, frame, is_right, read_of, words

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("INFUSIOND_BUILD", os.path.join(TOP, "build"))
SIM = os.path.join(BUILD, "daemon/sim/infusion-sim")
LOOP = os.path.join(BUILD, "tests/e2e/rtu_loop")
GATEWAY = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
MAGIC = 0x494e4655434c4b31
START_MS = 1767258000000        # 2026-01-01T09:00:00Z
PATIENCE_S = 20
CHARACTER_S = 10 / 9600
SILENCE_S = 3.5 * CHARACTER_S
# A wait that shows that nothing comes; the machine may be slow, but silence needs no machine.
NOTHING_S = 0.4

try:
    from pymodbus.client import ModbusSerialClient
except ImportError:
    ModbusSerialClient = None


def wait_for(what, look):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if look():
            return
        time.sleep(0.005)
    raise AssertionError("in %d s: no %s" % (PATIENCE_S, what))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.process = folder.name, None

    def tearDown(self):
        if self.process is not None:
            self.stop()

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *options, units="1", baud=9600):
        """The simulator with its port, log-N of each unit N, and control socket."""
        self.process = subprocess.Popen(
            [SIM, "--profile", GATEWAY, "--serial", self.path("port"), "--baud", str(baud), "--units", units, "--log",
             self.path("log-%u"), "--control", self.path("control"), "--cuff-interval", "0", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for unit in units.split(","):
            line = self.process.stdout.readline()
            if not re.match(r"listening %s unit %s " % (re.escape(self.path("port")), unit), line):
                raise AssertionError(line + self.process.stderr.read())

    def stop(self):
        """Ends it, and returns what it counted."""
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, errors), (0, ""))
        self.assertFalse(os.path.lexists(self.path("port")))
        self.assertTrue(out.startswith("line %s requests=" % self.path("port")), out)
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", out)}

    def say(self, text):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            client.connect(self.path("control"))
            client.sendall(text.encode() + b"\n")
            answer = client.recv(1000).decode()
        self.assertEqual(answer, "ok\n")

    def stand_still(self):
        """From here on the same values in every answer."""
        for command in ("set rate 74", "set spo2 97", "set breathing 14"):
            self.say(command)

    def port(self, baud=9600):
        port = Port(self.path("port"), baud)
        self.addCleanup(port.close)
        return port

    def truth(self, unit, what):
        """Rows of a unit's log; complete once the simulator has ended."""
        with open(self.path("log-%d" % unit), encoding="utf-8") as file:
            return [line.strip().split(",")[3] for line in file if line.split(",")[1] == what]

    def loop(self, units, count, wait, baud=9600, timeout_ms=300):
        """libmodbus reads 12 registers so many times: answered, failed, seconds."""
        done = subprocess.run([LOOP, self.path("port"), str(baud), units, str(count), "12", wait, str(timeout_ms)],
                              capture_output=True, text=True, timeout=120, check=True)
        answered, failed, us = map(int, re.findall(r"=(\d+)", done.stdout))
        return answered, failed, us / 1e6


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
        self.start(units="1,2")
        port = self.port()
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
        self.start("--strict-t35", units="1,2")
        answered, failed, _ = self.loop("1,2", 20, "NOWAIT")
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
            self.assertEqual(needed, 3645)

    def test_others_only_count_what_comes_too_soon(self):
        self.start(units="1,2")
        answered, failed, _ = self.loop("1,2", 20, "NOWAIT")
        self.assertEqual((answered, failed), (20, 0))
        counts = self.stop()
        self.assertEqual(counts["merged"], 0)
        self.assertGreaterEqual(counts["t35_violations"], 10)

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


class Faults(Case):
    def test_answers_of_a_unit(self):
        self.start()
        self.stand_still()
        port = self.port()
        right = port.ask(read_of(1))
        self.assertEqual(len(words(right)), 3)
        self.say("exception 6")
        self.assertEqual(port.ask(read_of(1), 5), frame(1, 0x83, 6))
        self.say("clear exception")
        self.say("wrong-unit")
        answer = port.ask(read_of(1))
        self.assertTrue(is_right(answer))
        self.assertEqual(answer[0], 2)
        self.say("clear wrong-unit")
        self.say("truncated")
        answer = port.ask(read_of(1), within=NOTHING_S)
        self.assertEqual(answer, right[:5])
        self.say("clear truncated")
        self.say("garbage")
        self.assertEqual(port.ask(read_of(1), 21), b"\xff\x00garbage, no Modbus\n")
        self.say("clear garbage")
        self.say("mute")
        self.assertEqual(port.ask(read_of(1), within=NOTHING_S), b"")
        self.say("clear mute")
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.stop()
        # Only what could be read is in the log.
        self.assertEqual(len(self.truth(1, "served")), 2)

    def test_slow_and_dribbling_units(self):
        self.start("--fault", "slow 100", "--fault", "dribble 10")
        port = self.port()
        began = time.monotonic()
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.assertGreaterEqual(time.monotonic() - began, 0.1 + 10 * 0.010 + 11 * CHARACTER_S)

    def test_a_reboot_and_a_lost_memory(self):
        self.start(units="1,2")
        port = self.port()
        self.say("monitor-1 cuff 150 110 80")
        self.assertEqual(words(port.ask(read_of(1, 3))), [150, 110, 80])
        self.say("monitor-1 reboot 86400")
        self.assertEqual(port.ask(read_of(1, 3), within=NOTHING_S), b"")
        self.assertEqual(len(words(port.ask(read_of(2)))), 3)
        self.say("monitor-1 reboot 0")
        self.assertEqual(words(port.ask(read_of(1, 3))), [0, 0, 0])
        self.say("monitor-1 counter-wrap")
        self.say("monitor-1 cuff 140 100 70")
        self.assertEqual(words(port.ask(read_of(1, 7, 1), 7)), [65535])
        self.say("monitor-1 cuff-failure 2")
        self.say("monitor-1 cuff 140 100 70")
        self.assertEqual(words(port.ask(read_of(1, 7, 1), 7)), [0])
        self.assertEqual(words(port.ask(read_of(1, 10, 1), 7)), [2])
        self.say("monitor-1 sensor-off")
        self.assertEqual(words(port.ask(read_of(1, 9, 1), 7))[0] & 1, 0)

    def test_a_number_given_twice(self):
        self.start(units="1,2")
        port = self.port()
        self.say("monitor-1 set rate 61")
        self.say("monitor-2 set rate 122")
        self.say("monitor-1 answers-for 2")
        self.assertEqual(words(port.ask(read_of(1)))[0], 61)
        spoiled = port.ask(read_of(2))
        self.assertEqual(len(spoiled), 11)
        self.assertFalse(is_right(spoiled))
        self.assertEqual(spoiled[4], 61 & 122)
        # Alone it is believed: nothing on the wire says that it is another.
        self.say("monitor-2 mute")
        answer = port.ask(read_of(2))
        self.assertEqual((answer[0], words(answer)[0]), (2, 61))

    def test_an_echo(self):
        self.start()
        port = self.port()
        self.say("echo")
        both = port.ask(read_of(1), 19)
        self.assertEqual(both[:8], read_of(1))
        self.assertEqual(len(words(both[8:])), 3)
        self.say("clear echo")
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)

    def test_a_wrong_parity(self):
        self.start()
        self.stand_still()
        port = self.port()
        right = port.ask(read_of(1))
        self.say("wrong-parity")
        # Of these bytes those with an even number of ones read as NUL.
        spoiled = port.ask(read_of(1))
        expected = bytes(byte if bin(byte).count("1") % 2 else 0 for byte in right)
        self.assertEqual(spoiled[:3], expected[:3])
        self.assertFalse(is_right(spoiled))
        self.assertTrue(all(bin(byte).count("1") % 2 or byte == 0 for byte in spoiled))
        self.say("wrong-parity high-bits")
        spoiled = port.ask(read_of(1))
        self.assertEqual(spoiled[:3], b"\x81\x03\x06")
        self.assertTrue(all(bin(byte).count("1") % 2 == 0 for byte in spoiled))

    def test_noise_lets_nothing_wrong_through(self):
        self.start("--fault", "noise 0.02", "--seed", "3", baud=115200)
        port = self.port(115200)
        read, failed = [], 0
        for number in range(150):
            self.say("set rate %d" % (40 + number))
            answer = port.ask(read_of(1), within=0.1)
            if is_right(answer) and len(answer) == 11:
                read.append(words(answer)[0])
            else:
                failed += 1
            port.take(20, 0.01)
        counts = self.stop()
        served = [int(re.match(r"rate=(\d+) ", row).group(1)) for row in self.truth(1, "served")]
        self.assertEqual([rate for rate in read if rate not in served], [])
        self.assertGreaterEqual(failed, 10)
        self.assertGreaterEqual(len(read), 60)
        self.assertGreater(counts["flipped"], 0)
        self.assertGreater(counts["dropped"], 0)
        self.assertGreater(counts["damaged"], 0)

    def test_a_second_master(self):
        self.start(units="1,2")
        port = self.port()
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.say("second-master 100")
        # Its question and the answer to it, which nobody here asked for.
        got = port.take(15)
        self.assertEqual(got[:8], read_of(2, 0, 1))
        self.assertEqual(len(words(got[8:])), 1)
        self.say("clear second-master")
        port.take(100, NOTHING_S)
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)


class Adapter(Case):
    def test_pulled_and_plugged_in_again(self):
        self.start(units="1,2")
        for _ in range(3):
            port = Port(self.path("port"))
            self.assertEqual(len(words(port.ask(read_of(2)))), 3)
            self.say("refuse")
            self.assertFalse(os.path.lexists(self.path("port")))
            self.assertTrue(port.is_gone())
            self.assertEqual(port.take(1), b"")
            port.close()
            self.say("clear refuse")
            self.assertTrue(os.path.lexists(self.path("port")))
        port = self.port()
        self.assertEqual(len(words(port.ask(read_of(1)))), 3)
        self.assertEqual(self.stop()["pulled"], 3)

    def test_pulled_in_the_middle_of_an_answer(self):
        self.start(units="1,2")
        self.stand_still()
        port = self.port()
        right = port.ask(read_of(1, 0, 12), 29)
        self.say("monitor-1 reset")
        self.assertEqual(len(words(port.ask(read_of(2)))), 3)
        got = port.ask(read_of(1, 0, 12), 29)
        self.assertEqual(got[:9], right[:9])
        self.assertLess(len(got), 29)
        wait_for("pulled adapter", lambda: not os.path.lexists(self.path("port")))
        self.assertTrue(port.is_gone())
        self.say("monitor-1 clear reset")
        again = self.port()
        self.assertEqual(len(words(again.ask(read_of(1)))), 3)
        self.stop()
        self.assertEqual(len(self.truth(1, "served")), 2)

    def test_pulled_for_some_seconds(self):
        self.start()
        self.say("drop-for 0.2")
        self.assertFalse(os.path.lexists(self.path("port")))
        wait_for("port", lambda: os.path.lexists(self.path("port")))
        self.assertEqual(len(words(self.port().ask(read_of(1)))), 3)

    def test_links_of_others(self):
        os.symlink("/dev/pts/999", self.path("port"))
        self.start()
        self.assertEqual(len(words(self.port().ask(read_of(1)))), 3)
        self.stop()
        with open(self.path("port"), "w", encoding="ascii") as file:
            file.write("mine")
        done = subprocess.run([SIM, "--profile", GATEWAY, "--serial", self.path("port")], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "infusion-sim: %s is there already, and is no link\n" % self.path("port")))
        with open(self.path("port"), encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_faults_that_cannot_be(self):
        for fault, why in (("mutte", "'mutte' is no command (did you mean 'mute'?)"),
                           ("never-accept", "'never-accept' is nothing that a serial line can do")):
            done = subprocess.run([SIM, "--profile", GATEWAY, "--serial", self.path("port"), "--fault", fault],
                                  capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (1, "", "infusion-sim: --fault: '%s': %s\n" % (fault, why)))
            self.assertFalse(os.path.lexists(self.path("port")))


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
