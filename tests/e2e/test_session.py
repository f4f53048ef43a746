"""A whole session, from the wire to the record, in virtual time."""

import os
import sqlite3
import unittest

from clinic import Clinic, START_MS, wait_for

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
MIN = 60000


def recorded_cuffs(clinic, bed):
    with sqlite3.connect("file:%s?mode=ro" % clinic.path("record.sqlite"), uri=True) as db:
        rows = db.execute("SELECT measured_at_ms, cuff_key, vital, milli FROM reading WHERE bed = ? AND cuff = 'new' "
                          "AND vital IN ('systolic', 'mean', 'diastolic') ORDER BY id", (bed,)).fetchall()
    cuffs = {}
    for measured, key, vital, milli in rows:
        cuffs.setdefault((measured, key), {})[vital] = milli // 1000
    return [(measured, key, values["systolic"], values["mean"], values["diastolic"])
            for (measured, key), values in sorted(cuffs.items())]


class Session(unittest.TestCase):
    def setUp(self):
        self.clinic = None

    def tearDown(self):
        if self.clinic is not None:
            self.clinic.close()

    def open(self, *profiles, **options):
        self.clinic = Clinic(BUILD, list(profiles), **options)
        self.clinic.start_daemon()
        return self.clinic

    def dose(self, session):
        self.clinic.ctl("sessions", "dose", session, "--override", "--reason", "test", who="prescriber")

    def compare_cuffs(self, index, slack_ms):
        """Every cuff of the simulator is in the record once, with its values, its time within a poll period."""
        truth = self.clinic.sim_cuffs(index)
        record = recorded_cuffs(self.clinic, "bed%d" % index)
        self.assertGreater(len(truth), 5)
        self.assertEqual([cuff[2:] for cuff in truth], [cuff[2:] for cuff in record])
        for real, kept in zip(truth, record):
            self.assertLessEqual(abs(real[0] - kept[0]), slack_ms)
        return len(truth)

    def compare_without_proof(self, index):
        """Without any proof two equal cuffs in a row count as one; none is recorded twice, and no other is missing."""
        changed = []
        for cuff in self.clinic.sim_cuffs(index):
            if not changed or changed[-1] != cuff[2:]:
                changed.append(cuff[2:])
        record = [cuff[2:] for cuff in recorded_cuffs(self.clinic, "bed%d" % index)]
        # The first result may have been found at connect, of unknown age.
        self.assertIn(record, (changed, changed[1:]))

    def test_two_hours_of_cuffs(self):
        clinic = self.open("generic-gateway", "generic-age", "generic-plain", cuff_interval=300)
        clinic.run_to(30000)
        session = clinic.start_session("bed0")
        clinic.run_to(20 * MIN)
        clinic.tell_sim(0, "cuff 131 97 80")
        clinic.run_to(21 * MIN)
        clinic.tell_sim(0, "cuff 131 97 80")        # two equal cuffs in a row are two
        clinic.run_to(22 * MIN)
        self.dose(session)
        clinic.run_to(30 * MIN)
        clinic.tell_sim(0, "cuff-failure")
        clinic.run_to(36 * MIN)
        clinic.tell_sim(0, "clear")
        clinic.run_to(40 * MIN)
        clinic.tell_sim(0, "counter-wrap")
        clinic.run_to(62 * MIN)
        clinic.ctl("sessions", "stop", session, "--reason", "done")
        clinic.run_to(70 * MIN)
        clinic.tell_sim(0, "refuse")                # an outage across a cuff's completion
        clinic.run_to(70 * MIN + 270000)         # shorter than two intervals: the monitor holds one result
        clinic.tell_sim(0, "clear")
        clinic.run_to(90 * MIN)
        clinic.tell_sim(0, "reboot")                # the monitor loses its counter and its last result
        clinic.run_to(120 * MIN)
        taken = clinic.stop_daemon()
        self.assertLess(taken, 5)
        self.assertGreaterEqual(self.compare_cuffs(0, 1000), 20)
        self.compare_cuffs(1, 2000)
        self.compare_without_proof(2)
        clinic.start_daemon()
        self.assertTrue(clinic.ctl("verify")[1]["sound"])
        events = clinic.ctl("sessions", "show", session)
        self.assertEqual(events[0], 0)

    def test_unplugged_during_a_high_alarm(self):
        clinic = self.open("generic-gateway", cuff_interval=0)
        clinic.run_to(10000)
        session = clinic.start_session("bed0")
        clinic.tell_sim(0, "cuff 120 90 76")
        clinic.run_to(60000)
        self.dose(session)
        clinic.tell_sim(0, "cuff 186 140 112")
        clinic.run_to(2 * MIN)
        self.assertEqual(clinic.bed("bed0")["worst"], "high")
        clinic.tell_sim(0, "mute")
        clinic.run_to(3 * MIN)
        bed = clinic.bed("bed0")
        groups = {alarm["group"]: alarm for alarm in bed["alarms"]}
        self.assertEqual(groups["pressure"]["state"], "active")       # silence is never recovery
        self.assertEqual(groups["technical:m0"]["priority"], "high")  # at once the patient's own priority
        self.assertTrue(bed["not_watching"][0]["line"].startswith("NOT WATCHING m0 at bed0 since"))
        clinic.tell_sim(0, "clear")
        clinic.tell_sim(0, "cuff 136 101 84")  # near enough for R7, low enough for R18
        clinic.run_to(4 * MIN)
        groups = {alarm["group"]: alarm for alarm in clinic.bed("bed0")["alarms"]}
        self.assertEqual(groups["pressure"]["state"], "latched")
        self.assertNotIn("technical:m0", groups)

    def test_killed_during_an_alarm(self):
        clinic = self.open("generic-gateway", cuff_interval=0)
        clinic.run_to(10000)
        session = clinic.start_session("bed0")
        clinic.tell_sim(0, "cuff 120 90 76")
        clinic.run_to(60000)
        self.dose(session)
        now = 60000
        for turn in range(int(os.environ.get("KILLS", "12"))):
            clinic.tell_sim(0, "cuff %d 140 112" % (186 + turn % 3 * 10))
            now = clinic.run_to(now + 40000)
            alarm = [a for a in clinic.bed("bed0")["alarms"] if a["group"] == "pressure"][0]
            answered = clinic.ctl("ack", alarm["id"], "--revision", alarm["revision"], "--reason", "turn %d" % turn)[0]
            self.assertEqual(answered, 0)
            clinic.kill_daemon()
            now += 5000
            clinic.leap(now)
            clinic.start_daemon()
            back = {a["group"]: a for a in clinic.bed("bed0")["alarms"]}
            self.assertEqual(back["pressure"]["id"], alarm["id"])
            self.assertTrue(back["pressure"]["acknowledged"])         # an answered act is on disk
            self.assertEqual(back["pressure"]["doing"], "turn %d" % turn)
            self.assertIn("bed", back)                                # nobody watched, and an alarm says so
            now = clinic.run_to(now + 2000)
        self.assertTrue(clinic.ctl("verify")[1]["sound"])


if __name__ == "__main__":
    unittest.main()
