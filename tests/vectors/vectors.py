#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Makes the golden vectors beside it, or with --check compares them.

Nothing here is read from the C sources: layout, CRC and numbers are written out
a second time, so that the vectors are not the encoder's own output.
"""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SPDX = "# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause\n"

# Structure by structure in the order that the layout hash goes through them.
LAYOUT = (
    ("hello", "magic:4 length:1 version_min:1 version_max:1 reserved0:1 layout:4 recv_size:4 "
              "supported:8 required:8 recv_depth:2 read_depth:1 reserved1:1 window_msgs:4 "
              "window_bytes:4"),
    ("refusal", "magic:4 length:1 version_min:1 version_max:1 reserved0:1 layout:4 reason:2 "
                "reserved1:2"),
    ("frame", "type:1 flags:1 reserved:2 body_len:4 ack:4 grant_frames:4 grant_msgs:4 "
              "grant_bytes:4 crc:4"),
    ("stamp", "sec:4 nsec:4"),
    ("close", "reason:2 reserved:2"),
    ("greeting", "own_cookie:8 peer_cookie:8 in_seq:8 own:24 target:24"),
    ("descs", "count:1 segments:1 reserved:2 crc:4"),
    ("desc", "addr:8 rkey:4 length:4 segment:1 flags:1 reserved:2"),
    ("done", "seq:8 rkey:4 reserved:4"),
    ("revoked", "seq:8"),
    ("msg_header", "seq:8 tid:8 type:2 priority:2 version:2 front_len:4 middle_len:4 "
                   "data_len:4 data_off:2 src_type:1 src_num:8 compat_version:2 reserved:2 "
                   "crc:4"),
    ("msg_footer", "front_crc:4 middle_crc:4 data_crc:4 sig:8 flags:1"),
)
REVISION, TYPE_END, FLAGS = 4, 12, 7
FLAG_LAST = 1
MAGIC = int.from_bytes(b"CXIO", "little")

MESSAGE, MORE, GRANT, KEEPALIVE, KEEPALIVE_ACK, CLOSE = range(1, 7)
FRAME_MAX = 512
ACK, GRANT_FRAMES, GRANT_MSGS, GRANT_BYTES = 0x55667788, 37, 67, 8389608


def crc32c(data, crc=0):
    """Bit by bit, reflected, no inversions."""
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


def members(structure):
    for item in dict(LAYOUT)[structure].split():
        name, size = item.split(":")
        yield name, int(size)


def layout_hash():
    crc = crc32c(bytes((REVISION, TYPE_END, FLAGS, 0)), 0xFFFFFFFF)
    for structure, _ in LAYOUT:
        offset = 0
        for name, size in members(structure):
            row = structure.encode() + b"\0" + name.encode() + b"\0"
            crc = crc32c(row + struct.pack("<HH", offset, size), crc)
            offset += size
    return crc


class Rows(list):
    """(bytes, comment) pairs: one line of a .hex file each."""

    def bytes(self):
        return b"".join(data for data, _ in self)


def pack(structure, prefix="", **values):
    """A structure's rows; a member that is not named is zero."""
    rows = Rows()
    for name, size in members(structure):
        value = values.pop(name, 0)
        data = struct.pack("<Q", value)[:size]
        rows.append((data, "%s%s = %#x" % (prefix, name, value)))
    assert not values, values
    return rows


def with_crc(structure, prefix, extra=b"", **values):
    """A structure whose last member is the CRC of the rest, and perhaps of @extra."""
    body = pack(structure, **values).bytes()[:-4]
    return pack(structure, prefix, crc=crc32c(body + extra), **values)


def frame(kind, body, flags=0):
    covered = b"" if kind in (MESSAGE, MORE) else body.bytes()
    head = with_crc("frame", "", covered, type=kind, flags=flags,
                    body_len=len(body.bytes()), ack=ACK, grant_frames=GRANT_FRAMES,
                    grant_msgs=GRANT_MSGS, grant_bytes=GRANT_BYTES)
    return Rows(head + body)


def payload_rows(parts, start, length):
    """Bytes [start, start + length) of the parts one after another."""
    rows, at = Rows(), 0
    for name, data in zip(("front", "middle", "data"), parts):
        low = max(start - at, 0)
        high = min(start + length - at, len(data))
        for off in range(low, high, 16):
            rows.append((data[off:min(off + 16, high)], "%s[%d]" % (name, off)))
        at += len(data)
    return rows


def message(seq, parts):
    """The frames of a message, cut at FRAME_MAX."""
    total = sum(len(part) for part in parts)
    head = with_crc("msg_header", "message ", seq=seq, tid=0x0102030405060708, type=0x602,
                    priority=127, version=3, front_len=len(parts[0]),
                    middle_len=len(parts[1]), data_len=len(parts[2]), data_off=0xABC,
                    src_type=8, src_num=0x1112131415161718, compat_version=2)
    foot = pack("msg_footer", "footer ", front_crc=crc32c(parts[0]),
                middle_crc=crc32c(parts[1]), data_crc=crc32c(parts[2]), flags=1)
    frames, done, kind = [], 0, MESSAGE
    while True:
        room = FRAME_MAX - 28 - (len(head.bytes()) if kind == MESSAGE else 0)
        part = min(room, total - done)
        body = Rows((head if kind == MESSAGE else Rows()) + payload_rows(parts, done, part))
        done += part
        last = done == total and room - part >= len(foot.bytes())
        frames.append(frame(kind, Rows(body + foot) if last else body, FLAG_LAST if last else 0))
        if last:
            return frames
        kind = MORE


def pattern(length, factor):
    return bytes((i * factor + (i >> 8)) & 0xFF for i in range(length))


def vectors():
    hello = {"magic": MAGIC, "length": 44, "layout": layout_hash()}
    yield "hello-request", "private data of a CM request", pack(
        "hello", recv_size=8192, supported=3, required=1, recv_depth=33, read_depth=5,
        window_msgs=65, window_bytes=0x00812345, **hello)
    yield "hello-reply", "private data of its reply: version 0 was chosen", pack(
        "hello", recv_size=4096, supported=1, recv_depth=32, read_depth=4, window_msgs=64,
        window_bytes=8 << 20, **hello)
    yield "refusal", "private data of a reject: the layout hash differs", pack(
        "refusal", magic=MAGIC, length=16, layout=layout_hash(), reason=5)
    stamp = pack("stamp", "stamp ", sec=1700000000, nsec=123456789)
    yield "frame-grant", "a frame of grants and an ack only", frame(GRANT, Rows())
    yield "frame-keepalive", "a keepalive", frame(KEEPALIVE, stamp)
    yield "frame-keepalive-ack", "its echo", frame(KEEPALIVE_ACK, stamp)
    yield "frame-close", "the end, because of a data CRC", frame(
        CLOSE, pack("close", "close ", reason=61))
    inline, = message(1, (b"the front", b"mid", b"some data"))
    yield "message-inline", "a message in one frame", inline
    chained = message(2, (pattern(24, 7), pattern(5, 11), pattern(1000, 13)))
    assert len(chained) == 3
    for i, rows in enumerate(chained):
        yield ("message-chained-%d" % (i + 1),
               "frame %d of 3 of a message, at most 512 bytes each" % (i + 1), rows)


def text(title, rows):
    lines = [SPDX, "# %s; made by vectors.py\n" % title]
    for data, comment in rows:
        lines.append("%-47s  # %s\n" % (data.hex(" "), comment))
    return "".join(lines)


def main():
    check = sys.argv[1:] == ["--check"]
    status = 0
    for name, title, rows in vectors():
        path = os.path.join(HERE, name + ".hex")
        want = text(title, rows)
        if not check:
            with open(path, "w", encoding="ascii") as out:
                out.write(want)
            continue
        with open(path, encoding="ascii") as old:
            if old.read() != want:
                print("# %s differs from what vectors.py makes" % path)
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
