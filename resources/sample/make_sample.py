#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the PDFs of the sample shelf from source/*.txt, here or in the folder named.

A development tool (Debian: python3-fonttools, fonts-dejavu-core).

A line with `#` is the title, `##` a numbered heading, anything else a paragraph.
"""

import pathlib
import sys

from pdf_writer import Font, Pdf, draw_line, lines, paragraph, wrap

HERE = pathlib.Path(__file__).resolve().parent
REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"

# Where long words of the agreement may be broken at a line's end.
BREAKS = {w.replace("-", ""): w.replace("-", "\u00ad") for w in (
    "agree-ment im-por-tant ad-min-is-tra-tion an-nounced cal-en-dar com-part-ment con-di-tion con-sent de-hu-mid-i-fier "
    "elec-tronic in-sur-ance land-lord may-be neigh-bours oth-er-wise out-stand-ing pro-vi-sion re-build-ing re-ceiv-ing "
    "rea-son-able rel-a-tives re-peat-edly sep-a-rate set-tle-ment sub-let-ting suc-ces-sor ten-ancy ten-ant tele-phone "
    "to-gether with-drawn with-out writ-ing writ-ten").split()}


def make(folder):
    tenancy_agreement().save(folder / "tenancy-agreement.pdf")
    hebrew_notice().save(folder / "notice-he.pdf")


def parts(name):
    return [p for p in (HERE / "source" / name).read_text(encoding="utf-8").split("\n") if p]


def hyphenable(text):
    return " ".join(BREAKS.get(word, word) for word in text.split(" "))


def tenancy_agreement():
    """Two columns under the title, a running header and page numbers, an outline of the clauses."""
    pdf, body, bold = Pdf("Tenancy agreement, 9 Quarry Lane", "en"), Font(REGULAR), Font(BOLD)
    title, subtitle, *rest = parts("tenancy-agreement.txt")
    page = pdf.page()
    top = paragraph(page, title[2:], bold, 20, 60, 70, 475, kind="heading") + 4
    top = paragraph(page, subtitle, body, 11, 60, top, 475) + 16
    column, y, number = 0, top, 1
    pdf.entry(title[2:], 1, 60)
    for text in rest:
        heading = text.startswith("## ")
        font, size = (bold, 11) if heading else (body, 9.5)
        text = text.removeprefix("## ")
        wrapped, pending = wrap(text if heading else hyphenable(text), font, size, 225), None
        if heading:
            y += 6
            wrapped_end = 770 - 40  # a heading keeps two lines of its clause with it
        else:
            wrapped_end = 770
        while wrapped:
            y, wrapped, pending = lines(page, wrapped, font, size, (60, 310)[column], y, 225, justify=not heading,
                                        kind="heading" if heading else "body", until=wrapped_end, pending=pending)
            if wrapped:
                column, y = column + 1, top
                if column == 2:
                    number, column, top, y = number + 1, 0, 70, 70
                    page = pdf.page()
                    paragraph(page, "Tenancy agreement, 9 Quarry Lane, second floor", body, 8, 60, 36, 475, kind="header")
        if heading:
            pdf.entry(text, number, y - 20, level=2)
        y += 4
    for number, page in enumerate(pdf.pages, 1):
        footer = "Page %d of %d" % (number, len(pdf.pages))
        draw_line(page, wrap(footer, body, 8, 100)[0], body, 8, 275, 808, 100, kind="footer")
    return pdf


def hebrew_notice():
    pdf, body, bold = Pdf("הודעה לדיירי הבית", "he"), Font(REGULAR), Font(BOLD)
    page, y = pdf.page(), 70
    for text in parts("notice-he.txt"):
        level = len(text) - len(text.lstrip("#"))
        font, size = {0: (body, 12), 1: (bold, 20), 2: (bold, 14)}[level]
        text = text.lstrip("# ")
        wrapped, pending = wrap(text, font, size, 445), None
        y += 8 if level == 2 else 0
        while wrapped:
            y, wrapped, pending = lines(page, wrapped, font, size, 75, y, 445, rtl=True, leading=1.6,
                                        kind="heading" if level else "body", until=700 if level else 770, pending=pending)
            if wrapped:
                page, y = pdf.page(), 70
        if level:
            pdf.entry(text, len(pdf.pages), y - 30, level=level)
        y += 8
    return pdf


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
