#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped model answers the sample question on the CUDA backend with the processor's citations.

The card is none: LECTERN_CUDA_PLUGIN names the backend's own sources on an engine that runs its kernels on the processor
and checks every access (tests/simt, tests/ptx). What it finds wrong ends the program with 86.
"""

import os

import product
from product import Library, SHELF, check

SHIPPED = product.SOURCE / "resources/models/pocket"
QUESTION = (SHELF / "sample_question.txt").read_text().strip()


def citations(library, backend):
    os.environ["LECTERN_BACKEND"] = backend  # and nothing else is taken in its place
    answer = library.json("ask", "--model", SHIPPED, QUESTION, codes=product.ANSWERED)
    return [(citation["document"], citation["span"], citation["quote"]) for citation in product.citations_of(answer)]


def main():
    with Library() as library:
        library.json("add", *sorted(SHELF.glob("*.pdf")))
        expected = citations(library, "cpu")
        check(expected, "the processor's answer cites nothing")
        found = citations(library, "cuda")
        check(found == expected, "the card cites %r, the processor %r" % (found, expected))
        library.verify("both answers")
    product.finish("%d citations are the same, %d failures" % (len(expected), len(product.failures)))


if __name__ == "__main__":
    main()
