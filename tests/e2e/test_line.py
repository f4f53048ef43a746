"""Lines against monitors that misbehave, over real sockets: the right kind of failure with the right sentence, within the
response timeout, and the next good request answered right. What this machine was late with is no line's (machine.py)."""

import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import ports
from machine import Course, Lateness, await_end, go_first

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("INFUSIOND_BUILD", os.path.join(TOP, "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
# Long enough that a machine that stalls for half a second keeps no simulator from its answer.
TIMEOUT_MS = 600
# Sanitizers; a deadline of whole milliseconds may come up to one early.
SLACK_MS, EARLY_MS = 150, 1
READ = "01 03 00 00 00 08"
PATIENCE_S = 30


class Program:
    """A program that is told lines and answers lines; every wait has a bound."""

    running = set()

    def __init__(self, *arguments):
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        self.running.add(self.process.pid)

    def read(self, patience=PATIENCE_S):
        alarm = threading.Timer(patience, self.process.kill)
        alarm.start()
        line = self.process.stdout.readline().strip()
        alarm.cancel()
        if not line:
            raise AssertionError("no answer: " + self.process.stderr.read())
        return line

    def say(self, text, patience=PATIENCE_S):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.read(patience)

    def close(self):
        self.running.discard(self.process.pid)
        self.process.stdin.close()
        if self.process.poll() is None:
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.terminate()
                self.process.wait(PATIENCE_S)
        errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.returncode, errors


class Sim(Program):
    """A simulated monitor, or several; commands on standard input. A lone one has a port that nobody takes while it refuses."""

    def __init__(self, *options, count=1):
        profile = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
        where = ["--listen", "127.0.0.1:%d" % ports.reserve()] if count == 1 else []
        super().__init__(os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", profile, "--cuff-interval", "0",
                         "--control", "-", *where, *options)
        self.ports = [int(re.match(r"listening 127\.0\.0\.1:(\d+) unit", self.read()).group(1)) for _ in range(count)]
        self.port = self.ports[0]
        go_first(self.process.pid)

    def do(self, command):
        answer = self.say(command)
        if answer != "ok":
            raise AssertionError("%s: %s" % (command, answer))

    def close(self):
        self.process.terminate()
        return super().close()


class Lines(Program):
    late_ms = 0

    def __init__(self, *lines, timeout_ms=TIMEOUT_MS, first_ms=1, most_ms=1, capture="-"):
        super().__init__(os.path.join(BUILD, "tests/e2e/line_poll"), str(timeout_ms), str(first_ms), str(most_ms), capture,
                         *lines)

    def ask(self, name="bay", hexes=READ):
        """(result, milliseconds, reply bytes or reason); late_ms is what the machine had of these milliseconds, at the most."""
        late = Lateness(*self.running)
        words = self.say("ask %s %s" % (name, hexes)).split(" ", 3)
        self.late_ms = late.ms()
        if len(words) < 4:
            return words[1], 0, ""
        rest = words[3]
        return words[1], int(words[2]) / 1000, rest[3:] if rest.startswith("-: ") else bytes.fromhex(rest)


class Case(unittest.TestCase):
    def setUp(self):
        self.open_programs = []

    def tearDown(self):
        for program in reversed(self.open_programs):
            code, errors = program.close()
            self.assertEqual((code, errors), (0, ""))

    def keep(self, program):
        self.open_programs.append(program)
        return program

    def pair(self, *options, **line_options):
        sim = self.keep(Sim(*options))
        return sim, self.keep(Lines("bay=127.0.0.1:%d" % sim.port, **line_options))


class Fault(Case):
    """One fault each: (result, sentence, least and greatest milliseconds)."""

    def good(self, lines, value, patience_s=5):
        """The next good request gets the right answer, and no stale one; a lost connection is tried again when it is due."""
        until = time.monotonic() + patience_s
        while True:
            result, _, reply = lines.ask()
            if result == "reply" or time.monotonic() > until:
                break
            self.assertIn(result, ("waiting",))
        self.assertEqual(result, "reply")
        self.assertEqual(reply[:5], bytes([1, 3, 16, 0, value]))

    def check(self, fault, result, sentence, least_ms=0, most_ms=TIMEOUT_MS + SLACK_MS):
        sim, lines = self.pair()
        sim.do("set rate 71")
        self.good(lines, 71)
        sim.do(fault)
        for _ in range(3):
            got, took_ms, reason = lines.ask()
            while got == "waiting":
                got, took_ms, reason = lines.ask()
            self.assertEqual(got, result, reason)
            self.assertRegex(reason, sentence)
            self.assertGreaterEqual(took_ms, least_ms - EARLY_MS)
            self.assertLess(took_ms - lines.late_ms, most_ms)
        sim.do("clear")
        sim.do("set rate 72")
        self.good(lines, 72)
        sim.do("set rate 73")
        self.good(lines, 73)
        return lines

    def test_mute(self):
        self.check("mute", "timeout", "^does not answer within 600 ms$", TIMEOUT_MS)

    def test_refuse(self):
        # The connection that was up is lost first.
        self.check("refuse", "no-link", "^(connection refused|the monitor closed the connection)$", 0, SLACK_MS)

    def test_never_accept(self):
        self.check("never-accept", "no-link", "^(does not accept a connection within 600 ms|the monitor closed the connection)$")

    def test_truncated(self):
        self.check("truncated", "broken", r"^the answer is cut short: 12 of 25 bytes within 600 ms$", TIMEOUT_MS)

    def test_garbage(self):
        self.check("garbage", "broken", "^answers something that is no Modbus frame$", 0, SLACK_MS)

    def test_wrong_transaction(self):
        self.check("wrong-transaction", "broken", r"^answers with transaction \d+ instead of \d+$", TIMEOUT_MS)

    def test_wrong_unit(self):
        self.check("wrong-unit", "broken", "^answers for unit 2 instead of 1$", 0, SLACK_MS)

    def test_slow(self):
        self.check("slow 1300", "timeout", "^does not answer within 600 ms$", TIMEOUT_MS)

    def test_dribble(self):
        # 25 bytes 50 ms apart: a timeout that began anew at each would never end it.
        self.check("dribble 50", "broken", r"^the answer is cut short: \d+ of 25 bytes within 600 ms$", TIMEOUT_MS)
        self.check("dribble 320", "broken", r"^the answer is cut short: \d bytes within 600 ms$", TIMEOUT_MS)

    def test_reset(self):
        self.check("reset", "no-link", "^the monitor closed the connection$", 0, SLACK_MS)

    def test_exception_is_a_reply(self):
        sim, lines = self.pair()
        sim.do("exception 6")
        result, took_ms, reply = lines.ask()
        self.assertEqual((result, reply), ("reply", bytes([1, 0x83, 6])))
        self.assertLess(took_ms - lines.late_ms, SLACK_MS)

    def test_slow_but_in_time(self):
        sim, lines = self.pair()
        sim.do("slow 150")
        result, took_ms, reply = lines.ask()
        self.assertEqual((result, len(reply)), ("reply", 19))
        self.assertGreaterEqual(took_ms, 149)

    def test_dribbled_in_time(self):
        sim, lines = self.pair()
        sim.do("dribble 5")
        result, _, reply = lines.ask()
        self.assertEqual((result, len(reply)), ("reply", 19))

    def test_late_answers_are_never_taken_for_the_next_one(self):
        sim, lines = self.pair(timeout_ms=300)
        sim.do("slow 390")
        for _ in range(6):
            # Each answer comes while the next request waits for its own.
            self.assertEqual(lines.ask()[0], "timeout")
        sim.do("clear")
        sim.do("set rate 99")
        self.good(lines, 99)

    def test_idle_connection_closed_by_the_monitor(self):
        sim, lines = self.pair()
        sim.do("set rate 71")
        self.good(lines, 71)
        sim.do("refuse")
        sim.do("clear")
        sim.do("set rate 72")
        # Found before anything is sent: no request is lost.
        result, _, reply = lines.ask()
        self.assertEqual((result, reply[4]), ("reply", 72))


class State(Case):
    def test_named_states_with_reasons(self):
        sim, lines = self.pair(first_ms=60000, most_ms=60000)
        self.assertEqual(lines.say("state bay"), "bay idle: nothing has been asked yet")
        lines.ask()
        self.assertEqual(lines.say("state bay"), "bay up:")
        sim.do("mute")
        lines.ask()
        self.assertEqual(lines.say("state bay"), "bay failing: does not answer within 600 ms")
        sim.do("refuse")
        lines.ask()
        self.assertEqual(lines.say("state bay"), "bay down: connection refused")
        # The backoff holds: nothing is tried before it is due.
        began = time.monotonic()
        self.assertEqual(lines.ask()[0], "waiting")
        self.assertLess(time.monotonic() - began - lines.late_ms / 1000, 0.1)

    def test_units_behind_a_dead_address_fail_together(self):
        sim = self.keep(Sim())
        lines = self.keep(Lines("bay=127.0.0.1:%d" % sim.port, first_ms=60000, most_ms=60000))
        sim.do("never-accept")
        began, late = time.monotonic(), Lateness(lines.process.pid)
        for unit in range(1, 9):
            lines.process.stdin.write("ask bay %02x 03 00 00 00 08\n" % unit)
        lines.process.stdin.flush()
        for _ in range(8):
            self.assertIn("bay no-link", lines.read())
        self.assertLess(time.monotonic() - began - late.s(), (TIMEOUT_MS + 2 * SLACK_MS) / 1000)

    def test_several_units_share_the_line(self):
        profile = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
        sim = self.keep(Sim("--monitor", "a", "--monitor", "b", "--unit", "2", "--beside", "--profile", profile, count=2))
        lines = self.keep(Lines("bay=127.0.0.1:%d" % sim.port))
        sim.do("a set rate 61")
        sim.do("b set rate 62")
        for unit, rate in ((1, 61), (2, 62), (1, 61)):
            result, _, reply = lines.ask(hexes="%02x 03 00 00 00 01" % unit)
            self.assertEqual((result, reply), ("reply", bytes([unit, 3, 2, 0, rate])))
        sim.do("a mute")
        self.assertEqual(lines.ask()[0], "timeout")
        self.assertEqual(lines.ask(hexes="02 03 00 00 00 01")[2], bytes([2, 3, 2, 0, 62]))

    def test_stop_does_not_wait_for_a_mute_monitor(self):
        sim = self.keep(Sim())
        lines = Lines("bay=127.0.0.1:%d" % sim.port, timeout_ms=10000)
        sim.do("mute")
        lines.process.stdin.write("ask bay %s\n" % READ)
        lines.process.stdin.flush()
        began, late = time.monotonic(), Lateness(lines.process.pid)
        lines.process.stdin.close()
        await_end(lines.process, PATIENCE_S)
        # Who waits for a thread that is stuck does so for two seconds.
        self.assertLess(time.monotonic() - began - late.s(), 1)
        self.assertEqual(lines.close(), (0, ""))

    def test_an_unknown_host(self):
        lines = self.keep(Lines("bay=no-such-host.invalid:502"))
        result, _, reason = lines.ask()
        self.assertEqual(result, "no-link")
        self.assertRegex(reason, "^its host 'no-such-host.invalid' is not known: ")


class Hostile(Case):
    """Servers that no simulator of ours would be: raw sockets."""

    def serve(self, answer):
        listener = socket.create_server(("127.0.0.1", 0))

        def run():
            try:
                while True:
                    client, _ = listener.accept()
                    with client:
                        while True:
                            request = client.recv(300)
                            if not request:
                                break
                            answer(client, request)
            except OSError:
                pass

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(listener.close)
        return listener.getsockname()[1]

    def line_to(self, answer):
        return self.keep(Lines("bay=127.0.0.1:%d" % self.serve(answer)))

    def test_a_flood_of_other_answers_ends_at_the_timeout(self):
        def flood(client, request):
            other = bytes([request[0] ^ 0x80]) + request[1:2] + bytes.fromhex("0000 0005 01 03 02 00 48")
            until = time.monotonic() + 3
            client.setblocking(False)
            while time.monotonic() < until:
                try:
                    client.send(other * 50)
                except BlockingIOError:
                    time.sleep(0.001)

        lines = self.line_to(flood)
        result, took_ms, reason = lines.ask()
        self.assertEqual(result, "broken")
        self.assertRegex(reason, "^answers with transaction")
        self.assertLess(took_ms - lines.late_ms, TIMEOUT_MS + SLACK_MS)

    def test_lengths_that_contradict_each_other(self):
        for frame in ("0000 0007 01 03 10 00 48 00 49",  # fewer registers than the function says
                      "0000 0009 01 03 02 00 48 00 49 00 50",  # more
                      "0000 00ff 01 03 02 00 48", "0000 0000", "0000 0002 01 03", "0001 0005 01 03 02 00 48"):
            def answer(client, request, frame=frame):
                client.sendall(request[:2] + bytes.fromhex(frame) + bytes(16 if frame.startswith("0000 00ff") else 0))

            lines = self.line_to(answer)
            result, took_ms, reason = lines.ask(hexes="01 03 00 00 00 01")
            self.assertEqual((result, reason), ("broken", "answers something that is no Modbus frame"), frame)
            self.assertLess(took_ms - lines.late_ms, SLACK_MS)

    def test_half_an_answer_and_gone(self):
        def answer(client, request):
            client.sendall(request[:2] + bytes.fromhex("0000 0005 01 03"))
            client.shutdown(socket.SHUT_WR)

        lines = self.line_to(answer)
        result, took_ms, reason = lines.ask()
        self.assertEqual((result, reason), ("no-link", "the monitor closed the connection"))
        self.assertLess(took_ms - lines.late_ms, SLACK_MS)

    def test_two_answers_in_one_segment(self):
        def answer(client, request):
            client.sendall(request[:2] + bytes.fromhex("0000 0005 01 03 02 00 48") +
                           request[:2] + bytes.fromhex("0000 0005 01 03 02 00 99"))

        lines = self.line_to(answer)
        for _ in range(3):
            self.assertEqual(lines.ask(hexes="01 03 00 00 00 01")[2], bytes.fromhex("01 03 02 00 48"))

    def test_random_bytes(self):
        seed = [1]

        def answer(client, request):
            seed[0] = seed[0] * 1103515245 + 12345 & 0x7fffffff
            length = seed[0] >> 8 & 63
            junk = bytes((seed[0] >> (i % 24)) * (i + 7) & 255 for i in range(length))
            client.sendall(request[:2] + bytes(2) + junk if seed[0] & 1 else junk)

        lines = self.keep(Lines("bay=127.0.0.1:%d" % self.serve(answer), timeout_ms=20))
        for _ in range(200):
            result, took_ms, _ = lines.ask()
            self.assertIn(result, ("timeout", "broken", "no-link", "waiting", "reply"))
            self.assertLess(took_ms - lines.late_ms, 20 + SLACK_MS)


class Others(Case):
    def test_a_server_that_is_not_ours(self):
        server = subprocess.Popen([PYTHON, os.path.join(HERE, "line_pymodbus.py")], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        port = int(server.stdout.readline())
        lines = self.keep(Lines("bay=127.0.0.1:%d" % port, timeout_ms=1000))
        for _ in range(3):
            result, _, reply = lines.ask(hexes="01 03 00 02 00 03")
            self.assertEqual((result, reply), ("reply", bytes.fromhex("01 03 06 00 66 00 67 00 68")))
        self.assertEqual(lines.ask(hexes="01 03 00 63 00 01")[2], bytes.fromhex("01 83 02"))

    def test_capture_of_what_went_over_the_wire(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "traffic")
            sim = self.keep(Sim())
            lines = Lines("bay=127.0.0.1:%d" % sim.port, capture=path)
            sim.do("set rate 71")
            lines.ask(hexes="01 03 00 00 00 01")
            sim.do("mute")
            lines.ask(hexes="01 03 00 00 00 01")
            self.assertEqual(lines.close(), (0, ""))
            with open(path, encoding="utf-8") as file:
                rows = file.read().splitlines()
        self.assertEqual(rows[0], "infusiond capture 1")
        self.assertRegex(rows[1], r"^\d{4}-\d\d-\d\dT[0-9:.]+Z bay 01 03 00 00 00 01 > 01 03 02 00 47 \(\d+ us\)$")
        self.assertRegex(rows[2], r"^\S+ bay 01 03 00 00 00 01 ! timeout: does not answer within 600 ms \(\d+ us\)$")
        self.assertEqual(len(rows), 3)

    def test_bad_lines_delay_no_other(self):
        options = []
        for i in range(16):
            options += ["--monitor", "m%d" % i]
        sim = self.keep(Sim(*options, count=16))
        lines = self.keep(Lines(*("m%d=127.0.0.1:%d" % (i, port) for i, port in enumerate(sim.ports)), timeout_ms=500,
                                first_ms=100, most_ms=400))
        for bad in ("m0 never-accept", "m1 mute", "m2 dribble 40", "m3 reset"):
            sim.do(bad)
        period_ms, rounds = 200, 25
        with Course(lines.process.pid, sim.process.pid) as course:
            lines.process.stdin.write("poll %d %d %s\n" % (period_ms, rounds, READ))
            lines.process.stdin.flush()
            told = [lines.read(60).split() for _ in range(16)]
        print("16 lines, 4 bad: most between two replies of the good %.0f ms; the machine was late by %.0f ms in all, %.0f ms in one period"
              % (max(int(row[4]) for row in told[4:]) / 1000, course.ms(), course.most_ms(period_ms / 1000)))
        for i, (name, replies, _, _, most_us, p99_us) in enumerate(told):
            self.assertEqual(name, "m%d" % i)
            if i < 4:
                self.assertEqual(int(replies), 0, name)
                continue
            # The last round's answers may be counted after it, and whoever is not back yet is passed over.
            self.assertGreaterEqual(int(replies), rounds - 1 - course.ms() / period_ms, name)
            self.assertLess(int(p99_us) / 1000 - course.most_ms(period_ms / 1000), period_ms + SLACK_MS / 3, name)
            self.assertLess(int(most_us) / 1000 - course.most_ms(2 * period_ms / 1000), 2 * period_ms, name)


if __name__ == "__main__":
    unittest.main(verbosity=1)
