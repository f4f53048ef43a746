"""How much of a serial wire a line of ours uses: four strict units at 9600, 19200 and 115200 baud, beside a plain libmodbus loop on
a wire of its own in the same time, once with a wait of 3.5 characters of its own and, for a tenth of the time, as it is shipped.

A cycle is request, silence, answer, silence; the wire's limit is what these take at the least. RATE_SECONDS sets how long each speed
is measured (3). Where it may, the simulator goes before other programs, since units on a wire know nothing of how busy this machine
is; who asks does not. The long form is

    RATE_SECONDS=600 /usr/bin/python3 tests/e2e/run.py BUILD test_line_rate

on a quiet machine: all speeds at once, ten minutes; it holds the line to the shares of the limit in FLOORS as well. A shorter run is
held by its median to the loop beside it alone, without what this machine was late with (machine.py): a busy one lengthens some cycles
of both, and no request may be lost for that."""

import os
import re
import subprocess
import tempfile
import unittest

from machine import Course, await_end, go_first

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILE = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
SECONDS = int(os.environ.get("RATE_SECONDS", "3"))
LONG_S = 600
FLOORS = {9600: 0.96, 19200: 0.95, 115200: 0.92}
BEHIND_MOST = 0.03      # coarse timers instead of the absolute sleep cost 0.04 to 0.15
UNITS, REGISTERS, TIMEOUT_MS, SHIPPED_TIMEOUT_MS = "1,2,3,4", 12, 1000, 200
REQUEST, AROUND = 8, 5


def cycle_s(baud):
    """The least that a request and its answer can take, of characters of ten bits."""
    character = 10 / baud
    silence = 0.00175 if baud > 19200 else 3.5 * character
    return (REQUEST + AROUND + 2 * REGISTERS) * character + 2 * silence


class Wire:
    """A simulated wire of strict units, and who asks on it."""

    def __init__(self, baud):
        self.baud = baud
        self.folder = tempfile.TemporaryDirectory(prefix="infusiond-test.")
        self.port = os.path.join(self.folder.name, "port")
        self.sim = subprocess.Popen([os.path.join(BUILD, "daemon/sim/infusion-sim"), "--profile", PROFILE, "--serial", self.port,
                                     "--baud", str(baud), "--units", UNITS, "--strict-t35", "--cuff-interval", "0"],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for _ in UNITS.split(","):
            if not self.sim.stdout.readline().startswith("listening"):
                raise AssertionError("the simulator does not listen")
        go_first(self.sim.pid)
        self.master = self.course = None

    def ask(self, program, *arguments):
        self.master = subprocess.Popen([os.path.join(BUILD, "tests/e2e", program), self.port, str(self.baud), UNITS,
                                        *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def ours(self):
        self.ask("line_rate", SECONDS, REGISTERS, TIMEOUT_MS)
        self.course = Course(self.master.pid).begin()

    def plain(self):
        self.ask("rtu_loop", "%ds" % SECONDS, REGISTERS, "WAIT", TIMEOUT_MS)

    def plain_as_shipped(self):
        """A strict unit does not hear a request without its silence: most of these cycles are a time-out's."""
        self.ask("rtu_loop", "%ds" % max(2, SECONDS // 10), REGISTERS, "NOWAIT", SHIPPED_TIMEOUT_MS)

    def came(self):
        """What the master counted, and the shares of the limit that its answers are and that its median cycle is; of ours also how
        much later this machine made a cycle on average."""
        await_end(self.master, SECONDS * 10 + 120)
        late_ms = self.course.end() if self.course is not None else 0
        out = self.master.communicate()[0]
        counts = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", out)}
        counts["share"] = counts["answered"] * cycle_s(self.baud) / (counts["us"] / 1e6)
        counts["late_us"] = late_ms * 1000 / (counts["answered"] + counts["failed"])
        counts["median"] = cycle_s(self.baud) / (counts["median_us"] / 1e6)
        counts["unhindered"] = cycle_s(self.baud) / (max(counts["median_us"] - counts["late_us"], 1) / 1e6)
        return counts

    def end(self):
        """What the units counted."""
        self.sim.terminate()
        out = self.sim.communicate(timeout=30)[0]
        self.folder.cleanup()
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", out)}

    def kill(self):
        for process in (self.master, self.sim):
            if process is not None and process.poll() is None:
                process.kill()
                process.communicate()
        self.folder.cleanup()


class Rate(unittest.TestCase):
    def wire(self, baud):
        wire = Wire(baud)
        self.addCleanup(wire.kill)
        return wire

    def test_four_strict_units(self):
        pairs = [(self.wire(baud), self.wire(baud)) for baud in FLOORS]
        for ours, beside in pairs:
            ours.ours()
            beside.plain()
        measured = [(ours.baud, ours.came(), beside.came()) for ours, beside in pairs]
        heard = [ours.end() for ours, _ in pairs]
        shipped = self.as_shipped([beside for _, beside in pairs])
        load = "%.1f %.1f %.1f" % os.getloadavg()
        for (baud, counts, plain), unshipped in zip(measured, shipped):
            print("%6d baud: %d requests, %d failed, %d retried, %.3f of the wire, %.3f by the median, this machine was late by %d us "
                  "of a cycle; libmodbus with a wait %d requests, "
                  "%d failed, %.3f, %.3f; as shipped %d of %d failed, %.3f; load %s" %
                  (baud, counts["answered"] + counts["failed"], counts["failed"], counts["retried"], counts["share"], counts["median"], counts["late_us"],
                   plain["answered"] + plain["failed"], plain["failed"], plain["share"], plain["median"], unshipped["failed"],
                   unshipped["answered"] + unshipped["failed"], unshipped["share"], load), flush=True)
        for (baud, counts, plain), units in zip(measured, heard):
            with self.subTest(baud=baud):
                self.assertEqual((counts["failed"], counts["retried"]), (0, 0))
                self.assertEqual((units["requests"], units["t35_violations"], units["damaged"]), (counts["answered"], 0, 0))
                self.assertLessEqual(counts["share"], 1.0)
                self.assertGreaterEqual(counts["unhindered"], plain["median"] - BEHIND_MOST)
                if SECONDS >= LONG_S:
                    self.assertGreaterEqual(counts["share"], FLOORS[baud])

    def as_shipped(self, wires):
        for wire in wires:
            wire.plain_as_shipped()
        came = [wire.came() for wire in wires]
        for wire in wires:
            wire.end()
        return came


if __name__ == "__main__":
    unittest.main()
