#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model answers questions to the sample shelf, through `lectern-cli ask --model`.

A model with random weights, made here, goes the whole way in every run: its words mean nothing, but what it cites must
hold. The shipped model, where it is in the tree, is asked besides, and then the words matter too.
"""

import os
import pathlib
import signal
import subprocess
import tempfile
import time

import product
from product import Library, SHELF, check

SHIPPED = product.SOURCE / "resources/models/pocket"
QUESTION = "How much is the deposit?"
SHIPPED_QUESTION, WANTED = (SHELF / "sample_question.txt").read_text().strip(), "three months"


def shelf(library):
    files = [file for pattern in ("*.pdf", "*.md", "*.txt") for file in sorted(SHELF.glob(pattern))
             if file.name not in ("README.md", "sample_question.txt")]
    library.json("add", *files)
    return len(files)


def check_answer(library, answer, what):
    text = answer["text"]
    at = 0
    for claim in answer["claims"]:
        begin = text.find(claim["text"], at)
        check(begin >= 0 and not text[at:begin].strip(), "%s: words between two claims: %r" % (what, text[at:begin]))
        at = begin + len(claim["text"])
        check(claim["grade"] in ("uncited", "exempt", "notfound") or claim["citations"], what + ": graded without a source")
    check(not text[at:].strip(), "%s: words without a grade: %r" % (what, text[at:]))
    for citation in product.citations_of(answer):
        product.check_citation(library, citation, what)


def ask_random_model(library, model, documents):
    texts = {}
    for arguments in (("--seed", "1"), ("--seed", "1"), ("--seed", "2"), ("--seed", "3", "--quote")):
        what = "random model " + " ".join(arguments)
        answer = library.json("ask", "--model", model, "--max-tokens", 150, *arguments, QUESTION, codes=product.ANSWERED)
        check(answer["engine"] == model.name, "%s: answered by %s" % (what, answer["engine"]))
        check(answer["reading"]["documents"] == documents, what + ": not all documents were read")
        check(not answer["reading"]["shortlisted"] and answer["reading"]["tokensShown"] > 1000, what + ": not read whole")
        check(answer["end"] in ("whole", "token-limit"), what + ": ended with " + answer["end"])
        check(answer["stored"], what + ": not stored")
        check_answer(library, answer, what)
        texts.setdefault(arguments, []).append(answer["text"])
    check(len(set(texts["--seed", "1"])) == 1, "the same seed gave two answers")


def ask_narrow_model(library, model, window):
    """What does not fit is said in numbers."""
    answer = library.json("ask", "--model", model, "--max-tokens", 40, QUESTION, codes=product.ANSWERED)
    reading = answer["reading"]
    check(reading["shortlisted"] and reading["tokensShown"] < window, "a narrow window was not said")
    check(0 < reading["segmentsShown"] < reading["segments"], "a shortlist of %d" % reading["segmentsShown"])
    check_answer(library, answer, "narrow model")
    refused = library.run("ask", "--model", model, "q" * 2 * window)
    check(refused.returncode == 6 and str(window).encode() in refused.stderr,
          "a question that does not fit ends with %d: %s" % (refused.returncode, refused.stderr[-200:]))


def stop_while_it_writes(library, model):
    """Stopped in the middle of its words, an answer is shown as far as it got, is stored, and says so."""
    for pause in (0.5, 2, 8, 30):  # reading takes from less than a second to many, as the build is
        asked = subprocess.Popen(library.command("ask", "--json", "--model", model, "--seed", "1", "--max-tokens",
                                                 "250000", QUESTION), env=library.environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        time.sleep(pause)
        asked.send_signal(signal.SIGINT)
        answer = product.json.loads(asked.communicate(timeout=300)[0])
        check(asked.returncode == 130 or answer.get("end") == "whole", "a stopped answer ends with %d" % asked.returncode)
        if answer.get("end") == "stopped":
            check(answer["text"] and answer["stored"], "what was written is not kept")
            check_answer(library, answer, "stopped")
            return
    print("skipped: on this machine no answer was being written when it was stopped")


def ask_shipped_model(library):
    answer = library.json("ask", "--model", SHIPPED, SHIPPED_QUESTION, codes=product.ANSWERED)
    check(any(WANTED in citation["quote"] for citation in product.citations_of(answer)), "the shipped model misses " + WANTED)
    check_answer(library, answer, "shipped model")


def main():
    with Library() as library, tempfile.TemporaryDirectory() as folder:
        model, narrow, window = pathlib.Path(folder) / "random", pathlib.Path(folder) / "narrow", 4000
        subprocess.run([os.environ["LECTERN_TINY_MODEL"], model, "262144"], check=True)
        subprocess.run([os.environ["LECTERN_TINY_MODEL"], narrow, str(window)], check=True)
        documents = shelf(library)
        ask_random_model(library, model, documents)
        ask_narrow_model(library, narrow, window)
        stop_while_it_writes(library, model)
        if (SHIPPED / "config.json").exists():
            ask_shipped_model(library)
        else:
            print("skipped: there is no shipped model yet")
        verdict = library.verify("all answers")
    product.finish("%d stored citations hold, %d failures" % (verdict.get("checked", 0), len(product.failures)))


if __name__ == "__main__":
    main()
