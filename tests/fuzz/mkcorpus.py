#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Makes the fuzzers' seeds in corpus/ from the golden vectors.

A seed is a mode byte and what the fuzzer's first comment says.
"""

import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "..", "vectors")

FIX_ALL = 7					# craft.h
REFUSAL, FIX_PREFIX, FEATURES = 1, 2, 4		# fuzz_hello.c
ACTIVE, FIXES, SMALL, NOCRC = 1, 62, 64, 128	# fuzz_channel.c
ANY_STEP, AUTH_FIX = 0x1e, 0x20			# fuzz_auth.c
SEND, TIME, CONSUME, REPOST = 4, 5, 6, 7
(LEGACY, ADDR, VECTOR, BANNER, CONNECT, REPLY, FOOTER, OLD_FOOTER, TAGGED, BANNER2, FRAME,
 HEADER2) = range(12)				# fuzz_ceph.c
FIX_CRC = 0x80
(X_HELLO, X_PROOF, X_TICKETS, X_KEYLESS, X_LIST, X_CHALLENGE, X_ANSWER,
 X_KEYRING) = range(8)				# fuzz_cephx.c
SEAL = 0x80


def vector(name):
    with open(os.path.join(VECTORS, name + ".hex"), encoding="ascii") as lines:
        return bytes.fromhex("".join(line.split("#")[0] for line in lines))


def seed(target, name, mode, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(bytes((mode,)) + data)


def recorded(name):
    with open(os.path.join(VECTORS, "ceph", name + ".bin"), "rb") as stream:
        return stream.read()


def endpoint():
    """A handshake, then messages: fuzz_endpoint.c fills in what nobody could guess."""
    fixes, server = 0xf8, 4
    ops = {name: bytes((6 + i,)) for i, name in enumerate(
        "send time consume repost revoke close new lose complete hold".split())}

    def frame(kind, flags, body, op=b"\0"):
        return op + struct.pack("<HBB26x", 28 + len(body), kind, flags) + body

    def message(flags, lengths, payload, carried=b""):
        header = struct.pack("<QQHHHIIIHBQHHI", 1, 0, 100, 127, 1, *lengths, 0, 8, 0, 1, 0, 0)
        return frame(1, 1 | flags, header + carried + payload + struct.pack("<3IQB", *(0,) * 4, 1))

    greeting = struct.pack("<QQQ", 1, 1, 0) + bytes(48)
    connect = frame(7, 1, struct.pack("<QIIIIIIB", 64, 8, 10, 0, 24, 1, 0, 0) + greeting)
    retry = frame(7, 1, struct.pack("<QIIIIIIB", 64, 8, 11, 1, 24, 1, 0, 0) + greeting)
    reply = frame(8, 1, struct.pack("<BQIIIIB", 13, 64, 1, 0, 24, 0, 0) + greeting)
    again = frame(8, 1, struct.pack("<BQIIIIB", 4, 64, 1, 0, 24, 0, 0) + greeting)
    descs = struct.pack("<BBHI", 1, 4, 0, 0) + struct.pack("<QIIBBH", 0, 7, 20000, 2, 1, 0)
    more = message(0, (9, 0, 3), b"x" * 12) + ops["consume"] + ops["repost"]
    read = message(2, (0, 0, 20000), b"", descs)
    revoked = frame(11, 0, struct.pack("<Q", 2))
    done = frame(10, 0, struct.pack("<QII", 1, 1, 0))
    grant = frame(3, 0, b"")
    end = ops["lose"] + ops["new"]
    for kind in range(4):
        seed("endpoint", "server-%d" % kind, fixes | server | kind, bytes((kind,)) + connect +
             more * 2 + ops["send"] * 3 + grant + revoked + read + ops["complete"] + done +
             end + retry + more + ops["close"])
        seed("endpoint", "client-%d" % kind, fixes | kind, bytes((kind,)) + again + reply +
             more * 2 + ops["send"] * 3 + grant + ops["revoke"] + read +
             ops["complete"] + ops["lose"] + b"\xf7" + reply + more + done)


def fronts(name):
    """Of the messages that a monitor sent."""
    stream, found = recorded(name), []
    at = 9 + 2 * 136 + 26 + 8
    while at < len(stream):
        if stream[at] != 7:
            at += 9
            continue
        front, middle, data = struct.unpack_from("<III", stream, at + 1 + 22)
        at += 1 + 53
        found.append(stream[at:at + front])
        at += front + middle + data + 21
    return found


def cephx():
    """What a monitor said, whose client's key the fuzzer has; and what daemons would."""
    said = fronts("v1-key.conn0-p21722.s2c")
    seed("cephx", "hello", X_HELLO, said[0])
    seed("cephx", "proof", X_PROOF, said[1])
    seed("cephx", "tickets", X_TICKETS, said[3])
    seed("cephx", "list", X_LIST, said[1][26:])
    seed("cephx", "keyless", X_KEYLESS, fronts("v1-none.conn2-p16789.s2c")[0])
    seed("cephx", "ours", X_LIST | SEAL, b"\1\1" + bytes(9) + b"\x10" + bytes(17) +
         b"\x10\x0e" + bytes(6))
    seed("cephx", "challenge", X_CHALLENGE | SEAL, b"\1" + bytes(8))
    seed("cephx", "answer", X_ANSWER | SEAL, b"\1\x2a" + bytes(7))
    with open(os.path.join(VECTORS, "ceph", "v1-key.keyring"), "rb") as keyring:
        seed("cephx", "keyring", X_KEYRING, keyring.read())


def ceph():
    """Cut from the recorded streams: sizes as in Documentation/wire-format.rst."""
    client, server = recorded("v1-cephx.conn2-p16800.c2s"), recorded("v1-cephx.conn2-p16800.s2c")
    seed("ceph", "banner", BANNER, client[:9])
    seed("ceph", "legacy", LEGACY, client[9:145])
    seed("ceph", "legacy-either", ADDR, server[9:145])
    seed("ceph", "legacy-vector", VECTOR, server[9:145])
    seed("ceph", "addr", ADDR, recorded("addr"))
    seed("ceph", "vector", VECTOR, recorded("addrvec"))
    seed("ceph", "vector-bare", VECTOR, recorded("addr"))
    seed("ceph", "connect", CONNECT, client[145:178])
    seed("ceph", "reply", REPLY, server[281:307])
    seed("ceph", "footer", FOOTER, server[-21:])
    seed("ceph", "old-footer", OLD_FOOTER, server[-21:-9] + b"\1")
    monitor = recorded("v1-none.conn2-p16789.c2s")
    start = 9 + 136 + 33 + struct.unpack_from("<I", monitor, 145 + 28)[0] + 8
    seed("ceph", "tagged", TAGGED, monitor[start:])
    seed("ceph", "acks", TAGGED, b"\x08" + bytes(range(8)) + b"\x09\x0f" + bytes(8) + b"\x06")
    stream = recorded("v2-cephx.conn3-p16800.c2s")
    seed("ceph", "banner2", BANNER2, stream[:26])
    off = number = 0
    stream = stream[26:]
    while off < len(stream):
        lens = struct.unpack_from("<IHIHIHIH", stream, off + 2)[::2]
        end = off + 32 + sum(lens) + (4 if lens[0] else 0) + (13 if stream[off + 1] > 1 else 0)
        seed("ceph", "frame-%d" % number, FRAME, stream[off:end])
        seed("ceph", "frame-%d-fixed" % number, FRAME | FIX_CRC, stream[off:end])
        if stream[off] == 17:
            seed("ceph", "header2", HEADER2, stream[off + 32:off + 32 + 41])
        off, number = end, number + 1


def frame(name):
    data = vector(name)
    return b"\0" + struct.pack("<H", len(data)) + data


def offer(length):
    return bytes((SEND,)) + struct.pack("<H", length)


def main():
    hello, refusal = vector("hello-request"), vector("refusal")
    seed("hello", "request", FEATURES, hello)
    seed("hello", "request-fixed", FIX_PREFIX | FEATURES, hello)
    seed("hello", "reply-padded", 0, vector("hello-reply").ljust(196, b"\0"))
    seed("hello", "short", 0, hello[:12])
    seed("hello", "refusal", REFUSAL, refusal)
    seed("hello", "refusal-padded", REFUSAL | FIX_PREFIX, refusal.ljust(148, b"\xff"))

    for name in ("first", "challenge", "second", "proof"):
        seed("auth", name, ANY_STEP, vector("auth-" + name))
        seed("auth", name + "-fixed", ANY_STEP | AUTH_FIX, vector("auth-" + name))

    ceph()
    cephx()
    endpoint()

    controls = ["frame-grant", "frame-keepalive", "frame-keepalive-ack", "frame-close"]
    chain = ["message-chained-%d" % i for i in (1, 2, 3)]
    others = ["frame-%s" % i for i in ("connect", "authorizer", "reply", "done", "revoked")]
    named = ["message-%s" % i for i in ("named", "offer", "written", "nocrc", "signed")]
    for name in controls + others + ["message-inline"] + chain + named:
        seed("frame", name, 0, vector(name))
        seed("frame", name + "-fixed", FIX_ALL, vector(name))

    inline = frame("message-inline")
    chained = b"".join(map(frame, chain))
    done = bytes((CONSUME, REPOST))
    ask = bytes((TIME | 10 << 3,)) + offer(0)
    seed("channel", "inline", FIXES, inline + done + offer(0))
    seed("channel", "chained", FIXES, chained + done + offer(0))
    seed("channel", "mixed", FIXES | ACTIVE, offer(100) + inline + chained + done + offer(3000) +
         inline + done + frame("frame-grant") + frame("frame-close"))
    seed("channel", "small", FIXES | SMALL, inline * 3 + done * 3 + offer(4096) + chained)
    seed("channel", "window", FIXES | SMALL | ACTIVE, inline + chained + inline)
    seed("channel", "keepalive", FIXES | ACTIVE, offer(0) + ask + frame("frame-keepalive-ack") +
         frame("frame-keepalive") + ask)
    seed("channel", "duplicate", FIXES, inline + frame("message-inline").replace(
        b"\1" + bytes(7), bytes(8), 1) + done + offer(9))
    seed("channel", "nocrc", FIXES | NOCRC, inline[:-1] + b"\3" + done)
    seed("channel", "last-credit", FIXES | SMALL, frame("frame-grant") * 9)
    seed("channel", "as-it-is", 0, inline)


if __name__ == "__main__":
    main()
