"""A gateway of every dialect through the whole chain: simulator, wire, driver, record. And a device that is busy for a moment,
which is no miss of the monitor."""

import os
import re
import sqlite3
import unittest

from clinic import Clinic

BUILD = os.environ.get("INFUSIOND_BUILD", "build")


class Dialects(unittest.TestCase):
    def setUp(self):
        self.clinic = Clinic(BUILD, ["generic-dialects"], cuff_interval=60)
        self.addCleanup(self.clinic.close)
        self.clinic.start_daemon()
        self.at_ms = 0

    def run_for(self, ms):
        self.at_ms = self.clinic.run_to(self.at_ms + ms)

    def monitor(self):
        """The monitor's line and what is counted of the monitor on it."""
        line = self.clinic.ctl("lines")[1]["lines"][0]
        return line, line["monitors"][0]

    def readings(self):
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as db:
            return db.execute("SELECT vital, source, quality, value FROM reading_log WHERE device = 'm0'").fetchall()

    def test_every_value_is_recorded_as_it_was_shown(self):
        self.run_for(150000)
        self.assertIn("monitor m0: manufacturer simulated, model generic-dialects, serial 1, firmware -", self.clinic.daemon_log())
        self.assertEqual(self.clinic.daemon_log().count("manufacturer"), 1)
        line, monitor = self.monitor()
        self.assertEqual((line["errors"].get("timeout", 0), monitor["misses"]), (0, 0))
        self.clinic.stop_daemon()
        with open(self.clinic.path("sim0.log"), encoding="utf-8") as file:
            served = set(re.findall(r"(\w+)=([0-9.]+)", file.read()))
        seen = {}
        for vital, source, quality, value in self.readings():
            if source == "cuff":
                continue
            self.assertEqual(quality, "good", (vital, source))
            self.assertIn((vital, "%g" % value), served)
            seen[vital, source] = seen.get((vital, source), 0) + 1
        self.assertEqual(sorted(seen), [("breathing", "impedance"), ("rate", "ecg"), ("rate", "pleth"), ("spo2", "pleth"),
                                        ("temperature", "probe")])
        # The first round is the one that wakes it up.
        self.assertGreaterEqual(min(seen.values()), 148)
        cuffs = [(systolic, mean, diastolic) for _, _, systolic, mean, diastolic in self.clinic.sim_cuffs(0)]
        self.assertGreaterEqual(len(cuffs), 2)
        recorded = [value for vital, source, _, value in self.readings() if (vital, source) == ("systolic", "cuff")]
        self.assertEqual(recorded[-len(cuffs):], [float(cuff[0]) for cuff in cuffs])

    def test_a_device_that_is_busy_for_a_moment_missed_nothing(self):
        self.run_for(5000)
        valid = self.monitor()[1]["valid"]
        self.clinic.tell_sim(0, "exception 6")
        self.run_for(1500)  # one round; the device is asked again up to five times, 200 ms apart
        self.assertEqual(self.monitor()[1]["misses"], 0)
        self.clinic.tell_sim(0, "clear")
        self.run_for(3000)
        line, monitor = self.monitor()
        self.assertEqual(monitor["misses"], 0)
        self.assertGreater(monitor["valid"], valid)
        self.clinic.tell_sim(0, "exception 6")
        self.run_for(4000)
        self.assertGreater(self.monitor()[1]["misses"], 0)


if __name__ == "__main__":
    unittest.main()
