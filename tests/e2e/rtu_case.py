"""The simulator on a serial line, for tests: started, told, stopped, and its logs."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from machine import go_first
from rtu_port import Port

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("INFUSIOND_BUILD", os.path.join(TOP, "build"))
SIM = os.path.join(BUILD, "daemon/sim/infusion-sim")
LOOP = os.path.join(BUILD, "tests/e2e/rtu_loop")
GATEWAY = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
PATIENCE_S = 60
CHARACTER_S = 10 / 9600
SILENCE_S = 3.5 * CHARACTER_S
# A wait that shows that nothing comes; the machine may be slow, but silence needs no machine.
NOTHING_S = 0.4


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
        go_first(self.process.pid)
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
        with subprocess.Popen([LOOP, self.path("port"), str(baud), units, str(count), "12", wait, str(timeout_ms)],
                              stdout=subprocess.PIPE, text=True) as master:
            go_first(master.pid)
            out, _ = master.communicate(timeout=PATIENCE_S)
        self.assertEqual(master.returncode, 0)
        answered, failed, us, _ = map(int, re.findall(r"=(\d+)", out))
        return answered, failed, us / 1e6
