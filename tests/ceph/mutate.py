#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Recorded streams of real Ceph peers, with random changes, said to our programs.

mutate.py to-server COUNT SEED PROGRAM...
	to a server, PROGRAM --addr ... --port ...: what a client of Ceph said. Each changed
	stream is followed by one that is not, which must be answered to its end. The server
	must say a reason of each connection that it did not serve.
mutate.py to-client COUNT SEED PROGRAM...
	to a client, PROGRAM HOST:PORT TIMES: what a monitor said. TIMES connections, every
	other one with a change. PROGRAM prints a line for each: "map ..." if it got the
	monitor's map, "ended: ..." or "not connected: ..." with the reason if not.
mutate.py echo COUNT SEED SERVER CLIENT
	between a client and a server of ours: one byte of the server's answers is another.
	COUNT clients, each followed by one whose answers are left alone.

A change is one to three of: a bit, a byte, a few random bytes, a byte that is missing or
too many, the end cut off. What was said is in tests/vectors/ceph. TAP on stdout.
"""
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys
import threading

VECTORS = os.environ.get("CXIO_VECTORS", "tests/vectors") + "/ceph/"
LIMIT = 20
BANNER, ADDR, CONNECT, REPLY, HEADER, FOOTER = 9, 136, 33, 26, 53, 21
TAG_CLOSE = b"\x06"
# "connect: unknown flags". A stream that is cut off is a peer that went away; behind a
# length that is too long something is waited for that does not come.
NAMED = re.compile(r"[a-z][a-z0-9 ]+: [a-z]|peer went away without a word")
WAITED = "no progress: the server does not answer"


def load(name):
    with open(VECTORS + name, "rb") as f:
        return bytearray(f.read())


def change_once(r, b, borders):
    """Each part as often as the others, however short it is."""
    part = r.randrange(len(borders) - 1)
    at = min(r.randrange(borders[part], borders[part + 1]), len(b) - 1)
    kind = r.randrange(6)
    if kind == 0:
        b[at] ^= 1 << r.randrange(8)
    elif kind == 1:
        b[at] = r.choice((0, 1, 0x7F, 0x80, 0xFF))
    elif kind == 2:
        for i in range(at, min(len(b), at + r.randrange(1, 9))):
            b[i] = r.randrange(256)
    elif kind == 3:
        del b[at]
    elif kind == 4:
        b.insert(at, r.randrange(256))
    else:
        del b[at:]


def changed(r, b, borders):
    c = bytearray(b)
    while c == b:
        for _ in range(r.randrange(1, 4)):
            if c:
                change_once(r, c, borders)
    return c


def read_all(s):
    """To the end, whatever the end is. Returns the bytes; None: it did not come."""
    got = bytearray()
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return got
            got += piece
    except ConnectionError:
        return got
    except socket.timeout:
        return None


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def say(self, good, what):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, what), flush=True)

    def end(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def messages(stream):
    """Messages behind the greeting, in what a server said."""
    at, count = BANNER + 2 * ADDR + REPLY + 8, 0
    lengths = {8: 8, 14: 8, 15: 8}
    while at < len(stream):
        tag = stream[at]
        at += 1
        if tag == 7 and at + HEADER <= len(stream):
            at += HEADER + sum(struct.unpack_from("<III", stream, at + 22)) + FOOTER
            count += at <= len(stream)
        elif tag in lengths:
            at += lengths[tag]
        else:
            break
    return count


def served(port, stream, wanted):
    """Say it, and close in order when all messages came back."""
    with socket.create_connection(("127.0.0.1", port), LIMIT) as s:
        s.settimeout(LIMIT)
        s.sendall(stream)
        got = bytearray()
        while messages(got) < wanted:
            piece = s.recv(65536)
            if not piece:
                return False
            got += piece
        s.sendall(TAG_CLOSE)
        return read_all(s) is not None


def to_server(count, seed, program):
    """The client was one of a monitor; our server is none, and has protocol 0."""
    r, tap = random.Random(seed), Tap()
    base = load("v1-none.conn0-p16789.c2s.bin")
    struct.pack_into("<I", base, BANNER + ADDR + 20, 0)
    borders = (0, BANNER, BANNER + ADDR, BANNER + ADDR + CONNECT, len(base))
    p = subprocess.Popen(program + ["--addr", "127.0.0.1", "--port", "0", "--quiet"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    silent = unserved = harmless = gone = 0
    try:
        port = int(p.stdout.readline().split()[-1])
        # what it says is read when it has ended: a pipe would fill up
        said = Reader(p.stdout)
        tap.say(served(port, base, 2), "what is not changed is answered")
        for i in range(count):
            stream = changed(r, base, borders)
            got = talk(port, stream)
            silent += got is None
            harmless += bool(got) and messages(got) == 2
            # who goes before he has asked for anything is nobody's error
            gone += len(stream) < borders[3]
            if not served(port, base, 2):
                print("# %d: the next one was not served" % i)
                unserved += 1
    finally:
        p.terminate()
        status = p.wait(LIMIT)
    lines = said.lines()
    errors = [line for line in lines if not line.startswith(("listening", "echoed"))]
    unnamed = [line for line in errors if not is_named(line)]
    for line in unnamed[:20]:
        print("# " + line)
    print("# seed %d: %d changes did not matter, %d ended before a connect, %d errors" %
          (seed, harmless, gone, len(errors)))
    tap.say(not silent, "%d changed streams to a server: each connection ends" % count)
    tap.say(not unnamed, "each error names the field")
    tap.say(len(errors) >= count - harmless - gone,
            "there is one for each that was not answered whole")
    tap.say(harmless < count / 2, "most changes are noticed")
    tap.say(not unserved, "the next one is served each time")
    tap.say(status == 0, "the server ends in order, and has given everything back")
    tap.end()


class Reader(threading.Thread):
    def __init__(self, stream):
        super().__init__()
        self.stream, self.all = stream, []
        self.start()

    def run(self):
        self.all = self.stream.read().splitlines()

    def lines(self):
        self.join(LIMIT)
        return self.all


def talk(port, stream):
    with socket.create_connection(("127.0.0.1", port), LIMIT) as s:
        s.settimeout(LIMIT)
        try:
            s.sendall(stream)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return read_all(s)


class Echo(threading.Thread):
    """Carries one connection to a server, and changes byte number @at of what it answers."""

    def __init__(self, server_port):
        super().__init__(daemon=True)
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.at, self.by, self.length = -1, 0, 0
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            with client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
                try:
                    self.carry(client, server)
                except OSError:
                    pass

    def carry(self, client, server):
        self.length = 0
        while True:
            ready, _, _ = select.select([client, server], [], [], LIMIT)
            if not ready:
                return
            for s in ready:
                piece = bytearray(s.recv(65536))
                if not piece:
                    return
                if s is server:
                    self.answer(client, piece)
                else:
                    server.sendall(piece)

    def answer(self, client, piece):
        """The port it shows is the one the client has dialled."""
        port = struct.pack(">H", self.port)
        for i in range(len(piece)):
            if BANNER + 10 <= self.length + i < BANNER + 12:
                piece[i] = port[self.length + i - BANNER - 10]
            if self.length + i == self.at:
                piece[i] ^= self.by
        self.length += len(piece)
        client.sendall(piece)


def run_client(program, port, seconds=LIMIT // 2):
    p = subprocess.run([program, "--addr", "127.0.0.1", "--port", str(port), "--msgs", "4",
                        "--dsize", "200", "--timeout", str(seconds), "--no-progress"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       timeout=LIMIT, check=False)
    return p.returncode, p.stdout


def echo(count, seed, server, client):
    r, tap = random.Random(seed), Tap()
    p = subprocess.Popen([server, "--addr", "127.0.0.1", "--port", "0", "--quiet"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    harmless = waited = crashed = 0
    unnamed, unserved = [], []
    try:
        between = Echo(int(p.stdout.readline().split()[-1]))
        said = Reader(p.stdout)
        status, text = run_client(client, between.port)
        tap.say(status == 0, "what is not changed is taken")
        whole = between.length
        borders = (0, BANNER, BANNER + ADDR, BANNER + 2 * ADDR, BANNER + 2 * ADDR + REPLY, whole)
        for _ in range(count):
            part = r.randrange(len(borders) - 1)
            between.by = r.randrange(1, 256)
            between.at = r.randrange(borders[part], borders[part + 1])
            status, text = run_client(client, between.port, 2)
            crashed += status not in (0, 1)
            waited += WAITED in text
            harmless += status == 0
            if status and WAITED not in text and not any(is_named(line) for line in text.splitlines()):
                unnamed.append("byte %d by %02x: %s" % (between.at, between.by, text))
            between.at = -1
            status, text = run_client(client, between.port)
            if status:
                unserved.append(text)
    finally:
        p.terminate()
        status = p.wait(LIMIT)
    said.lines()
    for text in (unnamed + unserved)[:20]:
        print("# " + text.replace("\n", "\n# "))
    print("# seed %d: %d changes did not matter, %d were waited out" % (seed, harmless, waited))
    tap.say(not crashed, "it ends as programs do")
    tap.say(waited <= count / 20, "a length is the only thing that is waited for")
    tap.say(not unnamed, "%d changed answers of a server: each error names the field" % count)
    tap.say(not unserved, "the next one is served each time")
    tap.say(harmless < count / 2, "most changes are noticed")
    tap.say(status == 0, "the server ends in order, and has given everything back")
    tap.end()


class Monitor:
    """Says a stream to whoever connects, changed or not, while a program runs that does."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.base = load("v1-key.conn0-p21722.s2c.bin")
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        # the address shown must be the one that was dialled
        struct.pack_into(">H", self.base, BANNER + 10, self.port)
        greeting = BANNER + 2 * ADDR
        self.borders = (0, BANNER, BANNER + ADDR, greeting, greeting + REPLY, len(self.base))
        self.open = []
        self.lines = []
        self.changed = -1

    def serve(self):
        """Who comes again after a change, because he was told to, is told the truth."""
        stream, number = self.base, len(self.lines)
        if number % 2 == 0 and number != self.changed:
            self.changed = number
            stream = changed(self.random, self.base, self.borders)
        s, _ = self.listener.accept()
        try:
            s.sendall(stream)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.open.append(s)

    def run(self, program, count):
        """Returns the exit status; None: nothing happens any more."""
        p = subprocess.Popen(program + ["127.0.0.1:%d" % self.port, str(count)],
                             stdout=subprocess.PIPE)
        part, out = b"", p.stdout.fileno()
        while True:
            ready, _, _ = select.select([self.listener, out], [], [], LIMIT)
            if out in ready:
                piece = os.read(out, 65536)
                if not piece:
                    return p.wait(LIMIT)
                *whole, part = (part + piece).split(b"\n")
                self.lines += [line.decode() for line in whole]
                while self.open:
                    self.open.pop().close()
            elif ready:
                self.serve()
            else:
                p.kill()
                p.wait()
                return None


def to_client(count, seed, program):
    tap, monitor = Tap(), Monitor(seed)
    status = monitor.run(program, 2 * count)
    lines = monitor.lines
    # The stream is the same each time: so is what it says.
    right = [line for line in lines[1::2] if line.startswith("map ")][:1]
    unserved = [line for line in lines[1::2] if [line] != right]
    harmless = [line for line in lines[::2] if line.startswith("map ")]
    wrong = [line for line in harmless if [line] != right]
    unnamed = [line for line in lines[::2] if not is_named(line)]
    for line in (unserved + unnamed + wrong)[:20]:
        print("# " + line)
    print("# seed %d: %d changes did not matter" % (seed, len(harmless)))
    tap.say(not wrong, "no changed map is taken")
    tap.say(len(lines) == 2 * count, "%d changed streams to a client: it says of each" % count)
    tap.say(not unnamed, "each error names the field")
    tap.say(not unserved, "the next one is served each time")
    tap.say(len(harmless) < count / 2, "most changes are noticed")
    tap.say(status == 0, "the client ends in order, and has given everything back")
    tap.end()


def is_named(line):
    """Behind who it was: "PROGRAM: refused a connection: ", "ADDRESS: ", "ended: "."""
    return line.startswith("map ") or (WAITED not in line and
                                       bool(NAMED.search(line.partition(": ")[2])))


if __name__ == "__main__":
    if len(sys.argv) > 4 and sys.argv[1] == "to-server":
        to_server(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    elif len(sys.argv) > 4 and sys.argv[1] == "to-client":
        to_client(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    elif len(sys.argv) == 6 and sys.argv[1] == "echo":
        echo(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
    else:
        sys.exit(__doc__)
