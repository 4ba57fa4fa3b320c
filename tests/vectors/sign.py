#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Makes the vectors of authorizers, proofs, keys and signatures, or with --check
compares them.

As in vectors.py nothing is read from the C sources; HMAC-SHA256 is Python's own. A
vector of a block ends with its MAC under SECRET, or under the key of the direction.
The hellos are not real ones, so that what those say changes nothing here.
"""

import hashlib
import hmac
import os
import struct
import sys

from vectors import Rows, crc32c, pack, text, with_crc

HERE = os.path.dirname(os.path.abspath(__file__))

METHOD, VERSION = 0x58430001, 1
FIRST, CHALLENGE, SECOND, PROOF = 1, 2, 3, 4
CLIENT, SERVER = 1, 2
CAN_SIGN, MUST_SIGN = 1, 2

SECRET = bytes(range(0x40, 0x60))
NAME = b"client.admin"
CLIENT_NONCE = bytes(range(0xA0, 0xB0))
SERVER_NONCE = bytes(range(0xC0, 0xD0))
CLIENT_FLAGS, SERVER_FLAGS = CAN_SIGN | MUST_SIGN, CAN_SIGN
FEATURES = 0x8877665544332211
GENERATION = 0x0102030405060708


def counted(start, length, step=1):
    return bytes((start + i * step) & 0xFF for i in range(length))


REQUEST, REPLY = counted(1, 44, 3), counted(2, 44, 5)
CONNECT, CONNECT_REPLY = counted(3, 105, 7), counted(4, 98, 11)


def raw(name, data):
    """A row for every 16 bytes."""
    return Rows((data[i:i + 16], "%s[%d]" % (name, i)) for i in range(0, len(data), 16))


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def authorizer(step, flags=0, name=b"", nonce=b"", proof=b""):
    rows = Rows([
        (struct.pack("<I", METHOD), "method = %#x" % METHOD),
        (bytes((VERSION,)), "version = %d" % VERSION),
        (bytes((step,)), "step = %d" % step),
        (bytes((flags,)), "flags = %#x" % flags),
        (bytes((len(name),)), "name_len = %d" % len(name)),
    ])
    rows += raw("nonce", nonce)
    rows += raw("name", name.ljust(64, b"\0") if name else b"")
    rows += raw("proof", proof)
    return rows


def part(name, data):
    return [(struct.pack("<H", len(data)), "%s: %d bytes" % (name, len(data)))] + raw(name, data)


def transcript(label, role, reply):
    rows = Rows([
        (label.ljust(16, b"\0"), "label"),
        (bytes((role,)), "role = %d" % role),
        (bytes((CLIENT_FLAGS,)), "client_flags = %#x" % CLIENT_FLAGS),
        (bytes((SERVER_FLAGS,)), "server_flags = %#x" % SERVER_FLAGS),
        (b"\0", "reserved = 0"),
    ])
    rows += raw("client_nonce", CLIENT_NONCE) + raw("server_nonce", SERVER_NONCE)
    rows += [(struct.pack("<Q", FEATURES), "features = %#x" % FEATURES)]
    rows += part("name", NAME) + part("request hello", REQUEST)
    rows += part("reply hello", REPLY) + part("connect", CONNECT)
    rows += part("reply", reply)
    return rows


def proof(role):
    return transcript(b"cxio proof v1", role, b"" if role == CLIENT else CONNECT_REPLY)


def key(sender):
    return transcript(b"cxio key v1", sender, CONNECT_REPLY)


def with_mac(rows, name="mac", secret=SECRET):
    return Rows(rows + raw(name, mac(secret, rows.bytes())))


def message():
    """A header's and a footer's rows, the latter without a signature."""
    head = with_crc("msg_header", "header ", seq=0x1122334455667788, tid=0x0102030405060708,
                    type=0x602, priority=127, version=3, front_len=9, middle_len=3,
                    data_len=0x10203, data_off=0xABC, src_type=8,
                    src_num=0x1112131415161718, compat_version=2)
    foot = pack("msg_footer", "footer ", front_crc=crc32c(b"the front"),
                middle_crc=crc32c(b"mid"), data_crc=0xA1B2C3D4, flags=5)
    return head, foot


def field(rows, name):
    """The bytes of one row, by the end of its comment's name."""
    return next(data for data, comment in rows if comment.split(" =")[0].endswith(name))


def signed():
    head, foot = message()
    rows = Rows(head + [row for row in foot if not row[1].startswith("footer sig")])
    rows.append((struct.pack("<Q", GENERATION), "generation = %#x" % GENERATION))
    return with_mac(rows, secret=mac(SECRET, key(CLIENT).bytes()))


def cephx(second):
    head, foot = message()
    crc = Rows([(field(head, "header crc"), "header crc")])
    crc += [(field(foot, "footer %s_crc" % name), name + " crc")
            for name in ("front", "middle", "data")]
    if not second:
        return Rows([(b"\1", "version = 1"),
                     (struct.pack("<Q", 0xFF009CAD8826AA55), "magic"),
                     (struct.pack("<I", 16), "length = 16")] + crc)
    rows = Rows(crc[:1])
    for i, name in enumerate(("front", "middle", "data")):
        rows += [crc[i + 1], (field(head, name + "_len"), name + " length")]
    rows.append((field(head, "seq")[:4], "seq, the lower half"))
    return rows


def vectors():
    yield "auth-first", "client's first authorizer", authorizer(
        FIRST, CLIENT_FLAGS, NAME, CLIENT_NONCE)
    yield "auth-challenge", "server's challenge", authorizer(
        CHALLENGE, SERVER_FLAGS, nonce=SERVER_NONCE)
    yield "auth-second", "client's second authorizer", authorizer(
        SECOND, CLIENT_FLAGS, NAME, CLIENT_NONCE, mac(SECRET, proof(CLIENT).bytes()))
    yield "auth-proof", "server's last word", authorizer(
        PROOF, proof=mac(SECRET, proof(SERVER).bytes()))
    yield "block-proof-client", "what the client proves, and the proof", with_mac(proof(CLIENT))
    yield "block-proof-server", "what the server proves, and the proof", with_mac(proof(SERVER))
    yield "block-key-client", "the client's key, last", with_mac(key(CLIENT), "key")
    yield "block-key-server", "the server's key, last", with_mac(key(SERVER), "key")
    yield "block-signature", "what is signed of a client's message, and the MAC", signed()
    yield "block-cephx-v1", "what cephx signs of it without CEPHX_V2", cephx(False)
    yield "block-cephx-v2", "what cephx signs of it with CEPHX_V2", cephx(True)


def main():
    check = sys.argv[1:] == ["--check"]
    status = 0
    for name, title, rows in vectors():
        path = os.path.join(HERE, name + ".hex")
        want = text(title, rows).replace("made by vectors.py", "made by sign.py")
        if not check:
            with open(path, "w", encoding="ascii") as out:
                out.write(want)
            continue
        with open(path, encoding="ascii") as old:
            if old.read() != want:
                print("# %s differs from what sign.py makes" % path)
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
