#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""No program of ours opens a network socket: every command and the window under strace; in full, the whole test suite besides."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import product
import window
from product import Library, check

TRACE = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=socket,connect,sendto"]
SOCKET = re.compile(r"AF_INET6?|AF_PACKET|AF_NETLINK")


def sockets_in(log):
    return [line for line in pathlib.Path(log).read_text().splitlines() if SOCKET.search(line)]


def commands(pdf, scratch):
    """Every command with the exit code that it ends with. Models are small ones: the programs are what is watched."""
    model, shrunk, tokens = scratch + "/model", scratch + "/shrunk.gguf", scratch + "/tokens"
    subprocess.run([os.environ["LECTERN_TINY_MODEL"], model, "512"], check=True)
    pathlib.Path(tokens).write_text("1 2 3")
    talk = scratch + "/talk.json"
    pathlib.Path(talk).write_text('{"messages": [{"role": "user", "content": "How deep is the well?"}]}')
    text = product.SHELF / "hausordnung.txt"
    return (
        (["add", pdf, product.SHELF / "dehumidifier-manual.md", product.SHELF / "notice-he.pdf"], 0),
        (["add", product.HOSTILE / "random-bytes.pdf"], 4),
        (["list"], 0), (["text", pdf, "--json"], 0), (["context", pdf], 0),
        (["ask", "How long is the notice period?"], 0), (["show", "c1", "--png", scratch + "/page.png"], 0),
        (["summarize", pdf], 0), (["verify", "--database"], 0),
        (["conversations", "show", "t1"], 0), (["conversations", "search", "notice"], 0),
        (["conversations", "rename", "t1", "Notice"], 0), (["conversations", "delete", "t1"], 0),
        (["remove", "d2"], 0),
        (["config", "set", "answers.kv", "int8"], 0), (["config", "get", "answers.kv"], 0), (["config", "list"], 0),
        (["models", "import", model, "--name", "tiny"], 0), (["models", "list"], 0), (["models", "verify"], 0),
        (["models", "quantize", "tiny", "--type", "q8_0", "--out", shrunk], 0), (["models", "import", shrunk], 0),
        (["models", "remove", "tiny"], 0),
        (["generate", "--model", shrunk, "--prompt", "The well", "--max-tokens", "4"], 0),
        (["logits", "--model", model, "--ids", tokens, "--out", scratch + "/logits"], 0),
        (["tokenize", "--model", model, text], 0), (["template", "render", "--model", model, talk], 0),
        (["bench", model, "--prompt", "16", "--generate", "1"], 0), (["self-test", model, "--device", "cpu"], 0),
        (["eval", "pocket", "--tasks", product.SOURCE / "tests/fixtures/finder/tasks.jsonl"], 0))


def watch_window(pdf, log):
    """It starts, reads a document, and ends as its user would end it."""
    with window.Home() as home:
        process = home.start(pdf, before=[*TRACE, "-o", log])
        try:
            window.until(lambda: home.documents() == 1, 120, "the document in the window")
            subprocess.run(["pkill", "-TERM", "-P", str(process.pid)], check=False)  # the window, not who watches it
            check(process.wait(timeout=60) == 0, "the window ends with %s: %s" % (process.returncode, process.stderr.read()[-300:]))
        finally:
            process.kill()
            process.wait()


def main():
    product.need("strace", "pkill")
    watched = 0
    with Library() as library, tempfile.TemporaryDirectory() as scratch:
        log = scratch + "/log"
        pdf = product.SHELF / "tenancy-agreement.pdf"
        for command, code in commands(pdf, scratch):
            done = library.run(*command, before=[*TRACE, "-o", log])
            name = " ".join(map(str, command))
            check(done.returncode == code, "%s ends with %d: %s" % (name, done.returncode, done.stderr.decode()[-300:]))
            for line in sockets_in(log):
                check(False, "%s opens a socket: %s" % (name, line))
            watched += 1
        if "LECTERN_WINDOW" in os.environ:
            watch_window(pdf, log)
            for line in sockets_in(log):
                check(False, "the window opens a socket: %s" % line)
            watched += 1
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
    product.finish("%d runs%s, %d failures" % (watched, suite, len(product.failures)))


if __name__ == "__main__":
    main()
