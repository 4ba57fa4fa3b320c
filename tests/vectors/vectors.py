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

# Structure by structure in the order that the number of the layout goes through them.
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
# Ceph's own, which the number does not cover.
CEPH = (
    ("connect", "features:8 host_type:4 global_seq:4 connect_seq:4 protocol_version:4 "
                "authorizer_protocol:4 authorizer_len:4 flags:1"),
    ("connect_reply", "tag:1 features:8 global_seq:4 connect_seq:4 protocol_version:4 "
                      "authorizer_len:4 flags:1"),
)
VERSION, TYPE_END, FLAGS = 1, 12, 7
FLAG_LAST, FLAG_DESCS, FLAG_WRITTEN = 1, 2, 4
FOOTER_COMPLETE, FOOTER_NOCRC, FOOTER_SIGNED = 1, 2, 4
MAGIC = int.from_bytes(b"CXIO", "little")

(MESSAGE, MORE, GRANT, KEEPALIVE, KEEPALIVE_ACK, CLOSE, CONNECT, REPLY, AUTHORIZER, DONE,
 REVOKED) = range(1, 12)
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
    for item in dict(LAYOUT + CEPH)[structure].split():
        name, size = item.split(":")
        yield name, int(size)


def layout_hash():
    """The number that version 1's hellos name."""
    crc = crc32c(bytes((VERSION, TYPE_END, FLAGS, 0)), 0xFFFFFFFF)
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
        if isinstance(value, bytes):
            assert len(value) == size, name
            rows.append((value, prefix + name))
        else:
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


def descriptors(segments, *descs):
    """A list: its head, whose CRC covers all, and (addr, rkey, length, segment, flags)."""
    rows = Rows()
    for i, d in enumerate(descs):
        rows += pack("desc", "desc[%d] " % i,
                     **dict(zip(("addr", "rkey", "length", "segment", "flags"), d)))
    head = {"count": len(descs), "segments": segments}
    covered = pack("descs", **head).bytes()[:-4] + rows.bytes()
    return Rows(pack("descs", "descs ", crc=crc32c(covered), **head) + rows)


def message(seq, parts, descs=Rows(), elsewhere=(), flags=FOOTER_COMPLETE, frame_flags=0, sig=0):
    """The frames of a message, cut at FRAME_MAX; of parts elsewhere only the CRCs go."""
    inline = [b"" if i in elsewhere else part for i, part in enumerate(parts)]
    listed = descs.bytes()
    total = sum(len(part) for part in inline)
    head = with_crc("msg_header", "message ", seq=seq, tid=0x0102030405060708, type=0x602,
                    priority=127, version=3, front_len=len(parts[0]),
                    middle_len=len(parts[1]), data_len=len(parts[2]), data_off=0xABC,
                    src_type=8, src_num=0x1112131415161718, compat_version=2)
    foot = pack("msg_footer", "footer ", front_crc=crc32c(parts[0]),
                middle_crc=crc32c(parts[1]),
                data_crc=0 if flags & FOOTER_NOCRC else crc32c(parts[2]), sig=sig, flags=flags)
    frames, done, kind = [], 0, MESSAGE
    while True:
        first = Rows(head + descs) if kind == MESSAGE else Rows()
        room = FRAME_MAX - 28 - len(first.bytes())
        part = min(room, total - done)
        body = Rows(first + payload_rows(inline, done, part))
        done += part
        last = done == total and room - part >= len(foot.bytes())
        if kind == MESSAGE and listed:
            frame_flags |= FLAG_DESCS
        frames.append(frame(kind, Rows(body + foot) if last else body,
                            (frame_flags if kind == MESSAGE else 0) | (FLAG_LAST if last else 0)))
        if last:
            return frames
        kind = MORE


def address(family, kind, port, nonce, ip):
    """24 bytes; the port is big-endian."""
    return (bytes((family, kind)) + struct.pack(">H", port) + struct.pack("<I", nonce) +
            bytes(ip).ljust(16, b"\0"))


IPV4 = address(2, 1, 6789, 0xDEADBEEF, (10, 9, 0, 1))
IPV6 = address(10, 3, 1, 0, (0xFE, 0x80) + 13 * (0,) + (1,))


def greeting(kind, authorizer, **values):
    """The frames of a connect or reply: Ceph's fields, ours, the authorizer."""
    name = {CONNECT: "connect", REPLY: "connect_reply"}[kind]
    head = Rows(pack(name, "%s " % name, authorizer_len=len(authorizer), **values) +
                pack("greeting", "greeting ", own_cookie=77, peer_cookie=88,
                     in_seq=0x1000000000002, own=IPV4, target=IPV6))
    frames = []
    while True:
        room = FRAME_MAX - 28 - len(head.bytes())
        part, authorizer = authorizer[:room], authorizer[room:]
        body = Rows(head + [(part[i:i + 16], "authorizer") for i in range(0, len(part), 16)])
        frames.append(frame(kind, body, 0 if authorizer else FLAG_LAST))
        if not authorizer:
            return frames
        kind, head = AUTHORIZER, Rows()


def pattern(length, factor):
    return bytes((i * factor + (i >> 8)) & 0xFF for i in range(length))


def vectors():
    versions = {"version_min": VERSION, "version_max": VERSION, "layout": layout_hash()}
    hello = {"magic": MAGIC, "length": 44, **versions}
    yield "hello-request", "private data of a CM request", pack(
        "hello", recv_size=8192, supported=3, required=1, recv_depth=33, read_depth=5,
        window_msgs=65, window_bytes=0x00812345, **hello)
    yield "hello-reply", "private data of its reply: version 1 was chosen", pack(
        "hello", recv_size=4096, supported=1, recv_depth=32, read_depth=4, window_msgs=64,
        window_bytes=8 << 20, **hello)
    yield "refusal", "private data of a reject: the layout differs", pack(
        "refusal", magic=MAGIC, length=16, reason=5, **versions)
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
    connect, more = greeting(CONNECT, pattern(600, 3), features=0x1122334455667788, host_type=8,
                             global_seq=5, connect_seq=6, protocol_version=24,
                             authorizer_protocol=2, flags=1)
    yield "frame-connect", "a request for a session, whose authorizer goes on", connect
    yield "frame-authorizer", "the rest of that authorizer", more
    reply, = greeting(REPLY, b"", tag=13, features=3, global_seq=9, connect_seq=7,
                      protocol_version=24)
    yield "frame-reply", "the answer, without an authorizer", reply
    yield "frame-done", "a message's memory was read, and a key ended", frame(
        DONE, pack("done", "done ", seq=5, rkey=0xA1B2C3D4))
    yield "frame-revoked", "a message that does not come", frame(
        REVOKED, pack("revoked", "revoked ", seq=1))
    data = pattern(5000, 13)
    named, = message(1, (b"the front", b"mid", data), descriptors(
        1 << 2, (0x1000200030004000, 0x11111111, 4096, 2, 1),
        (0x5000600070008000, 0x22222222, 904, 2, 0)), elsewhere=(2,))
    yield "message-named", "a message whose data is read from two places", named
    offer, = message(1, (b"the front", b"", b""), descriptors(
        0, (0x1000200030004000, 0x33333333, 65536, 3, 1)))
    yield "message-offer", "a request that offers memory for the reply's data", offer
    written, = message(1, (b"the front", b"", data), elsewhere=(2,), frame_flags=FLAG_WRITTEN)
    yield "message-written", "a reply whose data was written there", written
    bare, = message(1, (b"the front", b"", b"some data"), flags=FOOTER_COMPLETE | FOOTER_NOCRC)
    yield "message-nocrc", "a message without a CRC of its data", bare
    signed, = message(1, (b"the front", b"", b"some data"), sig=0x8070605040302010,
                      flags=FOOTER_COMPLETE | FOOTER_SIGNED)
    yield "message-signed", "a message with a signature, of whatever key", signed


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
