#!/usr/bin/python3
"""Random sessions in which restarts, moves, acts and readings fall at the very instants at which something else is due.

    edges.py --seed N            the scenario on standard output, without `expect`
    edges.py --seed N --expect   with the oracle's lines under `expect`

A session of generate.py is played once to learn at which instants time did something and alarms changed. Then lines are put
at those instants, or a millisecond beside them: a program that dies or comes back there, a cuff, a probe that comes off, a
limit that changes, a dose that was corrected, a bed that is left. The session is judged again, for everything after it differs.
"""

import argparse
import random
import sys

import generate
import scenario as scenarios
from oracle import Player
from regimen import LIMITS, MILLI, MINUTE, SECOND
from scenario import format_time

GROUPS = ("pressure", "rate", "oxygen", "breathing", "bed", "dose", "technical:m1", "technical:m2")
PHASE_ACTS = ("pause", "resume", "stop", 'dose override "agreed"', 'stop abort "unwell"')
OFF = ("overdue", "cuff-failed", "age-unknown", "clock", "silent", "lost.spo2", "lost.rate")


def learn(text):
    """The scenario, and the instants at which time did something or an alarm changed."""
    scenario = scenarios.parse(text)
    player = Player(scenario)
    instants = set()
    elapse = player.bed.elapse

    def noting(now):
        instants.add(now)
        elapse(now)

    player.bed.elapse = noting
    lines = player.play(scenario.lines)
    instants.update(scenarios.parse_time(line.split()[0]) for line in lines)
    return scenario, sorted(instants)


class Edges:
    def __init__(self, seed):
        self.rng = random.Random("edges %d" % seed)
        text, _ = generate.session(seed)
        self.heading = [line for line in text.splitlines() if scenarios.parse_time(line.split()[0]) is None]
        self.scenario, self.instants = learn(text)
        # [instant, what happens, whether a device says it]
        self.timeline = [[line.time, line.text.split(None, 1)[1].replace(" refused", ""), line.device is not None]
                         for line in self.scenario.lines]
        self.first, self.last = self.timeline[0][0], self.timeline[-1][0]
        self.devices = [device.name for device in self.scenario.devices]
        self.moved = any(what.startswith("move ") for _, what, _ in self.timeline)

    def put(self, instant, what, device):
        """A device's line comes before what people do at its instant, an act after all of it."""
        place = 0
        while place < len(self.timeline) and (self.timeline[place][0] < instant or (
                self.timeline[place][0] == instant and not (device and not self.timeline[place][2]))):
            place += 1
        self.timeline.insert(place, [instant, what, device])

    def instant(self):
        instant = self.rng.choice(self.instants) + self.rng.choice((0, 0, 0, 0, -1, 1))
        return min(max(instant, self.first + 20 * SECOND), self.last - SECOND)

    def restart(self):
        """The program comes back at such an instant, or dies at it. Nobody can do anything meanwhile."""
        length = self.rng.choice((1, 2, 5, 15, 30, 90, 120, 300)) * SECOND
        died = self.instant() - (length if self.rng.random() < 0.7 else 0)
        if died < self.first + 20 * SECOND or any(what.startswith("restart") and instant <= died + length and
                                                  died <= instant + 900 * SECOND
                                                  for instant, what, _ in self.timeline):
            return
        self.put(died, "restart %ds" % (length // SECOND), False)

    def clear_gaps(self):
        """Nobody acts or reads a cuff while the program is gone; what a monitor does otherwise is found at the return."""
        kept = []
        died = back = 0
        for instant, what, device in self.timeline:
            if died <= instant < back and what != "end":
                if not device or " cuff " in what:
                    continue
                instant = back
            kept.append([max(instant, back), what, device])
            if what.startswith("restart"):
                died, back = instant, instant + scenarios.parse_duration(what.split()[1])
        self.timeline = kept

    def act(self):
        rng = self.rng
        dice = rng.random()
        if dice < 0.3:
            what = "ack %s%s" % (rng.choice(GROUPS), rng.choice(("", "", " seen 1", " recheck 1", " recheck 2")))
        elif dice < 0.45:
            name = rng.choice(sorted(LIMITS))
            what = 'limit %s %d "agreed"' % (name, LIMITS[name] + rng.choice((-8, -3, -1, 0, 1, 2, 5, 9)))
        elif dice < 0.6:
            what = rng.choice(PHASE_ACTS)
        elif dice < 0.7:
            self.correct(self.instant())
            return
        elif dice < 0.8:
            what = 'off %s %s "known"' % (rng.choice(OFF), rng.choice(self.devices))
        elif dice < 0.9:
            what = "manual %d/%d/%d" % rng.choice(generate.PRESSURES)[0]
        else:
            what = rng.choice(("confirm-gap", "checklist complete", "discharge", "pause-audio"))
        self.put(self.instant(), what, False)

    def correct(self, instant):
        """A start, pause, resumption or stop was really some time before, seldom where it cannot have been."""
        rng = self.rng
        begun = {"dose": "dose-start", "pause": "pause", "resume": "resume", "stop": "stop"}
        acts = [(at, begun[what.split()[0]]) for at, what, device in self.timeline
                if not device and what.split()[0] in begun and at <= instant]
        at, what = rng.choice(acts[-2:]) if acts and rng.random() < 0.8 else (instant, rng.choice(sorted(begun.values())))
        to = at + rng.choice((-600, -120, -90, -10, 0, 0, 20)) * SECOND
        self.put(instant, 'correct %s %s "pump"' % (what, format_time(max(0, min(to, instant)))), False)

    def reading(self):
        rng = self.rng
        instant = self.instant()
        name = rng.choice([device for device in self.devices if device != "m3"])
        dice = rng.random()
        if dice < 0.3:
            # A monitor may give a mean and nothing else.
            shown = [str(value) if given else "-" for value, given in zip(
                rng.choice(generate.PRESSURES)[0], rng.choice(((1, 1, 1),) * 5 + ((0, 1, 0), (1, 0, 1), (1, 1, 0))))]
            what = "cuff " + "/".join(shown)
            what += rng.choice(("", "", " age-unknown", " measured -20s", " measured -200s", " verify", " measured 5s", " again"))
        elif dice < 0.4:
            what = "cuff failed leak"
        elif dice < 0.6:
            vital = rng.choice(("rate", "spo2", "breathing"))
            value = str(rng.choice(generate.TARGETS[vital])[0]) + rng.choice(("", "", "?"))
            what = "stream %s %s" % (vital, rng.choice((value, value, "off", "invalid")))
        elif dice < 0.8:
            what = "silent"
            self.put(instant + rng.choice((1, 4, 5, 10, 15, 45, 100)) * SECOND, name + " answers", True)
        else:
            what = "measuring"
            self.put(instant + rng.choice((15, 60, 90, 100)) * SECOND, name + " measured", True)
        self.put(instant, "%s %s" % (name, what), True)

    def move(self):
        if self.moved:
            return
        self.moved = True
        instant = self.instant()
        self.put(instant, "move b2 m3", False)
        if self.rng.random() < 0.5:
            self.put(instant - self.rng.choice((1, 30)) * SECOND, "m3 stream rate 140 spo2 86", True)
        back = instant + self.rng.choice((0, 1000, 4500, 10000, 15000, 40000))
        self.put(back, "m3 stream rate %d spo2 %d breathing 14" % (self.rng.choice((75, 115, 45)),
                                                                  self.rng.choice((97, 91))), True)
        for after in range(self.rng.randint(0, 5)):
            self.put(back + (after + 1) * self.rng.randint(100, 600) * SECOND,
                     "m3 cuff %d/%d/%d" % self.rng.choice(generate.PRESSURES)[0], True)

    def start_again(self):
        """Another session at the same bed, right after the first."""
        now = self.timeline.pop()[0]
        device = "m3" if self.moved else "m1"
        for wait, what, says in ((1, "start 70 kg", False), (3, device + " stream rate 120 spo2 90", True),
                                 (20, device + " stream rate 80 spo2 98", True), (4, device + " cuff 150/110/92", True),
                                 (130, device + " cuff 150/110/92", True), (5, 'dose override "agreed"', False),
                                 (10, "ack pressure", False), (30, device + " silent", True), (90, "restart 5s", False),
                                 (20, device + " answers", True), (10, "stop", False), (60, "end", False)):
            now += wait * SECOND
            self.timeline.append([now, what, says])

    def write(self):
        """The scenario's text and the oracle's lines."""
        for _ in range(self.rng.randint(4, 10)):
            self.rng.choice((self.restart, self.act, self.act, self.act, self.reading, self.reading))()
        if self.rng.random() < 0.15:
            self.move()
        if self.rng.random() < 0.3:
            self.start_again()
        self.clear_gaps()
        text = "\n".join(self.heading + ["%s %s" % (format_time(instant), what) for instant, what, _ in self.timeline])
        scenario = scenarios.parse(text)
        player = Player(scenario)
        lines = player.play(scenario.lines)
        refused = {mistake.split(": refused")[0] for mistake in player.mistakes}
        marked = [line + (" refused" if line in refused else "") for line in text.splitlines()]
        return "\n".join(marked) + "\n", lines


def session(seed):
    return Edges(seed).write()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--expect", action="store_true", help="write the oracle's lines under `expect`")
    options = parser.parse_args()
    text, lines = session(options.seed)
    sys.stdout.write(text)
    if options.expect:
        print("expect")
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
