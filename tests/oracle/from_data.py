#!/usr/bin/python3
"""Makes scenarios of patients' recordings: a stretch of several hours becomes a session.

    from_data.py DIR                 lists the sessions that the recordings under DIR give
    from_data.py DIR --write OUT     writes them to OUT as scenarios

DIR holds mimic3demo/, physionet2012/ and eicu_demo/, or is one of them. What is not there is skipped, and said.

A cuff stands at its charted instant; the same result within three minutes is the same measurement read again. A charted rate, saturation or breathing is one sample at its instant: it lives for one
poll of the monitor (60 s) and is then absent, for nobody knows what the patient did in between. The dose is given after the
second cuff, for 40 minutes; the rest of the stretch is recovery. Somebody answers alarms in every second twenty minutes.
"""

import argparse
import csv
import os
import sys

import scenario as scenarios
from alarms import LATCHED
from oracle import Player
from regimen import MINUTE, SECOND

COLLECTIONS = ("mimic3demo", "physionet2012", "eicu_demo")
FIRST = scenarios.parse_time("08:00:00")
CADENCE = MINUTE
HOURS = 6
LONGEST = 20 * 3600 * SECOND


class Row:
    """What was charted at one instant: whole numbers, in milliseconds from the start of the recording."""

    def __init__(self, instant):
        self.instant = instant
        self.samples = {}       # rate, spo2, breathing
        self.pressure = {}      # systolic, mean, diastolic

    @property
    def is_cuff(self):
        return len(self.pressure) == 3


def whole(text):
    """The nearest whole number of a charted value, None where there is none."""
    if not text:
        return None
    return (scenarios.parse_milli(text) + 500) // 1000


def take(row, kind, name, text):
    value = whole(text)
    if value is not None and value >= 0:
        getattr(row, kind)[name] = value


def read_mimic(path):
    columns = (("HR", "samples", "rate"), ("SpO2", "samples", "spo2"), ("RR", "samples", "breathing"),
               ("NBPs", "pressure", "systolic"), ("NBPm", "pressure", "mean"), ("NBPd", "pressure", "diastolic"))
    rows = []
    with open(path, encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            row = Row(int(record["t_s"]) * SECOND)
            for column, kind, name in columns:
                take(row, kind, name, record[column])
            rows.append(row)
    return rows


def read_physionet(path):
    columns = {"HR": ("samples", "rate"), "RespRate": ("samples", "breathing"), "NISysABP": ("pressure", "systolic"),
               "NIMAP": ("pressure", "mean"), "NIDiasABP": ("pressure", "diastolic")}
    rows = {}
    with open(path, encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            if record["Parameter"] in columns and not record["Value"].startswith("-"):
                hours, minutes = record["Time"].split(":")
                instant = (int(hours) * 60 + int(minutes)) * MINUTE
                take(rows.setdefault(instant, Row(instant)), *columns[record["Parameter"]], record["Value"])
    return [rows[instant] for instant in sorted(rows)]


def read_eicu(path):
    rows = []
    with open(path, encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            row = Row(int(record["offset_min"]) * MINUTE)
            for column, name in (("nibp_sys", "systolic"), ("nibp_mean", "mean"), ("nibp_dia", "diastolic")):
                take(row, "pressure", name, record[column])
            rows.append(row)
    return sorted(rows, key=lambda row: row.instant)


READERS = {"mimic3demo": (read_mimic, ".csv"), "physionet2012": (read_physionet, ".txt"), "eicu_demo": (read_eicu, ".csv")}


def densest(rows, length):
    """The stretch of that length with the most cuffs; the first of equals."""
    best, most = [], -1
    for start, row in enumerate(rows):
        stretch = [other for other in rows[start:] if other.instant <= row.instant + length]
        cuffs = sum(other.is_cuff for other in stretch)
        if row.is_cuff and cuffs > most:
            best, most = stretch, cuffs
    return best


def timeline(rows):
    """[(instant, what the monitor says)]: samples live for one poll, cuffs are measured at their instant."""
    shift = FIRST + MINUTE - rows[0].instant
    at = {}
    last_cuff = None
    for row in rows:
        instant = row.instant + shift
        streams, cuffs = at.setdefault(instant, ({}, []))
        for name, value in row.samples.items():
            streams[name] = str(value)
            at.setdefault(instant + CADENCE, ({}, []))[0].setdefault(name, "off")
        if row.is_cuff:
            shown = "%d/%d/%d" % (row.pressure["systolic"], row.pressure["mean"], row.pressure["diastolic"])
            if last_cuff is not None and last_cuff[1] == shown and instant - last_cuff[0] < 3 * MINUTE:
                shown += " again"
            else:
                last_cuff = (instant, shown)
            cuffs.append(shown)
    lines = []
    for instant in sorted(at):
        streams, cuffs = at[instant]
        texts = []
        if streams:
            texts.append("m1 stream " + " ".join("%s %s" % pair for pair in sorted(streams.items())))
        texts += ["m1 cuff " + cuff for cuff in cuffs]
        lines.append((instant, texts))
    return lines


class Session:
    """Writes one session, with the oracle beside it to know which alarms wait for an answer."""

    def __init__(self, title, rows):
        vitals = sorted({name for row in rows for name in row.samples})
        self.text = ["title %s" % title, "device m1 cadence %ds" % (CADENCE // SECOND),
                     "sources m1 %s systolic diastolic mean" % " ".join(
                         "rate.pleth" if vital == "rate" else vital for vital in vitals)]
        self.text[-1] = " ".join(self.text[-1].split())
        self.scenario = scenarios.parse("\n".join(self.text))
        self.player = Player(self.scenario)
        self.lines = timeline(rows)
        cuffs = [instant for instant, texts in self.lines if any(text.startswith("m1 cuff") for text in texts)]
        second = [instant for instant in cuffs if instant >= cuffs[0] + 2 * MINUTE]
        self.dose_at = (second[0] if second else cuffs[0]) + 20 * SECOND
        self.stop_at = self.dose_at + 40 * MINUTE + 30 * SECOND

    def play(self, instant, texts):
        stamped = ["%s %s" % (scenarios.format_time(instant), text) for text in texts]
        self.text += stamped
        self.player.run_until(instant)
        self.player.play_instant(instant, [scenarios.parse_line(self.scenario, 0, instant, text) for text in stamped])

    def write(self):
        self.play(FIRST, ["start 70 kg"])
        last = max(self.lines[-1][0], self.stop_at) + 10 * MINUTE
        waiting = dict(self.lines)
        instant = FIRST
        while instant < last:
            instant += 10 * SECOND
            if instant in waiting:
                self.play(instant, waiting[instant])
            if instant == self.dose_at:
                self.play(instant, ['dose override "recorded elsewhere"'])
            elif instant == self.stop_at:
                self.play(instant, ["stop"])
            elif instant % MINUTE == 40 * SECOND and (instant // (20 * MINUTE)) % 2 == 0:
                self.player.run_until(instant)
                alarms = self.player.bed.alarms
                addressed = [(group, alarms.addressed(group)) for group in alarms.alarms]
                groups = [group for group, alarm in addressed
                          if alarm is not None and (alarm.state == LATCHED or not alarm.acknowledged)]
                if groups:
                    self.play(instant, ["ack " + group for group in groups])
        self.play(instant, ["checklist complete", 'discharge override "end of the stretch"'])
        self.play(instant + 10 * SECOND, ["end"])
        return "\n".join(self.text) + "\n"


def recordings(directory):
    """(name, rows) of every recording; what is absent is said on stderr."""
    for collection in COLLECTIONS:
        folder = os.path.join(directory, collection)
        if os.path.basename(os.path.normpath(directory)) == collection:
            folder = directory
        if not os.path.isdir(folder):
            print("%s: no such folder, skipped" % folder, file=sys.stderr)
            continue
        reader, suffix = READERS[collection]
        for name in sorted(os.listdir(folder)):
            if name.endswith(suffix):
                yield os.path.splitext(name)[0], reader(os.path.join(folder, name))


def sessions(directory, hours=HOURS):
    """(name, scenario text) of every recording with at least two cuffs in its densest stretch."""
    for name, rows in recordings(directory):
        stretch = densest([row for row in rows if row.is_cuff or row.samples], hours * 60 * MINUTE)
        if sum(row.is_cuff for row in stretch) < 2:
            print("%s: fewer than two cuffs, skipped" % name, file=sys.stderr)
            continue
        yield name, Session("%s, %d hours of a recording" % (name, hours), stretch).write()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", metavar="DIR")
    parser.add_argument("--write", metavar="OUT")
    parser.add_argument("--hours", type=int, default=HOURS)
    options = parser.parse_args()
    number = 0
    for name, text in sessions(options.directory, options.hours):
        number += 1
        lines = text.splitlines()
        print("%s: %d lines, %d cuffs" % (name, len(lines), sum(" cuff " in line for line in lines)))
        if options.write:
            os.makedirs(options.write, exist_ok=True)
            with open(os.path.join(options.write, name + ".scn"), "w", encoding="utf-8") as file:
                file.write(text)
    print("%d sessions" % number)
    return 0


if __name__ == "__main__":
    sys.exit(main())
