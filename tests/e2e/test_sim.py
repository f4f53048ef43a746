"""The simulator as a program: its control socket, virtual time, recordings, several monitors, and clients that send no Modbus."""

import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("INFUSIOND_BUILD", os.path.join(TOP, "build"))
GATEWAY = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
MAGIC = 0x494e4655434c4b31
START_MS = 1767258000000        # 2026-01-01T09:00:00Z
PATIENCE_S = 10


class Sim:
    def __init__(self, *options, count=1):
        self.process = subprocess.Popen([os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", GATEWAY, *options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.ports = []
        for _ in range(count):
            line = self.process.stdout.readline()
            found = re.match(r"listening \S+:(\d+) unit", line)
            if found is None:
                raise AssertionError(line + self.process.stderr.read())
            self.ports.append(int(found.group(1)))

    def stop(self):
        """Exit code and what it complained of, which should be 0 and nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return code, errors


def ask(port, unit=1, address=0, count=13):
    """The registers that it answers, or the exception's code as a negative number."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
        client.sendall(struct.pack(">HHHBBHH", 7, 0, 6, unit, 3, address, count))
        answer = client.recv(300)
    transaction, protocol, length, answered, function = struct.unpack(">HHHBB", answer[:8])
    assert (transaction, protocol, length, answered) == (7, 0, len(answer) - 6, unit), answer.hex(" ")
    return -answer[8] if function & 0x80 else list(struct.unpack(">%dH" % count, answer[9:]))


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.sims = []

    def tearDown(self):
        for sim in self.sims:
            self.assertEqual(sim.stop(), (0, ""))

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, *options, count=1):
        self.sims.append(Sim(*options, count=count))
        return self.sims[-1]

    def say(self, text, control="control"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            client.connect(self.path(control))
            client.sendall(text.encode())
            client.shutdown(socket.SHUT_WR)
            answer = b""
            while True:
                more = client.recv(1000)
                if not more:
                    return answer.decode()
                answer += more

    def clock(self):
        with open(self.path("clock"), "wb") as file:
            file.write(struct.pack("<qqqq", MAGIC, START_MS, START_MS, 0))
        return self.path("clock")

    def set_time(self, seconds):
        with open(self.path("clock"), "r+b") as file:
            file.seek(8)
            file.write(struct.pack("<q", START_MS + seconds * 1000))

    def truth(self, what):
        with open(self.path("log"), encoding="utf-8") as file:
            return [line.strip().split(",") for line in file if line.split(",")[1] == what]


class Control(Program):
    def test_commands_come_in_any_pieces(self):
        sim = self.start("--control", self.path("control"), "--cuff-interval", "0")
        self.assertEqual(self.say("set rate 61\n\nset spo2 none\nnonsense\n"),
                         "ok\nok\nerror: 'nonsense' is no command\n")
        self.assertEqual(ask(sim.ports[0])[:2], [61, 0])
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            client.connect(self.path("control"))
            for piece in (b"set ra", b"te 6", b"2\nset rate 63", b"\n"):
                client.sendall(piece)
            got = b""
            while got.count(b"\n") < 2:
                got += client.recv(100)
            self.assertEqual(got, b"ok\nok\n")
        self.assertEqual(ask(sim.ports[0])[0], 63)

    def test_a_line_without_end_is_refused(self):
        sim = self.start("--control", self.path("control"))
        self.assertEqual(self.say("a" * 512), "error: a line is longer than a command can be\n")
        self.assertEqual(len(ask(sim.ports[0])), 13)

    def test_a_socket_left_behind_is_replaced_and_taken_away(self):
        with socket.socket(socket.AF_UNIX) as old:
            old.bind(self.path("control"))
        self.start("--control", self.path("control"))
        self.assertEqual(self.say("mute\n"), "ok\n")
        self.assertEqual(self.sims.pop().stop(), (0, ""))
        self.assertFalse(os.path.exists(self.path("control")))

    def test_a_file_in_its_place_is_left_alone(self):
        with open(self.path("control"), "w", encoding="ascii") as file:
            file.write("mine")
        done = subprocess.run([os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", GATEWAY, "--control",
                               self.path("control")], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "infusion-sim: %s: no commands can be taken there: address already in use\n"
                         % self.path("control"))
        with open(self.path("control"), encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")
        done = subprocess.run([os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", GATEWAY, "--control",
                               self.path("no/control")], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertIn("no commands can be taken there: its folder is not there, or may not be written", done.stderr)


class Wrong(Program):
    def run_sim(self, *options):
        return subprocess.run([os.path.join(BUILD, "daemon/sim/infusion-sim"), *options], capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def test_a_port_that_is_taken(self):
        sim = self.start()
        done = self.run_sim("--profile", GATEWAY, "--listen", "127.0.0.1:%d" % sim.ports[0])
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "infusion-sim: 127.0.0.1:%d cannot be listened on: address already in use\n" % sim.ports[0])

    def test_files_that_are_not_there(self):
        for option, sentence in (("--script", "the script cannot be read"), ("--recording", "the recording cannot be read"),
                                 ("--clock", "the clock file cannot be read")):
            done = self.run_sim("--profile", GATEWAY, option, "/no/such/file")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, "infusion-sim: /no/such/file: %s: No such file or directory\n" % sentence)
        self.assertEqual(self.run_sim("--profile", "/no/such/file").returncode, 1)
        self.assertEqual(self.run_sim("--nonsense").returncode, 2)

    def test_two_of_one_unit_at_an_address(self):
        done = self.run_sim("--profile", GATEWAY, "--monitor", "a", "--monitor", "b", "--beside")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "infusion-sim: monitor 'b': there is a unit 1 at its address already\n"))

    def test_clients_that_send_no_modbus(self):
        sim = self.start()
        for junk in (b"GET / HTTP/1.0\r\n\r\n", bytes(300), b"\x00\x01\x00\x00\xff\xff\x01", b"\x00\x01\x00\x00\x00\x01\x01",
                     b"\x00\x01\x00\x00\x00\x02\x01\x63", b"\x00\x01\x00\x00\x00\x05\x01\x03\x00\x00\x00"):
            with socket.create_connection(("127.0.0.1", sim.ports[0]), PATIENCE_S) as client:
                client.sendall(junk)
                client.shutdown(socket.SHUT_WR)
                try:
                    while client.recv(1000):
                        pass
                except ConnectionResetError:
                    pass
        self.assertEqual(len(ask(sim.ports[0])), 13)
        self.assertEqual(ask(sim.ports[0], unit=9), -11)
        self.assertEqual(ask(sim.ports[0], address=500), -2)

    def test_many_requests_in_one_piece(self):
        sim = self.start()
        request = struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, 0, 2)
        with socket.create_connection(("127.0.0.1", sim.ports[0]), PATIENCE_S) as client:
            client.sendall(request * 200)
            got = b""
            while len(got) < 200 * 13:
                got += client.recv(10000)
        self.assertEqual(got[:9], struct.pack(">HHHBBB", 7, 0, 7, 1, 3, 4))


class Time(Program):
    def test_the_model_follows_the_clock_file_only(self):
        sim = self.start("--clock", self.clock(), "--log", self.path("log"), "--cuff-interval", "60")
        registers = ask(sim.ports[0])
        self.assertEqual((registers[3], registers[12]), (0, 0))
        self.set_time(100)
        registers = ask(sim.ports[0])
        self.assertNotEqual(registers[3], 0)
        self.assertEqual(registers[8], 100 - 95)    # a cuff began after 70 s and took 25
        self.assertEqual(registers[12], 100)
        self.assertEqual(self.sims.pop().stop(), (0, ""))
        self.assertEqual([row[0] for row in self.truth("cuff")], ["2026-01-01T09:00:35.000Z", "2026-01-01T09:01:35.000Z"])

    def test_refusing_ends_by_virtual_time(self):
        sim = self.start("--clock", self.clock(), "--control", self.path("control"))
        self.assertEqual(self.say("drop-for 30\n"), "ok\n")
        with self.assertRaises((ConnectionError, struct.error)):
            ask(sim.ports[0])
        self.set_time(29)
        with self.assertRaises((ConnectionError, struct.error)):
            ask(sim.ports[0])
        self.set_time(30)
        self.assertEqual(len(ask(sim.ports[0])), 13)

    def test_a_script_and_a_dose(self):
        with open(self.path("script"), "w", encoding="ascii") as file:
            file.write("10 set rate 50\n20 mute for 5\n30 cuff 150 110 80\n40 clear\n")
        sim = self.start("--clock", self.clock(), "--script", self.path("script"), "--log", self.path("log"),
                         "--dose-at", "35", "--cuff-interval", "0")
        self.set_time(15)
        self.assertEqual(ask(sim.ports[0])[0], 50)
        # All of it in one leap, in the order of its time.
        self.set_time(100)
        self.assertEqual(ask(sim.ports[0])[3:6], [150, 110, 80])
        self.assertEqual(self.sims.pop().stop(), (0, ""))
        self.assertEqual([(row[0][17:19], row[3]) for row in self.truth("command")],
                         [("10", "set rate 50"), ("20", "mute"), ("25", "clear mute"), ("30", "cuff 150 110 80"),
                          ("35", "dose"), ("40", "clear")])

    def test_what_a_script_cannot_do_is_told(self):
        with open(self.path("script"), "w", encoding="ascii") as file:
            file.write("1 mutte\n")
        sim = self.start("--clock", self.clock(), "--script", self.path("script"))
        self.set_time(2)
        ask(sim.ports[0])
        self.assertEqual(self.sims.pop().stop(),
                         (0, "infusion-sim: script: 'mutte': 'mutte' is no command (did you mean 'mute'?)\n"))

    def test_speed(self):
        sim = self.start("--speed", "100", "--cuff-interval", "0")
        until = time.monotonic() + PATIENCE_S
        while ask(sim.ports[0])[12] < 60 and time.monotonic() < until:
            time.sleep(0.02)
        self.assertGreaterEqual(ask(sim.ports[0])[12], 60)

    def test_a_recording_over_the_wire(self):
        with open(self.path("csv"), "w", encoding="ascii") as file:
            file.write("time,rate,spo2,systolic,mean,diastolic\n0,80,97,,,\n60,84,96,130,95,80\n")
        sim = self.start("--clock", self.clock(), "--recording", self.path("csv"), "--log", self.path("log"))
        self.assertEqual(ask(sim.ports[0])[:2], [80, 97])
        self.set_time(1)
        self.assertEqual(ask(sim.ports[0])[:2], [0, 0])
        self.set_time(60)
        registers = ask(sim.ports[0])
        self.assertEqual((registers[:2], registers[3:6]), ([84, 96], [130, 95, 80]))
        self.set_time(61)
        self.assertEqual(ask(sim.ports[0])[:2], [0, 0])
        self.assertEqual(self.sims.pop().stop(), (0, ""))
        self.assertEqual([row[3] for row in self.truth("served")],
                         ["rate=80 spo2=97 breathing=-", "rate=- spo2=- breathing=-", "rate=84 spo2=96 breathing=-",
                          "rate=- spo2=- breathing=-"])


if __name__ == "__main__":
    unittest.main()
