"""A serial line with noise of one byte in a thousand, and one whose adapter is pulled ten times besides, beside a line that has nothing
of it: in virtual time, every value that the daemon stored is one that its monitor served at that instant. NOISE_MINUTES sets how long
there is noise (10; the long form is 240)."""

import datetime
import os
import re
import sqlite3
import subprocess
import unittest

from clinic import PATIENCE_S, START_MS, TOP, Clinic, wait_for
from machine import go_first

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
NAMES = ("m0", "m1", "m2")      # two on the bus, one behind TCP
PERIOD_MS = 1000
MINUTES = int(os.environ.get("NOISE_MINUTES", "10"))


class WireClinic(Clinic):
    """One simulator for all: units 1 and 2 of a bus, and a port."""

    def start_sim(self, index):
        if index > 0:
            return
        profile = os.path.join(TOP, "config/monitors/generic-gateway.yaml")
        arguments = [os.path.join(self.build, "daemon/sim/infusion-sim"), "--profile", profile, "--clock", self.clock_path,
                     "--control", self.path("sim0.sock"), "--cuff-interval", str(self.cuff_interval)]
        for number, place in enumerate((["--serial", self.path("bus")], ["--beside", "--unit", "2"], [])):
            arguments += ["--monitor", NAMES[number], *place, "--seed", str(number + 1), "--log", self.path("sim%d.log" % number)]
        sim = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = [sim.stdout.readline() for _ in NAMES]
        if not said[2].startswith("listening"):
            raise AssertionError("the simulator did not start: " + "".join(said) + sim.stderr.read())
        self.sims.append(sim)
        go_first(sim.pid)
        self.ports.append(int(said[2].split()[1].rsplit(":", 1)[1]))

    def write_config(self):
        wait = "response_timeout_ms: 300, backoff_first_ms: 500, backoff_most_ms: 500}"
        lines = ["store: record.sqlite", "socket: d.sock",
                 "profiles: [%s/config/monitors/generic-gateway.yaml]" % TOP,
                 "regimens: [%s/config/regimens/iv-ketamine.yaml]" % TOP, "lines:",
                 "  - {name: bus, kind: modbus-rtu, device: %s, baud: 9600, %s" % (self.path("bus"), wait),
                 "  - {name: port, host: 127.0.0.1, port: %d, %s" % (self.ports[0], wait), "monitors:",
                 "  - {name: m0, profile: generic-gateway, line: bus, unit: 1}",
                 "  - {name: m1, profile: generic-gateway, line: bus, unit: 2}",
                 "  - {name: m2, profile: generic-gateway, line: port}", "beds:"]
        lines += ["  - {name: bed%d, monitors: [m%d]}" % (i, i) for i in range(3)]
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        lines += ["people:", "  - {user: %s, name: desk, role: viewer, shared_terminal: true}" % user]
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def stop_sim(self):
        """What it counted on the bus."""
        self.sims[0].terminate()
        out, errors = self.sims[0].communicate(timeout=PATIENCE_S)
        assert (self.sims[0].returncode, errors) == (0, ""), errors
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", out)}


class NoisyWire(unittest.TestCase):
    def setUp(self):
        self.clinic = WireClinic(BUILD, ["generic-gateway"] * 3, cuff_interval=60)
        self.addCleanup(self.clinic.close)
        self.clinic.start_daemon()

    def finish(self):
        """Ends all; for each monitor what was stored of its vitals, as (instant, vital, value)."""
        self.clinic.stop_daemon()
        counts = self.clinic.stop_sim()
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as db:
            rows = db.execute("SELECT device, at_ms, vital, milli FROM reading WHERE milli IS NOT NULL AND cuff = '' "
                              "ORDER BY id").fetchall()
            cuffs = db.execute("SELECT device, cuff_key, vital, milli FROM reading WHERE cuff <> '' AND milli IS NOT NULL AND "
                               "vital IN ('systolic', 'mean', 'diastolic')").fetchall()
        return counts, rows, cuffs

    def served(self, index):
        """The instants at which the monitor's log has each value, and each cuff."""
        values, cuffs = {}, {}
        with open(self.clinic.path("sim%d.log" % index), encoding="utf-8") as file:
            for line in file:
                fields = line.strip().split(",")
                if fields[1] == "served":
                    at = datetime.datetime.fromisoformat(fields[0].replace("Z", "+00:00")).timestamp() * 1000
                    for pair in fields[3].split():
                        values.setdefault(tuple(pair.split("=")), []).append(at)
                elif fields[1] == "cuff":
                    cuffs[fields[2]] = dict(zip(("systolic", "mean", "diastolic"), fields[3:6]))
        return values, cuffs

    def check_values(self, rows, cuffs):
        for index, name in enumerate(NAMES):
            values, true_cuffs = self.served(index)
            stored = [row for row in rows if row[0] == name]
            self.assertGreater(len(stored), 100, name)
            for _, at_ms, vital, milli in stored:
                near = [at for at in values.get((vital, "%g" % (milli / 1000)), []) if abs(at - at_ms) < PERIOD_MS]
                self.assertNotEqual(near, [], "%s %s %d at %d ms" % (name, vital, milli, at_ms - START_MS))
            found = [(key, vital, milli) for device, key, vital, milli in cuffs if device == name]
            self.assertGreaterEqual(len(found), 9, name)
            for key, vital, milli in found:
                self.assertEqual(true_cuffs[key][vital], "%g" % (milli / 1000), "cuff %s of %s" % (key, name))

    def longest_gap(self, rows, name):
        polls = sorted({at for device, at, vital, _ in rows if (device, vital) == (name, "rate")})
        return max(b - a for a, b in zip(polls, polls[1:]))

    def test_noise(self):
        self.clinic.run_to(10_000)
        self.clinic.tell_sim(0, "m0 noise 0.001")
        for minute in range(1, MINUTES + 1):
            self.clinic.run_to(minute * 60_000)
        counts, rows, cuffs = self.finish()
        self.check_values(rows, cuffs)
        # 2 monitors x 60 polls x 39 bytes: some 4.6 are hit in a minute.
        hit = counts["flipped"] + counts["dropped"]
        self.assertGreater(hit, 2 * MINUTES)
        print("noise: %d characters hit in %d requests and their answers, gaps %s ms" %
              (hit, counts["requests"], [self.longest_gap(rows, name) for name in NAMES]))
        for name in NAMES[:2]:
            self.assertLessEqual(self.longest_gap(rows, name), 2 * PERIOD_MS)
        self.assertLessEqual(self.longest_gap(rows, "m2"), PERIOD_MS)

    def test_an_adapter_that_is_pulled(self):
        self.clinic.tell_sim(0, "m0 noise 0.001")
        for pulled in range(10):
            self.clinic.run_to(10_000 + pulled * 20_000)
            # By turns between two answers, and in the middle of one.
            if pulled % 2 == 0:
                self.clinic.tell_sim(0, "m1 refuse")
            else:
                self.clinic.tell_sim(0, "m1 reset")
                self.clinic.run_to(12_000 + pulled * 20_000)
            wait_for("pulled adapter", lambda: not os.path.lexists(self.clinic.path("bus")))
            self.clinic.run_to(13_000 + pulled * 20_000)
            self.clinic.tell_sim(0, "m1 clear refuse")
            self.clinic.tell_sim(0, "m1 clear reset")
            self.assertTrue(os.path.lexists(self.clinic.path("bus")))
        self.clinic.run_to(220_000)
        counts, rows, cuffs = self.finish()
        self.assertEqual(counts["pulled"], 10)
        self.assertGreater(counts["flipped"] + counts["dropped"], 5)
        self.check_values(rows, cuffs)
        gaps = [self.longest_gap(rows, name) for name in NAMES]
        print("pulled ten times for 1 to 3 s, %d characters hit: gaps %s ms" % (counts["flipped"] + counts["dropped"], gaps))
        # It was away for up to 3 s: back within two periods of that.
        for gap in gaps[:2]:
            self.assertLessEqual(gap, 3_000 + 2 * PERIOD_MS)
        self.assertLessEqual(gaps[2], PERIOD_MS)


if __name__ == "__main__":
    unittest.main()
