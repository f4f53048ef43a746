"""Recordings of real patients from the wire to the alarm: infusion-sim serves them, the daemon polls them over TCP and, some,
over a serial line, on a clock of the test's; and the alarms in the record are those that the independent oracle (tests/oracle)
says of what the simulator's own log says was served. What was not charted is not known: every value in the record is one that
was served just then, and each vital is unknown from the instant at which R5 says so until the next value.

Three recordings for two hours; the long form has all that are in ../shared/data, six hours of each, polled every minute and
every five seconds: RECORDINGS=all tests/e2e/run.py BUILD test_recordings"""

import json
import os
import re
import sqlite3
import subprocess
import unittest

import recordings
from api_client import ask
from clinic import PATIENCE_S, START_MS, TOP, Clinic
from machine import go_first

BUILD = os.environ.get("INFUSIOND_BUILD", "build")
ALL = os.environ.get("RECORDINGS") == "all"
SECOND, MINUTE = 1000, 60000
START = 61300       # off every poll
SERIAL = "physionet2012"
SHORT = {"mimic3demo": ("mimic3demo_icustay_210989",), "physionet2012": ("133197",), "eicu_demo": ("eicu_demo_stay_2774779_nibp",)}
FOUND = recordings.collections()


class Ward(Clinic):
    """One simulator and one line for each collection, a monitor and a bed for each recording."""

    def __init__(self, stretches, cadence_ms):
        self.stretches = stretches                  # {collection: [(name, rows)]}
        self.beds = [(collection, unit) for collection, of in stretches.items() for unit in range(1, len(of) + 1)]
        super().__init__(BUILD, list(stretches), cadence_ms=cadence_ms)

    def name(self, index):
        collection, unit = self.beds[index]
        return self.stretches[collection][unit - 1][0]

    def log(self, index):
        return self.path("%s-%d.log" % self.beds[index])

    def profile(self):
        """The example gateway, at another cadence: a recorded value is there for one poll of it."""
        path = self.path("gateway.yaml")
        with open(os.path.join(TOP, "config/monitors/generic-gateway.yaml"), encoding="utf-8") as file:
            text = re.sub(r"(?m)^cadence_ms: .*$", "cadence_ms: %d" % self.cadence_ms, file.read())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start_sim(self, index):
        collection = self.profiles[index]
        of = self.stretches[collection]
        paths = []
        for name, rows in of:
            paths.append(self.path(name + ".csv"))
            recordings.write(paths[-1], rows)
        where = ["--serial", self.path("wire"), "--baud", "38400"] if collection == SERIAL else ["--listen", "127.0.0.1:0"]
        sim = subprocess.Popen(
            [os.path.join(self.build, "daemon/sim/infusion-sim"), "--profile", self.profile(), *where, "--units",
             ",".join(str(unit + 1) for unit in range(len(of))), "--recording", ",".join(paths), "--clock", self.clock_path,
             "--log", self.path(collection + "-%u.log")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.sims.append(sim)
        go_first(sim.pid)
        for _ in of:
            line = sim.stdout.readline()
            if not line.startswith("listening"):
                raise AssertionError("the simulator did not start: " + line + sim.stderr.read())
        self.ports.append(line.split()[1].rsplit(":", 1)[-1])

    def write_config(self):
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        lines = ["store: record.sqlite", "socket: d.sock", "profiles: [%s]" % self.path("gateway.yaml"),
                 "regimens: [%s/config/regimens/iv-ketamine.yaml]" % TOP, "lines:"]
        for collection, port in zip(self.profiles, self.ports):
            lines.append("  - {name: %s, %s, response_timeout_ms: 1000}" % (
                collection, "kind: modbus-rtu, device: wire, baud: 38400" if collection == SERIAL
                else "host: 127.0.0.1, port: " + port))
        lines.append("monitors:")
        lines += ["  - {name: m%d, profile: generic-gateway, line: %s, unit: %d, cadence_ms: %d}" % (
            index, collection, unit, self.cadence_ms) for index, (collection, unit) in enumerate(self.beds)]
        lines.append("beds:")
        lines += ["  - {name: bed%d, monitors: [m%d]}" % (index, index) for index in range(len(self.beds))]
        lines += ["people:", "  - {user: %s, name: desk, role: viewer, shared_terminal: true}" % user,
                  "  - {name: nurse, role: nurse}", "  - {name: prescriber, role: prescriber}"]
        with open(self.path("infusiond.yaml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def rows(self, query, *values):
        with sqlite3.connect("file:%s?mode=ro" % self.path("record.sqlite"), uri=True) as record:
            return record.execute(query, values).fetchall()


@unittest.skipUnless(FOUND, "no recordings beside the checkout (../shared/data)")
class Recordings(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.hours = 6 if ALL else 2
        self.counts = dict.fromkeys(("alarm lines", "values", "gaps", "cuffs", "apart"), 0)

    def open(self, cadence_ms):
        stretches = {}
        for collection, of in FOUND.items():
            stretches[collection] = [(name, recordings.cut(rows, self.hours)) for name, rows in of
                                     if ALL or name in SHORT[collection]]
        self.ward = Ward(stretches, cadence_ms)
        self.addCleanup(self.ward.close)
        self.ward.start_daemon()
        self.acts = [[] for _ in self.ward.beds]    # what people did at each bed: (instant, act of the oracle, its arguments)
        self.sessions = {}

    # What people do, at instants off every poll

    def do(self, at, index, name, arguments, *words, who="nurse"):
        self.ward.ctl(*words, who=who)
        self.acts[index].append((at, name, arguments))

    def start(self, at, index):
        self.sessions[index] = self.ward.start_session("bed%d" % index)
        self.acts[index].append((at, "start", ("nurse", 70000)))

    def dose(self, at, index):
        self.do(at, index, "dose", ("prescriber", True, "recorded"), "sessions", "dose", self.sessions[index], "--override",
                "--reason", "recorded", who="prescriber")

    def stop(self, at, index):
        self.do(at, index, "stop", ("nurse",), "sessions", "stop", self.sessions[index])

    def discharge(self, at, index):
        self.do(at, index, "checklist", ("nurse",), "sessions", "checklist", self.sessions[index], "--done", "1,2,3,4,5,6")
        self.do(at, index, "discharge", ("nurse", True, "over"), "sessions", "discharge", self.sessions[index], "--override",
                "--reason", "over")

    def answer(self, at, _):
        """Every open alarm is acknowledged, the one of a group that was there last first."""
        for bed in ask(self.ward.path("d.sock"), "GET", "/api/v1/beds").json()["beds"]:
            index, groups = int(bed["bed"][3:]), {}
            for alarm in bed["alarms"]:
                before = groups.get(alarm["group"])
                if before is None or alarm["id"] > before["id"]:
                    groups[alarm["group"]] = alarm
            for group, alarm in groups.items():
                if alarm["state"] == "latched" or not alarm["acknowledged"]:
                    self.do(at, index, "ack", ("nurse", group), "ack", alarm["id"], "--revision", alarm["revision"])

    def plan(self):
        """[(instant, act, bed)]: the drug after the second cuff, for 40 minutes; alarms answered in every other 20 minutes."""
        end = self.hours * 60 * MINUTE + recordings.LEAD + 10 * MINUTE
        steps = [(minute * MINUTE + 40700, self.answer, 0) for minute in range(3, end // MINUTE, 4 if ALL else 2)
                 if minute // 20 % 2 == 0]
        for index, (collection, unit) in enumerate(self.ward.beds):
            cuffs = [row.instant for row in self.ward.stretches[collection][unit - 1][1] if row.pressure]
            second = next((cuff for cuff in cuffs if cuff >= cuffs[0] + 2 * MINUTE), cuffs[0])
            dose = second // SECOND * SECOND + 61300 + 10 * index
            steps += [(START + 10 * index, self.start, index), (dose, self.dose, index),
                      (dose + 40 * MINUTE + 30 * SECOND, self.stop, index), (end + 10 * index, self.discharge, index)]
        return sorted(steps, key=lambda step: (step[0], step[2]))

    def run_all(self):
        for at, step, index in self.plan():
            self.ward.run_to(at)
            step(at, index)
        self.ward.run_to(at + 1000)
        self.ward.stop_daemon()
        for sim in self.ward.sims:
            sim.terminate()
            sim.wait(PATIENCE_S)

    # What must come of it

    def recorded_alarms(self, bed):
        found = []
        # An update moves the worst value or the sentence; the rules have no line for it.
        for at, change, body in self.ward.rows("SELECT at_ms, change, body FROM event WHERE type = 'alarm' AND change <> 'update' "
                                               "AND bed = ? ORDER BY seq", bed):
            alarm = json.loads(body)["alarm"]
            names = sorted(condition["name"] for condition in alarm["conditions"])
            found.append((at - START_MS, change, alarm["group"], alarm["priority"], ",".join(names) or "-"))
        return found

    def compare_alarms(self, bed, judge):
        """Line by line within each group; how far the instants are apart at most is counted, a poll is too much."""
        groups = {}
        for place, lines in enumerate((judge.alarms(), self.recorded_alarms(bed))):
            for line in lines:
                groups.setdefault(line[2], ([], []))[place].append(line)
        for wanted, found in groups.values():
            self.assertEqual([line[1:] for line in wanted], [line[1:] for line in found], bed)
            for one, other in zip(wanted, found):
                self.assertLess(abs(one[0] - other[0]), self.ward.cadence_ms, (one, other))
                self.counts["apart"] = max(self.counts["apart"], abs(one[0] - other[0]))
            self.counts["alarm lines"] += len(wanted)

    def compare_values(self, bed, judge):
        """No value is in the record that was not served at that instant, and none that was served is missing."""
        rows = self.ward.rows("SELECT vital, at_ms, milli FROM reading WHERE bed = ? AND quality IN ('good', 'verify') AND vital IN "
                              "('rate', 'spo2', 'breathing') ORDER BY id", bed)
        for vital, served in judge.usable.items():
            self.assertEqual(served, [(at - START_MS, milli) for of, at, milli in rows if of == vital], (bed, vital))
            self.counts["values"] += len(served)
        rows = self.ward.rows("SELECT measured_at_ms, at_ms, vital, milli FROM reading WHERE bed = ? AND cuff = 'new' AND vital IN "
                              "('systolic', 'mean', 'diastolic') AND milli IS NOT NULL ORDER BY id", bed)
        cuffs = {}
        for measured, at, vital, milli in rows:
            cuffs.setdefault((measured - START_MS, at - START_MS), {})[vital] = milli
        self.assertEqual({(measured, seen): values for measured, seen, values in judge.cuffs}, cuffs, bed)
        self.counts["cuffs"] += len(cuffs)

    def compare_gaps(self, index, judge):
        """Every stretch without data is unknown, from its very instant on (R5, R19)."""
        acts = {name: at for at, name, _ in self.acts[index]}
        phases = [(acts["dose"], "infusion"), (acts["stop"], "recovery")]
        for vital in ("rate", "spo2", "systolic"):
            if vital == "systolic":
                wanted = recordings.known_of_cuffs(judge.cuffs, phases, acts["start"], acts["discharge"])
            else:
                wanted = recordings.known_of_samples([at for at, _ in judge.usable[vital]], self.ward.cadence_ms, acts["start"],
                                                     acts["discharge"])
            found = self.ward.rows("SELECT at_ms, type = 'vital_known' FROM event WHERE bed = ? AND subject = ? AND type IN "
                                   "('vital_known', 'vital_unknown') ORDER BY seq", "bed%d" % index, vital)
            self.assertEqual(wanted, [(at - START_MS, bool(known)) for at, known in found], (self.ward.name(index), vital))
            self.counts["gaps"] += sum(not known for _, known in wanted)

    def judge_all(self):
        for index in range(len(self.ward.beds)):
            with self.subTest(self.ward.name(index)):
                judge = recordings.Judge("m%d" % index, self.ward.cadence_ms)
                recordings.play(judge, recordings.read_log(self.ward.log(index)), self.acts[index])
                self.compare_alarms("bed%d" % index, judge)
                self.compare_values("bed%d" % index, judge)
                self.compare_gaps(index, judge)
        print("%d recordings, %d h each, every %d s: %s" % (
            len(self.ward.beds), self.hours, self.ward.cadence_ms // 1000, ", ".join("%d %s" % (number, what) for what, number in
                                                                                     self.counts.items())), flush=True)
        for what in ("alarm lines", "values", "gaps", "cuffs"):
            self.assertGreater(self.counts[what], 10 * len(self.ward.beds) if what == "alarm lines" else 0, what)

    def test_polled_every_minute(self):
        self.open(60000)
        self.run_all()
        self.judge_all()

    @unittest.skipUnless(ALL, "RECORDINGS=all")
    def test_polled_every_five_seconds(self):
        self.open(5000)
        self.run_all()
        self.judge_all()


if __name__ == "__main__":
    unittest.main()
