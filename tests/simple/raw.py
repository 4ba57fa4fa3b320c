#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A peer that speaks messenger v1 by hand, well and badly. TAP on stdout.

usage: raw.py PROGRAMS SEED MUTATIONS

PROGRAMS is the folder of simple_server and simple_client. Each thing that a peer must not
do ends that connection alone, with an error that names the field; what may be asked for is
answered as Ceph does. Nothing here is made with the project's own code.
"""
import os
import pathlib
import random
import select
import socket
import struct
import subprocess
import sys
import threading

MON, CLIENT = 1, 8
NOSRCADDR, SEQ_BIT, MSG_AUTH, KEEPALIVE2 = 1 << 1, 1 << 6, 1 << 23, 1 << 42
ALL = NOSRCADDR | SEQ_BIT | MSG_AUTH | KEEPALIVE2
(READY, RESETSESSION, WAIT, RETRY_SESSION, RETRY_GLOBAL, CLOSE, MSG, ACK, KEEPALIVE,
 BADPROTOVER, BADAUTHORIZER, FEATURES, SEQ, KEEPALIVE2_TAG, KEEPALIVE2_ACK,
 CHALLENGE) = range(1, 17)
LIMIT = 20
PROGRAMS = pathlib.Path(sys.argv[1])
VECTORS = pathlib.Path(__file__).parent.parent / "vectors" / "ceph"

TABLE = []
for n in range(256):
    for _ in range(8):
        n = (n >> 1) ^ (0x82f63b78 if n & 1 else 0)
    TABLE.append(n)


def crc32c(data):
    """CRC32C with seed 0 and no inversion."""
    c = 0
    for b in data:
        c = TABLE[(c ^ b) & 255] ^ (c >> 8)
    return c


def address(port=0, nonce=0, ip="127.0.0.1", family=2):
    """An entity_addr_t of before Nautilus."""
    return (struct.pack("<II", 0, nonce) + struct.pack(">HH", family, port) +
            socket.inet_aton(ip)).ljust(136, b"\0")


def connect(features=ALL, host=CLIENT, gseq=1, cseq=0, proto=0, method=0, authorizer=b"",
            flags=0, length=None):
    """A connect with its authorizer."""
    return struct.pack("<QIIIIIIB", features, host, gseq, cseq, proto, method,
                       len(authorizer) if length is None else length, flags) + authorizer


def header(seq, front=0, middle=0, data=0, reserved=0, spoil=0):
    """A message header."""
    h = struct.pack("<QQHHHIIIHBQHH", seq, seq, 2, 127, 1, front, middle, data, 0, CLIENT, 0, 1,
                    reserved)
    return h + struct.pack("<I", crc32c(h) ^ spoil)


def footer(front=b"", middle=b"", data=b"", flags=1, sig=0, old=False, spoil=(0, 0, 0)):
    """A message footer."""
    crcs = struct.pack("<III", crc32c(front) ^ spoil[0], crc32c(middle) ^ spoil[1],
                       crc32c(data) ^ spoil[2])
    return crcs + (b"" if old else struct.pack("<Q", sig)) + bytes([flags])


def message(seq, front=b"", data=b"", **how):
    """A whole message."""
    return (bytes([MSG]) + header(seq, len(front), 0, len(data)) + front + data +
            footer(front, b"", data, **how))


class Peer:
    """A connection to the server under test."""

    nonces = 1000

    def __init__(self, port, nonce=None):
        self.s = socket.create_connection(("127.0.0.1", port), LIMIT)
        self.s.settimeout(LIMIT)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Peer.nonces += 1
        self.nonce = nonce or Peer.nonces

    def take(self, n):
        """Exactly so many bytes."""
        got = b""
        while len(got) < n:
            more = self.s.recv(n - len(got))
            if not more:
                raise EOFError("the server hung up after %r" % got)
            got += more
        return got

    def give(self, data):
        """Bytes; who has hung up says so when it is read."""
        try:
            self.s.sendall(data)
        except OSError:
            pass

    def greet(self):
        """Banners and addresses."""
        self.give(b"ceph v027" + address(0, self.nonce))
        assert self.take(9) == b"ceph v027"
        self.take(272)

    def ask(self, **what):
        """A connect; returns the reply's fields."""
        self.give(connect(**what))
        r = struct.unpack("<BQIIIIB", self.take(26))
        self.take(r[5])
        return dict(zip(("tag", "features", "gseq", "cseq", "proto", "length", "flags"), r))

    def open(self, seq=0, **what):
        """All of the handshake."""
        self.greet()
        r = self.ask(**what)
        assert r["tag"] == SEQ, r
        self.take(8)
        self.give(struct.pack("<Q", seq))
        return self

    def tag(self):
        """The next tag, and what belongs to it."""
        t = self.take(1)[0]
        if t == MSG:
            h = self.take(53)
            lens = struct.unpack("<III", h[22:34])
            return t, h, [self.take(n) for n in lens]
        return t, self.take({ACK: 8, KEEPALIVE2_TAG: 8, KEEPALIVE2_ACK: 8}.get(t, 0)), None

    def ended(self):
        """Has the server hung up? What it said before does not matter."""
        try:
            while self.s.recv(1 << 16):
                pass
        except ConnectionError:
            pass
        self.s.close()


class Server:
    """simple_server, and what it says."""

    def __init__(self, *options):
        self.p = subprocess.Popen([PROGRAMS / "simple_server", "--addr", "127.0.0.1", "--port",
                                   "0", *options], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        self.said = []
        self.changed = threading.Condition()
        self.port = int(self.p.stdout.readline().split()[-1])
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.p.stdout:
            with self.changed:
                self.said.append(line)
                self.changed.notify_all()

    def says(self, text):
        """Has it said that, or will it soon? It is forgotten then."""
        with self.changed:
            good = self.changed.wait_for(lambda: any(text in s for s in self.said), LIMIT)
            heard = "".join(self.said)
            self.said.clear()
        assert good, "the server does not say '%s' but '%s'" % (text, heard)

    def stop(self):
        """In order, and with nothing left over."""
        self.p.terminate()
        assert self.p.wait(LIMIT) == 0, "the server ended with %d: %s" % (self.p.returncode,
                                                                         "".join(self.said))


def ping(port):
    """A peer that behaves is served."""
    p = Peer(port).open()
    p.give(message(1, b"front", b"data"))
    t, _, parts = p.tag()
    while t == ACK:
        t, _, parts = p.tag()
    assert t == MSG and parts == [b"front", b"", b"data"], (t, parts)
    p.take(21)
    p.s.close()


# --- what ends a connection ---

def greeted(data):
    def run(p):
        p.greet()
        p.give(data)
    return run


def opened(data):
    def run(p):
        p.open()
        p.give(data)
    return run


def at_once(data):
    def run(p):
        p.give(data)
    return run


BAD = [
    ("a banner that is none", "banner", at_once(b"GET / HTTP/1.1\r\n\r\n")),
    ("an address of no family", "family", at_once(b"ceph v027" + address(family=99))),
    ("an authorizer too long", "authorizer_len", greeted(connect(length=4097))),
    ("an authorizer of 4 GiB", "authorizer_len", greeted(connect(length=0xffffffff))),
    ("unknown flags", "flags", greeted(connect(flags=2))),
    ("an unknown tag", "tag", opened(b"\x55")),
    ("a handshake's tag", "tag", opened(bytes([READY]))),
    ("an ack of nothing", "ack: seq", opened(bytes([ACK]) + struct.pack("<Q", 1))),
    ("a wrong header crc", "crc", opened(bytes([MSG]) + header(1, spoil=1))),
    ("reserved bits", "reserved", opened(bytes([MSG]) + header(1, reserved=1))),
    ("a front too long", "front_len", opened(bytes([MSG]) + header(1, front=(16 << 20) + 1))),
    ("a middle too long", "middle_len",
     opened(bytes([MSG]) + header(1, middle=(16 << 20) + 1))),
    ("data too long", "data_len", opened(bytes([MSG]) + header(1, data=(64 << 20) + 1))),
    ("data of 4 GiB", "data_len", opened(bytes([MSG]) + header(1, data=0xffffffff))),
    ("a message without a number", "seq", opened(message(0))),
    ("a gap", "seq", opened(message(1) + message(3))),
    ("a wrong front crc", "front_crc", opened(message(1, b"x", b"y", spoil=(1, 0, 0)))),
    ("a wrong middle crc", "middle_crc", opened(message(1, b"x", b"y", spoil=(0, 1, 0)))),
    ("a wrong data crc", "data_crc", opened(message(1, b"x", b"y", spoil=(0, 0, 1)))),
    ("unknown footer flags", "flags", opened(message(1, b"x", flags=0x81))),
    ("a signature nobody agreed on", "signature", opened(message(1, b"x", flags=5, sig=7))),
    ("a time that is none", "nsec",
     opened(bytes([KEEPALIVE2_TAG]) + struct.pack("<II", 1, 1000000000))),
]


def ends(server, says, run):
    p = Peer(server.port)
    run(p)
    p.ended()
    server.says(says)
    ping(server.port)


# --- what is answered ---

def refused(server, says, tag, **what):
    p = Peer(server.port)
    p.greet()
    assert p.ask(**what)["tag"] == tag
    server.says(says)
    # It may ask again, and better.
    assert p.ask()["tag"] == SEQ
    p.s.close()
    ping(server.port)


def asked_for_ever(server):
    p = Peer(server.port)
    p.greet()
    for _ in range(16):
        assert p.ask(proto=99)["tag"] == BADPROTOVER
    p.give(connect(proto=99))
    p.ended()
    server.says("asked too often")


def keepalive(server):
    p = Peer(server.port).open()
    stamp = struct.pack("<II", 77, 88)
    p.give(bytes([KEEPALIVE, KEEPALIVE2_TAG]) + stamp)
    assert p.tag()[:2] == (KEEPALIVE2_ACK, stamp)
    p.s.close()


def closes(server):
    p = Peer(server.port).open()
    p.give(message(1, b"x") + bytes([CLOSE]))
    seen = []
    try:
        while True:
            t, _, _ = p.tag()
            seen.append(t)
            if t == MSG:
                p.take(21)
    except EOFError:
        pass
    assert seen[-1] == CLOSE, seen
    server.says("closed in order")


def old_footers(server):
    p = Peer(server.port).open(features=ALL & ~MSG_AUTH)
    p.give(message(1, b"abc", b"defg", old=True))
    assert p.tag()[2] == [b"abc", b"", b"defg"]
    assert p.take(13) == footer(b"abc", b"", b"defg", old=True)
    p.s.close()


def without_seq(server):
    p = Peer(server.port)
    p.greet()
    assert p.ask(features=ALL & ~SEQ_BIT)["tag"] == READY
    p.give(message(1, b"abc"))
    assert p.tag()[2][0] == b"abc"
    p.s.close()


def byte_by_byte(server):
    p = Peer(server.port)
    for b in b"ceph v027" + address(0, p.nonce) + connect() + struct.pack("<Q", 0):
        p.give(bytes([b]))
    p.take(281 + 26 + 8)
    for b in message(1, b"front", b"d" * 50):
        p.give(bytes([b]))
    assert p.tag()[2] == [b"front", b"", b"d" * 50]
    p.s.close()


def aborted(server):
    p = Peer(server.port).open()
    p.give(message(1, b"no", flags=0) + message(2, b"yes"))
    assert p.tag()[2][0] == b"yes"
    p.s.close()


def duplicates(server):
    p = Peer(server.port).open()
    p.give(message(1, b"one") + message(1, b"one", b"d" * 20000) + message(2, b"two"))
    got = []
    while len(got) < 2:
        t, _, parts = p.tag()
        if t == MSG:
            p.take(21)
            got.append(parts[0])
    assert got == [b"one", b"two"], got
    p.s.close()


def sessions(server):
    """Tags that a lossless server answers with."""
    p = Peer(server.port)
    p.greet()
    assert p.ask(cseq=5)["tag"] == RESETSESSION
    p.s.close()
    first = Peer(server.port).open(gseq=10)
    first.give(message(1, b"one") + message(2, b"two"))
    acked = 0
    while acked < 2:
        t, body, _ = first.tag()
        if t == MSG:
            first.take(21)
        elif t == ACK:
            acked = struct.unpack("<Q", body)[0]
    again = Peer(server.port, first.nonce)
    again.greet()
    r = again.ask(gseq=9, cseq=1)
    assert r["tag"] == RETRY_GLOBAL and r["gseq"] == 10, r
    r = again.ask(gseq=11, cseq=1)
    assert r["tag"] == RETRY_SESSION and r["cseq"] == 2, r
    r = again.ask(gseq=11, cseq=2)
    assert r["tag"] == SEQ and r["cseq"] == 3, r
    # The newer stream has the session: the former has ended, and both echoes come again.
    first.ended()
    assert struct.unpack("<Q", again.take(8))[0] == 2
    again.give(struct.pack("<Q", 0))
    seqs = []
    while len(seqs) < 2:
        t, body, _ = again.tag()
        if t == MSG:
            again.take(21)
            seqs.append(struct.unpack("<Q", body[:8])[0])
    assert seqs == [1, 2], seqs
    again.give(bytes([CLOSE]))
    again.ended()


def strangers(server):
    """Those who say nothing are let in up to a number; the others wait, and are served."""
    silent = [socket.create_connection(("127.0.0.1", server.port), LIMIT) for _ in range(300)]
    for s in silent[:256]:
        s.settimeout(LIMIT)
        assert s.recv(281, socket.MSG_WAITALL)
    assert not select.select(silent[256:], [], [], 1)[0], "more than 256 are let in"
    for s in silent[:256:2]:
        s.close()
    ping(server.port)
    for s in silent:
        s.close()


def mutations(server, seed, count):
    """Recorded streams of Ceph's clients with a few bytes changed, or cut."""
    streams = [f.read_bytes() for f in sorted(VECTORS.glob("v1-*p16789.c2s.bin"))]
    rng = random.Random(seed)
    for i in range(count):
        data = bytearray(rng.choice(streams))
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if not rng.randrange(8):
            del data[rng.randrange(len(data)):]
        p = Peer(server.port)
        p.give(bytes(data))
        try:
            p.s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        p.ended()
        if not i % 50:
            alive = Peer(server.port)
            alive.greet()
            assert alive.ask(proto=15)["tag"] == SEQ
            alive.s.close()
        assert server.p.poll() is None, "mutation %d of seed %d ended the server" % (i, seed)


# --- a server that does not behave ---

def answer(*parts):
    """A server's part of a conversation, by one connection."""
    def run(s, port):
        s.sendall(b"ceph v027" + address(port, 1) + address(1, 0))
        for part in parts:
            s.recv(4096)
            s.sendall(part)
        while s.recv(4096):
            pass
    return run


def reply(tag, features=ALL, cseq=1, gseq=1, length=0, flags=1):
    return struct.pack("<BQIIIIB", tag, features, gseq, cseq, 0, length, flags)


def wrong_address(s, port):
    s.sendall(b"ceph v027" + address(port ^ 1, 1) + address(1, 0))
    while s.recv(4096):
        pass


SERVERS = [
    ("another server than was dialled", "address", wrong_address),
    ("a reply that is none", "tag", answer(reply(MSG))),
    ("a reply's authorizer too long", "authorizer_len", answer(reply(SEQ, length=5000))),
    ("a feature missing", "feature", answer(reply(FEATURES))),
    ("a session count that nobody had", "connect_seq", answer(reply(SEQ, cseq=9) + struct.pack("<Q", 0))),
    ("WAIT for who has no address", "wait", answer(reply(WAIT))),
    ("resets for ever", "reset", answer(*[reply(RESETSESSION)] * 4)),
    ("retries for ever", "retry", answer(*[reply(RETRY_GLOBAL)] * 12)),
    ("an ack of nothing", "ack: seq",
     answer(reply(SEQ) + struct.pack("<Q", 0) + bytes([ACK]) + struct.pack("<Q", 99))),
    ("a message too long", "front_len",
     answer(reply(SEQ) + struct.pack("<Q", 0) + bytes([MSG]) + header(1, front=1 << 30))),
]


def client_says(says, run):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve():
            s, _ = listener.accept()
            try:
                run(s, port)
            except OSError:
                pass
            s.close()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        done = subprocess.run([PROGRAMS / "simple_client", "--addr", "127.0.0.1", "--port",
                               str(port), "--msgs", "3", "--timeout", "5", "--no-progress"],
                              capture_output=True, text=True, timeout=LIMIT * 2, check=False)
        thread.join(LIMIT)
    assert done.returncode == 1, done
    assert says in done.stderr.lower(), "the client does not say '%s' but '%s'" % (says,
                                                                                done.stderr)


# --- TAP ---

class Tap:
    """Results."""
    count = 0
    failed = 0

    def check(self, name, run, *args, **named):
        self.count += 1
        try:
            run(*args, **named)
            print("ok %d - %s" % (self.count, name), flush=True)
        except (AssertionError, OSError, EOFError, subprocess.TimeoutExpired) as e:
            self.failed += 1
            print("# %s: %s" % (type(e).__name__, str(e).replace("\n", "\n# ")))
            print("not ok %d - %s" % (self.count, name), flush=True)


def main():
    seed, count = int(sys.argv[2]), int(sys.argv[3])
    tap = Tap()
    server = Server()
    for name, says, run in BAD:
        tap.check("a client with " + name, ends, server, says, run)
    tap.check("another protocol is told so", refused, server, "protocol_version", BADPROTOVER,
              proto=24)
    tap.check("missing features are told", refused, server, "feature", FEATURES,
              features=SEQ_BIT)
    tap.check("cephx is refused by who has no keys", refused, server, "cephx", BADAUTHORIZER,
              method=2, authorizer=b"ticket")
    tap.check("Ceph's method none is let in", lambda: Peer(server.port).open(
        method=1, authorizer=b"\1\x08\0\0\0\5\0\0\0admin\0\0\0\0\0\0\0\0"))
    for name, run in (("connects without end", asked_for_ever), ("keepalives", keepalive),
                      ("CLOSE is answered", closes), ("footers without signatures", old_footers),
                      ("READY for who exchanges no numbers", without_seq),
                      ("bytes one by one", byte_by_byte),
                      ("what was taken back is not delivered", aborted),
                      ("duplicates are dropped", duplicates)):
        tap.check(name, run, server)
    tap.check("strangers are so many at most", strangers, server)
    tap.check("the server ends in order", server.stop)
    server = Server("--policy", "lossless")
    tap.check("RESETSESSION, RETRY_GLOBAL, RETRY_SESSION, and a session that goes on", sessions,
              server)
    tap.check("the lossless server ends in order", server.stop)
    server = Server("--type", "mon")
    tap.check("%d mutations of recorded streams, seed %d" % (count, seed), mutations, server,
              seed, count)
    tap.check("the server has survived them", server.stop)
    for name, says, run in SERVERS:
        tap.check("a server with " + name, client_says, says, run)
    print("1..%d" % tap.count)
    sys.exit(bool(tap.failed))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
