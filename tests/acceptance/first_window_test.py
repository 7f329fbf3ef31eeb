#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a start to the window on the screen, over a library that has documents: less than a second, at best of five starts, so that
a busy machine does not decide."""

import time

import product
import window

LIMIT = 1.0


def main():
    product.need("Xvfb", "xdotool")
    documents = product.present(*sorted(product.SHELF.glob("*.pdf")), product.MANUALS / "developers-reference.pdf")
    with window.screen() as display, window.Home(QT_QPA_PLATFORM="xcb", DISPLAY=display) as home:
        first = home.start(*documents)
        window.until(lambda: home.documents() == len(documents), 120, "the documents")
        first.terminate()
        first.wait(timeout=30)
        times = []
        for number in range(5):
            began = time.monotonic()
            process = home.start()
            window.Driver(process, home).wait_for_window("start %d" % number)
            times.append(time.monotonic() - began)
            process.terminate()
            product.check(process.wait(timeout=30) == 0, "a start ends with %s" % process.returncode)
    product.check(min(times) < LIMIT, "the quickest of five starts took %.2f s" % min(times))
    product.finish("first window after %s s; %d failures" % (", ".join("%.2f" % t for t in times), len(product.failures)))


if __name__ == "__main__":
    main()
