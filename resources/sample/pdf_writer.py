# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes PDFs whose layout is known: every word's text and rectangle is recorded while it is drawn.

A development tool (Debian: python3-fonttools, fonts-dejavu-core). The sample shelf and the test
fixtures are made with it. The same input gives the same bytes: no dates, no random numbers, fonts
subset to the glyphs used.

Coordinates are points from the top left corner of the page as it is displayed.
"""

import io
import unicodedata
import zlib

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FONT_FOLDER = "/usr/share/fonts/truetype/dejavu/"


class Font:
    """A TrueType font of which the used glyphs are embedded. A code is a glyph with its text."""

    def __init__(self, file_name):
        self.file_name = file_name
        self.ttf = TTFont(FONT_FOLDER + file_name)
        if self.ttf["OS/2"].fsType != 0:
            raise ValueError(file_name + " may not be embedded")
        self.cmap = self.ttf.getBestCmap()
        self.units = self.ttf["head"].unitsPerEm
        self.ascent = self.ttf["hhea"].ascent / self.units
        self.descent = self.ttf["hhea"].descent / self.units
        self.codes = {}  # (glyph name, text) -> code
        self.reference = None

    def code(self, shown, text):
        """The code that draws the character `shown` and is read as `text`."""
        key = (self.cmap[ord(shown)], text)
        return self.codes.setdefault(key, len(self.codes) + 1)

    def advance(self, shown):
        return self.ttf["hmtx"][self.cmap[ord(shown)]][0] / self.units

    def width(self, glyphs, size):
        return sum(self.advance(shown) for shown, _ in glyphs) * size

    def embed(self, pdf, reference):
        names = [glyph for glyph, _ in self.codes]
        options = Options()
        options.layout_features = []
        options.hinting = False
        options.notdef_outline = True
        options.recalc_timestamp = False
        options.name_IDs = []
        options.drop_tables += ["GSUB", "GPOS", "GDEF", "kern", "gasp", "FFTM"]
        subset = TTFont(FONT_FOLDER + self.file_name, recalcTimestamp=False)
        subsetter = Subsetter(options)
        subsetter.populate(glyphs=names)
        subsetter.subset(subset)
        order = subset.getGlyphOrder()
        data = io.BytesIO()
        subset.save(data)
        to_gid = bytearray(2)
        widths = []
        to_unicode = []
        for (glyph, text), code in self.codes.items():
            to_gid += order.index(glyph).to_bytes(2, "big")
            widths.append(str(round(self.ttf["hmtx"][glyph][0] / self.units * 1000)))
            to_unicode.append("<%04X> <%s>" % (code, text.encode("utf-16-be").hex().upper()))
        name = "LECTRN+" + self.file_name.removesuffix(".ttf")
        box = [round(self.ttf["head"].__dict__[k] / self.units * 1000)
               for k in ("xMin", "yMin", "xMax", "yMax")]
        font_file = pdf.stream("/Length1 %d" % len(data.getvalue()), data.getvalue())
        descriptor = pdf.add(
            "<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox %s /ItalicAngle 0 /Ascent %d "
            "/Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R >>"
            % (name, array(box), round(self.ascent * 1000), round(self.descent * 1000),
               round(self.ascent * 1000), font_file))
        descendant = pdf.add(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) "
            "/Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 0 /W [1 [%s]] "
            "/CIDToGIDMap %d 0 R >>"
            % (name, descriptor, " ".join(widths), pdf.stream("", bytes(to_gid))))
        cmap = pdf.stream("", (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CMapName /Lectern def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <FFFF> endcodespacerange\n%s\n"
            "endcmap CMapName currentdict /CMap defineresource pop end end\n"
            % "\n".join("%d beginbfchar\n%s\nendbfchar" % (len(part), "\n".join(part))
                        for part in chunks(to_unicode, 100))).encode())
        pdf.set(reference, "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H "
                "/DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>" % (name, descendant, cmap))


class Page:
    """A page under construction. `words` is the truth: what stands where, in reading order."""

    def __init__(self, pdf, width, height, rotate=0, crop=None, sideways=False):
        self.pdf, self.width, self.height = pdf, width, height
        self.rotate, self.sideways = rotate, sideways
        self.margin = crop or (0, 0, 0, 0)  # left, top, right, bottom outside the crop box
        self.operators, self.words = [], []
        self.label = ""

    def point(self, x, y):
        """From the top left of what is drawn (upright) to the stored page's user space."""
        left, top, right, bottom = self.margin
        return x + left, self.height - y + bottom

    def glyphs(self, font, size, x, baseline, glyphs):
        codes = "".join("%04X" % font.code(shown, text) for shown, text in glyphs)
        px, py = self.point(x, baseline)
        self.operators.append("BT /%s %s Tf %s %s Td <%s> Tj ET"
                              % (self.pdf.font_name(font), number(size), number(px), number(py), codes))

    def rule(self, x1, y1, x2, y2, width=0.5):
        a, b = self.point(x1, y1), self.point(x2, y2)
        self.operators.append("%s w %s %s m %s %s l S" % tuple(map(number, (width, *a, *b))))

    def rectangle(self, x, right, baseline, font, size):
        """A word's true rectangle as displayed: advance width by ascent and descent."""
        box = (x, baseline - font.ascent * size, right, baseline - font.descent * size)
        if self.sideways:
            box = turned(box, self.width, self.height, self.rotate)
        return [round(v, 2) for v in box]

    def displayed(self):
        return (self.height, self.width) if self.sideways and self.rotate % 180 else (self.width, self.height)

    def content(self):
        """Upright text on a turned page is drawn turned back; sideways text as it is."""
        matrix = ""
        if self.rotate and not self.sideways:
            w, h = self.width, self.height
            matrix = {90: "0 1 -1 0 %s 0 cm" % number(h), 180: "-1 0 0 -1 %s %s cm" % (number(w), number(h)),
                      270: "0 -1 1 0 0 %s cm" % number(w)}[self.rotate]
        return "\n".join(["q", matrix] + self.operators + ["Q"]).encode()

    def boxes(self):
        left, top, right, bottom = self.margin
        w, h = self.width, self.height
        if not self.sideways and self.rotate % 180:
            w, h = h, w
        media = "/MediaBox %s" % array([0, 0, w + left + right, h + top + bottom])
        crop = " /CropBox %s" % array([left, bottom, left + w, bottom + h]) if any(self.margin) else ""
        return media + crop


class Pdf:
    def __init__(self, title, language, compress=True):
        self.title, self.language, self.compress = title, language, compress
        self.objects, self.fonts, self.pages, self.outline, self.labels = [], {}, [], [], []
        self.names, self.header = {}, "1.7"
        self.catalog, self.tree = self.add(""), self.add("")

    def add(self, body):
        self.objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self.objects)

    def set(self, reference, body):
        self.objects[reference - 1] = body.encode("latin-1")

    def stream(self, entries, data):
        if self.compress:
            data = zlib.compress(data, 9)
            entries += " /Filter /FlateDecode"
        return self.add(b"<< /Length %d %s >>\nstream\n" % (len(data), entries.encode()) + data + b"\nendstream")

    def font_name(self, font):
        return self.fonts.setdefault(font, "F%d" % (len(self.fonts) + 1))

    def page(self, width=595, height=842, **options):
        self.pages.append(Page(self, width, height, **options))
        return self.pages[-1]

    def entry(self, title, page, y=0, level=1, named=None):
        """An outline entry; `named` goes through a named destination."""
        self.outline.append((title, page, y, level, named))

    def save(self, path):
        resources = self.add("")
        page_refs = []
        for page in self.pages:
            content = self.stream("", page.content())
            page_refs.append(self.add(
                "<< /Type /Page /Parent %d 0 R %s%s /Resources %d 0 R /Contents %d 0 R >>"
                % (self.tree, page.boxes(), " /Rotate %d" % page.rotate if page.rotate else "",
                   resources, content)))
        entries = []
        for font, name in self.fonts.items():
            reference = self.add("")
            font.embed(self, reference)
            entries.append("/%s %d 0 R" % (name, reference))
        self.set(resources, "<< /Font << %s >> >>" % " ".join(entries))
        self.set(self.tree, "<< /Type /Pages /Count %d /Kids [%s] >>"
                 % (len(page_refs), " ".join("%d 0 R" % r for r in page_refs)))
        catalog = "<< /Type /Catalog /Pages %d 0 R /Lang (%s)" % (self.tree, self.language)
        if self.labels:
            catalog += " /PageLabels << /Nums [%s] >>" % " ".join(
                "%d << %s >>" % (start, style) for start, style in self.labels)
        if self.outline:
            catalog += self.write_outline(page_refs)
        self.set(self.catalog, catalog + " >>")
        info = self.add("<< /Title %s /Producer (Lectern's own writer) >>" % text_string(self.title))
        with open(path, "wb") as out:
            out.write(serialise(self.objects, self.catalog, info, self.header))

    def write_outline(self, page_refs):
        root = self.add("")
        refs = [self.add("") for _ in self.outline]
        parents, children, stack = [], {root: []}, [(0, root)]
        destinations = []
        for ref, (title, page, y, level, named) in zip(refs, self.outline):
            while stack[-1][0] >= level:
                stack.pop()
            parents.append(stack[-1][1])
            children[stack[-1][1]].append(ref)
            children[ref] = []
            stack.append((level, ref))
        for ref, parent, (title, page, y, level, named) in zip(refs, parents, self.outline):
            target = "[%d 0 R /XYZ 0 %s 0]" % (page_refs[page - 1], number(self.pages[page - 1].height - y))
            if named:
                destinations.append((named, target))
                target = "(%s)" % named
            siblings, own = children[parent], children[ref]
            at = siblings.index(ref)
            links = "".join([" /Prev %d 0 R" % siblings[at - 1] if at else "",
                             " /Next %d 0 R" % siblings[at + 1] if at + 1 < len(siblings) else "",
                             " /First %d 0 R /Last %d 0 R /Count %d" % (own[0], own[-1], len(own)) if own else ""])
            self.set(ref, "<< /Title %s /Parent %d 0 R /Dest %s%s >>" % (text_string(title), parent, target, links))
        top = children[root]
        self.set(root, "<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (top[0], top[-1], len(top)))
        names = ""
        if destinations:
            names = " /Names << /Dests << /Names [%s] >> >>" % " ".join(
                "(%s) << /D %s >>" % pair for pair in sorted(destinations))
        return " /Outlines %d 0 R%s" % (root, names)


def serialise(objects, root, info=None, version="1.7", trailer=""):
    """The file's bytes: header, numbered objects, cross-reference table, trailer."""
    out = bytearray(b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % version.encode())
    offsets = []
    for at, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % at + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    extra = (" /Info %d 0 R" % info if info else "") + trailer
    out += ("trailer\n<< /Size %d /Root %d 0 R%s >>\nstartxref\n%d\n%%%%EOF\n"
            % (len(objects) + 1, root, extra, start)).encode("latin-1")
    return bytes(out)


# Text: words, shaping, lines


def shape(text):
    """Glyphs in logical order as (shown character, text it is read as); marks follow their base.

    Arabic letters take their joined form from Unicode's presentation forms, lam and alef become one
    glyph that is read as two letters, as a shaping engine and a good PDF writer leave them.
    """
    letters = []
    for c in text:
        if unicodedata.combining(c) and letters:
            letters[-1][1].append(c)
        else:
            letters.append([c, []])
    glyphs = []
    at = 0
    joins_before = False
    while at < len(letters):
        c, marks = letters[at]
        base = c
        used = 1
        if c == "\u0644" and at + 1 < len(letters) and (c + letters[at + 1][0], "isolated") in FORMS:
            base = c + letters[at + 1][0]
            marks = marks + letters[at + 1][1]
            used = 2
        following = letters[at + used][0] if at + used < len(letters) else ""
        joins_after = (base, "initial") in FORMS and (following, "final") in FORMS
        final = joins_before and (base, "final") in FORMS
        form = "medial" if final and joins_after else "initial" if joins_after else "final" if final else "isolated"
        glyphs.append((FORMS.get((base, form), c), base))
        glyphs += [(mark, mark) for mark in marks]
        joins_before = joins_after
        at += used
    return glyphs


def presentation_forms():
    forms = {}
    for code in range(0xFE80, 0xFEFD):
        form, *bases = unicodedata.decomposition(chr(code)).split()
        forms["".join(chr(int(b, 16)) for b in bases), form.strip("<>")] = chr(code)
    return forms


FORMS = presentation_forms()


def is_right_to_left(text):
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def visual(glyphs):
    """Glyphs of one word from left to right; in right-to-left stretches a mark stands before its base, as fonts want it."""
    runs = []
    for shown, text in glyphs:
        kind = unicodedata.bidirectional(text[0])
        strong = "R" if kind in ("R", "AL") else "L" if kind in ("L", "EN", "AN") else None
        if strong is None:
            strong = runs[-1][0] if runs else "R"
            if kind != "NSM" and strong == "L" and (shown, text) == glyphs[-1]:
                strong = "R"  # a full stop behind a number belongs to the right-to-left line
        if runs and runs[-1][0] == strong:
            runs[-1][1].append((shown, text))
        else:
            runs.append((strong, [(shown, text)]))
    out = []
    for strong, run in reversed(runs):
        out += reversed(run) if strong == "R" else run
    return out


def wrap(text, font, size, width):
    """Lines of (word, piece, last piece?) triples. A soft hyphen in a word is where it may be broken."""
    lines, line, used = [], [], 0.0
    space = font.advance(" ") * size
    for source in text.split():
        word = source.replace("\u00ad", "")
        rest = source
        while rest:
            room = width - used - (space if line else 0)
            whole = rest.replace("\u00ad", "")
            if font.width(shape(whole), size) <= room:
                line.append((word, whole, True))
                used += font.width(shape(whole), size) + (space if len(line) > 1 else 0)
                break
            parts = rest.split("\u00ad")
            fits = [n for n in range(1, len(parts))
                    if font.width(shape("".join(parts[:n]) + "-"), size) <= room]
            if fits:
                line.append((word, "".join(parts[:fits[-1]]) + "-", False))
                rest = "\u00ad".join(parts[fits[-1]:])
            elif not line:
                raise ValueError("no room for " + word)
            lines.append(line)
            line, used = [], 0.0
    if line:
        lines.append(line)
    return lines


def draw_line(page, pieces, font, size, x, baseline, width, rtl=False, justify=False, kind="body", pending=None):
    """Draws one wrapped line and records its words; returns the word that the next line goes on with."""
    glyphs = [visual(shape(piece)) if rtl else shape(piece) for _, piece, _ in pieces]
    widths = [font.width(g, size) for g in glyphs]
    space = font.advance(" ") * size
    if justify and len(pieces) > 1:
        space = (width - sum(widths)) / (len(pieces) - 1)
    positions = [0.0] * len(pieces)
    if rtl:
        right = x + width
        for run in left_to_right_runs(pieces):
            right -= sum(widths[i] for i in run) + space * (len(run) - 1)
            left = right
            for i in run:
                positions[i] = left
                left += widths[i] + space
            right -= space
    else:
        left = x
        for i, w in enumerate(widths):
            positions[i] = left
            left += w + space
    for i in sorted(range(len(pieces)), key=lambda i: positions[i]):
        page.glyphs(font, size, positions[i], baseline, glyphs[i])
    for i, (word, piece, last) in enumerate(pieces):
        rect = page.rectangle(positions[i], positions[i] + widths[i], baseline, font, size)
        if pending is not None:
            pending["rects"].append(rect)
        else:
            page.words.append({"text": word, "kind": kind, "rects": [rect]})
        pending = None if last else page.words[-1]
    return pending


def left_to_right_runs(pieces):
    """Indices grouped so that neighbouring left-to-right words keep their order inside a right-to-left line."""
    runs = []
    for i, (_, piece, _) in enumerate(pieces):
        ltr = not is_right_to_left(piece)
        if runs and ltr and runs[-1][0]:
            runs[-1][1].append(i)
        else:
            runs.append((ltr, [i]))
    return [indices for _, indices in runs]


def paragraph(page, text, font, size, x, y, width, rtl=False, justify=False, kind="body", leading=1.35,
              indent=0, until=None):
    """Draws a paragraph whose first line's top is at `y`; returns the next free y.

    Below `until` it stops and gives back (y, rest of the lines) to be drawn by `lines` elsewhere.
    """
    wrapped = wrap(text, font, size, width - indent)
    return lines(page, wrapped, font, size, x, y, width, rtl, justify, kind, leading, indent, until)


def lines(page, wrapped, font, size, x, y, width, rtl=False, justify=False, kind="body", leading=1.35,
          indent=0, until=None, pending=None):
    for n, line in enumerate(wrapped):
        if until is not None and y + size * leading > until:
            return y, wrapped[n:], pending
        pending = draw_line(page, line, font, size, x if rtl else x + indent, y + size, width - indent, rtl,
                            justify and n + 1 < len(wrapped), kind, pending)
        y += size * leading
    return y if until is None else (y, [], None)


def turned(box, width, height, degrees):
    """A rectangle of an upright page as it is displayed after the page is turned clockwise."""
    left, top, right, bottom = box
    return {90: (height - bottom, left, height - top, right),
            180: (width - right, height - bottom, width - left, height - top),
            270: (top, width - right, bottom, width - left)}[degrees]


def number(value):
    return ("%.3f" % value).rstrip("0").rstrip(".") or "0"


def array(values):
    return "[%s]" % " ".join(number(v) for v in values)


def text_string(text):
    return "<FEFF%s>" % text.encode("utf-16-be").hex().upper()


def chunks(items, size):
    return [items[at:at + size] for at in range(0, len(items), size)]
