#!/usr/bin/python3
"""Writes a random session as a scenario: the same seed gives the same session.

    generate.py --seed N            the scenario on standard output, without `expect`
    generate.py --seed N --expect   with the oracle's lines under `expect`
    generate.py --count 1-200       how often every condition and verb comes of these seeds

The session is far worse than any real one: pressures climb through every tier, probes come off, monitors fall silent, the
daemon restarts, and the nurse does all that a nurse may do. The oracle plays along while the session is written, so that people react to alarms that
are there, and acts that the rules refuse are marked as refused.
"""

import argparse
import random
import sys
from collections import Counter

import scenario as scenarios
from alarms import ACTIVE, LATCHED
from oracle import Player
from regimen import CEILING_HIGH, INTERVAL, LIMITS, MILLI, MINUTE, PHYSIOLOGICAL, RELATIVE, SECOND
from scenario import format_time

START = scenarios.parse_time("09:49:50")

# Where an episode of a continuous vital goes, with its weight: the resting value first.
TARGETS = {
    "rate": [(76, 30), (88, 5), (103, 8), (107, 5), (109, 3), (112, 7), (118, 4), (131, 5), (142, 4),
             (51, 3), (48, 5), (40, 3), (37, 4), (25, 2)],
    "spo2": [(97, 30), (95, 5), (94, 7), (93, 4), (92, 5), (90, 5), (89, 3), (87, 4), (85, 3), (47, 1)],
    "breathing": [(15, 30), (23, 3), (25, 4), (27, 4), (30, 4), (33, 3), (11, 2), (10, 4), (9, 3), (8, 3), (6, 4)],
}

CAN_BE_OFF = ("overdue", "cuff-failed", "age-unknown", "clock")

# Where a pressure goes (systolic, mean, diastolic), with its weight: the resting one first.
PRESSURES = [
    ((122, 92, 76), 20), ((134, 100, 80), 5), ((146, 108, 86), 7), ((150, 112, 92), 6), ((158, 116, 97), 5),
    ((164, 121, 101), 7), ((172, 128, 106), 5), ((184, 137, 112), 7), ((196, 146, 122), 3), ((205, 150, 118), 2),
    ((128, 110, 102), 3), ((138, 123, 112), 3), ((90, 62, 50), 5), ((86, 58, 46), 5), ((79, 54, 40), 7),
    ((72, 50, 36), 5), ((100, 60, 48), 3), ((276, 180, 130), 1),
]


def choose(rng, weighted):
    total = sum(weight for _, weight in weighted)
    point = rng.uniform(0, total)
    for value, weight in weighted:
        point -= weight
        if point <= 0:
            return value
    return weighted[-1][0]


class Channel:
    """One continuous vital as its monitor shows it: episodes, noise and artefacts."""

    def __init__(self, rng, vital, busy):
        self.rng = rng
        self.vital = vital
        self.resting = TARGETS[vital][0][0] + rng.randint(-3, 3) * (2 if vital == "rate" else 1)
        if vital == "spo2":
            self.resting = rng.choice((96, 97, 98, 98, 99))
        self.busy = busy
        self.value = float(self.resting)
        self.target = self.resting
        self.speed = 0.2
        self.until = START + rng.randint(300, 600) * SECOND
        self.artefact = None
        self.artefact_until = 0
        self.then_off = 0

    def tick(self, now):
        rng = self.rng
        if now >= self.until:
            if self.target == self.resting and rng.random() < 0.85:
                self.target = choose(rng, TARGETS[self.vital][1:]) + rng.choice((-1, 0, 0, 1))
                self.until = now + rng.choice((6, 9, 11, 14, 16, 20, 25, 40, 60, 120, 240)) * SECOND
            else:
                self.target = self.resting
                self.until = now + int(rng.expovariate(1.0 / (self.busy * SECOND)))
            self.speed = rng.choice((0.05, 0.2, 1.0, 1.0))
        if rng.random() < 0.3:
            noise = rng.choice((-1, 0, 0, 0, 1)) * (1 if self.vital != "spo2" or rng.random() < 0.4 else 0)
            self.value += (self.target - self.value) * self.speed + noise * 0.7
        elif self.speed == 1.0:
            self.value += self.target - self.value
        if now >= self.artefact_until:
            self.next_artefact(now)
        return self.shown()

    def next_artefact(self, now):
        rng = self.rng
        self.artefact = None
        if self.then_off:
            self.artefact, self.artefact_until, self.then_off = "off", now + self.then_off, 0
            return
        dice = rng.random() * self.busy * 2
        if dice < 1.0:
            self.artefact, self.artefact_until = "off", now + rng.choice((1, 3, 8, 12, 16, 20, 35, 60, 100)) * SECOND
        elif dice < 1.6:
            self.artefact, self.artefact_until = "invalid", now + rng.choice((1, 2, 11, 18, 40)) * SECOND
        elif dice < 2.4:
            self.artefact, self.artefact_until = "?", now + rng.choice((1, 5, 15, 30)) * SECOND
        elif dice < 3.0:
            self.artefact = str(choose(rng, TARGETS[self.vital][1:]))
            self.artefact_until = now + rng.choice((1, 1, 2, 4)) * SECOND
        elif dice < 3.7:
            # Outside for some seconds, then the probe is off: pending and lost.
            self.artefact = str(choose(rng, TARGETS[self.vital][4:]))
            self.artefact_until = now + rng.choice((3, 4, 5, 6, 8, 9)) * SECOND
            self.then_off = rng.choice((5, 11, 12, 20, 40)) * SECOND
        elif dice < 3.8 and self.vital == "spo2":
            self.artefact, self.artefact_until = "127", now + rng.choice((2, 12)) * SECOND

    def shown(self):
        value = int(round(self.value))
        if self.vital == "spo2":
            value = min(value, 100)
        if self.artefact is None:
            return str(value)
        return "%d?" % value if self.artefact == "?" else self.artefact


class SecondOximeter:
    """A device of its own that gives what the main one gives too, at its own pace, and goes when it likes."""

    def __init__(self, rng, channels):
        self.rng = rng
        self.channels = channels
        self.name = "m2"
        self.cadence = rng.choice((1, 1, 2, 7, 20)) * SECOND
        self.vitals = rng.choice((("rate", "spo2"), ("rate", "spo2"), ("spo2",), ("rate",)))
        self.standing = {}
        self.off_until = {}
        self.silent_until = None

    def heading(self):
        return ["device m2 cadence %ds" % (self.cadence // SECOND),
                "sources m2 %s" % " ".join("rate.pleth" if vital == "rate" else vital for vital in self.vitals)]

    def lines(self, now):
        rng = self.rng
        if (now - START) % self.cadence != 0:
            return []
        lines = []
        shown = {}
        for vital in self.vitals:
            if now >= self.off_until.get(vital, 0) and rng.random() < self.cadence / SECOND / 150:
                self.off_until[vital] = now + rng.choice((5, 11, 16, 40, 90, 300)) * SECOND
            value = int(round(self.channels[vital].value)) + rng.choice((0, 0, 0, 1))
            source = "rate.pleth" if vital == "rate" else vital
            shown[source] = rng.choice(("off", "invalid")) if now < self.off_until.get(vital, 0) else str(min(value, 100)
                                                                                   if vital == "spo2" else value)
        changed = {source: value for source, value in shown.items() if self.standing.get(source) != value}
        if changed:
            lines.append("m2 stream " + " ".join("%s %s" % pair for pair in sorted(changed.items())))
            self.standing.update(changed)
        if self.silent_until is None and now > START + 30 * SECOND and rng.random() < self.cadence / SECOND / 700:
            self.silent_until = now + rng.choice((2, 6, 16, 60, 300)) * SECOND
            lines.append("m2 silent")
        elif self.silent_until is not None and now >= self.silent_until:
            self.silent_until = None
            lines.append("m2 answers")
        return lines


class Pressure:
    """The patient's pressure at each cuff."""

    def __init__(self, rng, calm):
        self.rng = rng
        self.calm = calm
        shift = rng.randint(-14, 16)
        self.resting = tuple(value + shift for value in PRESSURES[0][0])
        if rng.random() < 0.15:
            self.resting = tuple(value + 22 for value in self.resting)
        self.values = self.resting
        self.target = self.resting

    def measure(self, resting):
        rng = self.rng
        if resting:
            self.target = self.resting
        elif rng.random() < 0.5:
            story = [(self.resting, 20)] + PRESSURES[1:]
            self.target = self.resting if rng.random() < self.calm else choose(rng, story)
        share = 1.0 if resting else rng.choice((0.4, 0.6, 0.8, 1.0))
        self.values = tuple(value + (target - value) * share for value, target in zip(self.values, self.target))
        noise = 1 if resting else 4
        shown = [int(round(value)) + rng.randint(-noise, noise) for value in self.values]
        if rng.random() < 0.02:
            shown[1] = shown[0] + rng.randint(0, 3)         # order broken
        if rng.random() < 0.02 and not resting:
            shown = [value + rng.choice((-56, 52, 60)) for value in shown]      # a jump
        return [max(22 if place == 2 else 42, value) for place, value in enumerate(shown)]


class Writer:
    """Writes the session second by second, with the oracle beside it."""

    def __init__(self, seed):
        self.seed = seed
        self.rng = rng = random.Random("session %d" % seed)
        self.now = START
        self.text = []
        self.calm = rng.choice((0.2, 0.5, 0.8))
        busy = rng.choice((60, 200, 500))
        self.busy = busy
        self.heading()
        # The parser looks for the monitor of a move, so a bed that may be left is parsed with one.
        self.scenario = scenarios.parse("\n".join(self.text + ["00:00:00 move b2 m3"] * self.movable))
        self.player = Player(self.scenario, {"m3"})
        self.bed = self.player.bed
        self.channels = {}
        for vital in ("rate", "spo2", "breathing"):
            if vital in self.main_vitals:
                self.channels[vital] = Channel(rng, vital, busy)
        if self.second is not None:
            self.second.channels = {vital: self.channels.get(vital) or Channel(rng, vital, busy)
                                    for vital in self.second.vitals}
        self.pressure = Pressure(rng, self.calm)
        self.standing = {}                  # source -> what the main monitor's stream says
        self.silent_until = None
        self.measuring_until = None         # when the cuff that goes on is done
        self.measuring_gives = None
        self.next_cuff = None
        self.clock_off = False
        self.ecg_apart_until = 0
        self.plans = {}                     # group -> (alarm, when, how)
        self.resume_at = None
        self.stop_at = None
        self.discharge_at = None
        self.give_up_at = None
        self.move_at = None
        self.moved = False
        self.drought_until = 0
        self.acts = []

    def heading(self):
        rng = self.rng
        self.text.append("title Random session %d" % self.seed)
        shape = rng.random()
        cadence = rng.choice(("1s", "1s", "1s", "1s", "1s", "1s", "2s", "5s"))
        self.cadence = int(cadence[:-1]) * SECOND
        sources = ["rate.pleth", "spo2", "breathing", "systolic", "diastolic", "mean"]
        if rng.random() < 0.4:
            sources.insert(0, "rate.ecg")
        self.cuff_device = "m1"
        self.text.append("device m1 cadence %s" % cadence)
        lacking = None
        if shape < 0.15:
            self.cuff_device = "m2"
            self.text.append("device m2 cadence %s" % rng.choice(("1s", "2s", "3s")))
            self.text.append("sources m2 systolic diastolic mean")
            sources = [source for source in sources if source not in ("systolic", "diastolic", "mean")]
        elif shape < 0.55:
            lacking = rng.choice(("rate", "spo2", "systolic"))
            sources = [source for source in sources if source.split(".")[0] != lacking]
        self.second = SecondOximeter(rng, {}) if 0.5 < shape < 0.68 else None
        if self.second is not None:
            self.text += self.second.heading()
        self.movable = rng.random() < 0.08
        self.text.append("sources m1 %s" % " ".join(sources))
        self.main = "m1"
        self.main_sources = [source for source in sources if source.split(".")[0] in ("rate", "spo2", "breathing")]
        self.main_vitals = {source.split(".")[0] for source in sources}
        self.gives_pressure = self.cuff_device == "m2" or lacking != "systolic"
        if rng.random() < 0.1:
            self.text.append("limit systolic.high.critical %d" % rng.choice((170, 175, 185)))
        if rng.random() < 0.1:
            self.text.append("limit rate.low.advisory %d" % rng.choice((45, 52)))

    # What the monitor says

    def shown_stream(self):
        """What every source of the main monitor shows now."""
        rng = self.rng
        shown = {}
        for source in self.main_sources:
            vital = source.split(".")[0]
            if source == "rate.ecg":
                continue
            shown[source] = self.channels[vital].tick(self.now)
        if "rate.ecg" in self.main_sources:
            value = int(round(self.channels["rate"].value)) if "rate" in self.channels else 75
            if self.now >= self.ecg_apart_until and rng.random() < 1 / 400:
                self.ecg_apart = rng.choice((21, 24, 40, -30))
                self.ecg_apart_until = self.now + rng.choice((1, 5, 20)) * SECOND
            if self.now < self.ecg_apart_until:
                value += self.ecg_apart
            shown["rate.ecg"] = "off" if rng.random() < 1 / 600 else str(max(value, 31))
        return shown

    def device_lines(self):
        rng = self.rng
        lines = []
        on_grid = (self.now - START) % self.cadence == 0
        shown = self.shown_stream()
        if self.cuff_on_arm() and self.arm_is_the_same:
            for source in ("rate.pleth", "spo2"):
                if source in shown:
                    shown[source] = "off"
        changed = {source: value for source, value in shown.items() if self.standing.get(source) != value}
        if on_grid and changed:
            lines.append("%s stream %s" % (self.main, " ".join("%s %s" % pair for pair in sorted(changed.items()))))
            self.standing.update(changed)
        if self.silent_until is not None:
            if self.now >= self.silent_until and on_grid:
                self.silent_until = None
                lines.append("%s answers" % self.main)
        elif on_grid and self.now > START + 30 * SECOND and rng.random() < 1 / (self.busy * 12):
            self.silent_until = self.now + rng.choice((1, 3, 4, 5, 6, 8, 12, 18, 30, 50, 70, 200)) * SECOND
            lines.append("%s silent" % self.main)
        if on_grid and rng.random() < 1 / 900:
            lines.append("%s %s" % (self.main, rng.choice((
                "pinned spo2 low 70", "pinned rate high 250", "pinned rate low 30", "pinned spo2 high 100"))))
        if rng.random() < (1 / 400 if self.clock_off else 1 / 4000):
            self.clock_off = not self.clock_off
            lines.append("%s clock off %s" % (self.cuff_device, "%ds" % rng.choice((130, 300, -500))
                                              if self.clock_off else rng.choice(("0s", "90s"))))
        if self.second is not None:
            lines += self.second.lines(self.now)
        return lines + self.cuff_lines()

    def cuff_on_arm(self):
        return self.measuring_until is not None

    def can_measure(self):
        return (self.gives_pressure and self.player.back is None
                and not (self.silent_until is not None and self.cuff_device == self.main))

    def cuff_lines(self):
        rng = self.rng
        if self.measuring_until is not None:
            if self.now < self.measuring_until or not self.can_measure():
                return []
            self.measuring_until = None
            return [self.cuff_result()]
        if self.next_cuff is None or self.now < self.next_cuff or not self.can_measure():
            if self.can_measure() and self.next_cuff is not None and rng.random() < 1 / 1500:
                return ["%s cuff %s again" % (self.cuff_device, self.last_shown)]
            if self.can_measure() and self.bed.phase == "infusion" and rng.random() < 1 / 4000:
                return ["%s cuff %s age-unknown" % (self.cuff_device, rng.choice(("186/140/112", "122/90/75", "84/60/48")))]
            return []
        self.plan_cuff()
        if rng.random() < 0.45 and self.cuff_device == self.main:
            self.measuring_until = self.now + rng.choice((20, 30, 40, 55, 80, 110)) * SECOND
            self.arm_is_the_same = rng.random() < 0.5
            return ["%s measuring" % self.cuff_device]
        return [self.cuff_result()]

    def cuff_result(self):
        rng = self.rng
        if rng.random() < 0.1 and self.bed.phase != "baseline":
            if rng.random() < 0.6:
                self.next_cuff = self.now + rng.choice((40, 90, 150)) * SECOND
            return "%s cuff failed %s" % (self.cuff_device, rng.choice(("weak signal", "movement", "leak")))
        values = self.pressure.measure(self.bed.phase == "baseline")
        self.last_shown = "%d/%d/%d" % tuple(values)
        text = "%s cuff %s" % (self.cuff_device, self.last_shown)
        rate = self.standing.get("rate.pleth", "")
        if rng.random() < 0.4 and rate.isdigit() and self.cuff_device == self.main:
            text += " pulse %d" % (int(rate) + rng.choice((-2, 0, 1, 3, 22, -24)))
        if rng.random() < 0.02:
            text += " measured 30s"
        elif rng.random() < 0.1:
            text += " measured -%ds" % rng.choice((5, 20, 45, 45, 150, 480))
        elif rng.random() < 0.05:
            text += " verify"
        return text

    def plan_cuff(self):
        rng = self.rng
        phase = self.bed.phase if self.bed.phase in INTERVAL else "baseline"
        wait = INTERVAL[phase] + rng.randint(-20, 20) * SECOND
        if phase == "baseline":
            wait = rng.choice((100, 130, 150, 200)) * SECOND
        elif rng.random() < 0.4:
            wait = rng.choice((60, 90, 120, 180, 240)) * SECOND          # a repeat
        elif rng.random() < 0.2:
            wait = wait * 5 // 2                                         # forgotten
        self.next_cuff = self.now + wait

    # What people do

    def plan_acts(self):
        rng, bed, now = self.rng, self.bed, self.now
        acts = []
        phase = bed.phase
        if phase == "baseline" and now - bed.phase_start >= self.baseline_length:
            acts += self.start_dose()
        elif phase == "infusion":
            if self.stop_at is None:
                self.stop_at = now + 40 * MINUTE + rng.choice((-30, 0, 20, 60, 125, 200, 300)) * SECOND
                if rng.random() < 0.15:
                    self.stop_at = now + rng.randint(5, 30) * MINUTE
            if now >= self.stop_at:
                acts.append("stop" if now - bed.dosing_start > 35 * MINUTE else 'stop abort "felt unwell"')
                self.recovery_length = rng.choice((12, 20, 30, 45, 61, 63)) * MINUTE
            elif rng.random() < 1 / 1200:
                acts.append("pause")
                self.resume_at = now + rng.choice((30, 120, 300, 550, 640, 760)) * SECOND
            elif rng.random() < 1 / 5000:
                shift = rng.choice((-120, -60, 30))
                acts.append('correct dose-start %s "pump"' % format_time(
                    max(bed.session_start, min(now, bed.dosing_start + shift * SECOND)) // SECOND * SECOND))
        elif phase == "paused" and now >= self.resume_at:
            length = now - bed.phase_start
            acts.append("resume" if rng.random() < 0.85 else "stop")
            if acts[-1] == "resume":
                self.stop_at += length
            else:
                self.recovery_length = rng.choice((12, 20, 30)) * MINUTE
        elif phase == "recovery" and now - bed.phase_start >= self.recovery_length:
            acts += self.leave()
        if phase in INTERVAL and now - bed.session_start > 60 * SECOND:
            acts += self.answer_alarms() + self.other_acts()
        return acts

    def start_dose(self):
        if self.rng.random() < 0.5 and not self.tried_dose:
            self.tried_dose = True
            return ["dose"]
        return ['dose override "agreed"']

    def leave(self):
        self.tried_leave += 1
        if self.tried_leave == 1 and self.rng.random() < 0.5:
            return ["checklist complete"]
        if self.tried_leave <= 2 and self.rng.random() < 0.3:
            return ["discharge"]
        if not self.bed.checklist:
            return ["checklist complete"]
        return ['discharge override "well"']

    def answer_alarms(self):
        rng, now = self.rng, self.now
        acts = []
        for group in self.bed.alarms.alarms:
            alarm = self.bed.alarms.addressed(group)
            wants = alarm is not None and (alarm.state == LATCHED or not alarm.acknowledged)
            plan = self.plans.get(group)
            if not wants:
                self.plans.pop(group, None)
            elif plan is None or plan[0] is not alarm or plan[1] != alarm.state:
                wait = int(rng.expovariate(1 / 60.0)) + 2 if rng.random() < 0.7 else 100000
                self.plans[group] = (alarm, alarm.state, now + wait * SECOND)
            elif now >= plan[2]:
                self.plans.pop(group)
                act = "ack " + group
                if alarm.revision > 1 and rng.random() < 0.3:
                    act += " seen 1"
                if rng.random() < 0.25:
                    act += " recheck %d" % rng.choice((1, 2, 3, 5))
                acts.append(act)
        return acts

    def other_acts(self):
        rng, bed = self.rng, self.bed
        acts = []
        alarms = [alarm for alarm in bed.alarms.alarms.values() if alarm.state == ACTIVE]
        names = {name: group for group in bed.alarms.conditions for name in bed.alarms.conditions[group]}
        if rng.random() < (1 / 1200 if alarms else 1 / 5000):
            acts.append(rng.choice(("pause-audio", "pause-audio 60", "pause-audio 120", "pause-audio 90",
                                    "pause-audio 180")))
        if rng.random() < (1 / 250 if any(name in LIMITS for name in names) else 1 / 2500):
            acts.append(self.limit_act([name for name in names if name in LIMITS]))
        if rng.random() < (1 / 100 if "overdue" in names else 1 / 4000):
            values = self.pressure.measure(bed.phase == "baseline")
            values = sorted(values, reverse=True)
            if rng.random() < 0.1:
                values[rng.randrange(3)] = rng.choice((38, 285))
            acts.append("manual %d/%d/%d" % tuple(values))
        for name in sorted(names):
            often = name in CAN_BE_OFF or (self.second is not None and name.startswith(("silent", "lost")))
            if names[name].startswith("technical") and rng.random() < (1 / 200 if often else 1 / 1500):
                acts.append('off %s %s "known"' % (name, names[name].split(":")[1]))
        if rng.random() < 1 / 6000:
            acts.append(rng.choice(("ack breathing", "resume", "start 70 kg", "discharge", "ack dose")))
        if rng.random() < (1 / 100 if bed.unverified else 1 / 20000):
            acts.append("confirm-gap")
        if rng.random() < 1 / 2600:
            acts.append("restart %ds" % rng.choice((1, 5, 20, 60, 180, 420, 900)))
        if self.movable and not self.moved and bed.phase in ("infusion", "recovery") and rng.random() < 1 / 1200 \
                and self.silent_until is None and self.measuring_until is None:
            acts.append("move b2 m3")
        return acts

    def limit_act(self, holding):
        rng = self.rng
        name = rng.choice(sorted(holding) if holding and rng.random() < 0.8 else sorted(LIMITS))
        vital, side, tier = name.split(".")
        limit = self.bed.limits[name] // MILLI
        by = rng.choice((1, 2, 4, 8, 12, 25)) if vital not in ("spo2", "breathing") else rng.choice((1, 2, 3))
        if rng.random() < 0.25:
            by = -by
        value = limit + by if side == "high" else limit - by
        if rng.random() < 0.1 and vital in CEILING_HIGH and side == "high":
            value = CEILING_HIGH[vital] + rng.choice((0, 1))
        return 'limit %s %d "agreed"' % (name, value)

    # One second after another

    def play(self, instant, texts):
        """Plays the lines of one instant, marking what is refused."""
        lines = [scenarios.parse_line(self.scenario, 0, instant, "%s %s" % (format_time(instant), text))
                 for text in texts]
        self.player.mistakes = []
        self.player.run_until(instant)
        self.player.play_instant(instant, lines)
        refused = {mistake.split(": refused")[0] for mistake in self.player.mistakes}
        for line in lines:
            self.text.append(line.text + (" refused" if line.text in refused else ""))
        return refused

    def act(self, texts):
        """Acts stand after the monitor's lines of the second, or somewhere in it."""
        # What follows a restart in the same second would come to nobody.
        restarts = [text for text in texts if text.startswith("restart")]
        texts = list(dict.fromkeys(text for text in texts if not text.startswith("restart"))) + restarts[:1]
        return texts

    def write(self):
        rng = self.rng
        self.tried_dose = False
        self.tried_leave = 0
        self.arm_is_the_same = False
        self.last_shown = "120/90/75"
        self.baseline_length = rng.choice((5, 6, 8, 10)) * MINUTE
        self.recovery_length = 0
        last = START + 4 * 3600 * SECOND
        if self.movable:
            self.play(START, ["m3 stream rate 62 spo2 99 breathing 14"])
        while self.now < last:
            if self.player.back is not None and self.player.back >= self.now:
                # What the monitor says while nobody listens would tell the daemon nothing.
                self.now += SECOND
                self.player.run_until(self.now)
                continue
            monitor = self.device_lines()
            acts = []
            if self.player.back is None:
                if self.now == START + 10 * SECOND:
                    acts = ["start 70 kg"]
                    self.next_cuff = self.now + rng.choice((20, 60)) * SECOND
                elif self.bed.phase in INTERVAL:
                    acts = self.act(self.plan_acts())
            apart = rng.choice((0, 0, 0, 137, 500, 999))
            if acts and apart and acts[0] != "start 70 kg":
                self.play(self.now, monitor)
                self.play(self.now + apart, acts)
            elif monitor or acts:
                self.play(self.now, monitor + acts)
            if "move b2 m3" in acts:
                self.after_move()
            if self.bed.phase == "discharged":
                break
            if self.bed.phase == "infusion" and self.next_cuff and self.next_cuff > self.now + 2 * MINUTE \
                    and self.bed.dosing_start == self.now:
                self.next_cuff = self.now + rng.choice((5, 30, 100)) * SECOND
            self.now += SECOND
        self.play(self.now + 30 * SECOND, ["end"])
        if not self.moved:
            self.text = [line for line in self.text if " m3 " not in line]
        return "\n".join(self.text) + "\n"

    def after_move(self):
        if self.moved or self.bed.monitors[0].name != "m3":
            return
        self.moved = True
        self.main = self.cuff_device = "m3"
        self.gives_pressure = True
        self.main_sources = ["rate.pleth", "spo2", "breathing"]
        self.main_vitals = {"rate", "spo2", "breathing"}
        for vital in self.main_vitals:
            self.channels.setdefault(vital, Channel(self.rng, vital, self.busy))
        self.standing = {}
        self.second = None
        self.cadence = SECOND
        self.clock_off = False
        if self.next_cuff is None:
            self.next_cuff = self.now + 30 * SECOND


def session(seed):
    """The scenario of a seed and the oracle's lines for it."""
    writer = Writer(seed)
    text = writer.write()
    return text, writer.bed.output()


# Counting

def own_tier(name):
    """The tier that a condition's name carries; None where the alarm's priority says it."""
    if name in LIMITS or name in RELATIVE:
        return name.split(".")[2]
    return "low" if name in TRENDS else None


def tiers_reached(lines):
    """[(time, group, condition, tier)]: conditions as they join, and technical ones as their alarm is raised."""
    holding = {}
    found = []
    for line in lines:
        time, verb, group, priority, names = line.split()
        names = set() if names == "-" else set(names.split(","))
        raised = names if verb == "raise" and group not in PHYSIOLOGICAL else set()
        for name in sorted((names - holding.get(group, set())) | raised):
            found.append((time, group, name, own_tier(name) or priority))
        holding[group] = names
    return found


TRENDS = ("systolic.rising", "spo2.falling")
# Every condition with every tier that the rules give it; VERBS is what an alarm does in its life.
EXPECTED_TIERS = sorted((name, own_tier(name)) for name in list(LIMITS) + list(RELATIVE) + list(TRENDS)) + [
    (name, tier) for names, tiers in (
        (("silent", "no-source.systolic", "no-source.rate", "no-source.spo2", "overdue", "unwatched"), ("medium", "high")),
        (("lost.rate", "lost.spo2"), ("low", "medium", "high")),
        (("cuff-failed", "age-unknown", "clock"), ("low",)),
        (("end-due", "pause-long", "recheck"), ("medium",))) for name in names for tier in tiers]
VERBS = ("start", "raise", "lower", "join", "leave", "end", "latch", "return", "ack", "reset", "resound", "escalate", "remind",
         "close")
FEW = 20


def too_few(tiers, verbs):
    """What of EXPECTED_TIERS and VERBS comes fewer than twenty times."""
    return ["%s %s" % key for key in EXPECTED_TIERS if tiers[key] < FEW] + [verb for verb in VERBS if verbs[verb] < FEW]


def count(first, last):
    tiers, verbs, refused = Counter(), Counter(), 0
    for seed in range(first, last + 1):
        text, lines = session(seed)
        tiers.update((name, tier) for _, _, name, tier in tiers_reached(lines))
        verbs.update(line.split()[1] for line in lines)
        refused += sum(line.endswith(" refused") for line in text.splitlines())
    for key in EXPECTED_TIERS + sorted(set(tiers) - set(EXPECTED_TIERS)):
        print("%-36s %-8s %6d" % (*key, tiers[key]))
    for verb in VERBS:
        print("%-45s %6d" % (verb, verbs[verb]))
    print("%-45s %6d" % ("refused", refused))
    for few in too_few(tiers, verbs):
        print("fewer than %d: %s" % (FEW, few))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int)
    parser.add_argument("--expect", action="store_true", help="write the oracle's lines under `expect`")
    parser.add_argument("--count", metavar="A-B", help="count conditions and verbs over the seeds A to B")
    options = parser.parse_args()
    if options.count:
        first, _, last = options.count.partition("-")
        count(int(first), int(last or first))
        return 0
    if options.seed is None:
        parser.error("--seed or --count")
    text, lines = session(options.seed)
    sys.stdout.write(text)
    if options.expect:
        print("expect")
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
