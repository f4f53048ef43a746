"""Devices that are not ours are read right: a pymodbus server over TCP and on a serial line, with every dialect of a profile; and
recorded answers of real devices, and broken ones, through the wire's own checks."""

import importlib.util
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import tty
import unittest

from test_line import HERE, PYTHON, TOP, BUILD, Lines, Program

sys.path.insert(0, os.path.join(TOP, "tests", "drivers"))
import pcap  # noqa: E402

CAPTURES = os.path.join(TOP, "../shared/data/modbus")
UNIT, BAUD, TIMEOUT_MS = 9, 19200, 900
HAS_PYMODBUS = importlib.util.find_spec("pymodbus") is not None
HAS_SERIAL = importlib.util.find_spec("serial_asyncio") is not None

# Registers as a vendor's manual would print them; what stands where is put by pymodbus, in `Device.show`.
PROFILE = """
name: foreign
addresses: vendor
max_gap: 0
max_registers: 20
unreadable: [{from: 40007}]
values:
  - {vital: rate, source: ecg, register: 40001, type: f32, order: CDAB, status: [{register: 10004, otherwise: sensor-off}]}
  - {vital: rate, source: pleth, register: 40003, type: f32, order: DCBA}
  - {vital: spo2, source: pleth, register: 40005, bits: 4-11, no_value: [255], block: oximeter}
  - {vital: spo2, source: ecg, register: 40006, type: u8_low, no_value: [255], block: oximeter}
  - {vital: temperature, source: probe, register: 40008, type: s16, scale: 0.1, no_value: [0x7FFF]}
  - {vital: temperature, source: ecg, register: 40009, type: s32, order: BADC, scale: 0.001, offset: -10}
  - {vital: breathing, source: impedance, register: 30001, type: bcd16, alone: true}
  - {vital: breathing, source: ecg, register: 40012, type: f64, order: CDAB}
cuff:
  systolic: {register: 40020, no_value: [0]}
  mean: {register: 40021, no_value: [0]}
  diastolic: {register: 40022, no_value: [0]}
  pulse: {register: 40023, no_value: [0]}
  proof: counter
  proof_register: 40024
  proof_type: bcd16
  failure_register: 40025
  failure_bits: 8-11
  failures: [{code: 3, words: movement}]
  measuring: {register: 00012}
  start: {function: START}
  cancel: {function: 5, register: 00101, value: 1}
uptime_register: 40030
identity:
  manufacturer: {register: 40101, length: 11}
  serial: {register: 40110, type: u32}
wake_up: {function: 6, register: 40120, value: 0x55AA, pause_ms: 50}
"""
START = "6, register: 40121, value: 7"


class Device(Program):
    def __init__(self, *where):
        super().__init__(PYTHON, os.path.join(HERE, "foreign_pymodbus.py"), str(UNIT), *where)
        self.started = self.read()

    def do(self, *lines):
        for line in lines:
            answer = self.say(line)
            if answer != "ok":
                raise AssertionError("%s: %s" % (line, answer))

    def show(self):
        self.do("number 0 32bit_float little big 61.5", "number 2 32bit_float little little 62.25", "words h 4 0xA61F 0x6360",
                "words h 7 0xFF9C", "number 8 32bit_int big little 47654", "words i 0 0x0014", "words d 3 1", "words c 11 0",
                "number 11 64bit_float little big 15.125", "words h 19 121 93 77 62 0x0199 0x0000",
                "number 29 32bit_uint big big 4000", "text 100 ACME_Ltd.__", "number 109 32bit_uint big big 3141592653",
                "words h 119 0 0", "words c 100 0")


class Poller(Program):
    def __init__(self, profile, *wire, unit=UNIT):
        super().__init__(os.path.join(BUILD, "tests/e2e/foreign_poll"), profile, str(unit), str(TIMEOUT_MS), *wire)

    def poll(self):
        """What came of one round, without its end; and how many requests it took."""
        lines = [self.say("poll")]
        while not lines[-1].startswith("end "):
            lines.append(self.read())
        return lines[:-1], int(lines[-1].split()[1])


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def end(self, program):
        code, errors = program.close()
        if not isinstance(program, Device):
            self.assertEqual((code, errors), (0, ""))

    def keep(self, program):
        self.addCleanup(self.end, program)
        return program

    def profile(self, text=PROFILE, start=START):
        path = os.path.join(self.folder, "foreign.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("START", start))
        return path


@unittest.skipUnless(HAS_PYMODBUS, "python3-pymodbus is not installed")
class Dialects(Case):
    """Over TCP; the same over a serial line below."""

    def connect(self, unit=UNIT, start=START):
        device = self.keep(Device("tcp"))
        device.show()
        return device, self.keep(Poller(self.profile(start=start), "tcp", "127.0.0.1", device.started, unit=unit))

    def test_every_dialect_has_the_right_value(self):
        device, poller = self.connect()
        lines, requests = poller.poll()
        self.assertEqual(sorted(lines), sorted([
            "reading rate ecg good 61.5:", "reading rate pleth good 62.25:", "reading spo2 pleth good 97:",
            "reading spo2 ecg good 96:", "reading temperature probe good -10:", "reading temperature ecg good 37.654:",
            "reading breathing impedance good 14:", "reading breathing ecg good 15.125:",
            "cuff age-unknown 121 93 77 62:", "identity ACME Ltd.||3141592653|"]))
        # A wake-up; uptime, a coil, a discrete input, an input register, three runs of holding registers and the cuff; identity.
        self.assertEqual(requests, 1 + 8 + 2)
        self.assertEqual(device.say("read h 119"), str(0x55AA))
        self.assertEqual(poller.poll()[1], 8)

    def test_codes_bits_and_digits_never_become_numbers(self):
        device, poller = self.connect()
        poller.poll()
        device.do("number 0 32bit_float little big nan", "words h 4 0xAFFF 0x63FF", "words h 7 0x7FFF", "words i 0 0x001A",
                  "number 11 64bit_float little big inf", "words h 19 0 0 0 0")
        self.assertEqual(sorted(line for line in poller.poll()[0] if line.startswith("reading")), sorted([
            "reading rate ecg invalid -: error code", "reading rate pleth good 62.25:",
            "reading spo2 pleth invalid -: error code", "reading spo2 ecg invalid -: error code",
            "reading temperature probe invalid -: error code", "reading temperature ecg good 37.654:",
            "reading breathing impedance invalid -: error code",
            "reading breathing ecg invalid -: error code"]))
        device.show()
        device.do("words d 3 0")
        self.assertIn("reading rate ecg invalid -: sensor off", poller.poll()[0])

    def test_a_cuff_is_started_counted_and_cancelled(self):
        device, poller = self.connect()
        poller.poll()
        self.assertEqual(poller.say("start"), "done")
        self.assertEqual(device.say("read h 120"), "7")
        device.do("words c 11 1")
        self.assertIn("measuring", poller.poll()[0])
        device.do("words c 11 0", "words h 19 131 98 82 66 0x0200")
        self.assertIn("cuff new 131 98 82 66:", poller.poll()[0])
        self.assertIn("cuff reread 131 98 82 66:", poller.poll()[0])
        device.do("words h 19 0 0 0 0 0x0201 0xA3FF")
        self.assertIn("cuff failed - - - -: movement", poller.poll()[0])
        self.assertEqual(poller.say("cancel"), "done")
        self.assertEqual(device.say("read c 100"), "1")

    def test_several_registers_are_written_and_read_at_once(self):
        for start, registers in (("16, register: 40121, values: [5, 6]", {120: 5, 121: 6}),
                                 ("23, register: 40121, values: [8, 9], read_register: 40020, count: 2", {120: 8, 121: 9})):
            device, poller = self.connect(start=start)
            device.do("words h 120 0 0")
            self.assertEqual(poller.say("start"), "done")
            for register, value in registers.items():
                self.assertEqual(device.say("read h %d" % register), str(value))

    def test_a_start_that_the_device_refuses(self):
        _, poller = self.connect(start="6, register: 40999, value: 7")
        self.assertEqual(poller.say("start"), "refused: exception 2: illegal register address")

    def test_registers_that_are_not_there_are_told(self):
        device, poller = self.connect()
        self.assertNotIn("refused: exception 2: illegal register address", poller.poll()[0])
        text = PROFILE.replace("unreadable: [{from: 40007}]\n", "").replace("max_gap: 0", "max_gap: 1")
        greedy = self.keep(Poller(self.profile(text), "tcp", "127.0.0.1", device.started))
        self.assertIn("refused: exception 2: illegal register address", greedy.poll()[0])

    def test_a_gateway_without_the_unit_speaks_for_itself(self):
        _, poller = self.connect(unit=UNIT + 1)
        lines, requests = poller.poll()
        self.assertEqual([line for line in lines if line.startswith("gateway")],
                         ["gateway: exception 11: the gateway answers, and the monitor behind it does not"])
        self.assertTrue(lines[0].startswith("aside: exception 11:"), lines)
        self.assertEqual(requests, 2)  # the wake-up and one poll, not one of each read


class Relay:
    """Two ptys as the two ends of a serial line."""

    def __init__(self):
        self.masters, slaves = zip(*(os.openpty() for _ in range(2)))
        for slave in slaves:
            tty.setraw(slave)
        self.slaves = slaves
        self.names = [os.ttyname(slave) for slave in slaves]
        self.threads = [threading.Thread(target=self.carry, args=ends, daemon=True)
                        for ends in (self.masters, self.masters[::-1])]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def carry(source, target):
        try:
            while True:
                data = os.read(source, 512)
                os.write(target, data)
        except OSError:
            pass

    def close(self):
        # With the last slave closed, reads of its master end.
        for descriptor in self.slaves:
            os.close(descriptor)
        for thread in self.threads:
            thread.join(10)
        for descriptor in self.masters:
            os.close(descriptor)


@unittest.skipUnless(HAS_SERIAL, "python3-serial-asyncio is not installed")
class DialectsOverSerial(Dialects):
    def connect(self, unit=UNIT, start=START):
        relay = Relay()
        self.addCleanup(relay.close)
        device = self.keep(Device("rtu", relay.names[0], str(BAUD)))
        self.assertEqual(device.started, "serving")
        device.show()
        return device, self.keep(Poller(self.profile(start=start), "rtu", relay.names[1], str(BAUD), unit=unit))

    def test_registers_that_are_not_there_are_told(self):
        """One wire has one master."""

    def test_a_gateway_without_the_unit_speaks_for_itself(self):
        """On a serial line nobody answers for another: the wake-up is in vain, and the poll is a miss."""
        _, poller = self.connect(unit=UNIT + 1)
        lines, requests = poller.poll()
        self.assertEqual(requests, 2)
        self.assertRegex(lines[0], "^aside timeout: does not answer")
        self.assertRegex(lines[1], "^miss timeout: does not answer")


class Replay:
    """A server that gives recorded answers, one after the other, whatever is asked."""

    def __init__(self, answers):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answers = answers
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while True:
                client, _ = self.listener.accept()
                with client:
                    self.serve(client)
        except OSError:
            pass

    def serve(self, client):
        while True:
            request = client.recv(300)
            if not request:
                return
            client.sendall(self.answers(request))


@unittest.skipUnless(os.path.isdir(CAPTURES), "no captures in " + CAPTURES)
class Captures(Case):
    KNOWN = (1, 2, 3, 4, 5, 6, 15, 16, 23)
    # What is waited for to no end, 28 times, is waited for shortly; an answer that comes may come late on a busy machine.
    SHORT_MS, LONG_MS, SLACK_MS = 350, 3000, 150

    def paths(self):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(CAPTURES) for name in names
                      if name.endswith(".pcap"))

    def lines_to(self, answers, timeout_ms):
        replay = Replay(answers)
        self.addCleanup(replay.listener.close)
        return self.keep(Lines("bay=127.0.0.1:%d" % replay.port, timeout_ms=timeout_ms))

    def ask(self, lines, request):
        """The backoff of a lost connection is waited out; the time is without what this machine was late with."""
        for _ in range(1000):
            result, took_ms, reply = lines.ask(hexes=request.hex(" "))
            if result != "waiting":
                return result, took_ms - lines.late_ms, reply
        raise AssertionError("the line waits for ever")

    def is_right(self, request, answer):
        """Of a function that is polled or written, for this unit, and of its own length."""
        function = request[1]
        if answer[0] != request[0] or function not in self.KNOWN:
            return False
        if answer[1] == function | 0x80:
            return len(answer) == 3
        return answer[1] == function and len(answer) == (6 if function in (5, 6, 15, 16) else 3 + answer[2])

    def test_recorded_answers_come_through_as_they_were(self):
        exchanges = [pair for path in self.paths() for pair in pcap.exchanges(path)]
        at = [0]

        def answer(request):
            data = exchanges[at[0]][1]
            return request[:4] + len(data).to_bytes(2, "big") + data

        lines, right = self.lines_to(answer, self.LONG_MS), 0
        for at[0], (request, recorded) in enumerate(exchanges):
            result, took_ms, reply = self.ask(lines, request)
            self.assertLess(took_ms, self.LONG_MS + self.SLACK_MS)
            if self.is_right(request, recorded):
                self.assertEqual((result, reply), ("reply", recorded), request.hex(" "))
                right += 1
        self.assertGreater(right, 1100)

    def test_fuzzed_answers_hold_up_nobody(self):
        pieces = []
        for path in self.paths():
            for there, back in pcap.streams(path).values():
                for stream in (back, there):
                    pieces += [bytes(stream[at:at + 64]) for at in range(0, min(len(stream), 700), 61)]
        pieces = list(dict.fromkeys(pieces))
        good = bytes.fromhex("01 03 02 00 48")
        wanted = [b""]

        def answer(request):
            return wanted[0] if wanted[0] else request[:4] + bytes([0, len(good)]) + good

        lines = self.lines_to(answer, self.SHORT_MS)
        for piece in pieces:
            wanted[0] = piece
            _, took_ms, _ = self.ask(lines, bytes.fromhex("01 03 00 00 00 01"))
            self.assertLess(took_ms, self.SHORT_MS + self.SLACK_MS)
            wanted[0] = b""
            self.assertEqual(self.ask(lines, bytes.fromhex("01 03 00 00 00 01"))[::2], ("reply", good), piece.hex(" "))
        self.assertGreater(len(pieces), 80)


if __name__ == "__main__":
    unittest.main(verbosity=1)
