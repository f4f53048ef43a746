#!/usr/bin/python3
"""The end-to-end tests. usage: run.py BUILD-FOLDER [NAME...]

Without names all of them, a program for each file: as many at a time as there are processors, except those that measure
times, which come last and one by one."""

import os
import re
import subprocess
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)
MEASURING = ("test_line_rate", "test_lines", "test_noisy_wire", "test_reload", "test_rtu", "test_sim_rtu", "test_sim_rtu_faults",
             "test_stop")
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
    done = subprocess.run([sys.executable, os.path.abspath(__file__), build, name], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    lines = done.stdout.splitlines()
    summary = SUMMARY.match(lines[-1]) if lines else None
    counts = tuple(int(number) for number in summary.groups()) if summary else (0, 1, 0)
    if done.returncode != 0 and counts[1] == 0:
        counts = (counts[0], 1, counts[2])
    sys.stdout.write("%s\n-- %s: %.0f s\n" % (done.stdout.rstrip(), name, time.monotonic() - began))
    sys.stdout.flush()
    return counts


def run_all(build):
    # test_api.py is a program of its own: it needs to be told which server to read.
    names = sorted(name[:-3] for name in os.listdir(FOLDER)
                   if name.startswith("test_") and name.endswith(".py") and name != "test_api.py")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = list(pool.map(lambda name: run_file(build, name), (name for name in names if name not in MEASURING)))
    counts += [run_file(build, name) for name in names if name in MEASURING]
    return tuple(sum(column) for column in zip(*counts))


def main():
    build = os.path.abspath(sys.argv[1])
    os.environ["INFUSIOND_BUILD"] = build
    passed, bad, skipped = run_here(sys.argv[2:]) if sys.argv[2:] else run_all(build)
    print("%d passed, %d failed, %d skipped" % (passed, bad, skipped))
    return 1 if bad or passed + skipped == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
