#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""exchange_peer.py ADDRESS PORT CASE: the daemon's side of Ceph's exchange over TCP, one field
of it spoiled; no queue pair is behind it. Prints "ready" when it listens, and each text that
it gets. Until it is killed.
"""
import socket
import sys

# What is done to a good text: (offset, bytes), or what is sent instead of one.
SPOILT = {
    "lid": (0, b"zzzz"),
    "qpn": (5, b"00000000"),
    "qpn-wide": (5, b"01000000"),
    "psn": (14, b"ff000000"),
    "peer-qpn": (23, b"00000001"),
    "gid": (32, b"0" * 32),
    "family-ipv4": (32, b"00000000000000000000ffff0a090001"),
    "family-ipv6": (32, b"fe800000000000000000000000000001"),
    "end": (64, b"!"),
}
INSTEAD = {"silent": None, "short": b"0000:00", "tcp-daemon": b"ceph v2\n\x10\x00" + bytes(16)}


def serve(one, case):
    """One connection, to its end."""
    text = one.recv(65, socket.MSG_WAITALL)
    print(text[:64].decode("ascii", "replace"), flush=True)
    if case in INSTEAD:
        if INSTEAD[case]:
            one.sendall(INSTEAD[case])
        if case == "short":
            return
    else:
        answer = bytearray(b"0000:00000011:00abcdef:" + text[5:13] + b":" + text[32:64] + b"\0")
        if case in SPOILT:
            offset, what = SPOILT[case]
            answer[offset:offset + len(what)] = what
        one.sendall(answer)
        if case == "more":
            one.recv(65, socket.MSG_WAITALL)
            one.sendall(b"x")
        if case == "gone":
            one.recv(65, socket.MSG_WAITALL)
            return
    # Until the kernel has had enough.
    while one.recv(4096):
        pass


def main():
    """Connections, one after the other."""
    server = socket.create_server((sys.argv[1], int(sys.argv[2])))
    print("ready", flush=True)
    while True:
        one, _ = server.accept()
        try:
            serve(one, sys.argv[3])
        except OSError:
            pass
        one.close()


main()
