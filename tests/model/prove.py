#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""prove.py FILE.ll [NAME...]: show that no prove_NAME() of a program ever returns false.

The program is LLVM's, of functions that everything they call was inlined into: no
memory, no loop, no call is left. Each becomes a formula over bit vectors, each branch
a condition, and the solver z3 is asked for arguments with which the result is false.
An instruction that is not known here is an error, not a proof.

One line for each function: "proved NAME", or "refuted NAME" and with which arguments.
Exit status 0 if all are proved.
"""
import re
import resource
import subprocess
import sys

SECONDS = 90    # of processor time for each function
TACTIC = "(then simplify propagate-values solve-eqs bit-blast sat)"
BINARY = {
    "add": "bvadd", "sub": "bvsub", "mul": "bvmul", "and": "bvand", "or": "bvor",
    "xor": "bvxor", "shl": "bvshl", "lshr": "bvlshr", "udiv": "bvudiv", "urem": "bvurem",
}
COMPARE = {
    "eq": "=", "ugt": "bvugt", "uge": "bvuge", "ult": "bvult", "ule": "bvule",
    "sgt": "bvsgt", "sge": "bvsge", "slt": "bvslt", "sle": "bvsle",
}
FLAGS = {"nuw", "nsw", "exact", "noundef", "zeroext", "signext", "i1", "returned"}


class Unknown(Exception):
    """Something that is no part of the language understood here."""


def width(kind):
    if not re.fullmatch(r"i\d+", kind):
        raise Unknown("type " + kind)
    return int(kind[1:])


def name(value):
    return "|" + value + "|"


def term(kind, text):
    """A value's name or a number, as a term."""
    if text.startswith("%"):
        return name(text)
    text = {"true": "1", "false": "0"}.get(text, text)
    if not re.fullmatch(r"-?\d+", text):
        raise Unknown("value " + text)
    bits = width(kind)
    return "(_ bv%d %d)" % (int(text) % (1 << bits), bits)


def bit(condition):
    return "(ite %s #b1 #b0)" % condition


def either(conditions):
    return "(or false %s)" % " ".join(conditions)


class Function:
    """A function on its way to be a formula."""

    def __init__(self, title, arguments):
        self.title = title
        self.arguments = []
        self.blocks = []
        self.lines = []
        self.edges = {}     # (from, to): condition
        self.into = {}      # to: conditions
        self.false = []
        for argument in arguments.split(", ") if arguments else []:
            words = [w for w in argument.split() if w not in FLAGS or w == "i1"]
            self.arguments.append((name(words[-1]), words[0]))
        # Blocks without a label are numbered like values, after the arguments.
        self.block("%" + str(len(self.arguments)))

    def block(self, label):
        self.blocks.append((label, []))

    def define(self, value, kind, text):
        self.lines.append("(define-fun %s () (_ BitVec %d) %s)" % (name(value), width(kind), text))

    def edge(self, here, there, condition):
        there = there.strip()
        if there in self.done:
            raise Unknown("a loop")
        condition = "(and %s %s)" % (name("in " + here), condition)
        if (here, there) in self.edges:
            condition = "(or %s %s)" % (self.edges[here, there], condition)
        self.edges[here, there] = condition

    def phi(self, here, value, kind, choices):
        text = None
        for choice, source in re.findall(r"\[ ([^,]+), (%[^ ]+) \]", choices):
            one = term(kind, choice)
            condition = self.edges.get((source, here), "false")
            text = one if text is None else "(ite %s %s %s)" % (condition, one, text)
        self.define(value, kind, text)

    def assign(self, here, value, text):
        op, rest = text.split(" ", 1)
        rest = re.sub(r"^(?:(?:nuw|nsw|exact) )+", "", rest)
        if op in BINARY:
            kind, a, b = re.fullmatch(r"(i\d+) ([^,]+), (\S+)", rest).groups()
            self.define(value, kind, "(%s %s %s)" % (BINARY[op], term(kind, a), term(kind, b)))
        elif op == "icmp":
            test, kind, a, b = re.fullmatch(r"(\w+) (i\d+) ([^,]+), (\S+)", rest).groups()
            a, b = term(kind, a), term(kind, b)
            known = "(not (= %s %s))" % (a, b) if test == "ne" else \
                "(%s %s %s)" % (COMPARE[test], a, b)
            self.define(value, "i1", bit(known))
        elif op == "select":
            c, kind, a, b = re.fullmatch(r"i1 (\S+), (i\d+) ([^,]+), i\d+ (\S+)", rest).groups()
            self.define(value, kind, "(ite (= %s #b1) %s %s)" %
                        (term("i1", c), term(kind, a), term(kind, b)))
        elif op in ("zext", "sext", "trunc"):
            kind, a, to = re.fullmatch(r"(i\d+) (\S+) to (i\d+)", rest).groups()
            if op == "trunc":
                how = "(_ extract %d 0)" % (width(to) - 1)
            else:
                how = "(_ %s_extend %d)" % ("zero" if op == "zext" else "sign",
                                            width(to) - width(kind))
            self.define(value, to, "(%s %s)" % (how, term(kind, a)))
        elif op == "phi":
            kind, choices = rest.split(" ", 1)
            self.phi(here, value, kind, choices)
        else:
            raise Unknown("instruction " + op)

    def leave(self, here, text):
        text = re.sub(r", !.*", "", text)
        jump = re.fullmatch(r"br label (\S+)", text)
        branch = re.fullmatch(r"br i1 (\S+), label (\S+), label (\S+)", text)
        switch = re.fullmatch(r"switch (i\d+) (\S+), label (\S+) \[(.*)\]", text)
        end = re.fullmatch(r"ret i1 (\S+)", text)
        if jump:
            self.edge(here, jump[1], "true")
        elif branch:
            taken = "(= %s #b1)" % term("i1", branch[1])
            self.edge(here, branch[2], taken)
            self.edge(here, branch[3], "(not %s)" % taken)
        elif switch:
            cases = []
            for value, there in re.findall(r"i\d+ (-?\d+), label (\S+)", switch[4]):
                taken = "(= %s %s)" % (term(switch[1], switch[2]), term(switch[1], value))
                cases.append(taken)
                self.edge(here, there, taken)
            self.edge(here, switch[3], "(not %s)" % either(cases))
        elif end:
            self.false.append("(and %s (= %s #b0))" % (name("in " + here), term("i1", end[1])))
        else:
            raise Unknown("instruction " + text)

    def formula(self):
        """Satisfiable if the function can return false."""
        self.done = set()
        for argument, kind in self.arguments:
            self.lines.append("(declare-const %s (_ BitVec %d))" % (argument, width(kind)))
        todo = list(self.blocks)
        targets = {}
        for label, body in todo:
            for there in re.findall(r"label (%[^, ]+)", body[-1]):
                targets.setdefault(there, set()).add(label)
        while todo:
            ready = [b for b in todo if targets.get(b[0], set()) <= self.done]
            if not ready:
                raise Unknown("a loop")
            label, body = ready[0]
            todo.remove(ready[0])
            way = ["true"] if label == self.blocks[0][0] else \
                [c for (_, there), c in self.edges.items() if there == label]
            self.lines.append("(define-fun %s () Bool %s)" % (name("in " + label), either(way)))
            for line in body[:-1]:
                value, text = line.split(" = ", 1)
                self.assign(label, value, text)
            self.leave(label, body[-1])
            self.done.add(label)
        self.lines.append("(assert %s)" % either(self.false))
        return "\n".join(self.lines)


def functions(lines):
    """Those that are to be proved; what they are made of is gone."""
    now = None
    for line in lines:
        line = line.split(" ;")[0].rstrip()
        start = re.match(r"define .*i1 @(prove_\w+)\((.*?)\)", line)
        if start:
            now = Function(start[1][len("prove_"):], start[2])
        elif now and line == "}":
            yield now
            now = None
        elif now and re.match(r"[\w.]+:", line):
            now.block("%" + line.split(":")[0])
        elif now and line.strip():
            if line.strip().startswith("i") or line.strip() == "]":
                now.blocks[-1][1][-1] += " " + line.strip()
            else:
                now.blocks[-1][1].append(line.strip())


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def solve(f):
    """What the solver says: "unsat" is a proof."""
    script = ["(set-logic QF_BV)", f.formula(), "(check-sat-using %s)" % TACTIC,
              "(get-value (%s))" % " ".join(a for a, _ in f.arguments)]
    return subprocess.run(["z3", "-in"], input="\n".join(script), text=True, check=False,
                          capture_output=True, preexec_fn=limit).stdout


def main():
    with open(sys.argv[1], encoding="ascii") as program:
        found = list(functions(program))
    if len(sys.argv) > 2:
        found = [f for f in found if f.title in sys.argv[2:]]
    bad = not found
    for f in found:
        answer = solve(f)
        if answer.startswith("unsat"):
            print("proved", f.title)
            continue
        bad = True
        print("refuted", f.title, answer.split("\n")[0] or "no answer",
              *re.findall(r"\(\|(%.*?\| .*?)\)", answer))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
