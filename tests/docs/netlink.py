#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""netlink.py SPEC.yaml HEADER.h FAMILY.c...: compare the specification of the netlink
family with its header (names, numbers, types, group, version) and with the table of its
commands (who may, doit, dumpit). Every difference is printed; exit status 1 if there is
one. Names and numbers are made as the kernel's own generator (tools/net/ynl) does.
"""
import re
import sys

import yaml


def upper(text):
    return text.upper().replace("-", "_")


def enum(header, name):
    """The enumerators of enum NAME with their numbers, but for the first and last."""
    body = re.search(r"^enum %s \{(.*?)^\};" % name, header, re.M | re.S).group(1)
    numbers, number = {}, -1
    for entry in re.findall(r"^\t(\w+)(?: = (\d+))?,?$", body, re.M):
        number = int(entry[1]) if entry[1] else number + 1
        if not entry[0].startswith("__") and not entry[0].endswith("_UNSPEC"):
            numbers[entry[0]] = number
    return numbers


def header_types(header):
    """What the header's comments say of each attribute's type."""
    types = {}
    for name, text in re.findall(r"^ \* @(CEPH_XIO_A_\w+): (\w+)", header, re.M):
        types[name] = "pad" if name.endswith("_PAD") else text
    return types


def macro(header, name):
    return re.search(r'^#define %s\s+"?([^"\s]+)"?$' % name, header, re.M).group(1)


def spec_attributes(spec):
    numbers, types = {}, {}
    for one in spec["attribute-sets"]:
        number = 0
        for attribute in one["attributes"]:
            number = attribute.get("value", number + 1)
            name = upper(one["name-prefix"] + attribute["name"])
            numbers[name] = number
            types[name] = attribute["type"]
    return numbers, types


def spec_operations(spec):
    """Numbers by name, and (admin, doit, dumpit) of what can be asked for."""
    operations = spec["operations"]
    numbers, asked, number = {}, {}, 0
    for one in operations["list"]:
        number = one.get("value", number + 1)
        event = "event" in one or "notify" in one
        prefix = operations["async-prefix" if event else "name-prefix"]
        name = upper(prefix + one["name"])
        numbers[name] = number
        if not event:
            asked[name] = ("admin-perm" in one.get("flags", []), "do" in one, "dump" in one)
    return numbers, asked


def code_operations(code):
    asked = {}
    for row in re.findall(r"\{ (\.cmd = CEPH_XIO_CMD_.*?) \}", code, re.S):
        name = re.search(r"\.cmd = (\w+)", row).group(1)
        asked[name] = ("GENL_ADMIN_PERM" in row, ".doit" in row, ".dumpit" in row)
    return asked


def unknown_names(spec):
    """Attributes that operations name and no set has; groups likewise."""
    known = {one["name"]: {a["name"] for a in one["attributes"]}
             for one in spec["attribute-sets"]}
    groups = {one["name"] for one in spec["mcast-groups"]["list"]}
    for operation in spec["operations"]["list"]:
        parts = [operation.get("event", {})]
        for way in ("do", "dump"):
            parts += operation.get(way, {}).values()
        for part in parts:
            for name in part.get("attributes", []):
                if name not in known[operation["attribute-set"]]:
                    yield "%s: no attribute %s" % (operation["name"], name)
        if "event" in operation and operation.get("mcgrp") not in groups:
            yield "%s: no group %s" % (operation["name"], operation.get("mcgrp"))
        if not operation.get("doc"):
            yield "%s: not explained" % operation["name"]


def differences(what, spec, code):
    for name in sorted(spec.keys() | code.keys()):
        if spec.get(name) != code.get(name):
            yield "%s %s: %s in the specification, %s in the code" % (
                what, name, spec.get(name, "absent"), code.get(name, "absent"))


def compare(spec, header, code):
    numbers, types = spec_attributes(spec)
    operations, asked = spec_operations(spec)
    yield from differences("attribute", numbers, enum(header, "ceph_xio_attr"))
    said = header_types(header)
    yield from differences("type of", types, {
        name: said.get(name) for name in enum(header, "ceph_xio_attr")})
    yield from differences("command", operations, enum(header, "ceph_xio_cmd"))
    yield from differences("(admin, do, dump) of", asked, code_operations(code))
    yield from unknown_names(spec)
    yield from differences("family", {
        "name": spec["name"], "version": str(spec.get("version", 1)),
        "groups": [one["name"] for one in spec["mcast-groups"]["list"]],
    }, {
        "name": macro(header, "CEPH_XIO_GENL_NAME"),
        "version": macro(header, "CEPH_XIO_GENL_VERSION"),
        "groups": [macro(header, "CEPH_XIO_GENL_EVENTS")],
    })


def main():
    texts = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    found = list(compare(yaml.safe_load(texts[0]), texts[1], "".join(texts[2:])))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
