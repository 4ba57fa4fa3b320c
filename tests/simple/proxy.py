#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A TCP proxy between a client and a server of messenger v1, that breaks connections.

usage: proxy.py TARGET [--cuts N] [--span BYTES] [--seed N] [--stall] [--rate BYTES]

Listens on a port of its own at 127.0.0.1, says which, and forwards to TARGET there. The
server's address behind its banner gets the proxy's port: a client insists on who it has
dialled. The first N connections are broken after a number of bytes, both directions
together, that is drawn up to BYTES, every third time so that it is in the handshake; half of
them with a reset. With --stall they are not broken, but nothing comes through any more.
With --rate no more than that passes in a second. Says "cut" at each. Ends with its standard
input.
"""
import argparse
import random
import selectors
import socket
import struct
import sys
import time

BANNER_PORT = 9 + 10
HANDSHAKE = 281 + 145 + 33 + 26 + 16


class Link:
    """One connection, and the one behind it."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.create_connection(("127.0.0.1", proxy.args.target))
        self.limit = proxy.draw()
        self.passed = 0
        self.head = b""
        self.greeted = False
        self.pending = {self.client: b"", self.server: b""}
        for s in (self.client, self.server):
            s.setblocking(False)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            proxy.selector.register(s, selectors.EVENT_READ, self)

    def other(self, s):
        return self.server if s is self.client else self.client

    def forget(self):
        for s in (self.client, self.server):
            try:
                self.proxy.selector.unregister(s)
            except KeyError:
                pass

    def end(self, reset=False):
        self.forget()
        for s in (self.client, self.server):
            if reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()

    def cut(self):
        print("cut after", self.passed, flush=True)
        if self.proxy.args.stall:
            self.forget()
            self.proxy.stalled.append(self)
        else:
            self.end(self.proxy.random.random() < 0.5)

    def renamed(self, data):
        """The server's bytes, with our port for its own."""
        if self.greeted:
            return data
        self.head += data
        if len(self.head) < BANNER_PORT + 2:
            return b""
        self.greeted = True
        return (self.head[:BANNER_PORT] + struct.pack(">H", self.proxy.port) +
                self.head[BANNER_PORT + 2:])

    def serve(self, s, mask):
        if mask & selectors.EVENT_WRITE:
            self.write(s)
            return
        try:
            data = s.recv(1 << 14 if self.proxy.args.rate else 1 << 18)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.end()
            return
        if s is self.server:
            data = self.renamed(data)
        if self.limit is not None and self.passed + len(data) >= self.limit:
            data = data[:self.limit - self.passed]
            self.passed = self.limit
            self.pending[self.other(s)] += data
            self.write(self.other(s), True)
            return
        self.passed += len(data)
        self.pending[self.other(s)] += data
        self.write(self.other(s))

    def write(self, to, last=False):
        try:
            n = to.send(self.pending[to]) if self.pending[to] else 0
        except (BlockingIOError, InterruptedError):
            n = 0
        except OSError:
            self.end()
            return
        self.pending[to] = self.pending[to][n:]
        if self.proxy.args.rate:
            time.sleep(n / self.proxy.args.rate)
        if last:
            self.cut()
            return
        self.watch(self.client)
        self.watch(self.server)

    def watch(self, s):
        """Read what the other end has room for, and write what waits."""
        events = 0 if self.pending[self.other(s)] else selectors.EVENT_READ
        events |= selectors.EVENT_WRITE if self.pending[s] else 0
        try:
            if events:
                self.proxy.selector.modify(s, events, self)
            else:
                self.proxy.selector.unregister(s)
        except KeyError:
            if events:
                self.proxy.selector.register(s, events, self)


class Proxy:
    """All of them."""

    def __init__(self, args):
        self.args = args
        self.random = random.Random(args.seed)
        self.selector = selectors.DefaultSelector()
        self.left = args.cuts
        self.stalled = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        if args.rate:
            # What waits for us is to wait at the sender.
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.port = self.listener.getsockname()[1]
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        print("listening on port", self.port, flush=True)

    def draw(self):
        if not self.left:
            return None
        self.left -= 1
        if self.left % 3 == 1 and not self.args.stall:
            return self.random.randint(1, HANDSHAKE)
        return self.random.randint(HANDSHAKE, self.args.span)

    def accept(self):
        client, _ = self.listener.accept()
        try:
            Link(self, client)
        except OSError:
            client.close()

    def run(self):
        while True:
            for key, mask in self.selector.select():
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj.fileno() >= 0:
                    key.data.serve(key.fileobj, mask)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target", type=int)
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--span", type=int, default=4 << 20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stall", action="store_true")
    parser.add_argument("--rate", type=int)
    Proxy(parser.parse_args()).run()


if __name__ == "__main__":
    main()
