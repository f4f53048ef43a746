#!/usr/bin/python3
"""The end-to-end tests. usage: run.py BUILD-FOLDER [--crowd | --measuring | NAME...]

Without names all of them, a program for each file. First the crowd, two more of them at a time than there are processors, since
most wait as long as they work; then those that measure times, which hardly work at all: one more than there are processors."""

import os
import re
import subprocess
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)
# What takes longest begins first, so that nothing is waited for alone at the end.
MEASURING = ("test_sim_rtu", "test_noisy_wire", "test_rtu", "test_lines", "test_stop", "test_reload", "test_sim_rtu_faults",
             "test_line_rate")
LONGEST = ("test_console_acts", "test_console", "test_api_daemon", "test_console_lost", "test_session", "test_cuff_start", "test_line",
           "test_bench", "test_foreign")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


def run_here(names):
    loader = unittest.TestLoader()
    suite = unittest.TestSuite(loader.loadTestsFromName(name) for name in names)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    bad = len(result.failures) + len(result.errors)
    return result.testsRun - bad - len(result.skipped), bad, len(result.skipped)


def run_file(build, name):
    """Its counts; a file that tells none has failed."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, os.path.abspath(__file__), build, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    lines = done.stdout.splitlines()
    summary = SUMMARY.match(lines[-1]) if lines else None
    counts = tuple(int(number) for number in summary.groups()) if summary else (0, 1, 0)
    if done.returncode != 0 and counts[1] == 0:
        counts = (counts[0], 1, counts[2])
    sys.stdout.write("%s\n-- %s: %.0f s\n" % (done.stdout.rstrip(), name, time.monotonic() - began))
    sys.stdout.flush()
    return counts


def run_some(build, names, at_a_time):
    with ThreadPoolExecutor(at_a_time) as pool:
        return list(pool.map(lambda name: run_file(build, name), names))


def run_all(build, which):
    # test_api.py is a program of its own: it needs to be told which server to read.
    names = {name[:-3] for name in os.listdir(FOLDER) if name.startswith("test_") and name.endswith(".py") and name != "test_api.py"}
    counts = []
    if which != "--measuring":
        counts += run_some(build, [*LONGEST, *sorted(names.difference(LONGEST, MEASURING))], os.cpu_count() + 2)
    if which != "--crowd":
        counts += run_some(build, MEASURING, os.cpu_count() + 1)
    return tuple(sum(column) for column in zip(*counts))


def main():
    build, *words = sys.argv[1:]
    build = os.path.abspath(build)
    os.environ["INFUSIOND_BUILD"] = build
    is_part = words in ([], ["--crowd"], ["--measuring"])
    passed, bad, skipped = run_all(build, *(words or [""])) if is_part else run_here(words)
    print("%d passed, %d failed, %d skipped" % (passed, bad, skipped))
    return 1 if bad or passed + skipped == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
