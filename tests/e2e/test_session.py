"""A whole session, from the wire to the record, in virtual time."""

import datetime
import os
import sqlite3
import unittest

from api_client import ask
from clinic import Clinic, QUICK_MS, START_MS, wait_for

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
MIN = 60000
# How far the line has got with its next connection is the machine's: virtual time does not wait for it.
REFUSED = ("connection refused", "the monitor closed the connection", "the connection was reset while it was being made")


def recorded_cuffs(clinic, bed):
    with sqlite3.connect("file:%s?mode=ro" % clinic.path("record.sqlite"), uri=True) as db:
        rows = db.execute("SELECT measured_at_ms, cuff_key, vital, milli FROM reading WHERE bed = ? AND cuff = 'new' "
                          "AND vital IN ('systolic', 'mean', 'diastolic') ORDER BY id", (bed,)).fetchall()
    cuffs = {}
    for measured, key, vital, milli in rows:
        cuffs.setdefault((measured, key), {})[vital] = milli // 1000
    return [(measured, key, values["systolic"], values["mean"], values["diastolic"])
            for (measured, key), values in sorted(cuffs.items())]


def ms_of(text):
    """Milliseconds from the test's start to a time of the record."""
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000) - START_MS


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

    def write_down(self, session):
        """All that was before is on disk with an act that is answered; by itself it is so a tenth of a second later at most."""
        self.clinic.ctl("note", session, "--text", "now")

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

    def compare_chart(self, session):
        """The chart's points, computed again from the rows of the record by another hand."""
        chart = ask(self.clinic.path("d.sock"), "GET", "/api/v1/sessions/%d/chart?step_s=60" % session).json()
        start = START_MS + ms_of(chart["started"])
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as db:
            rows = db.execute("SELECT vital, source, at_ms, milli, quality FROM reading WHERE session_id = ? ORDER BY id",
                              (session,)).fetchall()
        points = {}
        for vital, source, at, milli, quality in rows:
            if quality in ("good", "verify"):
                points.setdefault((vital, source), {}).setdefault((at - start) // 60000, []).append(milli / 1000)
        drawn = {(series["vital"], series["source"]): {point[0] // 60000: point[1:] for point in series["points"]
                                                       if point[1] is not None} for series in chart["series"]}
        self.assertGreaterEqual(set(drawn), {("rate", "pleth"), ("spo2", "pleth")})
        for key, steps in drawn.items():
            self.assertEqual(steps, {step: [min(values), max(values), values[-1]] for step, values in points[key].items()}, key)
        counted = [cuff[:4] for cuff in chart["cuffs"]]
        self.assertEqual(counted, [[measured - start, systolic, diastolic, mean] for measured, _, systolic, mean, diastolic
                                   in recorded_cuffs(self.clinic, "bed0") if measured >= start])
        self.assertEqual([phase["phase"] for phase in chart["phases"]], ["baseline", "infusion", "recovery"])
        self.assertEqual(len(chart["failed_cuffs"]), 1)
        relative = {row["limit"]: row["steps"] for row in chart["limits"] if row["relative"]}
        self.assertIn("rate.high.advisory", relative)
        self.assertEqual(relative["rate.high.advisory"][0][0], chart["phases"][1]["from_ms"])

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
        self.compare_chart(session)

    def test_unplugged_during_a_high_alarm(self):
        clinic = self.open("generic-gateway", cuff_interval=0, response_timeout_ms=QUICK_MS)
        clinic.run_to(10000)
        session = clinic.start_session("bed0")
        clinic.tell_sim(0, "cuff 120 90 76")
        clinic.run_to(60000)
        self.dose(session)
        clinic.tell_sim(0, "cuff 186 140 112")
        clinic.run_to(2 * MIN)
        self.assertEqual(clinic.bed("bed0")["worst"], "high")
        clinic.tell_sim(0, "mute")
        clinic.run_to(150000)
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

    def test_a_monitor_that_counts_anew_and_as_far_again(self):
        """Its counter stands where it stood when the last cuff was counted: while the program runs, and while it does not."""
        clinic = self.open("generic-gateway", cuff_interval=0)
        clinic.tell_sim(0, "reboot 1")              # it counts from 0
        clinic.run_to(10000)
        session = clinic.start_session("bed0")
        clinic.tell_sim(0, "cuff 120 90 76")
        clinic.run_to(30000)
        self.dose(session)
        clinic.tell_sim(0, "reboot 1")
        clinic.run_to(70000)
        clinic.tell_sim(0, "cuff 186 140 112")
        clinic.run_to(75000)
        pressure, = [a for a in clinic.bed("bed0")["alarms"] if a["group"] == "pressure"]
        self.assertEqual((pressure["priority"], pressure["worst_values"]["systolic.high"]), ("high", 186))
        self.write_down(session)
        clinic.kill_daemon()
        clinic.tell_sim(0, "reboot 1")
        clinic.leap(200000)
        clinic.tell_sim(0, "cuff 210 156 120")
        clinic.start_daemon()
        clinic.run_to(205000)
        pressure, = [a for a in clinic.bed("bed0")["alarms"] if a["group"] == "pressure"]
        self.assertEqual(pressure["worst_values"]["systolic.high"], 210)
        self.write_down(session)
        self.assertEqual([cuff[1] for cuff in recorded_cuffs(clinic, "bed0")], ["1", "1", "1"])

    def test_coverage_says_why(self):
        """A sensor off, a monitor that does not answer, one that was never read, a kill and a stop: each is a gap with its
        cause, and each begins ten seconds after the last value (R5)."""
        clinic = self.open("generic-gateway", "generic-gateway", cuff_interval=120)
        clinic.tell_sim(1, "refuse")
        clinic.run_to(10000)
        session, never = clinic.start_session("bed0"), clinic.start_session("bed1")
        clinic.run_to(MIN)
        clinic.tell_sim(0, "sensor-off pleth")
        clinic.run_to(2 * MIN)
        clinic.tell_sim(0, "clear")
        clinic.run_to(3 * MIN)
        clinic.tell_sim(0, "refuse")
        clinic.run_to(4 * MIN)
        clinic.tell_sim(0, "clear")
        clinic.run_to(5 * MIN - 5000)
        self.write_down(session)
        clinic.run_to(5 * MIN)
        clinic.kill_daemon()
        clinic.leap(6 * MIN)
        clinic.start_daemon()
        clinic.run_to(7 * MIN)
        clinic.stop_daemon()
        clinic.leap(8 * MIN)
        clinic.start_daemon()
        clinic.run_to(9 * MIN)
        self.write_down(session)
        coverage = clinic.ctl("sessions", "coverage", session)[1]
        gaps = [(ms_of(gap["from"]) // 1000, ms_of(gap["to"]) // 1000, gap["why"]) for gap in coverage["not_watched"]["spo2"]]
        self.assertEqual((len(gaps), gaps[0][2]), (2, "sensor off"), gaps)
        self.assertIn(gaps[1][2], REFUSED)
        for (start, end, _), wanted in zip(gaps, ((70, 121), (190, 241))):
            self.assertLessEqual(abs(start - wanted[0]) + abs(end - wanted[1]), 4, gaps)
        self.assertEqual([(ms_of(gap["from"]) // MIN, ms_of(gap["to"]) // MIN, gap["why"]) for gap in coverage["nobody_watched"]],
                         [(4, 6, "the program ended without being stopped, or its computer did"),
                          (7, 8, "the program was stopped")])
        coverage = clinic.ctl("sessions", "coverage", never)[1]["not_watched"]
        for vital in ("spo2", "rate", "systolic"):
            self.assertEqual([gap["to"] for gap in coverage[vital]], [None], vital)
            self.assertIn(coverage[vital][0]["why"], REFUSED)
        self.assertEqual(ms_of(coverage["spo2"][0]["from"]), 20000)
        self.assertEqual(coverage["breathing"], [])

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
