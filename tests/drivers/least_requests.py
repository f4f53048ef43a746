#!/usr/bin/python3
"""The least number of requests that read a profile, computed here on its own from what config/README.md says, and compared with
the plans of the driver: for random profiles, for one of forty scattered registers, and (by hand) for the example of every
dialect. usage: least_requests.py PRINT_PLAN [PROFILES]"""

import functools
import os
import random
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORDS = {"u16": 1, "s16": 1, "u32": 2, "f32": 2, "u64": 4, "bcd16": 1, "u8_high": 1}
STREAMS = [(vital, source) for vital in ("rate", "spo2", "breathing", "temperature")
           for source in ("ecg", "pleth", "impedance", "probe")]


class Value:
    def __init__(self, function, first, kind="u16"):
        self.function, self.first, self.kind = function, first, kind
        self.status, self.bit, self.alone, self.block = None, None, False, None

    def registers(self):
        return range(self.first, self.first + WORDS[self.kind])

    def span(self):
        ends = list(self.registers()) + ([self.status] if self.status is not None else [])
        return min(ends), max(ends) + 1

    def text(self, stream):
        keys = ["vital: %s" % stream[0], "source: %s" % stream[1], "register: %d" % self.first, "function: %d" % self.function,
                "type: %s" % self.kind]
        status = []
        if self.status is not None:
            status.append("{register: %d, bit: 0}" % self.status)
        if self.bit is not None:
            status.append("{register: %d, function: %d}" % (self.bit[1], self.bit[0]))
        if status:
            keys.append("status: [%s]" % ", ".join(status))
        if self.alone:
            keys.append("alone: true")
        if self.block:
            keys.append("block: %s" % self.block)
        return "  - {%s}" % ", ".join(keys)


class Profile:
    def __init__(self, longest, gap, bits):
        self.longest, self.gap, self.bits = longest, gap, bits
        self.values, self.unreadable, self.cuff, self.uptime = [], [], None, None

    def text(self):
        lines = ["name: p", "max_registers: %d" % self.longest, "max_gap: %d" % self.gap, "max_bits: %d" % self.bits, "values:"]
        lines += [value.text(stream) for value, stream in zip(self.values, STREAMS)]
        if self.unreadable:
            lines.append("unreadable:")
            lines += ["  - {function: %d, from: %d, to: %d}" % row for row in self.unreadable]
        if self.cuff is not None:
            function, systolic, counter, alone = self.cuff
            lines.append("cuff: {systolic: {register: %d, function: %d}, proof: counter, proof_register: %d%s}" %
                         (systolic, function, counter, ", alone: true" if alone else ""))
        if self.uptime is not None:
            lines.append("uptime_register: %d" % self.uptime)
        return "\n".join(lines) + "\n"

    def spans(self):
        """All that must come in one read each, as (function, first, end, alone)."""
        spans, blocks = [], {}
        for value in self.values:
            if value.block:
                blocks.setdefault(value.block, []).append(value)
            else:
                spans.append((value.function,) + value.span() + (value.alone,))
            if value.bit is not None:
                spans.append((value.bit[0], value.bit[1], value.bit[1] + 1, False))
        for members in blocks.values():
            low = min(member.span()[0] for member in members)
            high = max(member.span()[1] for member in members)
            spans.append((members[0].function, low, high, any(member.alone for member in members)))
        if self.cuff is not None:
            function, systolic, counter, alone = self.cuff
            spans.append((function, min(systolic, counter), max(systolic, counter) + 1, alone))
        if self.uptime is not None:
            spans.append((3, self.uptime, self.uptime + 2, False))
        return spans

    def barred(self, function):
        """What a read of several things may not touch."""
        registers = set()
        for kind, first, last in self.unreadable:
            if kind == function:
                registers.update(range(first, last + 1))
        lone_blocks = {value.block for value in self.values if value.alone and value.block}
        for value in self.values:
            if value.function == function and (value.alone or value.block in lone_blocks):
                registers.update(value.registers())
        if self.cuff is not None and self.cuff[3] and self.cuff[0] == function:
            registers.update(self.cuff[1:3])
        return registers

    def most(self, function):
        return self.bits if function <= 2 else self.longest


def windows(profile, function, spans, barred):
    """Every read that can be: the set of spans that it holds."""
    found = set()
    for low in {span[0] for span in spans}:
        for high in {span[1] for span in spans}:
            if not 0 < high - low <= profile.most(function) or barred & set(range(low, high)):
                continue
            held = frozenset(i for i, span in enumerate(spans) if low <= span[0] and span[1] <= high)
            used = set()
            for i in held:
                used.update(range(*spans[i]))
            gap = longest = 0
            for register in range(low, high):
                gap = 0 if register in used else gap + 1
                longest = max(longest, gap)
            if low in used and high - 1 in used and longest <= profile.gap:
                found.add(held)
    return [held for held in found if not any(held < other for other in found)]


def least(profile):
    """The fewest reads that hold all: an exact cover by search, whatever the order."""
    total = 0
    for function in (1, 2, 3, 4):
        mine = [span for span in profile.spans() if span[0] == function]
        total += sum(1 for span in mine if span[3])
        spans = sorted({span[1:3] for span in mine if not span[3]})
        choices = windows(profile, function, spans, profile.barred(function))

        @functools.lru_cache(maxsize=None)
        def cover(left):
            if not left:
                return 0
            first = min(left)
            return min(1 + cover(left - held) for held in choices if first in held)

        total += cover(frozenset(range(len(spans))))
    return total


def check_reads(profile, reads):
    """Each read is one that the device allows, and all that belongs together is in one of them."""
    for function, first, count in reads:
        own = [span for span in profile.spans() if span[:3] == (function, first, first + count)]
        touched = set(range(first, first + count))
        assert count <= profile.most(function), "a read of %d" % count
        if not any(span[3] for span in own):
            assert not touched & profile.barred(function), "%d:%d+%d reads what is barred: %s\n%s" % (
                function, first, count, sorted(touched & profile.barred(function)), profile.text())
    for function, first, end, _ in profile.spans():
        assert any(f == function and a <= first and end <= a + n for f, a, n in reads), "nothing reads %d" % first


def random_value(rng, spread):
    value = Value(rng.choice((3, 3, 3, 4)), rng.randrange(spread), rng.choice(list(WORDS)))
    if rng.random() < 0.3:
        value.status = max(0, value.first + rng.randrange(-6, 7))
    if rng.random() < 0.25:
        value.bit = (rng.choice((1, 2)), rng.randrange(40))
    value.alone = rng.random() < 0.12
    value.block = rng.choice((None, None, None, "one", "two"))
    return value


def random_profile(rng):
    profile = Profile(rng.randrange(4, 40), rng.randrange(0, 12), rng.randrange(1, 30))
    spread = rng.choice((60, 120, 250))
    profile.values = [random_value(rng, spread) for _ in range(rng.randrange(1, 17))]
    for name in ("one", "two"):
        members = [value for value in profile.values if value.block == name]
        for value in members:
            value.function = members[0].function
            if len(members) == 1:
                value.block = None
    for _ in range(rng.randrange(0, 5)):
        first = rng.randrange(spread)
        profile.unreadable.append((rng.choice((1, 2, 3, 3, 4)), first, first + rng.randrange(0, 4)))
    if rng.random() < 0.6:
        systolic = rng.randrange(spread)
        profile.cuff = (rng.choice((3, 4)), systolic, max(0, systolic + rng.choice((-3, 1, 2))), rng.random() < 0.3)
    if rng.random() < 0.5:
        profile.uptime = rng.randrange(spread)
    return profile


def scattered_profile():
    """Forty registers as a bad day's gateway has them: sixteen values, each with a status register, and the cuff's."""
    rng = random.Random(40)
    profile = Profile(24, 5, 64)
    at = 0
    for i in range(16):
        value = Value(3 if i % 5 else 4, at, "u16")
        value.status = at + rng.randrange(1, 7)
        profile.values.append(value)
        at = value.status + rng.choice((1, 2, 4, 9, 20))
    profile.cuff = (3, at, at + 3, False)
    profile.uptime = at + 12
    profile.unreadable = [(3, at + 5, at + 6)]
    registers = {register for value in profile.values for register in list(value.registers()) + [value.status]}
    assert len(registers) + 4 + 4 >= 36
    return profile


def plans(program, paths):
    """What the driver says of each file: its reads, or None where it refuses."""
    text = subprocess.run([program] + paths, capture_output=True, text=True, check=True).stdout
    found = []
    for line in text.splitlines():
        words = line.split()
        if words[0] == "profile":
            found.append([])
        elif words[0] == "refused":
            found[-1] = None
        elif words[0] == "read":
            found[-1].append((int(words[1]), int(words[2]), int(words[3].rstrip(":"))))
    assert len(found) == len(paths)
    return found


def compare(program, folder, profiles):
    paths = []
    for i, profile in enumerate(profiles):
        paths.append(os.path.join(folder, "p%05d.yaml" % i))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(profile.text())
    read = 0
    for profile, reads in zip(profiles, plans(program, paths)):
        if reads is None:
            continue
        read += 1
        check_reads(profile, reads)
        fewest = least(profile)
        assert len(reads) == fewest, "%d requests, %d are enough:\n%s%s" % (len(reads), fewest, profile.text(), reads)
    return read


def main():
    program, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400
    rng = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        assert compare(program, folder, [scattered_profile()]) == 1, "the profile of forty registers is refused"
        read = 0
        while read < wanted:
            read += compare(program, folder, [random_profile(rng) for _ in range(200)])
    example = os.path.join(TOP, "config/monitors/generic-dialects.yaml")
    text = subprocess.run([program, example], capture_output=True, text=True, check=True).stdout
    with open(os.path.join(TOP, "tests/drivers/generic-dialects.plan"), encoding="utf-8") as file:
        golden = file.read()
    got = text.split("\n", 1)[1]
    assert got == golden, "the plan of the example differs:\n" + got
    print("%d passed, 0 failed" % (read + 2))


if __name__ == "__main__":
    main()
