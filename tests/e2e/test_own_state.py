"""The program's own state (R25), and what of R29, R32 and R38 only a whole program has: a store that fails, a clock that
steps or was set back, a configuration that differs from the last start."""

import os
import re
import sqlite3
import struct
import subprocess
import unittest

from api_client import ask
from clinic import PATIENCE_S, QUICK_MS, START_MS, Clinic, wait_for

BUILD = os.environ.get("INFUSIOND_BUILD", "build")


class OwnState(unittest.TestCase):
    def setUp(self):
        self.clinic = Clinic(BUILD, ["generic-gateway"])
        self.addCleanup(self.clinic.close)
        self.clinic.start_daemon()
        self.clinic.run_to(10000)

    def station(self):
        """The program's own open alarms by part: (priority, sentence)."""
        alarms = self.clinic.ctl("alarms")[1]["alarms"]
        return {alarm["group"].partition(":")[2]: (alarm["priority"], alarm["sentence"])
                for alarm in alarms if alarm["group"].startswith("station:")}

    def rows(self, sql, *values):
        with sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True) as record:
            return record.execute(sql, values).fetchall()

    def run_until(self, what, look, ms, step_ms=1000):
        """Lets virtual time go on until the thing is there; it also takes the machine's time, which the loop grants."""
        def later():
            nonlocal ms
            ms = self.clinic.run_to(ms + step_ms)
            return look()
        wait_for(what, later)
        return ms

    def test_r29_a_pause_of_sound_is_accepted_while_the_store_fails(self):
        self.clinic.start_session("bed0")
        os.rename(self.clinic.path("record.sqlite"), self.clinic.path("aside"))
        at = self.run_until("alarm of the store", lambda: "store" in self.station(), 10000)
        self.assertEqual(self.station()["store"],
                         ("high", "the record cannot be written: alarms go on, the record does not"))
        paused = self.clinic.ctl("pause-audio", "bed0")[1]
        self.assertEqual(paused["text"], "the sound is paused; not yet on record")
        self.assertTrue(self.clinic.bed("bed0")["audio_paused"])
        os.rename(self.clinic.path("aside"), self.clinic.path("record.sqlite"))
        self.run_until("end of the store's alarm", lambda: "store" not in self.station(), at)
        # Nothing of it was lost.
        wait_for("pause on record", lambda: self.rows("SELECT 1 FROM event WHERE type = 'audio_paused'"))

    def test_an_act_is_refused_while_the_record_cannot_tell_whether_it_is_a_repeat(self):
        session = self.clinic.start_session("bed0")
        note = {"as": "nurse", "text": "drowsy", "act_id": "0b0c8a52-6c0e-4b57-8a3b-2f6a0e0f1d11"}
        url = "/api/v1/sessions/%s/note" % session
        with sqlite3.connect(self.clinic.path("record.sqlite"), timeout=20) as record:
            record.execute("ALTER TABLE event RENAME TO aside")
        answer = ask(self.clinic.path("d.sock"), "POST", url, note)
        self.assertEqual((answer.status, answer.error), (503, "nothing was done: the record cannot tell whether this was done before "
                                                         "(no such table: event); try again"))
        # R29: sound is paused all the same.
        at = self.run_until("alarm of the store", lambda: "store" in self.station(), 10000)
        self.assertEqual(self.clinic.ctl("pause-audio", "bed0")[1]["text"], "the sound is paused; not yet on record")
        with sqlite3.connect(self.clinic.path("record.sqlite"), timeout=20) as record:
            record.execute("ALTER TABLE aside RENAME TO event")
        self.run_until("end of the store's alarm", lambda: "store" not in self.station(), at)
        self.assertEqual([ask(self.clinic.path("d.sock"), "POST", url, note).json()["repeated"] for _ in range(2)], [False, True])
        self.assertEqual(self.rows("SELECT reason FROM event WHERE act_id = ?", note["act_id"]), [("drowsy",)])

    def test_an_act_is_answered_with_its_own_sentence(self):
        session = self.clinic.start_session("bed0")
        # Beside it an alarm begins, and a check is met.
        self.assertEqual(self.clinic.ctl("reading", session, "--systolic", "195", "--diastolic", "85")[1]["text"], "195/85 mean -")
        self.assertIn("Systolic 195", self.clinic.bed("bed0")["alarms"][0]["sentence"])
        answer = ask(self.clinic.path("d.sock"), "POST", "/api/v1/beds/bed0/sessions",
                     {"as": "nurse", "weight_kg": 70, "weight_lb": 154.3, "confirm": None, "reason": "x"})
        self.assertEqual((answer.status, answer.error), (409, "start is not possible: there is a session at this bed already"))

    def test_r25_a_clock_that_steps_is_on_record_and_asks_for_a_nurse(self):
        session = self.clinic.start_session("bed0")
        struct.pack_into("<q", self.clinic.clock, 24, -3600000)
        self.clinic.run_to(15000)
        self.assertEqual(self.station()["clock"], ("low", "the host's clock stepped: confirm that it is right"))
        # It is there and open, and it is not to be turned off.
        alarm, = [alarm["id"] for alarm in self.clinic.ctl("alarms")[1]["alarms"] if alarm["group"] == "station:clock"]
        answer = ask(self.clinic.path("d.sock"), "POST", "/api/v1/alarms/%d/off" % alarm, {"as": "nurse", "condition": "wall-clock",
                                                                                        "reason": "it is right"})
        self.assertEqual((answer.status, answer.error), (409, "only a technical alarm of a monitor can be turned off: this one is "
                                                         "infusiond's own and ends with its cause"))
        wait_for("step on record", lambda: self.rows("SELECT 1 FROM event WHERE type = 'clock_stepped'"))
        self.assertEqual(self.rows("SELECT old_value, new_value FROM event WHERE type = 'clock_stepped'"), [("0", "-3600000")])
        # A restart confirms nothing (R26); the nurse does.
        self.clinic.stop_daemon()
        self.clinic.start_daemon()
        self.clinic.run_to(20000)
        self.assertEqual(self.station()["clock"][1], "the host's clock was not confirmed before the restart: confirm the time")
        self.clinic.ctl("sessions", "confirm-time", session)
        self.assertEqual(self.station(), {})

    def test_r32_a_clock_set_back_while_the_program_was_down_is_said(self):
        self.clinic.start_session("bed0")
        self.clinic.run_to(60000)
        self.clinic.stop_daemon()
        self.clinic.leap(-3600000)
        self.clinic.start_daemon()
        self.assertEqual(self.station()["clock"],
                         ("medium", "the host's clock is behind the record: times may be wrong, confirm the time"))

    def test_r37_sentences_follow_summer_time(self):
        """The program runs on through the night in which the clocks go forward: 03:00 comes after 01:59."""
        self.clinic.stop_daemon()
        # It will be mute.
        self.clinic.response_timeout_ms = QUICK_MS
        self.clinic.write_config()
        with open(self.clinic.path("infusiond.yaml"), "a", encoding="utf-8") as file:
            file.write("timezone: Europe/Berlin\n")
        night_ms = 1774745880000 - START_MS   # 2026-03-29T00:58:00Z, 01:58 there
        # A monitor that is new there: one that had run on since the winter would have its cuffs to make up for.
        self.clinic.sims[0].kill()
        self.clinic.sims[0].wait(PATIENCE_S)
        self.clinic.leap(night_ms)
        self.clinic.start_sim(0)
        self.clinic.start_daemon()
        self.clinic.start_session("bed0")
        self.clinic.run_to(night_ms + 180000)
        self.clinic.tell_sim(0, "mute")
        self.clinic.run_to(night_ms + 210000)
        alarm = next(alarm for alarm in self.clinic.bed("bed0")["alarms"] if alarm["group"] == "technical:m0")
        self.assertRegex(alarm["sentence"], "^NOT WATCHING m0 at bed0 since 03:01: ")

    def test_the_head_that_is_kept_holds_the_end_of_its_session(self):
        """Against it verify finds a tail that was cut before the discharge."""
        session = self.clinic.start_session("bed0")
        self.clinic.ctl("sessions", "discharge", session, "--override", "--reason", "test")
        head = wait_for("head in the log", lambda: re.search(
            "session %d at bed0 ended; keep this head of the record elsewhere: ([0-9]+):" % session, self.clinic.daemon_log()))
        ended, = self.rows("SELECT seq FROM event WHERE type = 'discharged'")
        self.assertGreaterEqual(int(head.group(1)), ended[0])

    def test_r38_a_standing_change_is_on_record_at_the_start(self):
        """Old, new and who; what is as it was is not told again."""
        self.clinic.stop_daemon()
        with open(self.clinic.path("infusiond.yaml"), "a", encoding="utf-8") as file:
            file.write("limits:\n  - {limit: systolic.high.critical, value: 175}\n")
        before = self.rows("SELECT count(*) FROM event WHERE type = 'configuration'")[0][0]
        self.clinic.start_daemon()
        self.clinic.stop_daemon()
        changes = self.rows("SELECT subject, old_value, new_value, who, reason FROM event WHERE type = 'configuration' "
                            "ORDER BY seq LIMIT -1 OFFSET ?", before)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        self.assertEqual(changes, [("regimen.iv-ketamine.limit.systolic.high.critical", "180", "175", user,
                                    "in the configuration file at the start")])


if __name__ == "__main__":
    unittest.main()
