#!/usr/bin/python3
"""Compares the engine's alarm lines with the oracle's.

    compare.py ORACLE-OUTPUT ENGINE-OUTPUT              two files of alarm lines
    compare.py --engine 'COMMAND' --seeds 1-200         random sessions; COMMAND is run with a scenario file behind it
    compare.py --engine 'COMMAND' --edges 1-200         the same, with what happens put at the instants of deadlines
    compare.py --engine 'COMMAND' --data DIR            sessions made of the recordings under DIR
    compare.py --engine 'COMMAND' FILE.scn ...          scenarios that exist

Prints the first lines that differ in each of the first scenarios that fail, then per condition and tier how many
matched, were missed by the engine, or are extra in it. Exits 1 on any difference, and with 200 random sessions or more also
if a condition and tier, or a verb, was expected fewer than 20 times. The last line is "N passed, N failed".
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter

import edges
import from_data
import generate
import oracle

ALARM_LINE = re.compile(r"^\d\d:\d\d:\d\d(\.\d\d\d)? (start|raise|lower|join|leave|end|latch|return|ack|reset|resound|escalate|"
                        r"remind|close) [a-z][\w:.-]* (low|medium|high) \S+$")
CONTEXT = 3
WHOLE = 200         # random sessions, from which on every condition and tier must have come often enough


def alarm_lines(text):
    return [line.strip() for line in text.splitlines() if ALARM_LINE.match(line.strip())]


class Tally:
    """Matched, missed and extra, by condition and tier and by verb, over all scenarios."""

    def __init__(self):
        self.conditions = {"matched": Counter(), "missed": Counter(), "extra": Counter()}
        self.verbs = {"matched": Counter(), "missed": Counter(), "extra": Counter()}

    def add(self, expected, given):
        for of, wanted, found in (
                (self.conditions, Counter(generate.tiers_reached(expected)), Counter(generate.tiers_reached(given))),
                (self.verbs, Counter(expected), Counter(given))):
            for kind, items in (("matched", wanted & found), ("missed", wanted - found), ("extra", found - wanted)):
                for item, number in items.items():
                    key = (item[2], item[3]) if of is self.conditions else item.split()[1]
                    of[kind][key] += number

    def table(self):
        print("%-36s %-8s %8s %8s %8s" % ("condition", "tier", "matched", "missed", "extra"))
        for key in sorted(set().union(*self.conditions.values())):
            self.row("%-36s %-8s" % key, self.conditions, key)
        print()
        for verb in sorted(set().union(*self.verbs.values())):
            self.row("%-45s" % verb, self.verbs, verb)
        print()

    def too_few(self):
        """What the oracle expected too seldom for this comparison to prove much."""
        expected = [of["matched"] + of["missed"] for of in (self.conditions, self.verbs)]
        return generate.too_few(*expected)

    @staticmethod
    def row(title, of, key):
        wrong = of["missed"][key] + of["extra"][key]
        print("%s %8d %8d %8d%s" % (title, of["matched"][key], of["missed"][key], of["extra"][key],
                                    "  <--" if wrong else ""))


def show_first_difference(name, expected, given):
    place = 0
    while place < min(len(expected), len(given)) and expected[place] == given[place]:
        place += 1
    print("%s: differs at alarm line %d" % (name, place + 1))
    for line in expected[max(0, place - CONTEXT):place]:
        print("      " + line)
    for line in expected[place:place + CONTEXT] or ["(nothing more)"]:
        print("  oracle " + line)
    for line in given[place:place + CONTEXT] or ["(nothing more)"]:
        print("  engine " + line)


class Run:
    def __init__(self, options):
        self.options = options
        self.tally = Tally()
        self.passed = self.failed = self.sessions = 0

    def compare(self, name, expected, given, complaint=""):
        self.tally.add(expected, given)
        if expected == given and not complaint:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= self.options.first:
            if expected != given:
                show_first_difference(name, expected, given)
            if complaint:
                print("%s: %s" % (name, complaint))

    def engine(self, path):
        """The engine's lines for a scenario file, and a complaint if it broke."""
        command = shlex.split(self.options.engine) + [path]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return [], "no end within 120 s"
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        lines = alarm_lines(done.stdout.decode("utf-8", "replace"))
        if done.returncode != 0:
            return lines, "exit %d: %s" % (done.returncode, " / ".join(said[-3:]))
        return lines, ""

    def scenario(self, name, text, expected=None):
        mistakes = []
        if expected is None:
            expected, mistakes, _ = oracle.judge(text, name)
        if self.options.keep:
            os.makedirs(self.options.keep, exist_ok=True)
            path = os.path.join(self.options.keep, name.replace("/", "-") + ".scn")
        else:
            path = self.scratch
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        given, complaint = self.engine(path)
        self.compare(name, expected, given, "; ".join(filter(None, [complaint] + mistakes)))

    def seeds(self, first, last):
        for seed in range(first, last + 1):
            text, expected = generate.session(seed)
            self.sessions += 1
            self.scenario("seed-%d" % seed, text, expected)

    def edges(self, first, last):
        for seed in range(first, last + 1):
            text, expected = edges.session(seed)
            self.scenario("edges-%d" % seed, text, expected)

    def data(self, directory):
        for name, text in from_data.sessions(directory):
            self.scenario(name, text)

    def files(self, paths):
        for path in paths:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            expected, mistakes, _ = oracle.judge(text, path)
            given, _ = self.engine(path)
            self.compare(path, expected, given, "; ".join(mistakes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", help="command that plays a scenario file and prints its alarm lines")
    parser.add_argument("--seeds", metavar="A-B", help="random sessions of these seeds")
    parser.add_argument("--edges", metavar="A-B", help="random sessions of edges.py")
    parser.add_argument("--data", metavar="DIR", help="recordings, as from_data.py reads them")
    parser.add_argument("--keep", metavar="DIR", help="leave the scenarios here")
    parser.add_argument("--first", type=int, default=5, help="show the difference of that many scenarios (default 5)")
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args()
    run = Run(options)
    if options.engine:
        with tempfile.TemporaryDirectory() as scratch:
            run.scratch = os.path.join(scratch, "session.scn")
            if options.seeds:
                first, _, last = options.seeds.partition("-")
                run.seeds(int(first), int(last or first))
            if options.edges:
                first, _, last = options.edges.partition("-")
                run.edges(int(first), int(last or first))
            if options.data:
                run.data(options.data)
            run.files(options.files)
    elif len(options.files) == 2:
        texts = [open(name, encoding="utf-8").read() for name in options.files]
        run.compare(options.files[0], *[alarm_lines(text) for text in texts])
    else:
        parser.error("an engine, or two files of alarm lines")
    run.tally.table()
    few = run.tally.too_few() if run.sessions >= WHOLE else []
    for what in few:
        print("fewer than %d expected: %s" % (generate.FEW, what))
    print("%d passed, %d failed" % (run.passed, run.failed))
    return 1 if run.failed or few or not run.passed else 0


if __name__ == "__main__":
    sys.exit(main())
