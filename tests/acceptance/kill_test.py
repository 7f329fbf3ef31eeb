#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at every kind of write, sync, rename and unlink during `add` and `ask`.

strace kills the program at the n-th call of a kind. Afterwards the database must be sound, everything stored before must
be there, what was acknowledged in this run must be there, each stored page must be a true page, and the same command
again must end well. A kill later in the run may never leave fewer pages than an earlier one.

LECTERN_KILL_POINTS: how many (default 24; full: 200).
"""

import collections
import math
import os
import re

import product
from product import Library, check

CALLS = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "rename", "renameat", "unlink")
POINTS = int(os.environ.get("LECTERN_KILL_POINTS") or (200 if product.FULL else 24))


def count_calls(library, command):
    """How often the program itself, not its helper, makes each call; and that the command works under strace."""
    log = library.folder.with_suffix(".strace")
    done = library.run(*command, before=["strace", "-f", "-qq", "-o", str(log), "-e", "trace=" + ",".join(CALLS)])
    lines = log.read_text().splitlines()
    log.unlink()
    first = lines[0].split()[0]
    counted = collections.Counter(m.group(1) for line in lines if line.split()[0] == first
                                  for m in [re.match(r"\d+ +(\w+)\(", line)] if m)
    check(done.returncode in product.ANSWERED, "the command fails under strace: %s" % done.stderr.decode()[-500:])
    return counted


def spread(counted, points):
    """Points over all calls, each kind with at least one, as (call, n): all there are, or a few more than `points`."""
    total = sum(counted.values())
    chosen = []
    for call, count in sorted(counted.items()):
        wanted = min(count, math.ceil(points * count / total))
        chosen += [(call, 1 + i * (count - 1) // max(1, wanted - 1)) for i in range(wanted)]
    return chosen


def killed_at(library, command, call, n):
    return library.run(*command, before=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call,
                                         "-e", "inject=%s:signal=SIGKILL:when=%d" % (call, n)])


def run_add(points):
    before = [product.LAYOUT / "one-column.pdf", product.SHELF / "hausordnung.txt"]
    files = [product.SHELF / "tenancy-agreement.pdf", product.SHELF / "dehumidifier-manual.md",
             product.LAYOUT / "running-headers.pdf", product.LAYOUT / "rotated.pdf", product.LAYOUT / "hebrew.pdf"]
    with Library() as base, Library() as whole:
        base.json("add", *before)
        base.json("ask", "When was the breakwater finished?", codes=product.ANSWERED)
        whole.json("add", *before, *files)
        true_pages, sums = whole.pages(), {product.sha256(f): f for f in before + files}
        earlier = base.complete()
        with base.copy() as counting:
            counted = count_calls(counting, ["add", *files])
        most = collections.defaultdict(int)
        killed = 0
        for call, n in spread(counted, points):
            what = "add killed at %s %d" % (call, n)
            with base.copy() as library:
                done = killed_at(library, ["add", *files], call, n)
                killed += done.returncode == -9 or done.returncode == 137
                library.verify(what)
                pages = library.pages()
                check(all(true_pages.get(key) == text for key, text in pages.items()), what + ": a page is not true")
                check(earlier <= library.complete(), what + ": a document from before is gone")
                check(len(pages) >= most[call], what + ": %d pages, but an earlier kill left %d" % (len(pages), most[call]))
                most[call] = max(most[call], len(pages))
                acknowledged = {s for s, f in sums.items() if str(f).encode() in done.stdout}
                check(acknowledged <= library.complete(), what + ": an acknowledged document is gone")
                again = library.json("add", *files)
                check(not again["refused"] and library.complete() == set(sums), what + ": adding again does not complete it")
                check(library.pages() == true_pages, what + ": after adding again the pages differ")
                library.verify(what + ", added again")
        return killed, dict(counted)


def run_ask(points):
    question = ["ask", "How long is the notice period?"]
    with Library() as base:
        base.json("add", product.SHELF / "tenancy-agreement.pdf", product.SHELF / "hausordnung.txt")
        base.json("ask", "How much is the deposit?", codes=product.ANSWERED)
        old = base.json("verify")["checked"]
        with base.copy() as counting:
            counted = count_calls(counting, question)
            full = counting.json("verify")["checked"]
        check(old > 0 and full > old, "the questions of the test are not answered")
        killed = 0
        for call, n in spread(counted, points):
            what = "ask killed at %s %d" % (call, n)
            with base.copy() as library:
                done = killed_at(library, [*question, "--json"], call, n)
                killed += done.returncode == -9 or done.returncode == 137
                now = library.verify(what).get("checked")
                check(now in (old, full), what + ": %s citations, neither none of the answer nor all" % now)
                if b'"stored": true' in done.stdout or b'"stored":true' in done.stdout:
                    check(now == full, what + ": the answer was shown as stored and is gone")
                messages = dict(library.query("SELECT role, count(*) FROM message GROUP BY role"))
                check(messages["user"] - messages["assistant"] in (0, 1), what + ": answers are missing: %s" % messages)
                library.json(*question, codes=product.ANSWERED)
        return killed, dict(counted)


def main():
    product.need("strace")
    asking, ask_calls = run_ask(POINTS // 3)
    adding, add_calls = run_add(POINTS - asking)
    check(adding + asking >= POINTS * 9 // 10, "only %d of %d kills hit" % (adding + asking, POINTS))
    product.finish("%d kills during add (calls %s), %d during ask (calls %s), %d failures"
                   % (adding, add_calls, asking, ask_calls, len(product.failures)))


if __name__ == "__main__":
    main()
