#!/usr/bin/python3
"""The oracle: reads a scenario and prints the alarm lines that the rules of watching demand.

    oracle.py FILE            the lines, as they would stand under `expect`
    oracle.py --check FILE... compares them with the lines that the file expects; exits 1 if they differ

It is written from the rules alone and shares no code with the daemon: what both say independently is worth something.
An act that is refused against the scenario's word, or not refused against it, is told on stderr, and the exit code is 3.
"""

import argparse
import difflib
import sys

import scenario as scenarios
from bed import Bed, Refused, classify, disagree
from regimen import MINUTE


class Cuff:
    """A cuff result of one reply: kind new, again, age-unknown or failed."""

    def __init__(self, kind, values=None, verify=False, offset=0, pulse=None):
        self.kind = kind
        self.values = values or {}
        self.verify = verify
        self.offset = offset
        self.pulse = pulse


def parse_pressure(text):
    """systolic/mean/diastolic; two numbers are systolic and diastolic."""
    parts = text.split("/")
    names = ("systolic", "mean", "diastolic") if len(parts) == 3 else ("systolic", "diastolic")
    if len(parts) not in (2, 3):
        raise scenarios.ScenarioError("no pressure: %s" % text)
    return {name: scenarios.parse_milli(part) for name, part in zip(names, parts) if part != "-"}


def parse_cuff(words):
    if words[0] == "failed":
        return Cuff("failed")
    kind, verify, offset, pulse = "new", False, 0, None
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word in ("again", "age-unknown"):
            kind = word
        elif word == "verify":
            verify = True
        elif word == "measured":
            offset = scenarios.parse_duration(rest.pop(0))
        elif word == "pulse":
            pulse = classify("rate", scenarios.parse_milli(rest.pop(0)), False)
        else:
            raise scenarios.ScenarioError("unknown word of a cuff: %s" % word)
    return Cuff(kind, parse_pressure(words[0]), verify, offset, pulse)


USUAL_SOURCE = {"rate": "rate.pleth"}


class Simulated:
    """A monitor of the timeline: its standing stream and when it is polled next."""

    def __init__(self, device):
        self.name = device.name
        self.cadence = device.cadence
        self.next_poll = None
        self.answering = True
        self.measuring = False
        self.clock_off = 0
        self.stream = {}            # VITAL.SOURCE -> (value, verify), absent or invalid ones left out
        self.pinned = {}            # VITAL.SOURCE -> (value, side), for the next reply only
        self.readings = []          # the stream as usable readings, R6 and R7 applied

    def set_stream(self, words):
        for name, value in zip(words[::2], words[1::2]):
            name = USUAL_SOURCE.get(name, name)
            if value in ("off", "invalid"):
                self.stream.pop(name, None)
            else:
                verify = value.endswith("?")
                self.stream[name] = (scenarios.parse_milli(value.rstrip("?")), verify)
        self.readings = self.read({})

    def read(self, pinned):
        found = {}
        for name in list(self.stream) + [name for name in pinned if name not in self.stream]:
            vital = name.split(".")[0]
            if vital not in ("rate", "spo2", "breathing"):
                continue
            if name in pinned:
                value, side = pinned[name]
                reading = classify(vital, value, False, side)
            else:
                value, verify = self.stream[name]
                reading = classify(vital, value, verify)
            if reading is not None:
                found.setdefault(vital, []).append(reading)
        if len(found.get("rate", ())) > 1:
            found["rate"] = disagree(found["rate"])
        return [(vital, reading) for vital, readings in found.items() for reading in readings]

    def take_line(self, line):
        """Applies a line; returns a cuff result if it carries one."""
        words = line.arguments
        if line.word == "stream":
            self.set_stream(words)
            self.next_poll = line.time
        elif line.word == "silent":
            self.answering = False
        elif line.word == "answers":
            self.answering = True
            self.next_poll = line.time
        elif line.word == "measuring":
            self.measuring = True
        elif line.word == "measured":
            self.measuring = False
        elif line.word == "clock":
            self.clock_off = scenarios.parse_duration(words[-1])
        elif line.word == "pinned":
            self.pinned[USUAL_SOURCE.get(words[0], words[0])] = (scenarios.parse_milli(words[2]), words[1])
        elif line.word == "cuff":
            self.measuring = False
            return parse_cuff(words)
        return None


class Player:
    """Plays a scenario's timeline to a bed, instant by instant."""

    def __init__(self, scenario, moved_to=None):
        if scenario.regimen != "iv-ketamine":
            raise scenarios.ScenarioError("the oracle knows the regimen iv-ketamine only")
        if moved_to is None:
            moved_to = {line.arguments[1] for line in scenario.lines
                        if line.word == "move" and len(line.arguments) > 1}
        self.bed = Bed(scenario, moved_to)
        self.devices = [Simulated(device) for device in scenario.devices]
        self.by_name = {device.name: device for device in self.devices}
        self.back = None            # when the daemon is back from a restart
        self.mistakes = []          # acts refused, or not refused, against the scenario's word
        self.begun = False

    def play(self, lines):
        index = 0
        while index < len(lines):
            instant = lines[index].time
            last = index
            while last < len(lines) and lines[last].time == instant:
                last += 1
            self.run_until(instant)
            self.play_instant(instant, lines[index:last])
            index = last
        return self.bed.output()

    def begin(self, instant):
        self.begun = True
        for device in self.devices:
            device.next_poll = instant

    def run_until(self, instant):
        """All polls and the return of the daemon, earlier than `instant`."""
        if not self.begun:
            self.begin(instant)
        while True:
            due = min(device.next_poll for device in self.devices)
            if self.back is not None:
                due = min(due, self.back)
            if due >= instant:
                return
            self.play_instant(due, [])

    def play_instant(self, instant, lines):
        if not self.begun:
            self.begin(instant)
        if self.back == instant:
            self.back = None
            self.bed.restart(instant, self.stopped)
        spoken = {line.device for line in lines if line.device}
        for device in self.devices:
            if device.next_poll == instant and device.name not in spoken:
                self.poll(device, instant, None)
        done = set()
        for line in lines:
            if line.device is None:
                self.act(line, instant)
            elif line.device not in done:
                done.add(line.device)
                self.device_lines(self.by_name[line.device], instant,
                                  [other for other in lines if other.device == line.device])

    def device_lines(self, device, instant, lines):
        """All lines of one device at one instant are one reply."""
        cuff = None
        for line in lines:
            cuff = device.take_line(line) or cuff
        if cuff is not None or device.next_poll == instant:
            self.poll(device, instant, cuff)

    def poll(self, device, instant, cuff):
        readings = []
        if device.next_poll == instant:
            device.next_poll += device.cadence
            if device.answering:
                readings = device.read(device.pinned) if device.pinned else device.readings
                device.pinned = {}
        if device.answering and self.back is None:
            self.bed.before(instant)
            self.bed.reply(device.name, instant, readings, cuff, device.measuring, device.clock_off)
            if self.bed.watches(device.name):
                self.bed.through(instant)

    def act(self, line, instant):
        if self.back is not None:
            return
        self.bed.through(instant)
        refused = False
        try:
            self.perform(line, instant)
        except Refused as reason:
            refused = True
            why = str(reason)
        if refused != line.refused:
            self.mistakes.append("%s: %s" % (line.text, "refused: " + why if refused else "not refused"))
        self.bed.through(instant)

    def perform(self, line, instant):
        bed, words = self.bed, line.arguments
        if line.word == "restart":
            if words and scenarios.parse_duration(words[0]) > 0:
                self.back, self.stopped = instant + scenarios.parse_duration(words[0]), instant
            else:
                bed.restart(instant, instant)
        elif line.word in ("end", "clock-step"):
            pass
        elif line.word == "ack":
            bed.act_ack(instant, line.role, words[0],
                        int(words[words.index("seen") + 1]) if "seen" in words else None,
                        int(words[words.index("recheck") + 1]) * MINUTE if "recheck" in words else None)
        elif line.word == "pause-audio":
            if words:
                bed.act_pause_audio(instant, line.role, scenarios.parse_duration(words[0]))
            else:
                bed.act_pause_audio(instant, line.role)
        elif line.word == "limit":
            bed.act_limit(instant, line.role, words[0], scenarios.parse_milli(words[1]), words[2] if words[2:] else "")
        elif line.word == "manual":
            bed.act_manual(instant, line.role, Cuff("new", parse_pressure(words[0])))
        elif line.word == "off":
            bed.act_off(instant, line.role, words[0], words[1], words[2] if words[2:] else "")
        elif line.word == "correct":
            bed.act_correct(instant, line.role, words[0], scenarios.parse_time(words[1]), words[2] if words[2:] else "")
        elif line.word == "move":
            bed.act_move(instant, line.role, words[0], words[1])
        elif line.word in ("dose", "discharge"):
            act = bed.act_dose if line.word == "dose" else bed.act_discharge
            role = "prescriber" if words and line.word == "dose" and line.role == "nurse" else line.role
            act(instant, role, "override" in words, words[1] if words[1:] else "")
        elif line.word == "decide":
            bed.act_decide(instant, line.role, words[0] if words else "")
        elif line.word == "start":
            bed.act_start(instant, line.role, scenarios.parse_milli(words[0]), "confirmed" in words)
        elif line.word in ("pause", "resume", "stop", "review", "checklist", "confirm-gap"):
            getattr(bed, "act_" + line.word.replace("-", "_"))(instant, line.role)
        else:
            raise scenarios.ScenarioError("unknown line: %s" % line.text)


def judge(text, name="scenario"):
    """The alarm lines of a scenario's text, and the acts whose refusal is not as it says."""
    scenario = scenarios.parse(text, name)
    player = Player(scenario)
    return player.play(scenario.lines), player.mistakes, scenario


ASKED = ("sounding", "phase", "vital")      # lines of `expect` that are no alarm lines


def check(name):
    with open(name, encoding="utf-8") as file:
        lines, mistakes, scenario = judge(file.read(), name)
    expected = [line for line in scenario.expect if line.split()[1] not in ASKED]
    differences = list(difflib.unified_diff(expected, lines, name, "oracle", lineterm="", n=2))
    for line in differences + mistakes:
        print(line)
    return not differences and not mistakes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the lines that the files expect")
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args()
    try:
        if options.check:
            results = [check(name) for name in options.files]
            print("%d passed, %d failed" % (results.count(True), results.count(False)))
            return 0 if all(results) else 1
        mistakes = []
        for name in options.files:
            with open(name, encoding="utf-8") as file:
                lines, found, _ = judge(file.read(), name)
            mistakes += found
            for line in lines:
                print(line)
        for mistake in mistakes:
            print(mistake, file=sys.stderr)
        return 3 if mistakes else 0
    except (OSError, scenarios.ScenarioError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
