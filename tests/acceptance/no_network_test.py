#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""No program of ours opens a network socket: every command under strace; in full, the whole test suite besides."""

import pathlib
import re
import subprocess
import sys
import tempfile

import product
from product import Library, check

TRACE = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=socket,connect,sendto"]
SOCKET = re.compile(r"AF_INET6?|AF_PACKET|AF_NETLINK")


def sockets_in(log):
    return [line for line in pathlib.Path(log).read_text().splitlines() if SOCKET.search(line)]


def main():
    product.need("strace")
    commands = 0
    with Library() as library, tempfile.TemporaryDirectory() as scratch:
        log = scratch + "/log"
        picture = scratch + "/page.png"
        pdf = product.SHELF / "tenancy-agreement.pdf"
        for command, code in ((["add", pdf, product.SHELF / "dehumidifier-manual.md", product.SHELF / "notice-he.pdf"], 0),
                              (["list"], 0), (["text", pdf, "--json"], 0), (["ask", "How long is the notice period?"], 0),
                              (["show", "c1", "--png", picture], 0), (["summarize", pdf], 0), (["verify", "--database"], 0),
                              (["add", product.HOSTILE / "random-bytes.pdf"], 4), (["remove", "d2"], 0)):
            done = library.run(*command, before=[*TRACE, "-o", log])
            check(done.returncode == code, "%s ends with %d: %s" % (command[0], done.returncode, done.stderr.decode()[-300:]))
            for line in sockets_in(log):
                check(False, "%s opens a socket: %s" % (command[0], line))
            commands += 1
        suite = ""
        if product.FULL and len(sys.argv) > 1:
            # A test that measures time may fail while it is traced; that it ran is what counts here.
            done = subprocess.run([*TRACE, "-o", log, "ctest", "--test-dir", sys.argv[1], "-LE", "acceptance", "-j", "2"],
                                  check=False, stdout=subprocess.PIPE, text=True)
            ran = re.search(r"(\d+) tests failed out of (\d+)", done.stdout)
            check(ran and int(ran[2]) > 1000, "ctest ran no whole suite: %s" % done.stdout[-300:])
            for line in sockets_in(log):
                check(False, "the suite opens a socket: %s" % line)
            suite = ", and the %s tests of the suite (%s failed under the trace)" % (ran[2], ran[1]) if ran else ""
    product.finish("%d commands%s, %d failures" % (commands, suite, len(product.failures)))


if __name__ == "__main__":
    main()
