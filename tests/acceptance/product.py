# SPDX-License-Identifier: GPL-3.0-or-later
"""The built programs as a stranger uses them, for the acceptance programs beside this file.

Paths come from the environment that tests/acceptance/CMakeLists.txt sets: LECTERN_CLI, LECTERN_HELPER.
Counts are short in every run and full where LECTERN_ACCEPTANCE=full.
"""

import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LAYOUT = SOURCE / "tests/fixtures/pdf/layout"
HOSTILE = SOURCE / "tests/fixtures/pdf/hostile"
SHELF = SOURCE / "resources/sample"
SAMPLES = pathlib.Path(os.environ.get("LECTERN_SAMPLES") or SOURCE / "../shared/samples")
MANUALS = pathlib.Path(os.environ.get("LECTERN_DEBIAN_MANUALS") or SOURCE / "build/debian-manuals")
FULL = os.environ.get("LECTERN_ACCEPTANCE") == "full"
SKIPPED = 77
ANSWERED = (0, 3)  # 3: the documents do not say it, which is an answer too

failures = []


def check(condition, message):
    """Goes on after a failure, so that one run tells all of them."""
    if not condition:
        failures.append(message)
        print("FAILED:", message, flush=True)
    return condition


def finish(summary):
    print(summary)
    sys.exit(1 if failures else 0)


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            print("skipped: %s is not installed" % program)
            sys.exit(SKIPPED)


def present(*files):
    """The files that are there; a missing one is said aloud."""
    for file in files:
        if not file.exists():
            print("skipped:", file, "is missing")
    return [file for file in files if file.exists()]


class Library:
    """A library in a folder of its own, reached through lectern-cli only, and read by SQL to check on it."""

    def __init__(self, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="lectern-acceptance-"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def copy(self):
        """Only while nobody has it open."""
        other = Library()
        shutil.copytree(self.folder, other.folder, dirs_exist_ok=True)
        return other

    def command(self, *arguments):
        return [os.environ["LECTERN_CLI"], *map(str, arguments)]

    def environment(self):
        return {**os.environ, "LECTERN_DATA_DIR": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "config")}

    def run(self, *arguments, before=(), timeout=900):
        return subprocess.run([*before, *self.command(*arguments)], env=self.environment(), capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=timeout)

    def json(self, *arguments, codes=(0,)):
        """Runs a command with --json, expects one of the exit codes, returns what it printed."""
        done = self.run(*arguments, "--json")
        if done.returncode not in codes:
            raise RuntimeError("%s ended with %d, not %s: %s" % (
                " ".join(map(str, arguments)), done.returncode, codes, done.stderr.decode()[-2000:]))
        return json.loads(done.stdout)

    def query(self, sql, *parameters):
        connection = sqlite3.connect("file:%s?mode=ro" % (self.folder / "library.db"), uri=True)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def pages(self):
        """(content sum, page number) -> text, of what is committed."""
        return {(content.hex(), number): text for content, number, text in self.query(
            "SELECT c.sha256, p.number, p.text FROM page p JOIN revision r ON r.id = p.revision "
            "JOIN content c ON c.id = r.content")}

    def complete(self):
        """Sums of the documents that are stored whole."""
        return {d["sha256"] for d in self.json("list")["documents"] if d["complete"]}

    def whole_text(self, document):
        """A document's canonical text, put together from its pages by SQL."""
        rows = self.query("SELECT text FROM page WHERE revision = ? ORDER BY number", int(document[1:]))
        return b"".join(text for text, in rows)

    def verify(self, what):
        """Every citation and the database itself."""
        done = self.run("verify", "--database", "--json")
        verdict = json.loads(done.stdout) if done.stdout else {}
        check(done.returncode == 0 and not verdict.get("failed") and not verdict.get("databaseProblems"),
              "%s: verify ends with %d: %s %s" % (what, done.returncode, verdict, done.stderr.decode()[-500:]))
        return verdict


def citations_of(answer):
    return [c for claim in answer["claims"] for c in claim["citations"]] + answer["nearest"]


def check_citation(library, citation, what):
    """What verify does, done again from the pages alone: range, sum, quotation."""
    span = citation["span"]
    words = library.whole_text(citation["document"])[span["begin"]:span["end"]]
    check(words.decode() == citation["quote"], "%s: the quotation is not at its place" % what)
    check(hashlib.sha256(words).hexdigest() == citation["quoteSha256"], "%s: the sum is wrong" % what)


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
