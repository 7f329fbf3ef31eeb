#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of the window, or of its helper, at random moments of the story: a document is being added, a question is typed and
answered, the evidence is stepped through. Afterwards everything that was finished before is there, the database is sound, and
the window opens again; without its helper it goes on.

LECTERN_KILL_MOMENTS: how many (default 6; full: 50). LECTERN_KILL_SEED: which.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time

import product
import window
from product import check

MOMENTS = int(os.environ.get("LECTERN_KILL_MOMENTS") or (50 if product.FULL else 6))
SEED = int(os.environ.get("LECTERN_KILL_SEED") or 1)
LATEST = 4.0  # seconds after the start of the window


class Story(window.Driver):
    """What a person does, up to a moment."""

    def play_until(self, moment):
        steps = [lambda: self.press("ctrl+l"), lambda: self.type("How long is the notice period?"),
                 lambda: self.press("Return"), lambda: self.press("F8"), lambda: self.press("Next"),
                 lambda: self.press("ctrl+plus")]
        for step in steps:
            if time.monotonic() >= moment or self.process.poll() is not None:
                break
            step()
            time.sleep(0.2)
        time.sleep(max(0.0, moment - time.monotonic()))


def finished(library):
    """All that is committed: pages, whole documents, messages, citations."""
    if not (library.folder / "library.db").exists():
        return set()
    return set(library.query("SELECT 'page', revision, number, text FROM page UNION ALL "
                             "SELECT 'whole', id, content, NULL FROM revision WHERE state = 'sealed' UNION ALL "
                             "SELECT 'said', id, role, text FROM message UNION ALL "
                             "SELECT 'cited', id, claim, NULL FROM citation"))


def helpers_of(process, patience=3.0):
    """Its helpers, from the next moment on at which there are any."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        done = subprocess.run(["pgrep", "-P", str(process.pid), "lectern-extract"], capture_output=True, text=True)
        if done.stdout:
            return [int(pid) for pid in done.stdout.split()]
    return []


def new_document(home, original, number):
    """The same pages, but another content, so that it is read again."""
    copy = home.folder / ("document-%d%s" % (number, original.suffix))
    shutil.copyfile(original, copy)
    with copy.open("ab") as file:
        file.write(b"\n% another copy\n" * (number + 1))
    return copy


def main():
    product.need("Xvfb", "xdotool", "pgrep")
    chance = random.Random(SEED)
    originals = product.present(product.SHELF / "tenancy-agreement.pdf", product.MANUALS / "developers-reference.pdf",
                                product.MANUALS / "bash-reference.pdf")
    windows = helpers = 0
    with window.screen() as display, window.Home(QT_QPA_PLATFORM="xcb", DISPLAY=display) as home:
        home.library.folder.parent.mkdir(parents=True, exist_ok=True)
        for number in range(MOMENTS):
            what = "moment %d of seed %d" % (number, SEED)
            process = home.start(new_document(home, originals[number % len(originals)], number))
            started = time.monotonic()
            try:
                story = Story(process, home)
                if not story.wait_for_window(what):
                    continue
                # A helper is there while pages are read or drawn: early on.
                helper = chance.random() < 0.5
                story.play_until(started + chance.uniform(0, LATEST / 4 if helper else LATEST))
                victims = helpers_of(process) if helper else []
                before = finished(home.library)
                for pid in victims:
                    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                        os.kill(pid, signal.SIGKILL)
                        helpers += 1
                if victims:
                    time.sleep(0.5)
                    check(process.poll() is None, what + ": the window went with its helper")
                else:
                    windows += 1
            finally:
                process.kill()
                process.wait()
            check(before <= finished(home.library), what + ": something that was finished is gone")
            if before:
                home.library.verify(what)
        last = home.start()
        Story(last, home).wait_for_window("the last start")
        window.until(lambda: last.poll() is None and home.documents() >= 1, 60, "a library with its documents")
        last.terminate()
        check(last.wait(timeout=30) == 0, "the last window ends with %s" % last.returncode)
        said = len(home.library.query("SELECT id FROM message"))
    check(windows > 0 and said > 0, "nothing was killed, or nothing was asked")
    product.finish("killed: %d windows, %d helpers; %d messages kept; seed %d; %d failures"
                   % (windows, helpers, said, SEED, len(product.failures)))


if __name__ == "__main__":
    main()
