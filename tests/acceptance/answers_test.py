#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to real documents: three samples and three manuals from Debian packages.

Every citation passes `verify`, and is checked again here from the pages alone. Of sixteen questions fourteen had the wanted
words among their quotations when this was written; fewer than thirteen in sixteen is a step back.
"""

import time

import product
from product import Library, MANUALS, SAMPLES, check

QUESTIONS = {
    SAMPLES / "pdf/manual-en.pdf": (
        ("Which license files are found in /usr/share/common-licenses?", "common-licenses"),
        ("What must the name of a source package consist of?", "lower case letters"),
        ("What is the epoch in a version number?", "epoch")),
    SAMPLES / "pdf/manual-de.pdf": (
        ("Wie viel Arbeitsspeicher braucht die Installation?", "Speicher"),
        ("Wo liegen die Protokolldateien der Installation?", "/var/log/installer")),
    SAMPLES / "pdf/paper-two-columns.pdf": (
        ("What is citation recall?", "citation recall"),
        ("Which datasets does ALCE contain?", "ASQA")),
    MANUALS / "debian-reference.pdf": (
        ("Which command shows the environment variables?", "environment variable"),
        ("How is the journal of systemd read?", "journalctl"),
        ("What does aptitude safe-upgrade do?", "safe-upgrade")),
    MANUALS / "bash-reference.pdf": (
        ("What is the exit status when a command terminates on a fatal signal?", "128"),
        ("What does the dirs builtin display?", "directories"),
        ("What is process substitution?", "process substitution")),
    MANUALS / "developers-reference.pdf": (
        ("What should be done with an orphaned package?", "orphan"),
        ("How are security bugs handled?", "security"),
        ("What is a transition?", "transition")),
}


def main():
    documents = product.present(*QUESTIONS)
    if not documents:
        product.finish("skipped: no document is there")
    asked = answered = hit = citations = 0
    slowest = 0.0
    with Library() as library:
        for document in documents:
            started = time.monotonic()
            added = library.json("add", document)["added"][0]["document"]
            print("%s: %d pages in %.1f s" % (document.name, added["pages"], time.monotonic() - started))
            for question, wanted in QUESTIONS[document]:
                started = time.monotonic()
                answer = library.json("ask", document, question, codes=product.ANSWERED)
                slowest = max(slowest, time.monotonic() - started)
                cited = product.citations_of(answer)
                check(cited, "%s: nothing is cited for: %s" % (document.name, question))
                answered += answer["found"]
                found = any(wanted.lower() in c["quote"].lower() for c in cited)
                print("  %s %s" % ("hit " if found else "miss", question))
                asked, hit, citations = asked + 1, hit + found, citations + len(cited)
                for citation in cited:
                    product.check_citation(library, citation, question)
                    check(citation["rects"], question + ": a citation without rectangles")
        verdict = library.verify("all answers")
    check(verdict.get("checked", 0) >= asked, "fewer stored citations than questions")
    check(hit * 16 >= asked * 13, "only %d of %d answers hold the wanted words" % (hit, asked))
    product.finish("%d documents, %d questions, %d answered, %d with the wanted words, %d citations hold, slowest answer %.2f s, %d failures"
                   % (len(documents), asked, answered, hit, citations, slowest, len(product.failures)))


if __name__ == "__main__":
    main()
