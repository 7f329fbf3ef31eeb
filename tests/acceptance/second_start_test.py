#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One window a session: a second start hands its files over and ends; the desktop's call opens files too; a window that does not
answer is not waited for; SIGTERM ends it as its user would."""

import pathlib
import signal
import subprocess

import product
import window
from product import SHELF, check

NAME = "org.lectern.Lectern"


def call(home, method, *arguments):
    return subprocess.run(["gdbus", "call", "--session", "--dest", NAME, "--object-path", "/org/lectern/Lectern", "--method",
                           "org.freedesktop.Application." + method, *arguments],
                          env=home.environment, capture_output=True, text=True, timeout=60)


def is_owned(home):
    answer = subprocess.run(["gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/", "--method",
                             "org.freedesktop.DBus.NameHasOwner", NAME], env=home.environment, capture_output=True, text=True)
    return "true" in answer.stdout


def main():
    product.need("dbus-daemon", "gdbus")
    with window.session_bus() as address, window.Home(DBUS_SESSION_BUS_ADDRESS=address) as home:
        first = home.start(SHELF / "tenancy-agreement.pdf")
        try:
            window.until(lambda: is_owned(home), 30, "the name on the bus")
            window.until(lambda: home.documents() == 1, 60, "the first document")

            (home.folder / "a file.txt").write_text("The well is nine metres deep.\n")
            second = home.start("a file.txt")  # a relative name: the other process stands elsewhere
            check(second.wait(timeout=30) == 0, "a second start does not end with 0: " + second.stderr.read())
            window.until(lambda: home.documents() == 2, 60, "the document of the second start")

            opened = call(home, "Open", "['%s']" % (SHELF / "hausordnung.txt").as_uri(), "{}")
            check(opened.returncode == 0, "Open fails: " + opened.stderr)
            window.until(lambda: home.documents() == 3, 60, "the document that the desktop opened")
            check(call(home, "Activate", "{}").returncode == 0, "Activate fails")

            first.send_signal(signal.SIGSTOP)
            third = home.start()
            try:
                third.wait(timeout=8)
                check(False, "a start ended although nobody took it over")
            except subprocess.TimeoutExpired:
                third.terminate()
                check(third.wait(timeout=30) == 0, "SIGTERM ends a window that only reads with %s" % third.returncode)
            first.send_signal(signal.SIGCONT)

            first.terminate()
            check(first.wait(timeout=30) == 0, "SIGTERM ends the window with %s: %s" % (first.returncode, first.stderr.read()))
            check((home.folder / "state/lectern/window.ini").exists(), "the layout was not kept at SIGTERM")
            check(not is_owned(home), "the name is still taken")
        finally:
            first.kill()
    product.finish("second start, bus and SIGTERM: %d failures" % len(product.failures))


if __name__ == "__main__":
    main()
