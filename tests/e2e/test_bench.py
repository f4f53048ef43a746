"""The engineer's bench at a terminal, against a simulated monitor: the map as a table, raw words beside values, one sentence for
every fault, a capture and its replay."""

import os
import re
import socket
import subprocess
import tempfile
import unittest

from clinic import PATIENCE_S, TOP

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
PROFILE = os.path.join(TOP, "config/monitors/generic-gateway.yaml")

# The simulator's fault, rounds, and how the sentence begins and what it names.
FAULTS = [
    ("mute", 1, "LOOK AT THE WIRE", "compare the unit's number with the gateway's table"),
    ("refuse", 1, "LOOK AT THE WIRE", "nothing listens there"),
    ("never-accept", 1, "LOOK AT THE WIRE", "nobody takes the connection"),
    ("exception 1", 1, "LOOK AT THE MAP", "3 (holding) and 4 (input)"),
    ("exception 2", 1, "LOOK AT THE MAP", "registers_from: 1"),
    ("exception 3", 1, "LOOK AT THE MAP", "max_registers"),
    ("exception 4", 1, "LOOK AT THE MAP", "look at its own screen"),
    ("exception 5", 1, "LOOK AT THE DEVICE", "raise cadence_ms"),
    ("exception 6", 1, "LOOK AT THE DEVICE", "look for a second master"),
    ("exception 10", 1, "LOOK AT THE GATEWAY", "table of units"),
    ("exception 11", 1, "LOOK AT THE GATEWAY", "the cable between gateway and monitor"),
    ("truncated", 1, "LOOK AT THE WIRE", "stops in the middle"),
    ("garbage", 1, "LOOK AT THE WIRE", "speaks no Modbus"),
    ("wrong-transaction", 1, "LOOK AT THE WIRE", "answers are mixed up"),
    ("wrong-unit", 1, "LOOK AT THE WIRE", "another unit answers"),
    ("dribble 50", 1, "LOOK AT THE WIRE", "stops in the middle"),
    ("reset", 1, "LOOK AT THE WIRE", "one connection only"),
    ("sensor-off", 1, "LOOK AT THE SENSOR", "rate (pleth): sensor off"),
    ("set rate none", 1, "LOOK AT rate (pleth)", "the other 2 values read well"),
    ("slow 480", 1, "LOOK AT THE TIMEOUT", "raise response_timeout_ms"),
]
# On a serial wire: who is told, its fault, and what the sentence names.
SERIAL = [
    ("monitor-1 mute", "speed and parity with the monitor's, then A against B"),
    ("monitor-1 truncated", "look at the cabling, and at converters"),
    ("monitor-1 garbage", "compare baud, parity and stop bits"),
    ("monitor-1 wrong-unit", "unit 2 answers instead of 1: is a unit number given twice, or is there a second master?"),
    ("monitor-2 answers-for 1", "whether two units have one number"),
    ("wrong-parity", "compare parity and stop bits with the monitor's"),
    ("wrong-parity high-bits", "compare baud, parity and stop bits"),
    ("echo", "switch its echo off, or set local_echo"),
    ("second-master 20", "second master"),
    ("refuse", "plug the adapter in"),
]


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="infusiond-test.")
        self.addCleanup(self.folder.cleanup)
        self.control = self.path("sim.sock")
        self.sim = subprocess.Popen([os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", PROFILE, "--listen",
                                     "127.0.0.1:0", "--control", self.control, "--cuff-interval", "0", "--speed", "20"],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_sim)
        self.host = self.sim.stdout.readline().split()[1]

    def end_sim(self):
        self.sim.kill()
        self.sim.wait(PATIENCE_S)
        self.sim.stdout.close()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def tell(self, command, control=None):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            client.connect(control or self.control)
            client.sendall((command + "\n").encode())
            self.assertEqual(client.recv(512).decode(), "ok\n", command)

    def bench(self, verb, *options, code=0):
        done = subprocess.run([os.path.join(BUILD, "daemon/ctl/infusionctl"), "monitor", verb] + [str(o) for o in options],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code != 2 else done.stderr

    def probe(self, *options, code=0, rounds=1):
        return self.bench("probe", PROFILE, "--host", self.host, "--times", rounds, *options, code=code)

    def test_the_map_as_a_table(self):
        text = self.bench("check", PROFILE)
        self.assertRegex(text, r"rate \(pleth\) +40001 / 0 +fn 3 +u16 +x 1 /min; no value: 0, 65535; device's range 20 to 300")
        self.assertRegex(text, r"vouches for rate \(pleth\) +40010 / 9 .*& 0x0001 = 0x0001, else sensor off")
        self.assertRegex(text, r"spo2 \(pleth\) .*; device's range from 40\n")
        self.assertIn("a new cuff is proved by: counter", text)
        self.assertRegex(text, r"1 read a round:\n  fn 3 +40001 / 0 +to 40013 / 12 +13 registers")

    def test_the_plan_on_a_serial_wire(self):
        # 8 + 5 + 26 characters of 10 bits and two silences of 38.5 bits at 9600 baud, and 5 ms: 40.6 + 8.0 + 5 ms.
        self.assertIn("a round takes 53.6 ms of the wire, 5.4 % of its time", self.bench("plan", PROFILE, "--baud", 9600))

    def test_raw_words_stand_beside_values(self):
        self.tell("set spo2 97")
        self.tell("cuff 128 93 76")
        text = self.probe()
        self.assertIn("  > 01 03 00 00 00 0d\n  < 01 03 1a ", text)
        self.assertRegex(text, r"spo2 \(pleth\) +40002 / 1 +0061 +97 +97 % +good")
        self.assertRegex(text, r"cuff systolic +40004 / 3 +0080 +128 +128 mmHg +good")
        self.assertIn("it reads well: now compare every value with the device's own screen", text)

    def test_every_fault_has_its_sentence(self):
        for fault, rounds, beginning, names in FAULTS:
            with self.subTest(fault):
                self.tell(fault)
                last = self.probe("--quiet", code=1, rounds=rounds).splitlines()[-1]
                self.tell("clear")
                self.assertTrue(last.startswith(beginning), last)
                self.assertIn(names, last)

    def test_every_fault_of_a_serial_wire_has_its_sentence(self):
        wire, control = self.path("wire"), self.path("serial.sock")
        sim = subprocess.Popen([os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", PROFILE, "--serial", wire, "--baud",
                                "9600", "--units", "1,2", "--control", control, "--cuff-interval", "0"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(sim.stdout.close)
        self.addCleanup(sim.wait, PATIENCE_S)
        self.addCleanup(sim.kill)
        for _ in range(2):
            self.assertTrue(sim.stdout.readline().startswith("listening"))

        def last(baud="9600"):
            return self.bench("probe", PROFILE, "--device", wire, "--baud", baud, "--times", 2, "--quiet", code=1).splitlines()[-1]

        for fault, names in SERIAL:
            with self.subTest(fault):
                self.tell(fault, control)
                said = last()
                self.tell("clear", control)
                self.assertTrue(said.startswith("LOOK AT THE WIRE: 2 of 2 requests got no right answer: "), said)
                self.assertIn(names, said)
        self.assertIn("compare the unit's number, speed and parity", last("19200"))
        self.tell("speed-garbage", control)
        self.assertIn("compare baud, parity and stop bits", last("19200"))

    def test_a_failed_cuff_is_said(self):
        self.probe("--quiet")
        self.tell("cuff-failure 2")
        self.tell("cuff-now")
        text = self.probe("--quiet", code=1, rounds=6)
        self.assertIn("LOOK AT THE CUFF: the last attempt gave no pressure: movement", text)

    def test_a_capture_is_replayed(self):
        self.tell("set spo2 96")
        text = self.bench("capture", PROFILE, "--host", self.host, "--times", 3, "--out", self.path("capture.txt"))
        self.assertIn("it reads well", text)
        replayed = self.bench("replay", PROFILE, "--in", self.path("capture.txt"))
        self.assertEqual(len(re.findall(r"^20\d\d-.*spo2=96", replayed, re.M)), 3)
        self.assertIn("3 exchanges of unit 1, 3 of them as this map asks; 3 observations, 0 without an answer", replayed)
        other = self.bench("replay", os.path.join(TOP, "config/monitors/generic-age.yaml"), "--in", self.path("capture.txt"),
                           code=1)
        self.assertIn("nothing fits: is it this map, this unit, this line?", other)

    def test_questions_that_are_wrong(self):
        for options, said in (
                (["probe", PROFILE], "which monitor? give --host"),
                (["probe", PROFILE, "--device", "/dev/null"], "a serial port needs its --baud"),
                (["probe", PROFILE, "--device", "/dev/null", "--baud", "9601"], "speed '9601' is wrong"),
                (["probe", PROFILE, "--device", "/dev/null", "--baud", "9600", "--parity", "evn"], "parity 'evn' is wrong"),
                (["probe", PROFILE, "--host", "a:70000"], "the port of '70000' is wrong"),
                (["probe", PROFILE, "--host", self.host, "--unit", "256"], "unit '256' is wrong"),
                (["capture", PROFILE, "--host", self.host], "monitor capture needs --out FILE"),
                (["replay", PROFILE], "monitor replay needs --in FILE"),
                (["replay", PROFILE, "--in", PROFILE], "this is no capture"),
                (["check", self.path("none.yaml")], "none.yaml"),
                (["simulate", PROFILE], "needs either --listen HOST:PORT or --serial PATH")):
            with self.subTest(options):
                self.assertIn(said, self.bench(*options, code=2))
        self.assertIn("/dev/null is no serial port",
                      self.bench("probe", PROFILE, "--device", "/dev/null", "--baud", "9600", code=1))


if __name__ == "__main__":
    unittest.main()
