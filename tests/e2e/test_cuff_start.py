"""A cuff that is started from here, over the wire and back: by a person, as the repeat of an alarm, never without the engineer's
permission, never twice."""

import os
import signal
import unittest

from clinic import QUICK_MS, Clinic, wait_for

BUILD = os.environ.get("INFUSIOND_BUILD", "build")


class CuffStart(unittest.TestCase):
    def begin(self, permitted, **options):
        # The simulated monitor takes no cuff by itself; its map allows a start every 180 s.
        clinic = Clinic(BUILD, ["generic-dialects"], cuff_interval=0, **options)
        self.addCleanup(clinic.close)
        if permitted:
            path = clinic.path("infusiond.yaml")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("profile: generic-dialects, line", "profile: generic-dialects, start_cuff: true, line"))
        clinic.start_daemon()
        session = clinic.start_session("bed0")
        clinic.run_to(10000)
        return clinic, session

    def told(self, clinic, session):
        events = clinic.ctl("sessions", "show", session)[1]["events"]
        return [event["new"] for event in events if event["type"] == "cuff_started"]

    def systolic(self, clinic):
        return next(v for v in clinic.bed("bed0")["vitals"] if v["vital"] == "systolic")

    def test_not_without_permission(self):
        clinic, session = self.begin(False)
        self.assertNotIn("cuff-start", clinic.bed("bed0")["allowed"])
        self.assertEqual(clinic.ctl("sessions", "cuff-start", session, check=False)[0], 1)
        clinic.run_to(120000)
        self.assertEqual(clinic.sim_cuffs(0), [])

    def test_a_person_starts_one(self):
        clinic, session = self.begin(True)
        self.assertIn("cuff-start", clinic.bed("bed0")["allowed"])
        clinic.ctl("sessions", "cuff-start", session)
        clinic.run_to(15000)
        self.assertEqual(self.told(clinic, session), ["asked", "started"])
        self.assertTrue(clinic.bed("bed0")["devices"][0]["measuring"])
        self.assertEqual(clinic.ctl("sessions", "cuff-start", session, check=False)[0], 1)
        clinic.run_to(90000)
        cuffs = clinic.sim_cuffs(0)
        self.assertEqual(len(cuffs), 1)
        self.assertEqual(self.systolic(clinic)["value"], cuffs[0][2])
        # The profile asks for 180 s between two.
        self.assertEqual(clinic.ctl("sessions", "cuff-start", session, check=False)[0], 1)
        clinic.run_to(300000)
        clinic.ctl("sessions", "cuff-start", session)
        clinic.run_to(400000)
        self.assertEqual(len(clinic.sim_cuffs(0)), 2)

    def test_it_is_cancelled(self):
        clinic, session = self.begin(True)
        clinic.ctl("sessions", "cuff-start", session)
        clinic.run_to(13000)
        clinic.ctl("sessions", "cuff-cancel", session)
        clinic.run_to(120000)
        self.assertEqual(self.told(clinic, session), ["asked", "started", "cancel asked", "cancelled"])
        self.assertEqual(clinic.sim_cuffs(0), [])

    def test_an_alarm_asks_for_a_repeat(self):
        clinic, session = self.begin(True)
        clinic.tell_sim(0, "cuff 190 130 100")
        clinic.run_to(20000)
        self.assertEqual([alarm["group"] for alarm in clinic.bed("bed0")["alarms"]], ["pressure"])
        clinic.run_to(180000)
        self.assertEqual(self.told(clinic, session), [])
        clinic.run_to(300000)
        self.assertEqual(self.told(clinic, session), ["asked", "started"])
        self.assertEqual(len(clinic.sim_cuffs(0)), 2)

    def test_a_reload_in_the_middle_of_one(self):
        """Sent to a monitor that does not answer, and its wiring changed before the wait is over: nobody knows, and the arm is spared."""
        clinic, session = self.begin(True)
        clinic.tell_sim(0, "slow 150")
        clinic.run_to(20000)
        clinic.ctl("sessions", "cuff-start", session)
        path = clinic.path("infusiond.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("cadence_ms: 1000", "cadence_ms: 2000"))
        clinic.daemon.send_signal(signal.SIGHUP)
        wait_for("reload", lambda: not clinic.daemon_died() and "was read anew" in clinic.daemon_log())
        clinic.run_to(60000)
        told = self.told(clinic, session)
        self.assertIn(told, (["asked", "started"], ["asked", "unknown"]))
        clinic.tell_sim(0, "clear")
        self.assertEqual(clinic.ctl("sessions", "cuff-start", session, check=False)[0], 1)
        clinic.run_to(100000)
        self.assertLessEqual(len(clinic.sim_cuffs(0)), 1)

    def test_a_mute_monitor_is_not_asked_twice(self):
        clinic, session = self.begin(True, response_timeout_ms=QUICK_MS)
        clinic.tell_sim(0, "mute")
        clinic.ctl("sessions", "cuff-start", session)
        clinic.run_to(60000)
        self.assertEqual(self.told(clinic, session), ["asked", "unknown"])
        clinic.tell_sim(0, "clear")
        clinic.run_to(160000)
        self.assertEqual(clinic.sim_cuffs(0), [])


if __name__ == "__main__":
    unittest.main()
