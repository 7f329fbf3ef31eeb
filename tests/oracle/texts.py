# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in nine languages: the samples, and what Debian packages hold in each language.

Packages are fetched with `apt-get download` and unpacked, not installed. Manual pages stay as they are written, HTML
loses its tags, message catalogues give their translations, PDF files go through pdftotext."""
import gettext
import gzip
import html
import pathlib
import re
import subprocess

# The two that Debian has least of come first: what they leave of their share the others fill.
PACKAGES = {
    "he": ("libreoffice-l10n-he", "gramps", "gnucash-common", "vlc-l10n", "iso-codes"),
    "ar": ("libreoffice-l10n-ar", "mythes-ar", "gramps", "gnucash-common", "vlc-l10n", "iso-codes"),
    "de": ("debian-reference-de", "manpages-de", "debian-faq-de"),
    "en": ("debian-reference-en", "manpages", "debian-faq", "aptitude-doc-en"),
    "es": ("debian-reference-es", "manpages-es", "manpages-es-dev", "aptitude-doc-es"),
    "fr": ("debian-reference-fr", "manpages-fr", "debian-faq-fr"),
    "it": ("debian-reference-it", "manpages-it", "debian-faq-it", "aptitude-doc-it"),
    "nl": ("aptitude-doc-nl", "manpages-nl", "debian-faq-nl", "libreoffice-l10n-nl"),
    "pt": ("debian-reference-pt", "manpages-pt-br", "debian-faq-pt", "libreoffice-l10n-pt"),
}
# Packages that hold several languages: where a language's own files are.
SHARED = dict.fromkeys(("gnucash-common", "gramps", "iso-codes", "vlc-l10n"), "locale/{}/")


def unpacked(package, folder):
    """The package's files, fetched and unpacked once."""
    target = folder / package
    if not target.exists():
        debs = sorted(folder.glob(package + "_*.deb"))
        if not debs:
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
            debs = sorted(folder.glob(package + "_*.deb"))
        subprocess.run(["dpkg-deb", "-x", debs[0], target], check=True)
    return sorted(p for p in target.rglob("*") if p.is_file() and not p.is_symlink())


def read(path):
    """A file's text; empty where it is none."""
    name = path.name.removesuffix(".gz")
    if path.suffix == ".pdf":
        done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True)
        return done.stdout.decode("utf-8", "replace")
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        if name.endswith(".mo"):
            catalogue = gettext.GNUTranslations(path.open("rb"))._catalog
            return "\n".join(text for text in catalogue.values() if isinstance(text, str))
        text = data.decode()
    except (UnicodeDecodeError, OSError, EOFError):
        return ""
    if name.endswith((".html", ".htm")):
        return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<(script|style).*?</\1>", "", text)))
    if name.endswith((".txt", ".md", ".dat")) or re.search(r"\.[1-9]\w*$", name):
        return text
    return ""


def gather(samples, folder, megabytes):
    """Language -> text, of about `megabytes` together. U+2581 is taken out: it is the one character that a
    tokenizer of this kind cannot give back."""
    folder.mkdir(parents=True, exist_ok=True)
    left = int(megabytes * 1e6)
    texts = {}
    for language, packages in PACKAGES.items():
        room = left // (len(PACKAGES) - len(texts))
        files = [samples / ("text/udhr-%s.txt" % language), samples / ("pdf/manual-%s.pdf" % language)]
        if language == "en":
            files.append(samples / "md/pandoc-manual.md")
        for package in packages:
            own = SHARED.get(package, "").format(language)
            files += [path for path in unpacked(package, folder) if own in str(path)]
        pieces, size = [], 0
        for path in files:
            text = read(path) if path.exists() else ""
            data = text.replace("\u2581", "").encode()[:room - size]
            pieces.append(data.decode(errors="ignore"))
            size += len(pieces[-1].encode())
            if size >= room - 4:
                break
        texts[language] = "\n".join(piece for piece in pieces if piece)
        left -= size
    return texts
