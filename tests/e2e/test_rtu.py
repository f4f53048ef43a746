"""A serial wire from the simulator to the record, in real time: four units on one pty, strict about the silence between frames;
noise on it; the adapter pulled; and a TCP line beside it that notices nothing. RTU_SECONDS sets how long (6)."""

import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
import unittest

import ports
from clinic import PATIENCE_S, TOP, wait_for
from machine import go_first

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
SECONDS = int(os.environ.get("RTU_SECONDS", "6"))
PROFILE = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
UNITS = 4


class Rtu(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="infusiond-test.")
        self.addCleanup(self.folder.cleanup)
        self.wire, self.programs = self.path("wire"), []
        self.addCleanup(self.end)
        self.sim("serial", "--serial", self.wire, "--baud", "19200", "--units", ",".join(map(str, range(1, UNITS + 1))),
                 "--strict-t35")
        self.port = ports.reserve()
        self.sim("net", "--listen", "127.0.0.1:%d" % self.port)
        for name in ("serial", "net"):
            self.tell(name, "set spo2 97")
            self.tell(name, "set rate 80")
        self.log = open(self.path("daemon.log"), "w", encoding="utf-8")
        self.addCleanup(self.log.close)

    def start(self, response_timeout_ms):
        self.write_config(response_timeout_ms)
        self.daemon = subprocess.Popen([os.path.join(BUILD, "daemon/infusiond"), "--config", self.path("infusiond.yaml")],
                                       stdin=subprocess.DEVNULL, stderr=self.log)
        self.programs.append(self.daemon)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def sim(self, name, *where):
        sim = subprocess.Popen([os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", PROFILE, *where, "--control",
                                self.path(name + ".sock")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.programs.append(sim)
        go_first(sim.pid)
        return sim.stdout.readline()

    def end(self):
        for program in self.programs:
            if program.poll() is None:
                program.kill()
            program.wait(PATIENCE_S)
            if program.stdout is not None:
                program.stdout.close()

    def tell(self, name, command):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            wait_for("control of the simulator", lambda: client.connect_ex(self.path(name + ".sock")) == 0)
            client.sendall((command + "\n").encode())
            self.assertEqual(client.recv(512).decode(), "ok\n", command)

    def write_config(self, response_timeout_ms):
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        lines = ["store: record.sqlite", "socket: d.sock", "profiles: [%s]" % PROFILE,
                 "regimens: [%s/config/regimens/iv-ketamine.yaml]" % TOP, "lines:",
                 "  - {name: wire, kind: modbus-rtu, device: wire, baud: 19200, response_timeout_ms: %d, backoff_first_ms: 100, "
                 "backoff_most_ms: 200}" % response_timeout_ms, "  - {name: net, host: 127.0.0.1, port: %d}" % self.port, "monitors:"]
        lines += ["  - {name: m%d, profile: generic-gateway, line: wire, unit: %d}" % (i, i) for i in range(1, UNITS + 1)]
        lines += ["  - {name: net, profile: generic-gateway, line: net}", "beds:"]
        lines += ["  - {name: b%d, monitors: [m%d]}" % (i, i) for i in range(1, UNITS + 1)]
        lines += ["  - {name: b9, monitors: [net]}", "people: [{name: nurse, user: %s, role: nurse}]" % user]
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def rows(self, device):
        """(polled ms, milli) of every SpO2 with a value."""
        try:
            with sqlite3.connect("file:%s?mode=ro" % self.path("record.sqlite"), uri=True) as record:
                return record.execute("SELECT at_ms, milli FROM reading WHERE device = ? AND vital = 'spo2' AND quality = 'good' "
                                      "ORDER BY id", (device,)).fetchall()
        except sqlite3.OperationalError:
            return []

    def wait_for_rows(self, device, count):
        self.assertIsNone(self.daemon.poll())
        wait_for("%d readings of %s" % (count, device), lambda: len(self.rows(device)) >= count, SECONDS + PATIENCE_S)

    def line(self):
        import json
        done = subprocess.run([os.path.join(BUILD, "daemon/ctl/infusionctl"), "--socket", self.path("d.sock"), "--json", "lines"],
                              capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        return json.loads(done.stdout)["lines"][0]

    def test_four_units_and_an_adapter_that_is_pulled(self):
        # None of them is silent: a machine that stalls is no reason to ask again.
        self.start(1000)
        for unit in range(1, UNITS + 1):
            self.wait_for_rows("m%d" % unit, SECONDS)
        line = self.line()
        # A strict unit hears nothing that comes without its silence: every request was heard.
        self.assertEqual((line["state"], sum(line["errors"].values()), line["retried"]), ("up", 0, 0), line)
        self.assertGreater(line["load_permille"], 0)
        self.tell("serial", "refuse")
        wait_for("line that is down", lambda: self.line()["state"] == "down")
        self.assertRegex(self.line()["reason"], "plug the adapter in|is the adapter plugged in")
        before = len(self.rows("net"))
        self.wait_for_rows("net", before + 3)
        self.tell("serial", "clear refuse")
        for unit in range(1, UNITS + 1):
            self.wait_for_rows("m%d" % unit, len(self.rows("m%d" % unit)) + 2)
        self.assertEqual(self.line()["state"], "up")
        self.check_values()

    def test_noise_never_becomes_a_value(self):
        self.start(200)
        self.tell("serial", "noise 0.01")
        for unit in range(1, UNITS + 1):
            self.wait_for_rows("m%d" % unit, SECONDS)
        line = self.line()
        self.assertGreater(line["retried"], 0, line)
        self.check_values()

    def check_values(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(PATIENCE_S), 0)
        for device in ["m%d" % unit for unit in range(1, UNITS + 1)] + ["net"]:
            self.assertEqual({milli for _, milli in self.rows(device)}, {97000}, device)


if __name__ == "__main__":
    unittest.main()
