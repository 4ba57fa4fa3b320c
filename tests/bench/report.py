#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""report.py [--base raw] [--others ours,crc] DIRECTORY: ratios of what was measured.

Reads DIRECTORY/GUEST/samples and about, writes DIRECTORY/RESULT.json, RESULT.txt and
RESULT.svg. They hold ratios only, other/base: what a soft device does in a second
says nothing about RDMA, and is not reported.

The statistic was settled before anything was measured: of latency the least of the
repetitions' medians, of throughput the median of the repetitions.
"""
import argparse
import json
import math
import os
import statistics
import sys

LOWER_IS_BETTER = {"latency"}
TITLES = {
    "latency": "round trip, one at a time",
    "send": "throughput one way, SEND",
    "read": "throughput one way, RDMA READ",
}
# What each side is.
SIDES = {
    "raw": "raw verbs", "ours": "data CRC off", "crc": "data CRC on",
    "windows": "with windows", "perftest": "perftest",
    "kernel": "kernel", "kcrc": "kernel, CRC on", "kuser": "kernel-user",
}
# What they are to reach; those with CRCs of their data are only reported.
TARGETS = {
    ("latency", 64): 1.3, ("latency", 4096): 1.3, ("latency", 65536): 1.2,
    ("latency", 1048576): 1.1, ("send", 64): 0.8, ("send", 4096): 0.85,
    ("read", 65536): 0.95, ("read", 1048576): 0.95,
}
COLOURS = ("#1b6ca8", "#7fb2d9", "#c8553d", "#e3a18f", "#3a7d44", "#93c29b", "#7b4b94", "#bf9fd0")


def either(sample, *keys):
    """The programs have names of their own for the same."""
    return next(sample[k] for k in keys if k in sample)


def median_ns(sample):
    return either(sample, "round_trip_p50_ns", "p50_ns")


def rate(sample):
    return either(sample, "messages_per_s", "message_rate_per_s")


def read_samples(path):
    """{(measure, size, depth): {side: {repetition: sample}}}"""
    rows = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            repetition, side, measure, size, depth, text = line.split(" ", 5)
            key = (measure, int(size), int(depth))
            try:
                sample = json.loads(text)
            except ValueError:
                sys.exit(f"report.py: {path}: no JSON, measure again: {line.rstrip()}")
            rows.setdefault(key, {}).setdefault(side, {})[int(repetition)] = sample
    return rows


def judge(key, side, base, other):
    measure, size, depth = key
    lower = measure in LOWER_IS_BETTER
    if lower:
        value, statistic, how = median_ns, min, "least of the repetitions' medians"
    else:
        value, statistic, how = rate, statistics.median, "median of the repetitions"
    a, b = ({n: value(s) for n, s in samples.items()} for samples in (base, other))
    pairs = sorted(b[n] / a[n] for n in a if n in b)
    row = {"measure": measure, "size_bytes": size, "depth": depth, "side": side,
           "better": "lower" if lower else "higher",
           "ratio": round(statistic(b.values()) / statistic(a.values()), 3), "statistic": how,
           "pairs_least": round(pairs[0], 3), "pairs_most": round(pairs[-1], 3),
           "repetitions": len(pairs)}
    target = TARGETS.get((measure, size)) if side in ("ours", "windows", "kernel", "kuser") else None
    if target:
        row.update(target=target,
                   reached=row["ratio"] <= target if lower else row["ratio"] >= target)
    return row


def read_guest(directory, base, others):
    about = {}
    with open(os.path.join(directory, "about"), encoding="utf-8") as lines:
        for line in lines:
            name, value = line.rstrip("\n").split("=", 1)
            about[name] = value
    kernel, rdma = os.path.basename(directory).rsplit("-", 1)
    rows = read_samples(os.path.join(directory, "samples"))
    return {"kernel": kernel, "rdma": rdma, **about,
            "rows": [judge(k, side, v[base], v[side]) for k, v in rows.items()
                     for side in others if side in v]}


def human(size):
    for unit in ("B", "KiB", "MiB"):
        if size < 1024 or unit == "MiB":
            return f"{size} {unit}"
        size //= 1024


def table(guests, what):
    lines = [f"Ratios to {what}. Latency: lower is better; throughput: higher is better.",
             "In brackets the least and the most of the single repetitions.", ""]
    for g in guests:
        lines += [f"{g['kernel']}, {g['rdma']}, revision {g['revision']}, {g['date']}"]
        lines += [f"  {'measure':32}{'':14}{'size':>9}{'depth':>7}{'ratio':>9}{'target':>9}"]
        for r in g["rows"]:
            target = f"{r['target']:9.2f}" if "target" in r else f"{'-':>9}"
            lines.append(f"  {TITLES[r['measure']]:32}{SIDES[r['side']]:14}"
                         f"{human(r['size_bytes']):>9}{r['depth']:>7}{r['ratio']:9.2f}{target}"
                         f"  [{r['pairs_least']:.2f} .. {r['pairs_most']:.2f}]")
        lines.append("")
    return "\n".join(lines)


def curves(guests):
    """{measure: [(guest's and side's name, [(size, ratio)])]}"""
    found = {}
    for g in guests:
        points = {}
        for r in g["rows"]:
            points.setdefault((r["measure"], r["side"]), []).append(
                (r["size_bytes"], r["ratio"]))
        for (measure, side), line in points.items():
            name = f"{g['kernel']} {g['rdma']}, {SIDES[side]}"
            found.setdefault(measure, []).append((name, sorted(line)))
    return found


def panel(measure, lines, top):
    width, height, left, pad = 420, 190, 60, 30
    sizes = sorted({s for _, points in lines for s, _ in points})
    logs = [math.log2(r) for _, points in lines for _, r in points] + [0.0]
    low, high = math.floor(min(logs) - 0.2), math.ceil(max(logs) + 0.2)
    x0, x1 = math.log2(sizes[0]), max(math.log2(sizes[-1]), math.log2(sizes[0]) + 1)

    def x(size):
        return left + (math.log2(size) - x0) / (x1 - x0) * width

    def y(log):
        return top + pad + (high - log) / (high - low) * height

    better = "lower" if measure in LOWER_IS_BETTER else "higher"
    out = [f'<text x="{left}" y="{top + 18}" font-weight="bold">{TITLES[measure]} '
           f'({better} is better)</text>']
    for log in range(low, high + 1):
        out.append(f'<line x1="{left}" x2="{left + width}" y1="{y(log):.1f}" y2="{y(log):.1f}" '
                   f'stroke="{"#222" if log == 0 else "#ccc"}"/>')
        out.append(f'<text x="{left - 6}" y="{y(log) + 4:.1f}" text-anchor="end">'
                   f'{2.0 ** log:g}</text>')
    for size in sizes:
        out.append(f'<text x="{x(size):.1f}" y="{y(low) + 16:.1f}" text-anchor="middle">'
                   f'{human(size).replace("iB", "").replace(" ", "")}</text>')
    for i, (name, points) in enumerate(lines):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{x(s):.1f},{y(math.log2(r)):.1f}" for s, r in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(s):.1f}" cy="{y(math.log2(r)):.1f}" r="3" fill="{colour}"/>'
                for s, r in points]
        out.append(f'<text x="{left + width + 12}" y="{top + pad + 14 + 18 * i}" '
                   f'fill="{colour}">{name}</text>')
    return out, pad + height + 40


def plot(guests, what):
    out, top = [], 24
    for measure, lines in curves(guests).items():
        part, height = panel(measure, lines, top)
        out += part
        top += height
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{top}" '
            'font-family="sans-serif" font-size="12">'
            '<rect width="100%" height="100%" fill="white"/>'
            f'<text x="10" y="18">Ratios to {what}, by message size</text>')
    return "\n".join([head, *out, "</svg>\n"])


def write(directory, name, text):
    with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--base", default="raw", help="what is compared with (default raw)")
    parser.add_argument("--others", default="ours,crc", help="what is compared (ours,crc)")
    parser.add_argument("directory", help="with a directory GUEST/samples for every guest")
    args = parser.parse_args()
    found = sorted(d for d in os.listdir(args.directory)
                   if os.path.exists(os.path.join(args.directory, d, "about")))
    if not found:
        sys.exit(f"report.py: nothing measured below {args.directory}; run 'make bench'")
    guests = [read_guest(os.path.join(args.directory, d), args.base, args.others.split(",")) for d in found]
    what = SIDES[args.base]
    write(args.directory, "RESULT.json",
          json.dumps({"ratios_to": what, "guests": guests}, indent=1) + "\n")
    write(args.directory, "RESULT.txt", table(guests, what))
    write(args.directory, "RESULT.svg", plot(guests, what))
    print(table(guests, what), end="")
    if not any(g["rows"] for g in guests):
        sys.exit("report.py: no ratio at all")


if __name__ == "__main__":
    main()
