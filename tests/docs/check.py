#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""check.py FILE.rst [FILE.rst...] < tables: compare the first document's tables with the code's.

A table of a structure follows a label ".. _wire-NAME:", its rows begin with
offset, size and field. The fault table follows ".. _wire-faults:", its rows are
number and text. In the others, what a row's first cell quotes of a fault's text (``layer:
words``) must be the beginning of one. Every difference is printed; exit status 1 if there is one.
"""
import re
import sys


def from_code(lines):
    rows = set()
    for line in lines:
        kind, rest = line.rstrip("\n").split(" ", 1)
        if kind == "field":
            name, offset, size, field = rest.split(" ")
            rows.add((name, int(offset), int(size), field))
        else:
            number, text = rest.split(" ", 1)
            rows.add(("faults", int(number), text))
    return rows


def from_document(path):
    rows, table = set(), None
    with open(path, encoding="utf-8") as document:
        for line in document:
            label = re.match(r"\.\. _wire-([a-z-]+):", line)
            if label:
                table = label.group(1).replace("-", "_")
            elif table == "faults":
                row = re.match(r"(\d+)  +(\S.*?)\s*$", line)
                if row:
                    rows.add(("faults", int(row.group(1)), row.group(2)))
            elif table:
                row = re.match(r"(\d+)  +(\d+)  +(\w+)", line)
                if row:
                    rows.add((table, int(row.group(1)), int(row.group(2)), row.group(3)))
    return rows


def quoted(path):
    with open(path, encoding="utf-8") as document:
        return re.findall(r"^``((?:exchange|stream|connection)\b[^`]*)``  ", document.read(), re.M)


def main():
    code, document = from_code(sys.stdin), from_document(sys.argv[1])
    faults = [row[2] for row in code if row[0] == "faults"]
    stale = 0
    for path in sys.argv[2:]:
        quotes = quoted(path)
        unknown = [q for q in quotes if not any(f.startswith(q) for f in faults)]
        for text in unknown if quotes else ["no fault at all"]:
            print(f"{path} quotes what nobody says:", text)
            stale += 1
    for row in sorted(code - document, key=str):
        print("not in the document:", *row)
    for row in sorted(document - code, key=str):
        print("not in the code:", *row)
    if not code:
        print("the code gave no table")
    return 1 if code != document or not code or stale else 0


if __name__ == "__main__":
    sys.exit(main())
