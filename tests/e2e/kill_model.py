"""What a bed must be, told a second time and apart from the program: plain values, and what a cuff, a loss of oxygen, an act,
the time and a restart do to them (R13, R15, R16, R18, R22, R23, R26 to R32 as far as test_kill.py goes). Instants are
milliseconds. Every number is written again by hand from the rules and from config/regimens/iv-ketamine.yaml."""

import calendar
import copy
import time

MIN = 60000
INTERVAL = {"baseline": 5 * MIN, "infusion": 10 * MIN, "paused": 5 * MIN, "recovery": 15 * MIN}
PLANNED, END_DUE, PAUSE_LONG, UNANSWERED = 40 * MIN, 2 * MIN, 10 * MIN, 2 * MIN
LIMITS = {"systolic": (80, 90, 160, 180), "mean": (55, 60, 120, 135), "diastolic": (40, 50, 100, 110)}
TIERS = (("low", "critical"), ("low", "advisory"), ("high", "advisory"), ("high", "critical"))
OXYGEN = {"spo2.low.advisory", "spo2.low.critical"}
RANK = {"none": 0, "low": 1, "medium": 2, "high": 3}
SLACK = 3000  # instants of cuffs and streams are known to some seconds only
MARGIN, STEP, JUMP_SYSTOLIC, JUMP_MEAN = 4, 10, 50, 40


def priority_of(condition):
    if condition in ("systolic.rising", "spo2.falling"):
        return "low"
    return "high" if condition.endswith(".critical") else "medium"


def worst(priorities):
    return max(priorities, key=RANK.get, default="none")


def side_of(condition):
    return "low" if ".low." in condition else "high"


class Alarm:
    def __init__(self, group, at):
        self.id, self.group, self.state, self.started = None, group, "active", at
        self.conditions, self.priority, self.peak, self.unanswered = {}, "none", "none", "none"
        self.acknowledged, self.by, self.doing = False, None, None
        self.heard, self.ever, self.medium_since, self.ended, self.settled, self.pauses = {}, {}, None, None, False, 0


class Bed:
    """One bed with or without a session. `blind_since`: what was read before it says nothing any more (a restart, a move); `unsure`:
    something fell so near to one of the rules' instants that it cannot be told on which side."""

    def __init__(self):
        self.session = self.patient = self.phase = None
        self.alarms, self.back, self.blind_since, self.gone, self.ends, self.unsure = [], 0, 0, {}, {}, False

    def copy(self):
        return copy.deepcopy(self)

    def start(self, session, patient, monitor, at):
        self.__init__()
        self.session, self.patient, self.technical, self.phase = session, patient, "technical:" + monitor, "baseline"
        self.started = self.phase_since = at
        self.dose_started, self.running_since, self.run, self.dosing_since = None, None, 0, None
        self.unverified = self.aborted = False
        self.limits = {"%s.%s.%s" % (vital, *tier): value for vital, row in LIMITS.items() for tier, value in zip(TIERS, row)}
        self.recheck, self.promised_at = None, 0
        self.checklist, self.cuffs, self.last, self.doubted = None, [], None, False
        self.stood = {}

    # Alarms

    def alarm(self, group, state="active"):
        return next((a for a in self.alarms if a.group == group and a.state == state), None)

    def values(self, conditions):
        """The value at which each vital and side stands: its latest one outside."""
        pairs = {(condition.split(".")[0], side_of(condition)) for condition in conditions}
        return {pair: self.stood[pair] for pair in pairs if pair in self.stood}

    def beyond(self, values, reference):
        return any(key in reference and (value - reference[key] if key[1] == "high" else reference[key] - value) >= STEP
                   for key, value in values.items())

    def hold(self, alarm, conditions, at):
        """Conditions with their priorities; one that rose by time stays risen."""
        alarm.conditions = {c: worst([priority_of(c), alarm.conditions.get(c, "none")]) for c in conditions}
        alarm.priority = worst(alarm.conditions.values())
        alarm.peak, alarm.unanswered = worst([alarm.peak, alarm.priority]), worst([alarm.unanswered, alarm.priority])
        if RANK[alarm.priority] < RANK["medium"]:
            alarm.medium_since = None
        elif alarm.medium_since is None:
            alarm.medium_since = at

    def settle(self, group, conditions, at):
        alarm = self.alarm(group)
        if alarm is None:
            if conditions:
                self.begin(group, conditions, at)
            return
        if not conditions:
            self.end(alarm, at)
            return
        before, sides = alarm.priority, {side_of(c) for c in alarm.conditions}
        self.hold(alarm, conditions, at)
        values = self.values(conditions)
        limits = {side_of(c) for c in conditions} if group == "pressure" else set()
        if RANK[alarm.priority] > RANK[before] or self.beyond(values, alarm.heard) or (limits - sides and group == "pressure"):
            alarm.pauses = 0 if alarm.acknowledged else alarm.pauses
            alarm.acknowledged = False
            alarm.heard.update(values)
        for key, value in values.items():
            alarm.heard.setdefault(key, value)
            self.note_ever(alarm, key, value)

    def note_ever(self, alarm, key, value):
        if key not in alarm.ever or (value > alarm.ever[key] if key[1] == "high" else value < alarm.ever[key]):
            alarm.ever[key] = value

    def begin(self, group, conditions, at):
        """R30: the alarm that ended, back again, or a new one."""
        values, last = self.values(conditions), self.gone.get(group)
        if last is not None:
            self.unsure |= any(abs(at - last.ended - window) < SLACK for window in (MIN, 10 * MIN))
            self.ends.setdefault(group, []).append(last.ended)
            recent = [end for end in self.ends[group] if at - end <= 10 * MIN]
            no_worse = (RANK[worst(map(priority_of, conditions))] <= RANK[last.peak] and not self.beyond(values, last.ever)
                        and {key[1] for key in values} <= {key[1] for key in last.ever})
            if not last.settled and no_worse and (at - last.ended <= MIN or (last.acknowledged and at - last.ended <= 10 * MIN)
                                                  or len(recent) >= 3):
                self.come_back(last, conditions, values, at)
                return
        alarm = Alarm(group, at)
        self.alarms.append(alarm)
        self.hold(alarm, conditions, at)
        alarm.heard, alarm.ever = dict(values), dict(values)

    def come_back(self, alarm, conditions, values, at):
        resounds = RANK[worst(map(priority_of, conditions))] > RANK[alarm.priority] or self.beyond(values, alarm.heard)
        if alarm not in self.alarms:
            self.alarms.append(alarm)
        alarm.state, alarm.conditions, alarm.medium_since = "active", {}, None
        self.hold(alarm, conditions, at)
        alarm.acknowledged = alarm.acknowledged and not resounds
        for key, value in values.items():
            self.note_ever(alarm, key, value)
            if not alarm.acknowledged or key not in alarm.heard:
                alarm.heard[key] = value

    def end(self, alarm, at):
        alarm.ended, alarm.conditions = at, {}
        self.gone[alarm.group] = alarm
        if alarm.group in ("pressure", "oxygen") and alarm.unanswered == "high":
            alarm.state = "latched"
        else:
            alarm.state = "over"
            self.alarms.remove(alarm)

    # What happens

    def cuff(self, measured, systolic, mean, diastolic, at=None):
        """R9, R13, R15, R16, R18, R7: one cuff that is read at `at`, or a pressure taken by hand."""
        values = {"systolic": systolic, "mean": mean, "diastolic": diastolic}
        doubted = self.last is not None and (abs(systolic - self.last["systolic"]) > JUMP_SYSTOLIC or
                                             abs(mean - self.last["mean"]) > JUMP_MEAN)
        alarm = self.alarm("pressure")
        held = set(alarm.conditions) if alarm is not None else set()
        outside = {key for key in self.limits if self.is_outside(key, values)}
        holds = outside | {key for key in held & set(self.limits) if doubted or not self.is_inside(key, values)}
        at = measured if at is None else at
        earlier = [s for when, s in self.cuffs if measured - when <= 10 * MIN]
        self.unsure |= any(abs(measured - when - 10 * MIN) < SLACK for when, _ in self.cuffs)
        if systolic >= 130 and earlier and systolic - min(earlier) >= 20:
            holds.add("systolic.rising")
            outside.add("systolic.rising")
        elif "systolic.rising" in held and (doubted or not (systolic <= 126 or systolic - min(earlier + [systolic]) <= 16)):
            holds.add("systolic.rising")
        self.stood.update({(key.split(".")[0], side_of(key)): values[key.split(".")[0]] for key in outside})
        self.last, self.last_at, self.read_at, self.doubted = values, measured, at, doubted
        if not doubted:
            self.cuffs.append((measured, systolic))
        self.settle("pressure", holds, at)
        # R22, R31: an old result ends neither what it would begin anew nor a promise that was given after it.
        due = self.overdue_at()
        self.unsure |= abs(at - due) < SLACK
        if at < due:
            self.release(self.technical, {"overdue"}, at)
        if measured >= self.promised_at:
            self.release("dose", {"recheck"}, at)
            self.recheck = None

    def is_outside(self, key, values):
        vital, side, _ = key.split(".")
        return (values[vital] - self.limits[key]) * (1 if side == "high" else -1) >= 0

    def is_inside(self, key, values):
        vital, side, _ = key.split(".")
        return (self.limits[key] - values[vital]) * (1 if side == "high" else -1) >= MARGIN

    def release(self, group, conditions, at):
        alarm = self.alarm(group)
        if alarm is not None and conditions & set(alarm.conditions):
            self.settle(group, set(alarm.conditions) - conditions, at)

    def oxygen(self, is_low, at):
        self.settle("oxygen", OXYGEN if is_low else set(), at)

    # Time

    def overdue_at(self):
        return max(self.phase_since, self.last_at if self.last else 0) + INTERVAL[self.phase] * 3 // 2

    def dues(self):
        """(instant, group, condition) of what falls due by the clock alone and does not hold yet."""
        if self.session is None:
            return []
        dues = [(self.overdue_at(), self.technical, "overdue")]
        if self.phase == "infusion":
            dues.append((self.running_since + PLANNED - self.run + END_DUE, "dose", "end-due"))
        if self.phase == "paused":
            dues.append((self.phase_since + PAUSE_LONG, "dose", "pause-long"))
        if self.recheck is not None:
            dues.append((self.recheck, "dose", "recheck"))
        return [(at, group, condition) for at, group, condition in dues
                if self.alarm(group) is None or condition not in self.alarm(group).conditions]

    def rise_at(self, alarm):
        """R31: unanswered technical medium, while dosing."""
        if (alarm.group not in ("bed", self.technical) or alarm.acknowledged or alarm.priority != "medium" or
                alarm.state != "active" or self.phase not in ("infusion", "paused")):
            return None
        return max(alarm.medium_since, self.dosing_since) + UNANSWERED

    def is_sure(self, now, slack=SLACK):
        times = [at for at, _, _ in self.dues()] + [at for at in map(self.rise_at, self.alarms) if at is not None]
        return not self.unsure and all(abs(at - now) > slack for at in times)

    def advance(self, now, inclusive=False):
        """What falls due at an instant happens when time moves on, but before an act of that instant (R36)."""
        while True:
            steps = [(max(at, self.back), 0, group, condition) for at, group, condition in self.dues()]
            steps += [(max(self.rise_at(a), self.back), 1, a.group, None) for a in self.alarms if self.rise_at(a) is not None]
            steps = sorted(step for step in steps if step[0] < now or (inclusive and step[0] == now))
            if not steps:
                return
            at, _, group, condition = steps[0]
            if condition is None:
                alarm = self.alarm(group)
                alarm.conditions = {c: "high" if p == "medium" else p for c, p in alarm.conditions.items()}
                self.hold(alarm, set(alarm.conditions), at)
                continue
            alarm = self.alarm(group)
            self.settle(group, ({*alarm.conditions} if alarm is not None else set()) | {condition}, at)
            if condition == "recheck":
                self.recheck = None

    def infusing(self, now):
        if self.dose_started is None:
            return 0
        run = self.run + (now - self.running_since if self.running_since is not None else 0)
        return min(run, PLANNED)

    def restart(self, stopped, now):
        """R32. A gap that nobody has answered yet is told together with the next."""
        self.back = self.blind_since = now
        if self.session is None:
            return
        self.unverified = self.unverified or self.phase == "infusion"
        alarm = self.alarm("bed")
        held = {*alarm.conditions} if alarm is not None else set()
        if "unwatched" not in held:
            self.unwatched_from = stopped
        self.settle("bed", held | {"unwatched"}, now)

    # Acts

    def acknowledge(self, alarm, who, reason, at, recheck_min=None):
        alarm.by, alarm.doing = who, reason or None
        alarm.unanswered, alarm.pauses = alarm.priority if alarm.state == "active" else "none", 0
        if alarm.state == "latched":
            alarm.state = "over"
            self.alarms.remove(alarm)
        else:
            self.answer(alarm, at)
        if recheck_min is not None:
            due, self.promised_at = at + recheck_min * MIN, at
            self.recheck = due if self.recheck is None else min(self.recheck, due)

    def answer(self, alarm, at):
        alarm.acknowledged = True
        alarm.heard.update(self.values(alarm.conditions))
        if "recheck" in alarm.conditions:
            self.recheck = None
        answered = {"unwatched", "recheck"} & set(alarm.conditions)
        if answered:
            alarm.settled = answered == set(alarm.conditions)
            self.release(alarm.group, answered, at)

    def dose(self, at):
        self.enter("infusion", at)
        self.dose_started = self.running_since = self.dosing_since = at

    def enter(self, phase, at):
        self.phase, self.phase_since = phase, at

    def stop_clock(self, at):
        if self.running_since is not None:
            self.run += at - self.running_since
        self.running_since = None

    def pause(self, at):
        self.stop_clock(at)
        self.enter("paused", at)

    def resume(self, at):
        self.running_since = at
        self.enter("infusion", at)
        self.release("dose", {"pause-long"}, at)

    def stop(self, at, aborted=False):
        self.stop_clock(at)
        self.aborted = aborted
        self.enter("recovery", at)
        self.release("dose", {"pause-long", "end-due"}, at)

    def correct_dose_start(self, to, at):
        if self.phase == "infusion" and self.running_since == self.dose_started:
            self.running_since = self.phase_since = to
        else:
            self.run += self.dose_started - to
        self.dose_started = self.dosing_since = to
        self.release("dose", {"pause-long", "end-due"}, at)

    def limit(self, key, value, at):
        """R26 b: an alarm ends by it, or begins, if the last cuff is one that was read since watching began."""
        self.limits[key] = value
        if self.last is None or self.read_at <= self.blind_since:
            return
        alarm = self.alarm("pressure")
        held = set(alarm.conditions) if alarm is not None else set()
        self.settle("pressure", held | {key} if self.is_outside(key, self.last) else held - {key}, at)

    def sounding_high(self):
        return [a for a in self.alarms if a.state == "active" and a.priority == "high" and not a.acknowledged]

    def may_pause_sound(self):
        """R29: at most two pauses on one unacknowledged high alarm, however often the program is restarted."""
        return all(alarm.pauses < 2 for alarm in self.sounding_high())

    def pause_sound(self):
        for alarm in self.sounding_high():
            alarm.pauses += 1

    def has_baseline(self):
        """R11: relative limits would be in force, and are not part of this model."""
        return any(b[0] - a[0] >= 2 * MIN - SLACK for a in self.cuffs for b in self.cuffs)

    def discharge(self):
        self.__init__()

    # Comparing

    def told(self, now):
        """The same values as read_frame gives of the program's own."""
        told = {"session": self.session, "alarms": sorted((self.told_alarm(a) for a in self.alarms), key=str)}
        if self.session is not None:
            told.update(patient=self.patient, phase=self.phase, aborted=self.aborted, infusing=self.infusing(now),
                        dose_started=self.dose_started, running=self.running_since is not None, unverified=self.unverified,
                        limits=dict(self.limits), checklist=self.checklist,
                        recheck=self.recheck - now if self.recheck is not None else None)
        return told

    def told_alarm(self, alarm):
        priority = priority_told(alarm.group, alarm.state, alarm.priority)
        return (alarm.group, alarm.id, alarm.state, priority, alarm.acknowledged, alarm.by, alarm.doing,
                tuple(sorted(alarm.conditions)))

    def adopt_ids(self, frame):
        """Takes the ids of new alarms from the program: they are its own to give. A group has one active alarm."""
        for alarm in self.alarms:
            if alarm.id is not None:
                continue
            taken = {a.id for a in self.alarms}
            fits = [a["id"] for a in frame["alarms"] if a["group"] == alarm.group and a["state"] == alarm.state and
                    a["id"] not in taken]
            if len(fits) != 1:
                raise AssertionError("%d alarms of the group %s have come, not one: %s" % (len(fits), alarm.group, frame["alarms"]))
            alarm.id = fits[0]


def priority_told(group, state, priority):
    """The trend of the oxygen, which is not part of this, may be the last to go."""
    return None if group == "oxygen" and state == "latched" else priority


def ms_of(iso):
    if iso is None:
        return None
    seconds = calendar.timegm(time.strptime(iso[:19], "%Y-%m-%dT%H:%M:%S"))
    return seconds * 1000 + (int(iso[20:23]) if iso[19:20] == "." else 0)


def read_frame(frame, zero_ms):
    """A bed's frame in the words of Bed.told; instants count from `zero_ms`."""
    session = frame["session"]
    alarms = [(a["group"], a["id"], a["state"], priority_told(a["group"], a["state"], a["priority"]), a["acknowledged"],
               a["acknowledged_by"], a["doing"],
               tuple(sorted(c["condition"] for c in a["conditions"] if a["group"] != "oxygen" or c["condition"] in OXYGEN)))
              for a in frame["alarms"]]
    read = {"session": session["id"] if session else None, "alarms": sorted(alarms, key=str)}
    if session is not None:
        clock = session["dose_clock"]
        limits = {x["condition"]: x["value"] for vital in frame["vitals"] if vital["vital"] in LIMITS
                  for x in vital["limits"] if not x["relative"]}
        read.update(patient=session["patient"], phase=session["phase"], aborted=session["aborted"],
                    infusing=clock["infusing_ms"],
                    dose_started=ms_of(clock["started"]) - zero_ms if clock["started"] is not None else None,
                    running=clock["running"], unverified=clock["unverified"], limits=limits,
                    checklist=sorted(x["item"] for x in session["checklist"] if x["done"])
                    if session["checklist_answered"] else None, recheck=session["recheck_in_ms"])
    return read
