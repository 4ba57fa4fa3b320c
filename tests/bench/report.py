#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""report.py [--base raw] [--other ours] DIRECTORY: ratios of what was measured.

Reads DIRECTORY/GUEST/samples and about, writes DIRECTORY/RESULT.json, RESULT.txt and
RESULT.svg. They hold ratios only, OTHER/BASE: what a soft device does in a second
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
ROUND_TRIPS = {"latency", "echo"}
TITLES = {
    "latency": "round trip, one at a time",
    "echo": "throughput of round trips",
    "send": "throughput one way, SEND",
    "read": "throughput one way, RDMA READ",
}
COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7b4b94", "#8a6d1d", "#444444")


def median_ns(sample):
    """The median round trip; xio_client's name for it is the other one."""
    return sample.get("round_trip_p50_ns") or sample["latency_p50_ns"]


def rate(sample, depth, exact):
    """Messages a second. A client that does not tell how long it took still tells
    its round trip: DEPTH of them are always under way, so Little's law gives it."""
    if not exact:
        return depth * 1e9 / median_ns(sample)
    if "messages_per_s" in sample:
        return sample["messages_per_s"]
    return sample["messages"] * 1e9 / sample["elapsed_ns"]


def knows_rate(sample):
    return "messages_per_s" in sample or "elapsed_ns" in sample


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


def judge(key, base, other):
    measure, size, depth = key
    row = {"measure": measure, "size_bytes": size, "depth": depth,
           "better": "lower" if measure in LOWER_IS_BETTER else "higher", "ratio": None}
    if not other:
        return row
    if measure in LOWER_IS_BETTER:
        a, b = ({n: median_ns(s) for n, s in side.items()} for side in (base, other))
        statistic, how = min, "least of the repetitions' medians"
    else:
        exact = all(knows_rate(s) for side in (base, other) for s in side.values())
        a, b = ({n: rate(s, depth, exact) for n, s in side.items()} for side in (base, other))
        statistic, how = statistics.median, "median of the repetitions"
        if not exact:
            how += ", by the median round trip"
    pairs = sorted(b[n] / a[n] for n in a if n in b)
    if measure in LOWER_IS_BETTER and all("round_trip_min_ns" in s for side in (base, other)
                                          for s in side.values()):
        # The one round trip that nothing disturbed: for a busy machine.
        least = [min(s["round_trip_min_ns"] for s in side.values()) for side in (other, base)]
        row["least_ratio"] = round(least[0] / least[1], 3)
    row.update(ratio=round(statistic(b.values()) / statistic(a.values()), 3), statistic=how,
               pairs_least=round(pairs[0], 3), pairs_most=round(pairs[-1], 3),
               repetitions=len(pairs))
    return row


def read_guest(directory, base, other):
    about = {}
    with open(os.path.join(directory, "about"), encoding="utf-8") as lines:
        for line in lines:
            name, value = line.rstrip("\n").split("=", 1)
            about[name] = value
    kernel, rdma = os.path.basename(directory).rsplit("-", 1)
    rows = read_samples(os.path.join(directory, "samples"))
    return {"kernel": kernel, "rdma": rdma, **about,
            "rows": [judge(k, v.get(base, {}), v.get(other, {})) for k, v in rows.items()]}


def human(size):
    for unit in ("B", "KiB", "MiB"):
        if size < 1024 or unit == "MiB":
            return f"{size} {unit}"
        size //= 1024


def table(guests, what):
    lines = [f"Ratios {what}. Latency: lower is better; throughput: higher is better.",
             "In brackets the least and the most of the single repetitions.", ""]
    for g in guests:
        lines += [f"{g['kernel']}, {g['rdma']}, revision {g['revision']}, {g['date']}"]
        lines += [f"  {'measure':32}{'size':>9}{'depth':>7}{'ratio':>9}"]
        for r in g["rows"]:
            line = f"  {TITLES[r['measure']]:32}{human(r['size_bytes']):>9}{r['depth']:>7}"
            if r["ratio"] is None:
                line += f"{'-':>9}"
            else:
                line += f"{r['ratio']:9.2f}  [{r['pairs_least']:.2f} .. {r['pairs_most']:.2f}]"
                if "least_ratio" in r:
                    line += f"  least single round trip {r['least_ratio']:.2f}"
            lines.append(line)
        lines.append("")
    return "\n".join(lines)


def curves(guests):
    """{measure: [(guest's name, [(size, ratio)])]}"""
    found = {}
    for g in guests:
        for measure in TITLES:
            points = [(r["size_bytes"], r["ratio"]) for r in g["rows"]
                      if r["measure"] == measure and r["ratio"]]
            if points:
                name = f"{g['kernel']} {g['rdma']}"
                found.setdefault(measure, []).append((name, sorted(points)))
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
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="620" height="{top}" '
            'font-family="sans-serif" font-size="12">'
            '<rect width="100%" height="100%" fill="white"/>'
            f'<text x="10" y="18">Ratios {what}, by message size</text>')
    return "\n".join([head, *out, "</svg>\n"])


def write(directory, name, text):
    with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--base", default="raw", help="what is compared with (default raw)")
    parser.add_argument("--other", default="ours", help="what is compared (default ours)")
    parser.add_argument("directory", help="with a directory GUEST/samples for every guest")
    args = parser.parse_args()
    found = sorted(d for d in os.listdir(args.directory)
                   if os.path.exists(os.path.join(args.directory, d, "about")))
    if not found:
        sys.exit(f"report.py: nothing measured below {args.directory}; run 'make bench'")
    guests = [read_guest(os.path.join(args.directory, d), args.base, args.other) for d in found]
    what = f"{args.other}/{args.base}"
    write(args.directory, "RESULT.json",
          json.dumps({"ratios": what, "guests": guests}, indent=1) + "\n")
    write(args.directory, "RESULT.txt", table(guests, what))
    write(args.directory, "RESULT.svg", plot(guests, what))
    print(table(guests, what), end="")
    if not any(r["ratio"] for g in guests for r in g["rows"]):
        sys.exit("report.py: no ratio at all")


if __name__ == "__main__":
    main()
