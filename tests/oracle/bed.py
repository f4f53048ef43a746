"""One bed's session: readings become conditions, time and people move them on. R1 to R24 and R32 to R38.

The bed is told in order what happens: `before(t)` lets pass what falls due earlier than t, then one reply or act at t,
then `through(t)` lets pass what falls due at t.
"""

from collections import deque

from alarms import Alarms, Condition
from regimen import (AUDIO_PAUSE_AT_MOST, BASELINE_AGE, BASELINE_APART, BASELINE_MEDIAN, CEILING_HIGH, CEILING_LOW,
                     CHECK_TOLERANCE, CLOCK_TOLERANCE, CONTINUOUS, DOSING, END_GRACE, FALLING_BY, FALLING_END_BY,
                     FALLING_WINDOW, GATE, GROUP_OF, HELD_BEFORE_LOST, HIGH, INSIDE_RUN, INTERVAL, JUMP,
                     LIMITS, LOST_HIGH_AFTER, LOW, MARGIN, MEASURING_AT_MOST, MEDIUM, MILLI, MINUTE, ONSET_DELAY,
                     PAUSE_AT_MOST, PHYSIOLOGICAL, PLANNED, PLAUSIBLE, RATE_DISAGREEMENT, RECOVERY_MINIMUM, RELATIVE,
                     REQUIRED, RISING_BY, RISING_END_BELOW, RISING_END_BY, RISING_FLOOR, RISING_WINDOW, SECOND,
                     SPARSE, TECHNICAL_HIGH_AFTER, TIER_PRIORITY, WATCHED, WEIGHT, WEIGHT_USUAL, lost_after, relative_limit, silent_after,
                     stale_after)

NEVER = 1 << 62
GOOD, VERIFY = True, False      # quality of a usable reading; a reading of other quality carries no value (R1)


class Refused(Exception):
    pass


class Reading:
    """A usable value. `forced` is the side whose conditions it is outside of, whatever its number (R6)."""

    __slots__ = ("value", "good", "forced")

    def __init__(self, value, good, forced=None):
        self.value = value
        self.good = good
        self.forced = forced

    def as_verify(self):
        return Reading(self.value, VERIFY, self.forced)


def classify(vital, value, verify, pinned=None):
    """R6: a Reading, or None where the value is invalid."""
    low, high = PLAUSIBLE[vital]
    side = pinned
    if side is None and value < low * MILLI:
        side = "low"
    elif side is None and value > high * MILLI:
        side = "high"
    if side is None:
        return Reading(value, VERIFY if verify else GOOD)
    if "%s.%s.critical" % (vital, side) in LIMITS:
        return Reading(value, VERIFY, side)
    return None


def disagree(readings):
    """R7: rates of one reply apart by more than 20 are verify, each that is far from another one."""
    return [reading.as_verify()
            if any(abs(reading.value - other.value) > RATE_DISAGREEMENT * MILLI for other in readings) else reading
            for reading in readings]


class Rule:
    """One limit: its value when in force, and the runs of a continuous condition (R13, R15)."""

    __slots__ = ("name", "vital", "side", "priority", "group", "limit", "margin", "delay", "relative",
                 "first", "last", "inside")

    def __init__(self, name, limit):
        parts = name.split(".")
        self.name = name
        self.vital, self.side = parts[0], parts[1]
        self.priority = TIER_PRIORITY[parts[2]]
        self.relative = len(parts) == 4
        self.group = GROUP_OF[self.vital]
        self.limit = limit
        self.margin = MARGIN[self.vital] * MILLI
        self.delay = ONSET_DELAY.get(self.vital)
        self.forget_runs()

    def forget_runs(self):
        self.first = self.last = self.inside = None

    def is_outside(self, reading):
        if reading.forced == self.side:
            return True
        return reading.value >= self.limit if self.side == "high" else reading.value <= self.limit   # R9

    def is_inside(self, reading):
        """Beyond the margin (R15)."""
        if reading.forced == self.side:
            return False
        if self.side == "high":
            return reading.value <= self.limit - self.margin
        return reading.value >= self.limit + self.margin

    def condition(self, now):
        return Condition(self.name, self.priority, now, self.vital, self.side)


class FallingRule(Rule):
    """spo2.falling (R18): the limit moves with the highest good sample of the last two minutes."""

    __slots__ = ("highest",)

    def __init__(self):
        Rule.__init__(self, "spo2.low.advisory", None)
        self.name = "spo2.falling"
        self.priority = LOW
        self.highest = None

    def is_outside(self, reading):
        return self.highest is not None and self.highest - reading.value >= FALLING_BY * MILLI

    def is_inside(self, reading):
        return self.highest is not None and self.highest - reading.value <= FALLING_END_BY * MILLI


class Highest:
    """The highest value of a sliding window of time."""

    def __init__(self):
        self.entries = deque()

    def add(self, now, value):
        while self.entries and self.entries[-1][1] <= value:
            self.entries.pop()
        self.entries.append((now, value))

    def since(self, instant):
        while self.entries and self.entries[0][0] < instant:
            self.entries.popleft()
        return self.entries[0][1] if self.entries else None


class Monitor:
    """What the bed knows of one device."""

    def __init__(self, device):
        self.name = device.name
        self.group = "technical:" + device.name
        self.cadence = device.cadence
        self.vitals = device.vitals
        self.last_answer = None
        self.last_usable = {}
        self.flag = False               # the last reply said that a cuff is going on
        self.window_ends = None         # R21: until when it excuses a loss
        self.future = False             # its last cuff was dated in the future (R4)
        self.off = set()                # conditions that a person switched off and that would come at once again

    def forget(self):
        self.flag = False
        self.window_ends = None
        self.future = False


class Bed:
    def __init__(self, scenario, moved_to=()):
        self.all_monitors = [Monitor(device) for device in scenario.devices]
        self.first_monitors = [monitor for monitor in self.all_monitors if monitor.name not in moved_to]
        self.monitors = self.first_monitors
        self.clinic_limits = {name: value * MILLI for name, value in LIMITS.items()}
        self.clinic_limits.update(scenario.limits)
        self.order = {group: place for place, group in enumerate(
            list(PHYSIOLOGICAL) + [monitor.group for monitor in self.all_monitors] + ["bed", "dose"])}
        self.lines = []                 # (instant, place of the group, running number, text)
        self.phase = None
        self.now = None
        self.known_due = None           # the next instant at which time changes something; None if not known

    def trace(self, now, group, text):
        self.lines.append((now, self.order[group], len(self.lines), text))

    def output(self):
        return [line[3] for line in sorted(self.lines)]

    def monitor(self, name):
        for monitor in self.all_monitors:
            if monitor.name == name:
                return monitor
        return None

    def watches(self, name):
        """Whether the device is one of the session's; the reply of another one is no step of this bed."""
        return self.phase in WATCHED and self.monitor(name) in self.monitors

    # Time

    def before(self, instant):
        # What fell due in a restart's gap belongs to the time of the return, after a reply at that instant.
        if self.now is None or instant > self.now:
            self.pass_time(instant - 1)
        self.now = instant

    def through(self, instant):
        self.known_due = None
        self.pass_time(instant)
        self.now = instant

    def pass_time(self, until):
        while self.phase in WATCHED:
            if self.known_due is None:
                self.known_due = min((due for due in self.dues() if due is not None), default=NEVER)
            if self.known_due > until:
                return
            # What fell due while nobody watched, or by a correction, happens now.
            self.now = self.known_due if self.now is None else max(self.known_due, self.now)
            self.elapse(self.now)
            self.known_due = None

    def dosing(self):
        return self.phase in DOSING

    def last_of(self, vital):
        """R5: the instant that the vital's clocks run from, and the cadence that they run by.

        The last usable sample of any device, by the cadence of the one that gave it; before there is one, by the
        shortest cadence.
        """
        given = [(monitor.last_usable[vital], -monitor.cadence) for monitor in self.monitors
                 if vital in monitor.last_usable]
        if given:
            last, cadence = max(given)
            return last, -cadence
        cadences = [monitor.cadence for monitor in self.monitors if vital in monitor.vitals]
        return self.clocks_from, min(cadences, default=self.monitors[0].cadence)

    def stale_at(self, vital):
        """R5: when the vital goes unknown."""
        last, cadence = self.last_of(vital)
        return last + stale_after(cadence)

    def lost_at(self, vital):
        last, cadence = self.last_of(vital)
        return last + lost_after(cadence)

    def silent_at(self, monitor):
        return max(monitor.last_answer or 0, self.clocks_from) + silent_after(monitor.cadence)

    def raise_at(self, condition):
        """R20: when a lost condition goes high."""
        if not condition.lost or condition.held or condition.priority >= HIGH or not self.dosing():
            return None
        return max(condition.since, self.dosing_start) + LOST_HIGH_AFTER

    def technical_raise_at(self, group):
        """R31: medium technical, unacknowledged, during dosing."""
        alarm = self.alarms.active(group)
        if alarm is None or alarm.priority != MEDIUM or alarm.acknowledged or not self.dosing():
            return None
        return max(alarm.at_least_medium_since, self.dosing_start) + TECHNICAL_HIGH_AFTER

    def no_source_at(self, vital):
        """Without a source from the start on; a pressure taken by hand starts R22's clock instead."""
        if vital == "systolic" and vital in self.last_measured:
            return self.overdue_from() + INTERVAL[self.phase] * 3 // 2
        return self.clocks_from + lost_after(0)

    def overdue_from(self):
        """R22: the later of the last cuff with a systolic and the start of the phase."""
        return max(self.last_measured.get("systolic", self.phase_start), self.phase_start)

    def cuff_monitor(self):
        for monitor in self.monitors:
            if "systolic" in monitor.vitals:
                return monitor
        return None

    def overdue_at(self):
        if self.cuff_monitor() is None or self.overdue_off == self.overdue_from():
            return None
        if any(self.alarms.holds(monitor.group, "overdue") for monitor in self.all_monitors):
            return None
        return self.overdue_from() + INTERVAL[self.phase] * 3 // 2

    def end_due_at(self):
        """R23: the infusing time, pauses not counted, exceeds the planned duration by two minutes."""
        return None if self.alarms.holds("dose", "end-due") else self.end_due()

    def end_due(self):
        if self.phase != "infusion":
            return None
        return self.infusing_since + PLANNED + END_GRACE - self.infused

    def pause_long_at(self):
        return None if self.alarms.holds("dose", "pause-long") else self.pause_long()

    def pause_long(self):
        if self.phase != "paused":
            return None
        return self.phase_start + PAUSE_AT_MOST

    def missing_sources(self):
        """R19: required vitals that no device of the bed gives."""
        given = set()
        for monitor in self.monitors:
            given |= monitor.vitals
        return [vital for vital in REQUIRED if vital not in given]

    def dues(self):
        """Every instant at which time alone changes something."""
        for vital in CONTINUOUS:
            if any(rule.first is not None or rule.inside is not None for rule in self.rules[vital]):
                yield self.stale_at(vital)
        for monitor in self.monitors:
            if monitor.window_ends is not None:
                yield monitor.window_ends
            if not self.alarms.holds(monitor.group, "silent") and "silent" not in monitor.off:
                yield self.silent_at(monitor)
        for vital, monitor in self.loseable.items():
            if not self.alarms.holds(monitor.group, "lost." + vital):
                yield self.lost_at(vital)
        for vital in self.sourceless:
            if not self.alarms.holds("bed", "no-source." + vital):
                yield self.no_source_at(vital)
        for group in self.technical_groups:
            for condition in self.alarms.conditions.get(group, {}).values():
                yield self.raise_at(condition)
            yield self.technical_raise_at(group)
        yield self.overdue_at()
        yield self.end_due_at()
        yield self.pause_long_at()
        if self.rechecks:
            yield min(self.rechecks)
        yield self.alarms.next_due()

    def elapse(self, now):
        """Everything that is due by `now`, as one step (R36)."""
        def due(instant):
            return instant is not None and instant <= now
        alarms = self.alarms
        for vital in CONTINUOUS:
            if due(self.stale_at(vital)):
                self.lose_runs(vital, now)
        for monitor in self.monitors:
            if due(monitor.window_ends):
                self.close_window(monitor, now)
            if due(self.silent_at(monitor)) and "silent" not in monitor.off:
                self.add_lost(monitor.group, "silent", now, monitor)
        for vital, monitor in self.loseable.items():
            if due(self.lost_at(vital)):
                self.add_lost(monitor.group, "lost." + vital, now, monitor, held=monitor.window_ends is not None)
        for vital in self.sourceless:
            if due(self.no_source_at(vital)):
                self.add_lost("bed", "no-source." + vital, now)
        if due(self.overdue_at()):
            monitor = self.cuff_monitor()
            alarms.add(monitor.group, Condition("overdue", MEDIUM, now, device=monitor.name))
        for group in self.technical_groups:
            for condition in alarms.conditions.get(group, {}).values():
                if due(self.raise_at(condition)):
                    condition.priority = HIGH
            if due(self.technical_raise_at(group)):
                for condition in alarms.conditions[group].values():
                    condition.priority = HIGH if condition.priority == MEDIUM else condition.priority
        if due(self.end_due_at()):
            alarms.add("dose", Condition("end-due", MEDIUM, now))
        if due(self.pause_long_at()):
            alarms.add("dose", Condition("pause-long", MEDIUM, now))
        if self.rechecks and due(min(self.rechecks)):
            self.rechecks = []      # one promise stands at a time, the earliest of those given
            alarms.add("dose", Condition("recheck", MEDIUM, now))
        self.settle(now)
        alarms.elapse(now)

    def add_lost(self, group, name, now, monitor=None, held=False):
        """R20, R21: medium, or low while a cuff is going on."""
        if not self.alarms.holds(group, name):
            self.alarms.add(group, Condition(name, LOW if held else MEDIUM, now, lost=True, held=held,
                                             device=monitor.name if monitor else None))

    def lose_runs(self, vital, now):
        """R14: the vital goes unknown; what had been held long enough is raised."""
        for rule in self.rules[vital]:
            if rule.first is not None and rule.last - rule.first >= HELD_BEFORE_LOST:
                self.alarms.values.setdefault(vital, [])
                self.alarms.add(rule.group, rule.condition(now))
            rule.forget_runs()

    def close_window(self, monitor, up_to):
        """R21: the excuse is over; R20's thirty seconds count from the onset, as far as they had passed by `up_to`."""
        monitor.window_ends = None
        for condition in self.alarms.conditions.get(monitor.group, {}).values():
            if condition.held:
                condition.held = False
                condition.priority = MEDIUM
                if self.dosing() and up_to >= self.raise_at(condition):
                    condition.priority = HIGH

    def settle(self, now):
        """The alarms of one step: the physiological ones first, for R20 lifts a lost one to them."""
        alarms = self.alarms
        for group in PHYSIOLOGICAL:
            alarms.settle(group, now)
        top = alarms.top_physiological()
        for group in self.technical_groups:
            for condition in alarms.conditions.get(group, {}).values():
                if condition.lost and not condition.held and condition.priority < top:
                    condition.priority = top
            alarms.settle(group, now)
        alarms.settle("dose", now)

    # Replies

    def reply(self, name, now, readings, cuff=None, measuring=False, clock_off=0):
        """One valid answer: usable readings [(vital, Reading)] with R6 and R7 applied, a cuff result, the flags."""
        monitor = self.monitor(name)
        monitor.last_answer = now
        if self.phase not in WATCHED:
            return
        if monitor not in self.monitors:
            # The session has left this device: all that it can still say is that it answers.
            if self.alarms.holds(monitor.group, "silent"):
                self.alarms.remove(monitor.group, "silent")
                self.settle(now)
            return
        self.alarms.remove(monitor.group, "silent")
        monitor.off.discard("silent")
        self.take_clock(monitor, now, clock_off, cuff)
        measured = self.take_flag(monitor, now, measuring)
        by_vital = {}
        for vital, reading in readings:
            by_vital.setdefault(vital, []).append(reading)
        if cuff is not None and cuff.kind == "new" and cuff.pulse is not None and "rate" in by_vital \
                and self.measured_at(cuff, now, clock_off) >= self.here_since:
            # R7: the cuff's pulse puts the rates of its reply in doubt, and is itself never judged.
            by_vital["rate"] = disagree(by_vital["rate"] + [cuff.pulse])[:-1]
        for vital, of_vital in by_vital.items():
            self.take_samples(monitor, vital, of_vital, now)
        if cuff is not None:
            self.take_cuff_result(monitor, cuff, now, clock_off)
        if measured:
            self.close_window(monitor, now - 1)
        self.settle(now)

    def take_clock(self, monitor, now, clock_off, cuff):
        """R4."""
        if cuff is not None and cuff.kind == "new":
            monitor.future = cuff.offset > 0
        if abs(clock_off) <= CLOCK_TOLERANCE and not monitor.future:
            self.alarms.remove(monitor.group, "clock")
            monitor.off.discard("clock")
        elif "clock" not in monitor.off:
            self.alarms.add(monitor.group, Condition("clock", LOW, now, device=monitor.name))

    def take_flag(self, monitor, now, measuring):
        """R21: the window opens with the reply that says so; returns whether this one closes it."""
        if measuring and not monitor.flag:
            monitor.window_ends = now + MEASURING_AT_MOST
        monitor.flag = measuring
        return not measuring and monitor.window_ends is not None

    def take_samples(self, monitor, vital, readings, now):
        """R13 and R15: one instant's usable samples of a continuous vital, judged together."""
        monitor.last_usable[vital] = now
        self.alarms.values[vital] = [reading.value for reading in readings]
        self.last_readings[vital] = readings
        before, others = self.latest.get(vital, (None, []))
        self.latest[vital] = (now, readings + others if before == now else readings)
        all_good = all(reading.good for reading in readings)
        if any(reading.good for reading in readings):
            self.good_sample(vital)
        if vital == "spo2":
            self.falling.highest = self.saturations.since(now - FALLING_WINDOW)
        for rule in self.rules[vital]:
            if rule is self.falling or rule.limit is not None:
                self.follow(rule, readings, all_good, now)
        for reading in readings:
            if reading.good:
                if vital == "spo2":
                    self.saturations.add(now, reading.value)
                if self.phase == "baseline" and vital in ("rate", "spo2"):
                    self.samples[vital].append((now, reading.value))

    def good_sample(self, vital):
        """`lost.VITAL` ends with one good sample of that vital, whichever device gives it."""
        for monitor in self.all_monitors:
            self.alarms.remove(monitor.group, "lost." + vital)
        self.alarms.remove("bed", "no-source." + vital)

    def follow(self, rule, readings, all_good, now):
        held = self.alarms.holds(rule.group, rule.name)
        if not held:
            if any(rule.is_outside(reading) for reading in readings):
                if rule.first is None:
                    rule.first = now
                rule.last = now
                if now - rule.first >= rule.delay:
                    rule.forget_runs()
                    self.alarms.add(rule.group, rule.condition(now))
            elif all_good:
                rule.first = rule.last = None
            return
        if not all(rule.is_inside(reading) for reading in readings):
            rule.inside = None
        elif all_good:
            if rule.inside is None:
                rule.inside = now
            elif now - rule.inside >= INSIDE_RUN:
                rule.forget_runs()
                self.alarms.remove(rule.group, rule.name)

    # Cuffs

    def take_cuff_result(self, monitor, cuff, now, clock_off):
        if cuff.kind == "again":                                        # R2: not new, it does nothing
            return
        if cuff.kind == "failed":                                       # R22
            self.alarms.add(monitor.group, Condition("cuff-failed", LOW, now, device=monitor.name))
            return
        if cuff.kind == "age-unknown":                                  # R3
            if self.is_beyond_a_limit(cuff) and "age-unknown" not in monitor.off:
                self.alarms.add(monitor.group, Condition("age-unknown", LOW, now, device=monitor.name))
            return
        measured = self.measured_at(cuff, now, clock_off)
        if measured < self.here_since:                                  # R24, R34: another patient's
            return
        self.alarms.remove(monitor.group, "cuff-failed")
        self.take_cuff(cuff, measured, now)

    @staticmethod
    def measured_at(cuff, now, clock_off):
        """R4: when a new cuff was measured; a date that cannot be believed is the instant of its reply."""
        return now if cuff.offset > 0 or abs(clock_off) > CLOCK_TOLERANCE else now + cuff.offset

    def is_beyond_a_limit(self, cuff):
        for vital, value in cuff.values.items():
            reading = classify(vital, value, cuff.verify)
            if reading is not None and any(rule.limit is not None and rule.is_outside(reading)
                                           for rule in self.rules[vital]):
                return True
        return False

    def take_cuff(self, cuff, measured, now):
        """A new measurement with values: systolic, diastolic and mean are judged together (R16)."""
        readings = self.cuff_readings(cuff)
        if not readings:
            return
        if measured >= self.last_recheck:       # R31: what was measured before the promise does not keep it
            self.rechecks = []
            self.alarms.remove("dose", "recheck")
        if self.last_cuff is None or measured >= self.last_cuff:
            self.last_cuff = measured
            self.previous_cuff = {vital: reading.value for vital, reading in readings.items()}
            for monitor in self.all_monitors:
                self.alarms.remove(monitor.group, "age-unknown")
                monitor.off.discard("age-unknown")
        self.cuff_times.append(measured)
        newest = {vital for vital in readings if measured >= self.last_measured.get(vital, measured)}
        for vital in newest:
            self.latest_pressure[vital] = (measured, readings[vital])
        if "systolic" in newest:
            self.take_systolic(measured, now)
        for vital in newest:
            self.last_measured[vital] = measured
        for vital, reading in readings.items():
            self.alarms.values[vital] = [reading.value]
            self.last_readings[vital] = [reading]
            for rule in self.rules[vital]:
                if rule.limit is not None:
                    self.judge_cuff(rule, reading, vital not in newest, now)
        if "systolic" in readings:
            self.judge_rising(readings["systolic"], measured, "systolic" not in newest, now)
            if readings["systolic"].good:
                self.good_systolics.append((measured, readings["systolic"].value))
        if self.phase == "baseline" and measured >= self.phase_start:
            self.baseline_cuffs.append((measured, readings))
            self.baseline_cuffs.sort(key=lambda cuff: cuff[0])

    def take_systolic(self, measured, now):
        """R19, R22: the pressure is watched again, unless this one too is older than the clock allows."""
        off = self.overdue_off == self.overdue_from()
        self.last_measured["systolic"] = measured
        if now < self.overdue_from() + INTERVAL[self.phase] * 3 // 2:
            for monitor in self.all_monitors:
                self.alarms.remove(monitor.group, "overdue")
            self.alarms.remove("bed", "no-source.systolic")
            self.overdue_off = None
        elif off:
            self.overdue_off = self.overdue_from()

    def cuff_readings(self, cuff):
        """R6 and R7."""
        readings = {}
        for vital, value in cuff.values.items():
            reading = classify(vital, value, cuff.verify)
            if reading is not None:
                readings[vital] = reading
        value_of = {vital: reading.value for vital, reading in readings.items()}
        doubtful = any(reading.forced for reading in readings.values()) or any(vital in value_of and vital in self.previous_cuff
                       and abs(value_of[vital] - self.previous_cuff[vital]) > by * MILLI
                       for vital, by in JUMP.items())
        values = cuff.values
        for upper, lower in (("systolic", "mean"), ("mean", "diastolic"), ("systolic", "diastolic")):
            if upper in values and lower in values and values[upper] <= values[lower]:
                doubtful = True
        if doubtful:
            readings = {vital: reading.as_verify() for vital, reading in readings.items()}
        return readings

    def judge_cuff(self, rule, reading, superseded, now):
        if rule.is_outside(reading):
            self.alarms.add(rule.group, rule.condition(now))            # R13: one cuff raises
        elif reading.good and not superseded and rule.is_inside(reading):
            self.alarms.remove(rule.group, rule.name)                   # R15

    def judge_rising(self, reading, measured, superseded, now):
        """R18, against the lowest good cuff of the ten minutes before."""
        earlier = [value for instant, value in self.good_systolics if measured - RISING_WINDOW <= instant <= measured]
        value = reading.value
        self.rises = bool(earlier) and value >= RISING_FLOOR * MILLI and value - min(earlier) >= RISING_BY * MILLI
        if self.rises:
            self.alarms.add("pressure", Condition("systolic.rising", LOW, now, "systolic", "high"))
        elif reading.good and not superseded:
            rise = value - min(earlier + [value])
            if value <= RISING_END_BELOW * MILLI or rise <= RISING_END_BY * MILLI:
                self.alarms.remove("pressure", "systolic.rising")

    def lies_outside(self, vital, side):
        """Whether the latest usable reading is outside of a limit in force, or of a trend, on that side."""
        if vital == "systolic" and side == "high" and self.rises:
            return True
        return any(rule.side == side and (rule is self.falling or rule.limit is not None) and rule.is_outside(reading)
                   for rule in self.rules[vital] for reading in self.last_readings.get(vital, ()))

    def rejudge_cuff(self, rule, now):
        """A limit came into force or changed: the latest fresh usable cuff outside it raises at once."""
        if rule.vital not in self.latest_pressure or rule.limit is None:
            return
        if self.is_fresh(rule.vital, now) and rule.is_outside(self.latest_pressure[rule.vital][1]):
            self.alarms.add(rule.group, rule.condition(now))

    def is_fresh(self, vital, now):
        """R5, of a cuff's value: each ages by the last cuff that gave it."""
        return vital in self.latest_pressure and \
            now < max(self.latest_pressure[vital][0], self.phase_start) + INTERVAL[self.phase] * 3 // 2

    # Acts: each raises Refused, or is one step

    def need(self, condition, why):
        if not condition:
            raise Refused(why)

    def need_session(self):
        self.need(self.phase in WATCHED, "no session")

    def act_start(self, now, role, weight, confirmed=False):
        self.need(self.phase not in WATCHED, "a session is open")
        self.need(WEIGHT[0] * MILLI <= weight <= WEIGHT[1] * MILLI, "no such weight")
        self.need(confirmed or WEIGHT_USUAL[0] * MILLI <= weight <= WEIGHT_USUAL[1] * MILLI, "an unusual weight")
        self.alarms = Alarms(self.trace, self.lies_outside)
        self.phase, self.phase_start = "baseline", now
        self.phases = [("baseline", now)]
        self.session_start = self.clocks_from = self.here_since = now
        self.decided = self.reviewed = False
        self.limits = dict(self.clinic_limits)
        self.rules = {vital: [] for vital in SPARSE + CONTINUOUS}
        self.rule = {}
        for name in list(self.limits) + list(RELATIVE):
            rule = Rule(name, self.limits.get(name))
            self.rule[name] = rule
            self.rules[rule.vital].append(rule)
        self.falling = FallingRule()
        self.rules["spo2"].append(self.falling)
        self.saturations = Highest()
        self.samples = {"rate": deque(maxlen=20000), "spo2": deque(maxlen=20000)}
        self.last_readings = {}         # vital -> its latest usable readings, however old
        self.rises = False              # the latest cuff satisfies systolic.rising
        self.latest = {}                # continuous vital -> (instant, readings)
        self.last_cuff = None           # when the last cuff with values was measured
        self.cuff_times = []
        self.last_measured = {}         # vital of a cuff -> when the last one with it was measured
        self.latest_pressure = {}       # vital -> (measured, reading), none while unknown
        self.previous_cuff = {}         # R7
        self.good_systolics = []        # R18
        self.baseline_cuffs = []
        self.baseline = {}
        self.dosing_start = None
        self.infused, self.infusing_since = 0, None
        self.rechecks = []
        self.last_recheck = 0           # when one was promised last
        self.overdue_off = None
        self.checklist = False
        self.unverified = False
        for monitor in self.all_monitors:
            monitor.last_usable = {}
            monitor.forget()
            monitor.off = set()
        self.sit_at(self.first_monitors)

    def sit_at(self, monitors):
        self.monitors = monitors
        # Required continuous vitals, each with the device that stands for its loss: the first declared that gives it.
        self.loseable = {vital: monitor for monitor in reversed(monitors) for vital in CONTINUOUS
                         if vital in REQUIRED and vital in monitor.vitals}
        self.sourceless = self.missing_sources()
        self.technical_groups = [monitor.group for monitor in self.all_monitors] + ["bed"]

    def forget_stale(self, now):
        """A pressure that has grown too old stays so until the next: no other clock makes it fresh."""
        for vital in SPARSE:
            if not self.is_fresh(vital, now):
                self.latest_pressure.pop(vital, None)

    def enter(self, phase, now):
        self.forget_stale(now)
        self.phase, self.phase_start = phase, now
        self.phases.append((phase, now))

    def act_review(self, now, role):
        """R11: limits near the baseline are kept for this patient."""
        self.need(self.phase == "baseline", "not in baseline")
        self.reviewed = True

    def act_decide(self, now, role, reason):
        self.need(self.phase == "baseline", "not in baseline")
        self.need(role == "prescriber", "not a prescriber")
        self.need(reason, "no reason")
        self.decided = True

    def act_dose(self, now, role, override=False, reason=""):
        self.need(self.phase == "baseline", "not in baseline")
        self.take_baseline(now)
        if override:
            # `dose override` is a prescriber's unless it says whose else.
            self.need(role == "prescriber" and reason, "a prescriber overrides, with a reason")
        else:
            self.pass_gate(role)
        self.enter("infusion", now)
        self.dosing_start = self.infusing_since = now
        for name in RELATIVE:
            rule = self.rule[name]
            if rule.vital in self.baseline:
                rule.limit = relative_limit(name, self.baseline[rule.vital])
                if rule.vital in SPARSE:
                    self.rejudge_cuff(rule, now)
        self.settle(now)

    def take_baseline(self, now):
        """R11."""
        for vital in ("systolic", "diastolic", "mean"):
            good = [(measured, readings[vital].value) for measured, readings in self.baseline_cuffs
                    if vital in readings and readings[vital].good and now - measured <= BASELINE_AGE]
            if good:
                last = good[-1]
                earlier = [pair for pair in good if last[0] - pair[0] >= BASELINE_APART]
                if earlier:
                    self.baseline[vital] = (last[1] + earlier[-1][1]) // 2
        for vital, samples in self.samples.items():
            values = sorted(value for instant, value in samples if instant >= now - BASELINE_MEDIAN)
            if values:
                middle = len(values) // 2
                self.baseline[vital] = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) // 2

    def pass_gate(self, role):
        self.need("systolic" in self.baseline, "no baseline")
        for vital, (above, blocked) in GATE.items():
            self.need(self.decided or self.baseline[vital] < blocked * MILLI, "a prescriber decides with a reason")
            self.need(self.decided or role == "prescriber" or self.baseline[vital] <= above * MILLI, "a prescriber decides")
        if self.reviewed:
            return
        for name, limit in self.limits.items():
            rule = self.rule[name]
            value = self.baseline.get(rule.vital)
            if value is not None:
                room = limit - value if rule.side == "high" else value - limit
                self.need(room > 2 * rule.margin, "%s is near the baseline" % name)

    def act_pause(self, now, role):
        self.need(self.phase == "infusion", "not infusing")
        self.stop_infusing(now)
        self.enter("paused", now)

    def stop_infusing(self, now):
        self.infused += now - self.infusing_since
        self.infusing_since = None

    def act_resume(self, now, role):
        self.need(self.phase == "paused", "not paused")
        self.enter("infusion", now)
        self.infusing_since = now
        self.alarms.remove("dose", "pause-long")
        self.settle(now)

    def act_stop(self, now, role):
        self.need(self.phase in DOSING, "not dosing")
        if self.phase == "infusion":
            self.stop_infusing(now)
        self.enter("recovery", now)
        self.alarms.remove("dose", "end-due")
        self.alarms.remove("dose", "pause-long")
        self.settle(now)

    def act_discharge(self, now, role, override=False, reason=""):
        self.need(self.phase in ("recovery", "baseline"), "the drug is not stopped")
        self.need(self.checklist or self.dosing_start is None, "the checklist was not gone through")
        open_points = [why for stands, why in (
            (not self.checklist, "the checklist is not complete"),
            (self.dosing_start is None, "the drug was never started"),
            (self.phase == "recovery" and now - self.phase_start < RECOVERY_MINIMUM, "too early"),
            (any(self.alarms.everyone_open()), "an alarm is open"),
            (self.unknown_vitals(now), "a vital is missing"),
            (self.missed_checks(now), "a check was missed"),
            (self.unverified, "a gap is unverified")) if stands]
        self.need(not open_points or (override and reason), ", ".join(open_points))
        self.alarms.close(now)
        self.phase = "discharged"

    def unknown_vitals(self, now):
        unknown = [vital for vital in REQUIRED if vital in CONTINUOUS and
                   (vital not in self.latest or now >= self.stale_at(vital))]
        if not self.is_fresh("systolic", now):
            unknown.append("systolic")
        return unknown

    def missed_checks(self, now):
        """Scheduled checks since the drug began without a cuff measured within three minutes of their time."""
        missed = []
        infused = 0
        ends = [start for _, start in self.phases[1:]] + [now]
        for (phase, start), end in zip(self.phases, ends):
            if phase == "baseline":
                continue
            last = end
            if phase == "infusion":
                last = min(end, start + PLANNED - infused)
                infused += end - start
            elif phase == "recovery":
                last = min(end, start + RECOVERY_MINIMUM)
            due = start
            while due <= last:
                if due + CHECK_TOLERANCE <= now and not any(
                        abs(instant - due) <= CHECK_TOLERANCE for instant in self.cuff_times):
                    missed.append(due)
                due += INTERVAL[phase]
        return missed

    def act_ack(self, now, role, group, seen=None, recheck=None):
        self.need_session()
        self.need(self.alarms.acknowledge(group, seen, now), "no such alarm, or worse since")
        if group == "dose" and self.alarms.holds(group, "recheck"):
            self.rechecks = []      # acknowledging a recheck answers every promise
        if recheck is not None:
            self.rechecks.append(now + recheck)
            self.last_recheck = now
        # Some conditions ask for nothing but this act.
        for of_group, name in (("bed", "unwatched"), ("dose", "recheck")):
            if group == of_group and self.alarms.holds(group, name):
                self.alarms.remove(group, name)
                self.alarms.settle(group, now, by_acknowledgement=True)

    def act_pause_audio(self, now, role, length=AUDIO_PAUSE_AT_MOST):
        self.need_session()
        self.need(length <= AUDIO_PAUSE_AT_MOST, "too long")
        self.need(self.alarms.pause_audio(), "twice already")

    def act_limit(self, now, role, name, value, reason):
        """R26 b, R38."""
        self.need_session()
        self.need(name in self.limits, "no such limit")
        self.need(reason, "no reason")
        vital, side, tier = name.split(".")
        if tier == "critical":
            if side == "high" and vital in CEILING_HIGH:
                self.need(value <= CEILING_HIGH[vital] * MILLI, "above the ceiling")
            if side == "low" and vital in CEILING_LOW:
                self.need(value >= CEILING_LOW[vital] * MILLI, "below the floor")
        proposed = dict(self.limits)
        proposed[name] = value
        self.need(is_ordered(proposed, vital), "out of order")
        self.limits = proposed
        rule = self.rule[name]
        rule.limit = value
        rule.forget_runs()
        if self.alarms.holds(rule.group, name):
            if self.satisfies(rule, now):
                self.alarms.remove(rule.group, name)
        elif vital in SPARSE:
            self.rejudge_cuff(rule, now)
        self.settle(now)

    def satisfies(self, rule, now):
        """Whether the latest reading is fresh, good and not outside the rule."""
        if rule.vital in SPARSE:
            if not self.is_fresh(rule.vital, now):
                return False
            reading = self.latest_pressure[rule.vital][1]
            return reading.good and not rule.is_outside(reading)
        if rule.vital not in self.latest or now >= self.stale_at(rule.vital):
            return False
        return all(reading.good and not rule.is_outside(reading) for reading in self.latest[rule.vital][1])

    def act_manual(self, now, role, cuff):
        self.need_session()
        values = cuff.values
        self.need(values["systolic"] > values["diastolic"], "out of order")
        if "mean" in values:
            self.need(values["systolic"] > values["mean"] > values["diastolic"], "out of order")
        for vital, value in values.items():
            low, high = PLAUSIBLE[vital]
            self.need(low * MILLI <= value <= high * MILLI, "not plausible")
        self.take_cuff(cuff, now, now)
        self.settle(now)

    def act_off(self, now, role, name, device, reason):
        """R26 c: never for the last source of a required vital."""
        self.need_session()
        monitor = self.monitor(device)
        self.need(monitor is not None and self.alarms.holds(monitor.group, name), "no such condition")
        self.need(reason, "no reason")
        condition = self.alarms.conditions[monitor.group][name]
        if condition.lost and monitor not in self.monitors:
            # Of the bed that was left: the new bed's own clocks run for what it gives.
            vitals = REQUIRED if name == "silent" else [name.split(".")[1]]
            self.need(not set(vitals) & set(self.sourceless), "the last source")
        elif condition.lost:
            # What is lost is given by no device at all.
            self.need(not name.startswith("lost."), "the last source")
            if name == "silent":
                for vital in REQUIRED:
                    self.need(vital not in monitor.vitals or self.is_given_by_another(vital, monitor, now),
                              "the last source of " + vital)
        if name in ("silent", "clock", "age-unknown"):
            monitor.off.add(name)
        if name == "overdue":
            self.overdue_off = self.overdue_from()
        self.alarms.remove(monitor.group, name)
        self.settle(now)

    def is_given_by_another(self, vital, monitor, now):
        """Whether another device of the bed gives the vital now.

        For a cuff's that it answers; else the vital is fresh by a sample that came since this one answered last.
        """
        if vital in CONTINUOUS:
            last = self.last_of(vital)[0]
            return now < self.stale_at(vital) and last > max(monitor.last_answer or 0, self.clocks_from)
        for other in self.monitors:
            if other is monitor or vital not in other.vitals:
                continue
            if not self.alarms.holds(other.group, "silent") and "silent" not in other.off:
                return True
        return False

    def act_correct(self, now, role, what, instant, reason):
        """R35: the clocks follow, and what the mended clock does not bear out ends."""
        self.need_session()
        names = [phase for phase, _ in self.phases]
        self.need(self.dosing_start is not None, "no dose")
        self.need(reason, "no reason")
        if what == "dose-start":
            index = names.index("infusion")
            earliest = self.session_start
        else:
            index = len(names) - 1
            begun = {"pause": ("paused",), "resume": ("infusion",), "stop": ("recovery",)}[what]
            self.need(names[-1] in begun and (what != "resume" or names[-2] == "paused"), "not the latest of its kind")
            earliest = self.phases[index - 1][1]
        latest = self.phases[index + 1][1] if index + 1 < len(names) else now
        self.need(earliest <= instant <= latest, "out of order")
        self.forget_stale(now)
        self.phases[index] = (names[index], instant)
        if what == "dose-start":
            self.dosing_start = instant
        if index == len(names) - 1:
            self.phase_start = instant
        ends = [start for _, start in self.phases[1:]]
        self.infused = sum(end - start for (phase, start), end in zip(self.phases, ends) if phase == "infusion")
        self.infusing_since = self.phase_start if self.phase == "infusion" else None
        for name, due in (("end-due", self.end_due()), ("pause-long", self.pause_long())):
            if due is None or due > now:
                self.alarms.remove("dose", name)
        self.settle(now)

    def act_confirm_gap(self, now, role):
        """R32: a gap in which the dose clock counted on unseen."""
        self.need_session()
        self.need(self.unverified, "no unverified gap")
        self.unverified = False

    def act_checklist(self, now, role):
        self.need_session()
        self.checklist = True

    def act_move(self, now, role, bed, device):
        """R34: alarms, limits, clocks and baseline go with it, the vitals are unknown."""
        self.need_session()
        monitor = self.monitor(device)
        self.need(monitor is not None and monitor not in self.monitors, "no free monitor")
        for vital in CONTINUOUS:
            self.lose_runs(vital, now)
        self.latest.clear()
        self.latest_pressure.clear()
        self.clocks_from = self.here_since = now
        for old in self.monitors:
            if old.window_ends is not None:
                self.close_window(old, now - 1)
        monitor.last_usable = {}
        monitor.forget()
        monitor.last_answer = None
        self.sit_at([monitor])
        self.settle(now)

    # The world

    def restart(self, now, stopped):
        """R32: alarms as they were, every vital unknown, nothing pending, and an alarm for the gap."""
        if self.phase not in WATCHED:
            return
        self.now = now
        for vital in CONTINUOUS:
            for rule in self.rules[vital]:
                rule.forget_runs()
        self.alarms.restart()
        self.saturations = Highest()
        for samples in self.samples.values():
            samples.clear()
        self.latest.clear()
        self.latest_pressure.clear()
        self.clocks_from = now
        for monitor in self.all_monitors:
            monitor.last_usable = {}
            monitor.last_answer = None
            if monitor.window_ends is not None:
                self.close_window(monitor, stopped)
            monitor.forget()
        self.unverified = self.unverified or self.phase == "infusion"
        self.alarms.add("bed", Condition("unwatched", MEDIUM, now))
        self.alarms.conditions["bed"]["unwatched"].gaps += 1
        # What fell due meanwhile is for the time of this instant, after its replies.
        self.known_due = None
        self.settle(now)


def is_ordered(limits, vital):
    """R10: critical low <= advisory low < advisory high <= critical high."""
    names = ("low.critical", "low.advisory", "high.advisory", "high.critical")
    values = [limits.get("%s.%s" % (vital, name)) for name in names]
    critical_low, advisory_low, advisory_high, critical_high = values
    if critical_low is not None and advisory_low is not None and critical_low > advisory_low:
        return False
    if advisory_high is not None and critical_high is not None and advisory_high > critical_high:
        return False
    return advisory_low is None or advisory_high is None or advisory_low < advisory_high
