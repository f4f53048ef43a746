#!/usr/bin/python3
"""Takes the rules out of the engine one at a time and sees whether a test notices.

Each entry of mutations.txt is one change of the engine that breaks one rule. It is made in a copy of the tree, what concerns it
is built and its scenarios or unit tests are run: every one that the entry names must fail, and before all of them pass
without a change. README.md says how to write an entry.

usage: run.py [--only RULE] [--check] [--folder FOLDER]
  --only R13      the entries of one rule
  --check         runs nothing: every entry applies exactly once, names tests that exist, and every rule has one
  --folder F      where the copy is kept between runs (default: build-mutations beside the tree's own files)
"""

import argparse
import os
import re
import resource
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = os.path.join(TOP, "tests/mutations/mutations.txt")
RULES = ["R%d" % number for number in range(1, 39)]
# Some changes make an instant fall due for ever. What takes so much of the processor has not passed, however busy the machine is;
# whoever waits for a thing that never comes takes none of it, and has the longer time.
PROCESSOR_S = {"scenario": 10, "test": 60, "e2e": 120}
PATIENCE_S = 600
SCENARIOS = "tests/scenarios/scenario-run"
E2E_TARGETS = ["daemon/infusiond-test", "daemon/infusiond", "daemon/sim/infusion-sim", "daemon/ctl/infusionctl"]


class Wrong(Exception):
    """A mistake in the table, in one sentence."""


class Mutation:
    """One entry: old and new are lines without their indentation; tests are (kind, where, name)."""

    def __init__(self, number, rule, title):
        self.number, self.rule, self.title = number, rule, title
        self.file, self.breaks, self.old, self.new, self.tests = None, None, [], [], []

    def wrong(self, what):
        return Wrong("mutations.txt:%d: %s %s: %s" % (self.number, self.rule, self.title, what))


def read_field(entry, line):
    word, _, rest = line.partition(" ")
    if word in ("file", "breaks") and rest:
        setattr(entry, word, rest)
    elif word == "fails" and rest:
        entry.tests += [("scenario", SCENARIOS, name) for name in rest.split()]
    elif word == "test" and len(rest.split()) == 2:
        entry.tests.append(("test", "tests/unit/" + rest.split()[0], rest.split()[1]))
    elif word == "e2e" and rest:
        entry.tests.append(("e2e", "tests/e2e/run.py", rest))
    else:
        raise entry.wrong("'%s' is no line of an entry" % line)


def read_table(path=TABLE):
    entries = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            head = re.fullmatch(r"\[(R\d+)\] (.+)", line)
            if head:
                entries.append(Mutation(number, *head.groups()))
            elif not line.strip() or line.startswith("#"):
                continue
            elif not entries:
                raise Wrong("mutations.txt:%d: an entry begins with [RULE] and its title" % number)
            elif line.startswith(("-", "+", " ")):
                text = line[1:].strip()
                if line[0] in "- ":
                    entries[-1].old.append(text)
                if line[0] in "+ ":
                    entries[-1].new.append(text)
            else:
                read_field(entries[-1], line)
    for entry in entries:
        if not (entry.file and entry.breaks and entry.tests and entry.old) or entry.old == entry.new:
            raise entry.wrong("an entry has file, breaks, old and new lines, and tests that fail")
    return entries


def mutate(entry, text):
    """The text of the file with the change made; the old lines must stand in it exactly once."""
    lines = text.split("\n")
    bare = [line.strip() for line in lines]
    found = [at for at in range(len(lines)) if bare[at:at + len(entry.old)] == entry.old]
    if len(found) != 1:
        raise entry.wrong("its old lines stand %d times in %s, not once" % (len(found), entry.file))
    indent = re.match(r"\s*", lines[found[0]]).group()
    lines[found[0]:found[0] + len(entry.old)] = [indent + line for line in entry.new]
    return "\n".join(lines)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def check_test(entry, kind, where, name):
    if kind == "scenario":
        exists = os.path.exists(os.path.join(TOP, "tests/scenarios", name + ".scn"))
    elif kind == "test":
        source = os.path.join(TOP, where + ".c")
        exists = os.path.exists(source) and "START_TEST(%s)" % name in read(source)
    else:
        module, _, method = name.partition(".")
        source = os.path.join(TOP, "tests/e2e", module + ".py")
        exists = os.path.exists(source) and "def %s(" % method.rpartition(".")[2] in read(source)
    if not exists:
        raise entry.wrong("there is no test %s" % name)


def check_entry(entry):
    if entry.rule not in RULES:
        raise entry.wrong("there is no such rule")
    mutate(entry, read(TOP, entry.file))
    for test in entry.tests:
        check_test(entry, *test)


def check(entries):
    """All that is wrong, in one run."""
    wrong = []
    for entry in entries:
        try:
            check_entry(entry)
        except (Wrong, OSError) as why:
            wrong.append(str(why))
    for rule in RULES:
        if not any(entry.rule == rule for entry in entries):
            wrong.append("%s has no entry: nothing shows that a test needs the rule" % rule)
    if wrong:
        raise Wrong("\n".join(wrong))


def spare(seconds):
    """In the new process: it may take so much of the processor, and is then ended."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


class Copy:
    """The tree as it is, in a folder of its own, and what is built of it: without sanitizers, as fast as can be built."""

    def __init__(self, folder):
        self.tree, self.build = os.path.join(folder, "tree"), os.path.join(folder, "build")
        self.targets = set()
        self.refresh()
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            self.must(["meson", "setup", self.build, self.tree, "-Dbuildtype=plain", "-Doptimization=0", "-Dwerror=false",
                       "-Dwarning_level=0"])

    def refresh(self):
        """What has not changed keeps its time, so that only the rest is built anew."""
        kept = set()
        for folder, names, files in os.walk(TOP):
            names[:] = [name for name in names if not name.startswith((".", "build", "__pycache__"))]
            for name in files:
                source = os.path.join(folder, name)
                path = os.path.relpath(source, TOP)
                kept.add(path)
                self.put(path, open(source, "rb").read(), os.stat(source).st_mode)
        for folder, _, files in os.walk(self.tree):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.relpath(path, self.tree) not in kept:
                    os.remove(path)

    def put(self, path, content, mode=None):
        target = os.path.join(self.tree, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target) or open(target, "rb").read() != content:
            with open(target, "wb") as file:
                file.write(content)
        if mode is not None:
            os.chmod(target, mode)

    def must(self, command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong("%s failed:\n%s%s" % (" ".join(command[:3]), done.stdout[-3000:], done.stderr[-3000:]))

    def make(self, targets):
        """None, or why it does not build."""
        done = subprocess.run(["ninja", "-C", self.build] + sorted(targets), capture_output=True, text=True)
        if done.returncode == 0:
            return None
        errors = [line for line in done.stdout.splitlines() if "error" in line.lower()]
        return "\n".join(errors or [done.stdout[-1000:]])

    def fails(self, kind, where, name):
        """Whether the test fails; the test by its name, not whatever else its program holds."""
        if kind == "scenario":
            command = [os.path.join(self.build, where), "--check", os.path.join(self.tree, "tests/scenarios", name + ".scn")]
        elif kind == "test":
            command = [os.path.join(self.build, where)]
        else:
            command = ["/usr/bin/python3", os.path.join(self.tree, where), self.build, name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE_S,
                                  preexec_fn=lambda: spare(PROCESSOR_S[kind]))
        except subprocess.TimeoutExpired:
            return True
        if kind == "test":
            return done.returncode != 0 and (":%s:" % name in done.stdout)
        return done.returncode != 0

    def failing_scenarios(self):
        """How many scenarios fail at all."""
        folder = os.path.join(self.tree, "tests/scenarios")
        paths = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".scn"))
        try:
            done = subprocess.run([os.path.join(self.build, SCENARIOS), "--check"] + paths, capture_output=True, text=True,
                                  timeout=PATIENCE_S, preexec_fn=lambda: spare(PROCESSOR_S["scenario"]))
        except subprocess.TimeoutExpired:
            return None
        counted = re.search(r"(\d+) failed", done.stdout)
        return int(counted.group(1)) if counted else None


def targets_of(entry):
    targets = set()
    for kind, where, _ in entry.tests:
        targets.update(E2E_TARGETS if kind == "e2e" else [where])
    return targets


def run_unchanged(copy, entries):
    trouble = copy.make(set().union(*(targets_of(entry) for entry in entries)))
    if trouble:
        raise Wrong("the tree without a change does not build:\n" + trouble)
    for test in sorted(set(test for entry in entries for test in entry.tests)):
        if copy.fails(*test):
            raise Wrong("%s fails without any change" % test[2])


def run_entry(copy, entry):
    """(killed, what failed): the change is made, built, tried and taken back."""
    original = read(copy.tree, entry.file)
    copy.put(entry.file, mutate(entry, original).encode())
    try:
        trouble = copy.make(targets_of(entry))
        if trouble:
            return False, "DOES NOT BUILD: " + trouble
        passed = [name for kind, where, name in entry.tests if not copy.fails(kind, where, name)]
        if passed:
            return False, "SURVIVED: passed all the same: " + ", ".join(passed)
        failed = ", ".join(test[2] for test in entry.tests)
        if any(kind == "scenario" for kind, _, _ in entry.tests):
            named = len(set(test[2] for test in entry.tests if test[0] == "scenario"))
            count = copy.failing_scenarios()
            failed += "" if count in (None, named) else " (and %d scenarios more)" % (count - named)
        return True, failed
    finally:
        copy.put(entry.file, original.encode())


def run(entries, folder):
    copy = Copy(folder)
    run_unchanged(copy, entries)
    killed = survived = 0
    print("rule | change | what failed")
    for entry in entries:
        dead, what = run_entry(copy, entry)
        killed, survived = killed + dead, survived + (not dead)
        print("%s | %s | %s" % (entry.rule, entry.title, what), flush=True)
    print("%d killed, %d survived" % (killed, survived))
    return 0 if survived == 0 else 1


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--only", metavar="RULE")
    options.add_argument("--check", action="store_true")
    options.add_argument("--folder", default=os.path.join(TOP, "build-mutations"))
    asked = options.parse_args()
    try:
        entries = read_table()
        check(entries)
        if asked.check:
            print("%d changes of %d rules apply" % (len(entries), len(set(entry.rule for entry in entries))))
            return 0
        chosen = [entry for entry in entries if asked.only in (None, entry.rule)]
        if not chosen:
            raise Wrong("there is no entry for %s" % asked.only)
        return run(chosen, asked.folder)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
