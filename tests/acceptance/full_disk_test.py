#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk is full from the n-th write on, during `add` and `ask`: exit 7, a sentence, nothing damaged.

At a write that only tidies up behind a finished command (the checkpoint at the end), the command may end well, if all of
it is stored. LECTERN_FULL_DISK_POINTS: how many (default 12; full: 50).
"""

import os

import product
from kill_test import count_calls
from product import Library, check

POINTS = int(os.environ.get("LECTERN_FULL_DISK_POINTS") or (50 if product.FULL else 12))


def full_from(library, command, n):
    return library.run(*command, before=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64",
                                         "-e", "inject=pwrite64:error=ENOSPC:when=%d+" % n])


def run(base, command, points, stored):
    """`stored(library)`: whether all that the command stores is there."""
    with base.copy() as counting:
        writes = count_calls(counting, command)["pwrite64"]
    earlier = base.complete()
    sevens = 0
    for i in range(points):
        n = 1 + i * (writes - 1) // max(1, points - 1)
        what = "%s, disk full from write %d of %d" % (command[0], n, writes)
        with base.copy() as library:
            done = full_from(library, command, n)
            sevens += done.returncode == 7
            check(done.returncode == 7 or (done.returncode in product.ANSWERED and stored(library)),
                  "%s: ends with %d: %s" % (what, done.returncode, done.stderr.decode()[-300:]))
            if done.returncode == 7:
                message = done.stderr.decode().lower()
                check("full" in message or "space" in message, "%s: the message does not say why: %s" % (what, message))
            library.verify(what)
            check(earlier <= library.complete(), what + ": a document is gone")
    return sevens


def main():
    product.need("strace")
    files = [product.SHELF / "tenancy-agreement.pdf", product.LAYOUT / "running-headers.pdf", product.SHELF / "hausordnung.txt"]
    with Library() as base:
        base.json("add", product.LAYOUT / "one-column.pdf")
        base.json("ask", "When was the breakwater finished?", codes=product.ANSWERED)
        sums = {product.sha256(f) for f in files}
        adding = run(base, ["add", *files], POINTS * 2 // 3, lambda library: sums <= library.complete())
        base.json("add", *files)
        old = base.json("verify")["checked"]
        asking = run(base, ["ask", "How long is the notice period?"], POINTS - POINTS * 2 // 3,
                     lambda library: library.json("verify")["checked"] > old)
    product.finish("%d points, %d ended with 7, %d failures" % (POINTS, adding + asking, len(product.failures)))


if __name__ == "__main__":
    main()
