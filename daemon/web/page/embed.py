#!/usr/bin/python3
"""Writes the console's files as C byte arrays (string literals end at 4,095 characters under -Wpedantic).
usage: embed.py OUTPUT.c FILE..."""

import hashlib
import os
import sys

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml", ".otf": "font/otf"}


def main():
    output, files = sys.argv[1], sys.argv[2:]
    rows = []
    with open(output, "w", encoding="utf-8") as out:
        out.write('/* Made by embed.py. */\n#include "daemon/web/pages.h"\n\nextern const struct page pages_embedded[];\n\n')
        for number, path in enumerate(files):
            with open(path, "rb") as file:
                data = file.read()
            if not data:
                sys.exit("%s is empty" % path)
            name = os.path.basename(path)
            rows.append(("/" if name == "index.html" else "/page/" + name, TYPES[os.path.splitext(name)[1]],
                         hashlib.sha256(data).hexdigest()[:20], number, len(data)))
            out.write("static const unsigned char file_%d[] = {\n" % number)
            for at in range(0, len(data), 24):
                out.write("\t" + ",".join(map(str, data[at:at + 24])) + ",\n")
            out.write("};\n\n")
        out.write("const struct page pages_embedded[] = {\n")
        for path, content_type, tag, number, length in rows:
            out.write('\t{ "%s", "%s", "\\"%s\\"", file_%d, %d },\n' % (path, content_type, tag, number, length))
        out.write("\t{ 0, 0, 0, 0, 0 },\n};\n")


main()
