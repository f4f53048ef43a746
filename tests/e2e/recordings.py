"""Recordings of real patients for test_recordings.py: cut out, written as the simulator reads them, and what the independent
oracle (tests/oracle) says of what the simulator's log says was served. Nothing here looks at the daemon."""

import csv
import datetime
import os
import sys

from clinic import START_MS, TOP

sys.path.insert(0, os.path.join(TOP, "tests/oracle"))

import from_data  # noqa: E402
import oracle  # noqa: E402
import scenario as scenarios  # noqa: E402
from bed import Bed, classify  # noqa: E402
from regimen import INTERVAL, MINUTE, SECOND, stale_after  # noqa: E402

DATA = os.path.join(TOP, "..", "shared", "data")
COLUMNS = ("rate", "spo2", "breathing", "systolic", "mean", "diastolic")
# A recording begins so long after the simulator: the session has begun by then, and nothing is of another patient.
LEAD = 2 * MINUTE
# What the profile says of the registers of config/monitors/generic-gateway.yaml.
NO_VALUE = {"rate": 0, "spo2": 0, "systolic": 0, "mean": 0, "diastolic": 0}
PINNED_LOW = {"rate": 20, "spo2": 40}


def collections():
    """The collections of recordings that are there: {collection: [(name, rows)]}."""
    found = {}
    for collection, (reader, suffix) in from_data.READERS.items():
        folder = os.path.join(DATA, collection)
        if os.path.isdir(folder):
            found[collection] = [(os.path.splitext(name)[0], reader(os.path.join(folder, name)))
                                 for name in sorted(os.listdir(folder)) if name.endswith(suffix)]
    return found


def cut(rows, hours):
    """The stretch of so many hours with the most cuffs, its first row LEAD after the start."""
    stretch = from_data.densest([row for row in rows if row.pressure or row.samples], hours * 60 * MINUTE)
    shifted = []
    for row in stretch:
        shifted.append(from_data.Row(row.instant - stretch[0].instant + LEAD))
        shifted[-1].samples, shifted[-1].pressure = row.samples, row.pressure
    return shifted


def write(path, rows):
    """As infusion-sim reads it. One instant has one row: a monitor shows one result."""
    with open(path, "w", encoding="ascii", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("time",) + COLUMNS)
        for row in rows:
            values = {**row.samples, **row.pressure}
            writer.writerow([row.instant // SECOND] + [values.get(name, "") for name in COLUMNS])


def ms_of(text):
    """Milliseconds from the test's start to a time of a log."""
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000) - START_MS


class Served:
    """One answer of the simulator: continuous values (None: none), and the cuff that it shows for the first time."""

    def __init__(self, at, values, cuff):
        self.at, self.values, self.cuff = at, values, cuff


def value_of(name, text):
    value = None if text == "-" else scenarios.parse_milli(text)
    return None if value is None or value == NO_VALUE.get(name, -1) * 1000 else value


def read_log(path):
    """Every answer, in order. Of two cuffs between two answers the reader sees the last."""
    served, waiting = [], None
    with open(path, encoding="utf-8") as file:
        for fields in csv.reader(file):
            if fields[1] == "cuff":
                names = ("systolic", "mean", "diastolic")
                values = {name: value_of(name, text) for name, text in zip(names, fields[3:6])}
                waiting = (ms_of(fields[0]), {name: value for name, value in values.items() if value is not None})
            elif fields[1] == "served":
                pairs = [word.split("=") for word in fields[3].split()]
                at = ms_of(fields[0])
                served.append(Served(at, {name: value_of(name, text) for name, text in pairs}, waiting))
                waiting = None
    return served


class Judge:
    """The oracle beside one bed: told what was served and what people did, in order."""

    def __init__(self, device, cadence):
        text = "device %s cadence %dms\nsources %s rate.pleth spo2 breathing systolic diastolic mean" % (device, cadence, device)
        self.device, self.bed = device, Bed(scenarios.parse(text))
        self.usable = {"rate": [], "spo2": [], "breathing": []}     # instants of usable samples, with their values
        self.cuffs = []                                             # (measured, seen, values) of cuffs with a pressure

    def serve(self, served):
        readings = []
        for vital, value in served.values.items():
            pinned = "low" if value is not None and value <= PINNED_LOW.get(vital, -1) * 1000 else None
            reading = classify(vital, value, False, pinned) if value is not None else None
            if reading is not None:
                readings.append((vital, reading))
                self.usable[vital].append((served.at, value))
        self.bed.before(served.at)
        self.bed.reply(self.device, served.at, readings, self.cuff_of(served))
        if self.bed.watches(self.device):
            self.bed.through(served.at)

    def cuff_of(self, served):
        if served.cuff is None:
            return None
        measured, values = served.cuff
        if not values:
            return oracle.Cuff("failed")
        # The monitor tells its result's age in whole seconds.
        offset = -((served.at - measured) // SECOND * SECOND)
        self.cuffs.append((served.at + offset, served.at, values))
        return oracle.Cuff("new", values, offset=offset)

    def act(self, at, name, *arguments):
        self.bed.through(at)
        getattr(self.bed, "act_" + name)(at, *arguments)
        self.bed.through(at)

    def alarms(self):
        """(instant, verb, group, priority, conditions) of every alarm line."""
        found = []
        for line in self.bed.output():
            time, *rest = line.split()
            found.append((scenarios.parse_time(time), *rest))
        return found


def play(judge, served, acts):
    """Answers and acts in order of time: acts never fall on an instant at which something is served."""
    steps = [(answer.at, 0, "serve", (answer,)) for answer in served]
    steps += [(at, 1 + place, name, arguments) for place, (at, name, arguments) in enumerate(acts)]
    for at, _, name, arguments in sorted(steps, key=lambda step: step[:2]):
        if name == "serve":
            judge.serve(*arguments)
        else:
            judge.act(at, name, *arguments)


def known_of_samples(instants, cadence, begin, end):
    """[(instant, known)] of a continuous vital, by R5 alone: each sample makes it known for so long."""
    changes, until = [], begin + stale_after(cadence)
    known = None
    for at in [at for at in instants if begin <= at < end] + [end]:
        if until <= at and until < end and known is not False:
            changes.append((until, False))
            known = False
        if at < end:
            if known is not True:
                changes.append((at, True))
                known = True
            until = at + stale_after(cadence)
    return changes


def known_of_cuffs(cuffs, phases, begin, end):
    """The same of the systolic, by R5: stale 1.5 intervals after the later of its measurement and the start of the phase."""
    happens = sorted([(at, 1, "phase", phase) for at, phase in phases] +
                     [(seen, 0, "cuff", measured) for measured, seen, values in cuffs if "systolic" in values and seen >= begin])
    changes, known, last, phase, since = [], None, begin, "baseline", begin
    for at, _, what, value in happens + [(end, 2, "end", None)]:
        until = max(last, since) + INTERVAL[phase] * 3 // 2
        if until < end and (until < at or (until == at and what != "cuff")) and known is not False:
            changes.append((until, False))
            known = False
        if what == "phase":
            phase, since = value, at
        elif what == "cuff":
            last = max(last, value)
            if known is not True:
                changes.append((at, True))
                known = True
    return changes
