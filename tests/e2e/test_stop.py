"""SIGTERM in the middle of things: the program stops within a second, but for what this machine is late with (machine.py), with
status 0 and a whole record, and its next start is as after any other gap (R32)."""

import os
import signal
import socket
import sqlite3
import time
import unittest

from api_client import ask
from clinic import PATIENCE_S, START_MS, Clinic, wait_for
from kill_acts import Act, Asked
from machine import Lateness, await_end

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
STOP_S = float(os.environ.get("STOP_S", "1"))


class Stop(unittest.TestCase):
    def setUp(self):
        self.clinic = Clinic(BUILD, ["generic-gateway"], cuff_interval=0)
        self.addCleanup(self.clinic.close)
        self.clinic.start_daemon()
        self.now = self.clinic.run_to(5000)

    def run_for(self, ms):
        self.now = self.clinic.run_to(self.now + ms)

    def frame(self):
        return ask(self.clinic.path("d.sock"), "GET", "/api/v1/beds/bed0").json()

    def session_act(self, kind, who="nurse", **body):
        answer = Asked(self.clinic.path("d.sock"), Act(kind, "/api/v1/sessions/%d/%s" % (self.session, kind), body, None, who)).answer()
        self.assertEqual(answer[0], 200, answer)

    def begin(self):
        self.session = self.clinic.start_session("bed0")
        self.clinic.tell_sim(0, "cuff 120 90 76")
        self.run_for(20000)

    def dose(self):
        self.begin()
        self.session_act("dose", "prescriber", override=True, reason="test")
        self.run_for(20000)

    def facts(self, frame):
        """What a stop must not change."""
        session = frame["session"]
        alarms = [(a["id"], a["group"], a["state"], a["priority"], a["acknowledged"], a["doing"], a["worst_values"],
                   sorted(c["condition"] for c in a["conditions"])) for a in frame["alarms"]]
        if session is None:
            return None, alarms
        clock = session["dose_clock"]
        return (session["id"], session["patient"], session["phase"], session["started"], clock["started"], clock["running"]), alarms

    def stop(self):
        began, late = time.monotonic(), Lateness(self.clinic.daemon.pid)
        self.clinic.daemon.send_signal(signal.SIGTERM)
        await_end(self.clinic.daemon, PATIENCE_S)
        taken = time.monotonic() - began
        late_s = late.s()
        self.assertEqual(self.clinic.daemon.wait(PATIENCE_S), 0, self.clinic.daemon_log())
        self.assertLess(taken - late_s, STOP_S, "the machine was late by %.3f s" % late_s)
        self.assertNotIn("ERROR", self.clinic.daemon_log())
        return taken

    def stop_and_return(self):
        """Facts before and after, the frame of the return."""
        before = self.frame()
        self.stop()
        # All of the log is in the file; a reader that may not write, as below, leaves an empty one behind.
        self.assertFalse(os.path.exists(self.clinic.path("record.sqlite-wal")))
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(db.execute("SELECT type FROM event WHERE type <> 'readings' ORDER BY seq DESC LIMIT 1").fetchall(),
                             [("program_stopped",)])
        self.now += 60000
        self.clinic.leap(self.now)
        self.clinic.start_daemon()
        after = self.frame()
        self.assertTrue(ask(self.clinic.path("d.sock"), "GET", "/api/v1/verify").json()["sound"])
        return before, after

    def check_return(self):
        before, after = self.stop_and_return()
        session, alarms = self.facts(before)
        back_session, back_alarms = self.facts(after)
        self.assertEqual(back_session, session)
        if session is None:
            self.assertEqual(back_alarms, [])
            return after
        unwatched, = [a for a in back_alarms if a[1] == "bed"]
        self.assertEqual(unwatched[2:5] + (unwatched[7],), ("active", "medium", False, ["unwatched"]))
        self.assertEqual([a for a in back_alarms if a[1] != "bed"], [a for a in alarms if a[1] != "bed"])
        # R32: every vital unknown, but for what was read anew since: pressures are not.
        for vital in after["vitals"]:
            read_anew = vital["vital"] in ("rate", "spo2", "breathing") and vital["age_ms"] == 0
            self.assertEqual(vital["state"], "fresh" if read_anew else "unknown", vital["vital"])
        self.assertEqual(after["session"]["dose_clock"]["unverified"], session[2] == "infusion")
        return after

    def test_in_no_session(self):
        self.check_return()

    def test_in_the_baseline(self):
        self.begin()
        self.check_return()

    def test_in_the_infusion(self):
        self.dose()
        before = self.frame()["session"]["dose_clock"]["infusing_ms"]
        after = self.check_return()
        self.assertEqual(after["session"]["dose_clock"]["infusing_ms"], before + 60000)

    def test_in_a_pause(self):
        self.dose()
        self.session_act("pause", reason="asked")
        self.run_for(10000)
        before = self.frame()["session"]["dose_clock"]["infusing_ms"]
        after = self.check_return()
        self.assertEqual(after["session"]["dose_clock"]["infusing_ms"], before)

    def test_in_the_recovery(self):
        self.dose()
        self.session_act("stop")
        self.run_for(10000)
        self.check_return()

    def test_with_a_latched_alarm(self):
        self.dose()
        # Down in two steps: no jump (R7), and the last within 16 of the lowest in ten minutes, so that R18 ends too.
        for cuff in ("cuff 168 126 100", "cuff 186 140 112", "cuff 142 108 88", "cuff 130 98 80"):
            self.clinic.tell_sim(0, cuff)
            self.run_for(5000)
        latched = [(a["group"], a["state"], a["peak"]) for a in self.frame()["alarms"]]
        self.assertEqual(latched, [("pressure", "latched", "high")])
        after = self.check_return()
        self.assertIn(latched[0], [(a["group"], a["state"], a["peak"]) for a in after["alarms"]])

    def test_with_an_active_alarm_that_was_acknowledged(self):
        self.dose()
        self.clinic.tell_sim(0, "cuff 186 140 112")
        self.run_for(5000)
        alarm, = [a for a in self.frame()["alarms"] if a["group"] == "pressure"]
        self.clinic.ctl("ack", alarm["id"], "--revision", alarm["revision"], "--reason", "prescriber called")
        after = self.check_return()
        self.assertIn(("pressure", True), [(a["group"], a["acknowledged"]) for a in after["alarms"]])

    def test_with_an_act_in_flight(self):
        """Whether it was answered or not, it is there whole or not at all, and its repeat is one effect."""
        self.dose()
        path = "/api/v1/sessions/%d/note" % self.session
        acts = [Act("note", path, {"text": "note %d" % i}, None) for i in range(20)]
        asked = [Asked(self.clinic.path("d.sock"), act) for act in acts]
        self.stop()
        answers = [one.answer() for one in asked]
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.clinic.start_daemon()
        for act, answer in zip(acts, answers):
            status, again = Asked(self.clinic.path("d.sock"), act).answer()
            self.assertEqual(status, 200)
            if answer is not None:
                self.assertEqual((answer[0], again["repeated"]), (200, True))
        events = ask(self.clinic.path("d.sock"), "GET", "/api/v1/sessions/%d/events" % self.session).json()["events"]
        self.assertEqual(sorted(e["reason"] for e in events if e["type"] == "note" and e["reason"].startswith("note ")),
                         sorted(act.reason for act in acts))
        self.assertTrue(ask(self.clinic.path("d.sock"), "GET", "/api/v1/verify").json()["sound"])

    def test_what_could_not_be_written_is_said_and_is_no_success(self):
        os.rename(self.clinic.path("record.sqlite"), self.clinic.path("aside"))
        self.run_for(3000)
        self.clinic.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.clinic.daemon.wait(PATIENCE_S), 1)
        self.assertRegex(self.clinic.daemon_log().splitlines()[-1],
                         "record.sqlite: [0-9]+ readings and [0-9]+ events could not be written and are lost: it was moved")

    def check_stuck_wire(self, fault):
        """The stop comes while the wire's thread is in the middle of a reply."""
        self.dose()
        self.clinic.tell_sim(0, fault)
        self.clinic.let_run(self.now + 3000)
        wait_for("request on its way", lambda: self.clinic.now_ms() > START_MS + self.now)
        self.clinic.daemon_died()
        self.stop()
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.clinic.tell_sim(0, "clear")
        self.now = self.clinic.now_ms() - START_MS + 60000
        self.clinic.leap(self.now)
        self.clinic.start_daemon()
        self.assertEqual(self.frame()["session"]["phase"], "infusion")
        self.run_for(5000)
        self.assertTrue(self.frame()["devices"][0]["answers"])
        self.assertTrue(ask(self.clinic.path("d.sock"), "GET", "/api/v1/verify").json()["sound"])

    def test_with_a_line_that_hangs_in_a_reply(self):
        self.check_stuck_wire("mute")

    def test_with_a_device_that_dribbles(self):
        self.check_stuck_wire("dribble 100")

    def test_with_a_device_that_is_slow(self):
        self.check_stuck_wire("slow 900")

    def test_with_a_device_that_never_accepts(self):
        self.check_stuck_wire("never-accept")


if __name__ == "__main__":
    unittest.main()
