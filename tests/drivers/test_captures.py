#!/usr/bin/python3
"""Traffic of devices that are not ours: every exchange of the captures under ../shared/data/modbus is taken apart by the driver
and, on its own, here; both must find the same. Whatever else is in them (broken and fuzzed frames) is fed to a driver that polls,
and makes it do nothing but answer. Where tshark is installed, what it reads out of the same captures must be the same too. usage:
test_captures.py TAKE_FRAMES [FOLDER]; skipped where the captures are not there."""

import glob
import os
import shutil
import struct
import subprocess
import sys

import pcap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILES = ("generic-dialects", "generic-gateway", "generic-float")
SKIPPED = 77
ORDERS = {"ABCD": (False, False), "CDAB": (True, False), "BADC": (False, True), "DCBA": (True, True)}


class Taker:
    def __init__(self, program, profile):
        path = os.path.join(TOP, "config/monitors", profile + ".yaml")
        self.process = subprocess.Popen([program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n")
        assert answer, "no answer to %s" % (words,)
        return answer

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0
        self.process.stdout.close()


def hexed(data):
    return data.hex() or "-"


def dissect(request, answer):
    """What a dissector says of an exchange: the beginning of the driver's own words; None where the driver need not know."""
    function = request[1]
    if len(answer) < 3:
        return "broken: the answer is cut short"
    if answer[0] != request[0]:
        return "broken: answers for unit"
    if answer[1] == function | 0x80 and len(answer) == 3:
        return "exception %d" % answer[2]
    if answer[1] != function:
        return "broken: answers function"
    if function not in (1, 2, 3, 4, 5, 6, 15, 16, 23) or len(request) < 6:
        return "broken: "
    address, count = struct.unpack_from(">HH", request, 2)
    if function in (5, 6, 15, 16):
        return "good %d %d 0" % (function, address) if answer == request[:6] else "broken: does not confirm"
    size = (count + 7) // 8 if function <= 2 else 2 * count
    if answer[2] != size or len(answer) != 3 + size or not 1 <= count <= (2000 if function <= 2 else 125):
        return "broken: "
    if function <= 2:
        values = [answer[3 + i // 8] >> (i % 8) & 1 for i in range(count)]
    else:
        values = list(struct.unpack_from(">%dH" % count, answer, 3))
    return " ".join(["good %d %d %d" % (3 if function == 23 else function, address, count)] + [str(value) for value in values])


def number(words, kind, order):
    """The raw number of registers, by the struct module: floats as their bits."""
    swap_words, swap_bytes = ORDERS[order]
    parts = [struct.pack("<H" if swap_bytes else ">H", word) for word in words]
    data = b"".join(reversed(parts) if swap_words else parts)
    if kind.startswith("bcd"):
        return int(data.hex()) if data.hex().isdigit() else None
    raw = struct.unpack({"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">I", "u64": ">Q", "f64": ">q"}[kind], data)[0]
    return raw if kind != "u64" or raw < 1 << 62 else None


def check_numbers(taker, said):
    """Every number that can be made of the registers of a good read."""
    fields = said.split()
    function, address, words = int(fields[1]), int(fields[2]), [int(field) for field in fields[4:]]
    checked = 0
    for kind, size in (("u16", 1), ("s16", 1), ("bcd16", 1), ("u32", 2), ("s32", 2), ("f32", 2), ("bcd32", 2), ("u64", 4), ("f64", 4)):
        for order in ORDERS:
            for at in range(0, len(words) - size + 1) if function >= 3 else ():
                expected = number(words[at:at + size], kind, order)
                got = taker.say("number", kind, order, str(address + at))
                assert got == ("none" if expected is None else str(expected)), (words[at:at + size], kind, order, got, expected)
                checked += 1
            if function >= 3 and address + len(words) <= 65535:
                assert taker.say("number", kind, order, str(address + len(words))) == "outside"
    return checked


def read_by_tshark(path):
    """(unit, function, first register or bit, values) and (unit, function, exception) of every answer that stands alone in its packet
    and whose request tshark knows."""
    fields = ("modbus.request_frame", "mbtcp.trans_id", "mbtcp.unit_id", "modbus.func_code", "modbus.exception_code", "modbus.regnum16",
              "modbus.regval_uint16", "modbus.bitnum", "modbus.bitval")
    done = subprocess.run(["tshark", "-r", path, "-Y", "modbus && tcp.srcport == %d" % pcap.PORT, "-T", "fields"] +
                          [word for field in fields for word in ("-e", field)], capture_output=True, text=True, timeout=120, check=True)
    for line in done.stdout.splitlines():
        request, number, unit, function, exception, registers, words, bits, states = line.split("\t")
        if not request or "," in number:
            continue
        if exception:
            yield int(unit), int(function), int(exception)
        elif registers or bits:
            places = [int(place) for place in (registers or bits).split(",")]
            yield int(unit), int(function), places[0], tuple(int(value in ("True", "1")) if bits else int(value)
                                                             for value in (states if bits else words).split(","))


def check_against_tshark(taker, path):
    """Everything that tshark says of an answer the driver says too; but tshark takes an answer of another length than was asked for."""
    ours, too_many_or_few = set(), set()
    for request, answer in pcap.exchanges(path):
        said = taker.say("take", hexed(request), hexed(answer)).split()
        if said[0] == "good" and request[1] <= 4:
            ours.add((request[0], request[1], int(said[2]), tuple(int(word) for word in said[4:])))
        elif said[0] == "exception":
            ours.add((request[0], request[1], int(said[1])))
        elif request[1] in (3, 4) and len(answer) >= 3 and len(request) >= 6 and answer[2] != 2 * (request[4] << 8 | request[5]):
            count = (len(answer) - 3) // 2
            too_many_or_few.add((request[0], request[1], struct.unpack_from(">%dH" % count, answer, 3)))
    compared = 0
    for theirs in read_by_tshark(path):
        assert theirs in ours or (theirs[0], theirs[1], theirs[-1]) in too_many_or_few, (path, theirs)
        compared += theirs in ours
    return compared


def check_exchanges(taker, path):
    seen, exchanges, numbers = set(), 0, 0
    for request, answer in pcap.exchanges(path):
        said = taker.say("take", hexed(request), hexed(answer))
        expected = dissect(request, answer)
        assert said == expected if expected.startswith(("good", "exception")) else said.startswith(expected), (
            path, request.hex(), answer.hex(), said, expected)
        exchanges += 1
        if said.startswith("good") and said not in seen and len(seen) < 40:
            seen.add(said)
            numbers += check_numbers(taker, said)
    return exchanges, numbers


def every_piece(path):
    """All that was sent, whole and in pieces, as answers that nobody may be troubled by."""
    for there, back in pcap.streams(path).values():
        for stream in (there, back):
            for _, frame in pcap.frames(stream):
                yield frame
                yield frame[:len(frame) // 2]
            for at in range(0, min(len(stream), 4096), 37):
                yield bytes(stream[at:at + 261])


def main():
    program = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join(TOP, "../shared/data/modbus")
    paths = sorted(glob.glob(os.path.join(folder, "*", "*.pcap")))
    if not paths:
        print("skipped: there are no captures in " + folder)
        return SKIPPED
    exchanges = numbers = fed = compared = 0
    taker = Taker(program, PROFILES[0])
    for path in paths:
        found = check_exchanges(taker, path)
        exchanges, numbers = exchanges + found[0], numbers + found[1]
        if shutil.which("tshark"):
            compared += check_against_tshark(taker, path)
    taker.close()
    for profile in PROFILES:
        taker = Taker(program, profile)
        for path in paths:
            for piece in every_piece(path):
                assert taker.say("feed", hexed(piece)) in ("values", "aside", "later", "refused", "gateway", "broken")
                fed += 1
        taker.close()
    assert not shutil.which("tshark") or compared >= 500, compared
    assert exchanges >= 1000 and numbers >= 5000 and fed >= 5000, (exchanges, numbers, fed)
    print("%d exchanges and %d numbers of %d captures agree, %d answers with tshark; %d pieces were fed" %
          (exchanges, numbers, len(paths), compared, fed))
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
