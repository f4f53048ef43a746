"""kill -9 during a high alarm, at random moments; the patient is worse, better or unplugged when the program is back. What is
there then is held against a model of its own (kill_model.py): R32, Promise 4, and one effect for each act.

The everyday run is eight kills, the same ones each time. The long form, KILLS=100 tests/e2e/run.py BUILD test_kill, draws others
and prints their SEED, with which they can be had again, except where within some milliseconds a kill falls."""

import collections
import copy
import os
import random
import signal
import sqlite3
import time
import unittest

import kill_acts
from api_client import Live, ask
from clinic import QUICK_MS, START_MS, Clinic, wait_for
from kill_acts import CRITICAL, NORMAL, Asked
from kill_model import MIN, SLACK, Bed, read_frame

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
KILLS = int(os.environ.get("KILLS", "8"))
SEED = int(os.environ.get("SEED", "0")) or (random.SystemRandom().randrange(1, 1 << 31) if "KILLS" in os.environ else 1)
MOMENTS = ("within 50 ms of the alarm", "between an act and its answer", "right after an answer", "at any other instant")
RETURNS = ("the same", "a worse cuff", "a worse cuff meanwhile", "a better cuff", "oxygen lost", "oxygen back", "unplugged", "rebooted",
           "rebooted and worse", "killed again at the start")
GAPS = (1000, 5000, 40000, 3 * MIN, 8 * MIN)


class Kill(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.clinic = Clinic(BUILD, ["generic-gateway", "generic-gateway"], cuff_interval=0, response_timeout_ms=QUICK_MS)
        self.addCleanup(self.clinic.close)
        self.random, self.now, self.beds = random.Random(SEED), 0, {"bed0": Bed(), "bed1": Bed()}
        self.story, self.rows, self.patients, self.low = [], {}, 0, {"bed0": False, "bed1": False}
        self.moments, self.returns, self.found = collections.Counter(), collections.Counter(), collections.Counter()

    # The clinic

    def say(self, *words):
        self.story.append("%8.1f s  %s" % (self.now / 1000, " ".join(map(str, words))))

    def get(self, url):
        answer = ask(self.clinic.path("d.sock"), "GET", url)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def frame(self, bed):
        return self.get("/api/v1/beds/" + bed)

    @property
    def bed(self):
        """Where the patient of this test is."""
        return max(self.beds, key=lambda bed: self.beds[bed].session is not None and self.beds[bed].patient == self.patient)

    @property
    def model(self):
        return self.beds[self.bed]

    def advance(self, inclusive=False):
        for bed in self.beds.values():
            bed.advance(self.now, inclusive)

    def run_for(self, ms):
        self.now = self.clinic.run_to(self.now + ms)
        self.advance()

    def tell(self, command, bed=None):
        self.say(command)
        self.clinic.tell_sim(int((bed or self.bed)[3:]), command)

    def record(self, sql, *parameters):
        db = sqlite3.connect("file:%s?mode=ro" % self.clinic.path("record.sqlite"), uri=True)
        try:
            return db.execute(sql, parameters).fetchall()
        finally:
            db.close()

    def hold_record(self):
        """Nothing can be committed as long as this is open."""
        db = sqlite3.connect(self.clinic.path("record.sqlite"), isolation_level=None, timeout=60)
        db.execute("BEGIN IMMEDIATE")
        self.say("nothing is committed any more")
        return db

    def kill(self):
        self.clinic.kill_daemon()
        self.now = self.clinic.now_ms() - START_MS
        self.say("killed")

    # Comparing

    def settle_record(self):
        """Whatever happened until now is on disk."""
        wait_for("record without a lag", lambda: all(self.get("/api/v1/status")["store"]["lag_ms"] == 0 for _ in range(2)))

    def compare(self, what):
        self.settle_record()
        for name, bed in self.beds.items():
            if not bed.is_sure(self.now):
                continue
            frame = self.frame(name)
            bed.adopt_ids(frame)
            self.assertEqual(read_frame(frame, START_MS), bed.told(self.now), "%s, %s" % (name, what))

    def rows_of(self, act):
        return self.record("SELECT seq, who, reason, bed, session_id FROM event WHERE act_id = ? ORDER BY seq", act.id)

    def check_record(self):
        """Whatever was answered is there as it was, once, and the chain holds."""
        for act, rows in self.rows.items():
            self.assertEqual(self.rows_of(act), rows, act.kind)
        verified = self.get("/api/v1/verify")
        self.assertTrue(verified["sound"], verified["finding"])

    def note_rows(self, act):
        rows = self.rows_of(act)
        self.assertGreater(len(rows), 0, act.kind + " is not in the record")
        for _, who, reason, _, _ in rows:
            self.assertEqual((who, reason), (act.who, act.reason), act.kind)
        self.rows[act] = rows

    # Acts

    def choice(self):
        return kill_acts.Choice(self.beds, self.bed, self.frame(self.bed), START_MS, self.now, self.random)

    def do(self, act):
        answer = Asked(self.clinic.path("d.sock"), act).answer()
        self.assertIsNotNone(answer, act.kind)
        self.assertEqual(answer[0], 200, (act.kind, answer[1]))
        self.assertFalse(answer[1]["repeated"])
        self.advance(True)
        act.effect(self.beds, answer[1]["session"], self.now)
        self.say("did", act.kind, act.body)
        self.note_rows(act)
        return answer[1]

    def start_session(self, bed):
        self.patients += 1
        self.patient = "T-%04d" % self.patients
        self.do(kill_acts.start(bed, self.patient))

    def begin_anew(self):
        """Another patient."""
        bed = self.bed
        self.oxygen(False)
        if self.model.session is not None:
            if self.model.phase in ("infusion", "paused"):
                self.do(self.choice().stop())
            if self.model.checklist is None and self.model.phase != "baseline":
                self.do(self.choice().checklist())
            self.do(self.choice().discharge())
        self.run_for(2 * MIN)
        self.start_session(bed)
        self.run_for(2000)
        self.cuff(NORMAL)

    # The patient

    def cuff(self, values):
        self.tell("cuff %d %d %d" % values)
        measured = self.now
        self.run_for(3000)
        self.model.cuff(measured, *values, at=measured + 500)

    def oxygen(self, low):
        """R13: ten seconds outside; R15: five inside."""
        bed = self.bed
        if self.low[bed] == low:
            return
        self.low[bed] = low
        self.tell("set spo2 %d" % (82 if low else 97))
        self.run_for(13000 if low else 9000)
        if self.model.session is not None:
            self.model.oxygen(low, self.now - 2500)

    def calm(self):
        for _ in range(4):
            if self.model.alarm("pressure") is None:
                return
            self.cuff(NORMAL)

    # A round

    def prepare(self, moment):
        model = self.model
        if model.unsure or (model.phase == "recovery" and self.random.random() < 0.5) or model.has_baseline() or \
                (model.dose_started is not None and model.infusing(self.now) > 30 * MIN):
            self.begin_anew()
        if self.model.phase == "baseline" and not self.model.has_baseline() and self.random.random() < 0.8:
            self.do(self.choice().dose())
        for _ in range(self.random.randrange(3)):
            self.do(self.random.choice(self.choice().others()[:-1] + self.choice().of_alarms()))
            self.run_for(self.random.choice((1000, 20000)))
        if moment == MOMENTS[0]:
            return
        if self.random.random() < 0.4:
            self.oxygen(True)
        if not self.low[self.bed] or self.random.random() < 0.5:
            self.cuff(self.random.choice(CRITICAL))
        while self.random.random() < 0.5 and self.choice().of_alarms():
            self.do(self.random.choice(self.choice().of_alarms()))
        self.assertTrue(any(a.priority == "high" and a.state == "active" for a in self.model.alarms), self.model.told(self.now))

    def kill_at_the_alarm(self):
        """The API has shown it; whether it is on disk, the record says."""
        by_cuff = self.low[self.bed] or self.random.random() < 0.6
        self.calm() if by_cuff else self.oxygen(False)
        bed, group, values, began = self.bed, "pressure" if by_cuff else "oxygen", self.random.choice(CRITICAL), self.now
        self.compare("before the alarm")
        live = Live(self.clinic.path("d.sock"))
        lock = self.hold_record() if self.random.random() < 0.4 else None
        self.tell("cuff %d %d %d" % values if by_cuff else "set spo2 82")
        self.low[bed] = self.low[bed] or not by_cuff
        self.clinic.let_run(self.now + (5000 if by_cuff else 15000))
        shown = self.wait_for_alarm(live, bed, group)
        time.sleep(self.random.uniform(0, 0.05))
        self.kill()
        live.close()
        self.let_go(lock)
        return lambda: self.settle_alarm(bed, group, values, began, shown)

    def wait_for_alarm(self, live, bed, group):
        while True:
            message = live.receive()
            if message["type"] == "bed" and message["bed"] == bed:
                for alarm in message["alarms"]:
                    if alarm["group"] == group and alarm["state"] == "active":
                        return alarm

    def let_go(self, lock):
        if lock is not None:
            lock.rollback()
            lock.close()

    def settle_alarm(self, bed, group, values, began, shown):
        """Alarm and reading are one transaction: both are there, or neither, and then it is raised anew."""
        model = self.beds[bed]
        there = self.record("SELECT count(*) FROM event WHERE alarm_id = ? AND change IN ('start', 'return') AND at_ms > ?", shown["id"],
                            START_MS + began)[0][0] > 0
        cuffs = self.record("SELECT count(*) FROM reading WHERE cuff = 'new' AND vital = 'systolic' AND bed = ? AND at_ms > ?", bed,
                            START_MS + began)[0][0]
        if group == "pressure":
            self.assertEqual(cuffs, int(there))
        self.found["the alarm was " + ("" if there else "not ") + "on disk"] += 1
        self.say("the alarm", shown["id"], "is" if there else "is not", "on disk")
        if there and group == "pressure":
            model.cuff(began, *values, at=self.now)
        elif there:
            model.oxygen(True, self.now)
        else:
            self.missing = (group, values, began, shown)

    def kill_at_an_act(self):
        act = self.choice().any()
        self.compare("before the act")
        lock = self.hold_record() if self.random.random() < 0.35 else None
        asked = Asked(self.clinic.path("d.sock"), act)
        self.say("sent", act.kind, act.body)
        time.sleep(self.random.uniform(0, 0.012))
        self.kill()
        answer = asked.answer()
        self.let_go(lock)
        at = self.now
        return lambda: self.settle_act(act, answer, at)

    def settle_act(self, act, answer, at):
        rows = self.rows_of(act)
        self.found["the act was " + ("answered" if answer else "on disk" if rows else "not on disk")] += 1
        if answer is not None:
            self.assertEqual(answer[0], 200, answer)
            self.assertGreater(len(rows), 0, act.kind + " was answered and is not in the record")
        self.say(act.kind, "is" if rows else "is not", "on disk")
        self.in_flight = (act, bool(rows))
        if rows:
            act.effect(self.beds, rows[0][4], at)
            self.note_rows(act)

    def kill_after_an_answer(self):
        act = self.choice().any()
        self.compare("before the act")
        self.do(act)
        self.kill()
        return lambda: setattr(self, "in_flight", (act, True))

    def kill_at_any_instant(self):
        self.compare("before the last stretch")
        self.clinic.let_run(self.now + self.random.randrange(1000, 45000))
        if self.random.random() < 0.5:
            note = self.choice().note()
            self.assertEqual(Asked(self.clinic.path("d.sock"), note).answer()[0], 200)
            self.note_rows(note)
        time.sleep(self.random.uniform(0, 0.4))
        self.kill()
        return lambda: None

    # The return

    # What happens to the patient while nobody watches. It is told to both monitors: where the patient is, when a move was on its
    # way, only the record says.

    def change_before(self, change):
        for bed in self.beds:
            if change.startswith("rebooted"):
                self.keys[bed] = [cuff[1] for cuff in self.clinic.sim_cuffs(int(bed[3:]))][-1:]
                self.tell("reboot 1", bed)
            if change == "unplugged":
                self.tell("refuse", bed)

    def change_meanwhile(self, change):
        if change == "a worse cuff meanwhile":
            self.say_cuff(self.worse())

    def change_after(self, change):
        if change == "a worse cuff":
            self.say_cuff(self.worse())
        if change == "a better cuff":
            last = self.model.last or dict(zip(("systolic", "mean", "diastolic"), NORMAL))
            self.say_cuff(tuple(max(normal, value - less) for normal, value, less in
                                zip(NORMAL, (last["systolic"], last["mean"], last["diastolic"]), (48, 38, 30))))
        if change == "rebooted and worse":
            # As many as it had counted before: the counter alone says that nothing is new.
            self.say_cuff(self.worse(), {bed: keys[0] if keys and 0 < keys[0] < 40 else 1 for bed, keys in self.keys.items()})
        if change in ("oxygen lost", "oxygen back"):
            for bed in self.beds:
                self.low[bed] = change == "oxygen lost"
                self.tell("set spo2 %d" % (82 if self.low[bed] else 97), bed)

    def worse(self):
        last = self.model.last["systolic"] if self.model.last else 0
        return next((values for values in CRITICAL if values[0] >= last + 10), (222, 164, 124))

    def say_cuff(self, values, times=None):
        for bed in self.beds:
            for _ in range(times[bed] if times else 1):
                self.clinic.tell_sim(int(bed[3:]), "cuff %d %d %d" % values)
        self.say("cuff %d %d %d" % values, times or "")
        self.told = (self.now, values)

    def come_back(self, change):
        # A monitor that was rebooted needs some time before it can have measured.
        stopped, gap = self.now, self.random.choice(GAPS[3:] if change == "rebooted and worse" else GAPS)
        self.told, self.in_flight, self.missing, self.keys = None, None, None, {}
        self.change_before(change)
        self.pass_by(gap // 2)
        self.change_meanwhile(change)
        self.pass_by(gap - gap // 2)
        self.change_after(change)
        for sim in self.clinic.sims:
            sim.send_signal(signal.SIGSTOP)
        if change == "killed again at the start":
            self.clinic.launch_daemon()
            time.sleep(self.random.uniform(0, 0.3))
            self.kill()
        self.clinic.start_daemon()
        self.say("back after", gap // 1000, "s,", change)
        return stopped

    def pass_by(self, ms):
        self.now += ms
        self.clinic.leap(self.now)

    def check_return(self, stopped, settle):
        """No monitor is read yet: everything is as it was, and nothing is known."""
        back, self.now = self.now, stopped
        settle()
        self.advance()
        self.now = back
        (last,), = self.record("SELECT max(at_ms) FROM (SELECT at_ms FROM event UNION ALL SELECT at_ms FROM reading) WHERE at_ms <= ?",
                               START_MS + stopped)
        for bed in self.beds.values():
            # What happened in the last moments may not have come to the disk. In virtual time a moment is some seconds.
            bed.unsure |= not bed.is_sure(stopped, 20000)
            bed.restart(last - START_MS, back)
        self.compare("back")
        for name, bed in self.beds.items():
            if bed.session is not None:
                self.check_blind(bed, self.frame(name))
        self.check_record()
        self.repeat_act()
        self.run_for(200)
        self.compare("back, what fell due meanwhile")
        for sim in self.clinic.sims:
            sim.send_signal(signal.SIGCONT)

    def check_blind(self, bed, frame):
        for vital in frame["vitals"]:
            self.assertEqual(vital["state"], "unknown", vital)
            self.assertNotEqual(vital["show"], "value", vital)
        self.assertFalse(frame["audio_paused"])
        for alarm in frame["alarms"]:
            if alarm["state"] == "active":
                self.assertEqual(alarm["sounds"], not alarm["acknowledged"], alarm)
        clocks = [time.strftime("%H:%M", time.gmtime((START_MS + ms) // 1000)) for ms in (bed.unwatched_from, self.now)]
        unwatched, = [a for a in frame["alarms"] if a["group"] == "bed" and a["state"] == "active"]
        when = "from %s to %s" % tuple(clocks) if clocks[0] != clocks[1] else "for [0-9]+ s at %s" % clocks[1]
        self.assertRegex(unwatched["sentence"], "nobody watched %s(, in [0-9]+ gaps)?: look at the patient" % when)

    def repeat_act(self):
        """One effect, and whoever repeats hears whether it was there."""
        if self.in_flight is None:
            return
        act, there = self.in_flight
        status, answer = Asked(self.clinic.path("d.sock"), act).answer()
        self.say("repeated", act.kind, status)
        if not there and act.asks_about_a_gap:
            self.assertEqual((status, self.rows_of(act)), (409, []), answer)    # there is another gap now
            return
        self.assertEqual(status, 200, (act.kind, answer))
        self.assertEqual(answer["repeated"], there, act.kind)
        if there:
            self.assertEqual(self.rows_of(act), self.rows[act])
        else:
            self.advance(True)
            act.effect(self.beds, answer["session"], self.now)
            self.note_rows(act)
        self.compare("after the repeat of " + act.kind)

    def check_readings(self, change):
        """What the monitor says now is judged as ever."""
        if change == "unplugged":
            self.check_unplugged()
        if change.startswith("rebooted") and self.told is None:
            self.missing = None
        self.run_for(4000)
        if self.told is None and self.missing is not None and self.missing[0] == "pressure":
            self.told = (self.missing[2], self.missing[1])
        if self.told is not None and self.model.session is not None and self.told[0] >= self.model.started:
            self.model.cuff(self.told[0], *self.told[1], at=self.now - 2500)
        if self.model.session is not None and self.low[self.bed] != (self.model.alarm("oxygen") is not None):
            self.run_for(12000)
            # Ten seconds outside, five inside (R13, R15), from the first reading after the return.
            self.model.oxygen(self.low[self.bed], self.now - (4000 if self.low[self.bed] else 10000))
        self.compare("after the first readings, " + change)
        if self.missing is not None and not self.record("SELECT 1 FROM event WHERE alarm_id = ? AND at_ms <= ?", self.missing[3]["id"],
                                                        START_MS + self.missing[2]):
            self.assertNotIn(self.missing[3]["id"], [a["id"] for a in self.frame(self.bed)["alarms"]], "another alarm has its id")

    def check_unplugged(self):
        """R20: silence is never recovery, and is said."""
        before = [a for a in self.model.alarms if a.state == "active" and a.group in ("pressure", "oxygen")]
        self.run_for(20000)
        frame = self.frame(self.bed)
        shown = {a["group"]: a for a in frame["alarms"] if a["state"] == "active"}
        for alarm in before:
            self.assertEqual(shown[alarm.group]["id"], alarm.id)
        self.assertIn("silent", [c["condition"] for c in shown[self.model.technical]["conditions"]])
        if any(a.priority == "high" for a in before):
            self.assertEqual(shown[self.model.technical]["priority"], "high")
        self.assertTrue(frame["not_watching"])
        for bed in self.beds:
            self.tell("clear refuse", bed)
        self.model.unsure = True

    def clean_up(self):
        for bed in self.beds:
            if self.beds[bed].session is not None and self.beds[bed].patient != self.patient:
                self.do(kill_acts.Choice(self.beds, bed, self.frame(bed), START_MS, self.now, self.random).discharge())
        if self.low[self.bed] and self.random.random() < 0.6:
            self.oxygen(False)
        for act in self.choice().of_alarms():
            if self.random.random() < 0.6:
                self.do(act)
        if self.model.unverified and self.random.random() < 0.5:
            self.do(self.choice().confirm_gap())
        self.run_for(1000)
        self.compare("at the end of the round")

    def round(self, moment, change):
        kills = dict(zip(MOMENTS, (self.kill_at_the_alarm, self.kill_at_an_act, self.kill_after_an_answer, self.kill_at_any_instant)))
        self.say("round:", moment, "/", change)
        self.prepare(moment)
        settle = kills[moment]()
        stopped = self.come_back(change)
        self.check_return(stopped, settle)
        self.check_readings(change)
        if self.model.session is None:
            self.start_session(self.bed)
            self.run_for(2000)
            self.cuff(NORMAL)
        self.clean_up()
        self.moments[moment] += 1
        self.returns[change] += 1

    def plan(self):
        """Every moment and every return as often as any other."""
        moments = [MOMENTS[i % len(MOMENTS)] for i in range(KILLS)]
        returns = [RETURNS[i % len(RETURNS)] for i in range(KILLS)]
        self.random.shuffle(moments)
        self.random.shuffle(returns)
        return list(zip(moments, returns))

    def test_killed_during_a_high_alarm(self):
        print("\nSEED=%d KILLS=%d" % (SEED, KILLS))
        self.clinic.start_daemon()
        for bed in self.beds:
            for vital, value in (("rate", 72), ("spo2", 97), ("breathing", 14)):
                self.tell("set %s %d" % (vital, value), bed)
        self.run_for(5000)
        self.patient = None
        self.start_session("bed0")
        self.run_for(2000)
        self.cuff(NORMAL)
        try:
            for moment, change in self.plan():
                self.story = self.story[-100:]
                self.round(moment, change)
        except Exception:
            print("SEED=%d, after %d kills:\n%s" % (SEED, sum(self.moments.values()), "\n".join(self.story)))
            raise
        for counts in (self.moments, self.returns, self.found):
            print("; ".join("%s: %d" % item for item in sorted(counts.items())))
        self.assertLess(self.clinic.stop_daemon(), 5)
        self.assertEqual(self.record("PRAGMA integrity_check"), [("ok",)])


if __name__ == "__main__":
    unittest.main()
