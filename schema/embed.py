#!/usr/bin/python3
"""Writes files as C byte arrays (string literals end at 4,095 characters under -Wpedantic).
usage: embed.py OUTPUT.c TABLE-NAME FILE..."""
import os
import sys

output, table, files = sys.argv[1], sys.argv[2], sys.argv[3:]
with open(output, "w", encoding="utf-8") as out:
    out.write('/* Made by embed.py. */\n#include "daemon/store/embedded.h"\n\n')
    for number, name in enumerate(files):
        data = open(name, "rb").read() + b"\0"
        out.write("static const char file_%d[] = {\n" % number)
        for at in range(0, len(data), 16):
            out.write("\t" + ", ".join(str(byte if byte < 128 else byte - 256) for byte in data[at:at + 16]) + ",\n")
        out.write("};\n\n")
    out.write("const struct embedded_file %s[] = {\n" % table)
    for number, name in enumerate(files):
        out.write('\t{ "%s", file_%d },\n' % (os.path.basename(name), number))
    out.write("\t{ 0, 0 },\n};\n")
