#!/usr/bin/python3
"""Holds the floors: every include of our own headers is one that tests/floors.txt allows, and exactly one file
includes <modbus.h>. Ends with "N passed, N failed"."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)


def floors():
    allowed = {}
    with open(os.path.join(ROOT, "tests", "floors.txt"), encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                folder, _, below = line.partition(":")
                allowed[folder.strip()] = set(below.split()) | {folder.strip()}
    return allowed


def sources():
    for top in ("daemon", "drivers"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def main():
    allowed, failed, checked, modbus = floors(), 0, 0, []
    for path in sources():
        folder = os.path.dirname(path)
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            includes = INCLUDE.findall(file.read())
        for kind, name in includes:
            checked += 1
            if name == "modbus.h" or name == "modbus/modbus.h":
                modbus.append(path)
            if kind == "<" or not name.startswith(("daemon/", "drivers/")):
                continue
            if folder not in allowed:
                print("%s: folder %s is on no floor" % (path, folder))
                failed += 1
            elif os.path.dirname(name) not in allowed[folder]:
                print("%s may not include %s" % (path, name))
                failed += 1
    if len(modbus) != 1:
        print("exactly one file includes <modbus.h>, not: %s" % ", ".join(modbus))
        failed += 1
    print("%d passed, %d failed" % (checked, failed))
    return 1 if failed else 0


sys.exit(main())
