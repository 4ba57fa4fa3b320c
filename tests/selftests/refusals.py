#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""refusals.py CONNECTION ADDRESS: ask the netlink family for what it must refuse, over a
socket of our own, and see that each refusal says in words what is wrong and names the
attribute: by its place in the request, or as missing. CONNECTION is the number of an open
connection, ADDRESS an address on which nobody listens and that a device has. Prints TAP.
"""
import errno
import os
import socket
import struct
import sys

NETLINK_GENERIC, SOL_NETLINK, NETLINK_EXT_ACK = 16, 270, 11
NLMSG_ERROR, NLM_F_REQUEST, NLM_F_ACK, ACK_TLVS, CAPPED = 2, 1, 4, 0x200, 0x100
GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 16, 3, 1, 2
MSG, OFFS, MISS_TYPE = 1, 2, 5
LISTEN, UNLISTEN, CONNECT, SEND, CLOSE, GET_CONNECTION = 1, 2, 3, 4, 5, 6
ADDR, CONNECTION, FD, MSGS, DSIZE, DEPTH = 1, 2, 3, 4, 5, 6
NONE, BAD, MISSING = "none", "bad", "missing"


def align(n):
    return (n + 3) & ~3


def attribute(kind, value):
    data = struct.pack("HH", 4 + len(value), kind) + value
    return data + bytes(align(len(data)) - len(data))


def u32(kind, value):
    return attribute(kind, struct.pack("I", value))


def u64(kind, value):
    return attribute(kind, struct.pack("Q", value))


def inet(address, port):
    return attribute(ADDR, struct.pack("=HH4s8x", socket.AF_INET, socket.htons(port),
                                       socket.inet_aton(address)))


def attributes(data):
    found, at = {}, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("HH", data, at)
        if length < 4 or length > len(data) - at:
            break
        found[kind & 0x3FFF] = data[at + 4:at + length]
        at += align(length)
    return found


class Family:
    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.settimeout(30)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sequence = 0
        answer = self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
                          attribute(CTRL_ATTR_FAMILY_NAME, b"ceph_xio\0"))[0]
        self.id = struct.unpack("H", attributes(answer[20:])[CTRL_ATTR_FAMILY_ID])[0]

    def ask(self, family, command, body):
        """The request, sent; the first message that comes back, and the request."""
        self.sequence += 1
        request = struct.pack("IHHIIBBH", 20 + len(body), family, NLM_F_REQUEST | NLM_F_ACK,
                              self.sequence, 0, command, 1, 0) + body
        self.socket.send(request)
        while True:
            answer = self.socket.recv(65536)
            if struct.unpack_from("I", answer, 8)[0] == self.sequence:
                break
        return answer, request

    def refusal(self, command, body):
        """errno, text, (NONE | BAD | MISSING, attribute) of what the kernel answers."""
        answer, request = self.ask(self.id, command, body)
        length, kind, flags = struct.unpack_from("IHH", answer)
        if kind != NLMSG_ERROR:
            return 0, "", (NONE, 0)
        error, echoed = struct.unpack_from("iI", answer, 16)
        if not flags & ACK_TLVS:
            return -error, "", (NONE, 0)
        skip = 20 + (16 if flags & CAPPED else align(echoed))
        said = attributes(answer[skip:length])
        text = said.get(MSG, b"").rstrip(b"\0").decode()
        if OFFS in said:
            at = struct.unpack("I", said[OFFS])[0]
            return -error, text, (BAD, struct.unpack_from("HH", request, at)[1])
        if MISS_TYPE in said:
            return -error, text, (MISSING, struct.unpack("I", said[MISS_TYPE])[0])
        return -error, text, (NONE, 0)


def cases(number, address, pipe, directory):
    none, one = u32(CONNECTION, 4711), u32(CONNECTION, number)
    there = inet(address, 7999)
    nowhere = inet("192.0.2.1", 7999)
    strange = attribute(ADDR, struct.pack("=H14x", 99))
    short = attribute(ADDR, struct.pack("=HH4s", socket.AF_INET, 0, bytes(4)))
    mixed = attribute(ADDR, struct.pack("=H14x", socket.AF_INET6))
    for name, command in ("listen", LISTEN), ("connect", CONNECT):
        yield name + " nowhere said", command, b"", "EINVAL", "ADDR", (MISSING, ADDR)
    for name, command in ("listen", LISTEN), ("connect", CONNECT), ("unlisten", UNLISTEN):
        yield name + " of no family", command, strange, "EINVAL", "ADDR", (BAD, ADDR)
        yield name + " cut short", command, short, "ERANGE", "", (BAD, ADDR)
        yield name + " IPv6 cut short", command, mixed, "EINVAL", "ADDR", (BAD, ADDR)
    yield "listen elsewhere", LISTEN, nowhere, ("ENODEV", "EADDRNOTAVAIL"), "rdma link", (BAD, ADDR)
    yield "unlisten where nobody listens", UNLISTEN, there, "ENOENT", "nobody", (BAD, ADDR)
    for name, command in ("send", SEND), ("close", CLOSE), ("get", GET_CONNECTION):
        yield name + " without number", command, b"", "EINVAL", "CONNECTION", (MISSING, CONNECTION)
        yield name + " of nothing", command, none, "ENOENT", "no connection", (BAD, CONNECTION)
        yield name + " with two bytes", command, attribute(CONNECTION, b"12"), \
            ("EINVAL", "ERANGE"), "", (BAD, CONNECTION)
    yield "send nothing", SEND, one, "EINVAL", "MSGS", (MISSING, FD)
    yield "send a pipe", SEND, one + u32(FD, pipe), "EBADF", "FD", (BAD, FD)
    yield "send a directory", SEND, one + u32(FD, directory), "EBADF", "FD", (BAD, FD)
    yield "send what is not open", SEND, one + u32(FD, 4711), "EBADF", "FD", (BAD, FD)
    yield "send none at once", SEND, one + u64(MSGS, 1) + u32(DEPTH, 0), "ERANGE", "", (BAD, DEPTH)
    yield "send too long ones", SEND, one + u64(MSGS, 1) + u32(DSIZE, 1 << 30), "ERANGE", "", \
        (BAD, DSIZE)
    yield "an attribute unknown", CLOSE, one + u32(200, 1), "EINVAL", "nknown", (BAD, 200)


def main():
    family = Family()
    pipe = os.pipe()[0]
    directory = os.open("/", os.O_RDONLY)
    failed = 0
    found = list(cases(int(sys.argv[1]), sys.argv[2], pipe, directory))
    for number, (name, command, body, want, word, where) in enumerate(found, 1):
        error, text, said = family.refusal(command, body)
        wants = (want,) if isinstance(want, str) else want
        good = errno.errorcode.get(error) in wants and text and word in text and said == where
        failed += not good
        print("%s %d - refused: %s" % ("ok" if good else "not ok", number, name))
        if not good:
            print("# %s '%s' %s, wanted %s '%s' %s" % (
                errno.errorcode.get(error, error), text, said, wants, word, where))
    print("1..%d" % len(found))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
