#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rectangles cover the quoted words and no others.

Against the layouts of tests/fixtures, whose every word's place is known, columns, right-to-left and turned pages among
them; and against `pdftotext -bbox` on left-to-right samples. A word belongs to a citation when the middle of its box lies
in one of the citation's rectangles.
"""

import html
import json
import re
import subprocess
import unicodedata

import product
from product import LAYOUT, Library, SAMPLES, check

CLOSE = 1.0  # points; what is shown may differ from the truth by less than a letter's stem
LAYOUTS = ("one-column", "two-columns", "three-columns", "hebrew", "arabic", "rotated", "crop-box", "table",
           "running-headers", "labels-outline")
REAL = {"pdf/manual-en.pdf": ("What must the name of a source package consist of?", "What is the epoch in a version number?",
                              "Which files belong to a source package?"),
        "pdf/manual-fr.pdf": ("Quelle quantité de mémoire faut-il pour installer ?", "Comment vérifier l'intégrité des images ?"),
        "pdf/paper-two-columns.pdf": ("What is citation recall?", "Which datasets does ALCE contain?")}


def folded(text):
    """Letters and digits alone: hyphens, spaces and ligatures differ between the two sides for good reasons."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(c for c in text if c.isalnum() or unicodedata.combining(c))


def points(rect, width, height):
    return (rect["left"] * width, rect["top"] * height, rect["right"] * width, rect["bottom"] * height)


def inside(box, rects):
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in rects)


def covered(words, rects):
    """The letters of the words, or of their parts at a line's end, that lie in the rectangles."""
    return [(text, box) for text, box in words if inside(box, rects)]


def check_citation(words, size, citation, what):
    rects = [points(r, *size) for r in citation["rects"]]
    hit = covered(words, rects)
    check(sorted(folded("".join(t for t, _ in hit))) == sorted(folded(citation["quote"])),
          "%s: the rectangles hold %r, the quotation is %r" % (what, " ".join(t for t, _ in hit), citation["quote"]))
    for rect in rects:
        here = [(text, box) for text, box in hit if inside(box, [rect])]
        if not check(here, "%s: a rectangle holds no word: %s" % (what, rect)):
            continue
        true = union([box for _, box in here])
        last = max(here, key=lambda word: word[1][2])[0]
        check(agree(rect, true, hyphen=last.endswith(("-", "\u2010"))),
              "%s: a rectangle %s where the words are %s" % (what, rounded(rect), rounded(true)))


def union(boxes):
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def agree(read, true, hyphen=False):
    """Equal within CLOSE. The hyphen at a line's end is no part of the word and may be left out."""
    slack = 0.4 * (true[3] - true[1]) if hyphen else 0
    return all(abs(a - b) <= CLOSE + (slack if edge == 2 else 0) for edge, (a, b) in enumerate(zip(read, true)))


def rounded(values):
    return tuple(round(v, 1) for v in values)


def true_words(page):
    """(text, box) of a page of the truth; a word broken at a line's end is split as it was drawn, as far as letters go."""
    words = []
    for word in page["words"]:
        rects = word["rects"]
        if len(rects) == 1:
            words.append((word["text"], rects[0]))
            continue
        letters, widths = word["text"], [r[2] - r[0] for r in rects]
        cut = round(len(letters) * widths[0] / sum(widths))
        words += [(letters[:cut] + "-", rects[0]), (letters[cut:], rects[1])]
    return words


def run_layouts():
    citations = words = 0
    for name in LAYOUTS:
        truth = json.loads((LAYOUT / (name + ".json")).read_text())
        with Library() as library:
            read = library.json("text", LAYOUT / (name + ".pdf"), "--boxes")
            library.json("add", LAYOUT / (name + ".pdf"))
            for true_page, page in zip(truth["pages"], read["pages"]):
                what = "%s, page %d" % (name, page["number"])
                check((page["widthPt"], page["heightPt"]) == (true_page["width"], true_page["height"]), what + ": the size differs")
                words += check_words(true_page, page, what)
            for question in questions_of(truth):
                answer = library.json("ask", question, codes=product.ANSWERED)
                for citation in product.citations_of(answer):
                    page = truth["pages"][citation["page"] - 1]
                    check_citation(true_words(page), (page["width"], page["height"]), citation, name)
                    citations += 1
    return words, citations


def check_words(true_page, page, what):
    """Every word of the truth has its rectangle in the page's runs, in the true order."""
    size, text = (page["widthPt"], page["heightPt"]), page["text"].encode()
    body = [w for w in true_page["words"] if w["kind"] not in ("header", "footer", "footnote")]
    order = folded(" ".join(w["text"] for w in body))
    check(order in folded(page["text"]), what + ": the order of the words is not the true one")
    drawn = [(text[run["begin"]:run["end"]].decode(), points(run["rect"], *size)) for run in page["runs"]]
    checked = 0
    for word in true_page["words"]:
        for rect in word["rects"]:
            near = [(t, r) for t, r in drawn if inside(r, [rect])]
            if check(near, "%s: nothing where %r is" % (what, word["text"])):
                read = union([r for _, r in near])
                check(agree(read, rect, hyphen=rect is not word["rects"][-1]),
                      "%s: %r is at %s, read at %s" % (what, word["text"], rounded(rect), rounded(read)))
            checked += 1
    return checked


def questions_of(truth):
    """Sentences of the document itself, so that they are found."""
    text = " ".join(w["text"] for page in truth["pages"] for w in page["words"] if w["kind"] == "body")
    sentences = [s.strip() for s in re.split(r"(?<=\.) ", text) if len(s.split()) > 4]
    return sentences[:: max(1, len(sentences) // (20 if product.FULL else 4))]


def boxes_of(document, page):
    out = subprocess.run(["pdftotext", "-bbox", "-f", str(page), "-l", str(page), str(document), "-"],
                         capture_output=True, text=True, check=True).stdout
    width, height = map(float, re.search(r'<page width="([\d.]+)" height="([\d.]+)"', out).groups())
    found = re.findall(r'xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)<', out)
    return (width, height), [(html.unescape(t), tuple(map(float, box))) for *box, t in found]


def run_samples():
    citations = 0
    for name, questions in REAL.items():
        document = SAMPLES / name
        if not product.present(document):
            continue
        with Library() as library:
            library.json("add", document)
            for question in questions:
                for citation in product.citations_of(library.json("ask", question, codes=product.ANSWERED)):
                    size, words = boxes_of(document, citation["page"])
                    check_citation(words, size, citation, "%s, page %d" % (name, citation["page"]))
                    citations += 1
    return citations


def main():
    product.need("pdftotext")
    words, citations = run_layouts()
    real = run_samples()
    product.finish("%d words of the layouts, %d citations in them, %d in samples, %d failures"
                   % (words, citations, real, len(product.failures)))


if __name__ == "__main__":
    main()
