#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A manual of 2,415 pages: adding it makes the program grow by less than 200 MB; it is searched in 50 ms, and asked.

Takes minutes: runs where LECTERN_ACCEPTANCE=full, else with a manual of 261 pages and the same limits.
"""

import os
import pathlib
import subprocess
import sys
import threading
import time

import product
from product import Library, MANUALS, check

MEGABYTE = 1 << 20


def peak_of(library, *arguments):
    """Runs a command; its own highest resident size (VmHWM) in bytes, the helper's not counted, and the seconds."""
    started = time.monotonic()
    process = subprocess.Popen(library.command(*arguments), env=library.environment(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    peak = 0
    while process.poll() is None:
        try:
            for line in pathlib.Path("/proc/%d/status" % process.pid).read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]) * 1024)
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.02)
    reader.join()
    check(process.returncode == 0, "%s ends with %d: %s" % (arguments[0], process.returncode, errors[0].decode()[-500:]))
    return peak, time.monotonic() - started


def main():
    document = MANUALS / ("r-reference.pdf" if product.FULL else "debian-reference.pdf")
    if not product.present(document):
        sys.exit(product.SKIPPED)
    with Library() as small, Library() as library:
        least, _ = peak_of(small, "add", product.LAYOUT / "one-column.pdf")
        most, seconds = peak_of(library, "add", document)
        check(most - least < 200 * MEGABYTE, "adding grew the program by %d MB" % ((most - least) // MEGABYTE))
        started = time.monotonic()
        answer = library.json("ask", "How is a linear model fitted?" if product.FULL else "What is a symbolic link?")
        asking = time.monotonic() - started
        for citation in product.citations_of(answer):
            product.check_citation(library, citation, "the answer")
        check(answer["found"], "no answer")
        words = ["linear", "model", "fitted"] if product.FULL else ["symbolic", "link"]
        searched = subprocess.run([os.environ["LECTERN_SEARCH_TIME"], library.folder, *words], check=True,
                                  capture_output=True, text=True).stdout
        slowest = float(searched.split()[0])
        check(slowest < 50, "a search took %.1f ms" % slowest)
        library.verify("after asking")
    product.finish("%s: added in %.1f s, grew by %d MB (%d at most), asked in %.2f s, searched in %s ms at most, %d failures"
                   % (document.name, seconds, (most - least) // MEGABYTE, most // MEGABYTE, asking, searched.strip(),
                      len(product.failures)))


if __name__ == "__main__":
    main()
