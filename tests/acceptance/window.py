# SPDX-License-Identifier: GPL-3.0-or-later
"""The built window as a process, for the acceptance programs beside this file: over a home of its own, on a session bus and, if
wanted, a screen of its own. Its path comes from LECTERN_WINDOW."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import product


def until(holds, seconds, what):
    """Waits for it, and tells whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return product.check(False, "waited %d s in vain for %s" % (seconds, what))


@contextlib.contextmanager
def session_bus():
    """The address of a session bus that only we know."""
    bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True)
    try:
        yield bus.stdout.readline().strip()
    finally:
        bus.kill()
        bus.wait()


@contextlib.contextmanager
def screen(size="1600x1000x24"):
    """The DISPLAY of a new X server without a window manager. It does not reset itself when its last client goes: who comes in that
    moment is sent away."""
    reading, writing = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-noreset", "-screen", "0", size, "-nolisten", "tcp"],
                              pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield ":" + told.readline().strip()
    finally:
        server.kill()
        server.wait()


class Home:
    """A home folder with nothing in it, and the environment of a session that lives there."""

    def __init__(self, **environment):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lectern-home-"))
        self.library = product.Library(self.folder / "data/lectern")
        (self.folder / "run").mkdir(mode=0o700)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LECTERN_DATA")},
            "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_STATE_HOME": str(self.folder / "state"), "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"), "QT_QPA_PLATFORM": "offscreen",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:", **environment}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *arguments, before=()):
        return subprocess.Popen([*before, os.environ["LECTERN_WINDOW"], *map(str, arguments)], env=self.environment,
                                cwd=self.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def documents(self):
        """How many are stored whole; 0 also while there is no library yet."""
        return len(self.library.complete()) if (self.library.folder / "library.db").exists() else 0


class Driver:
    """Mouse and keys of the X server, for one window."""

    def __init__(self, process, home):
        self.process, self.environment, self.window = process, home.environment, None

    def xdotool(self, *arguments):
        return subprocess.run(["xdotool", *map(str, arguments)], env=self.environment, capture_output=True, text=True,
                              timeout=60)

    def wait_for_window(self, what):
        def found():
            done = self.xdotool("search", "--onlyvisible", "--class", "lectern")
            self.window = (done.stdout.split() or [None])[-1]
            return self.window is not None or self.process.poll() is not None
        if not until(found, 60, "the window: " + what) or self.window is None:
            return product.check(False, "%s: no window; it ended with %s" % (what, self.process.poll()))
        self.xdotool("windowfocus", self.window)  # there is no window manager to do it
        return True

    def press(self, keys):
        self.xdotool("key", "--clearmodifiers", keys)

    def type(self, text):
        self.xdotool("type", "--delay", 15, text)
