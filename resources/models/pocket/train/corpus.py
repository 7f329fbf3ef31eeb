# SPDX-License-Identifier: GPL-3.0-or-later
"""Real sentences for the search tasks, from Debian documentation packages.

fetch() asks apt for the packages (apt-get download, dpkg -x; nothing is installed) and writes one
JSON file per package; Corpus reads them. The sentences are a pure function of the packages."""
import glob
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess

import thesaurus

# package -> (part of the path of its English pages, licence as its copyright file states it)
PACKAGES = {
    "apache2-doc": ("/manual/en/", "Apache-2.0"),
    "apt-doc": ("/", "GPL-2.0-or-later"),
    "aptitude-doc-en": ("/html/", "GPL-2.0-or-later"),
    "bash-doc": ("/", "GPL-3.0-or-later, manual GFDL-1.3-or-later without invariant sections"),
    "debian-faq": (".en.html", "GPL-2.0-or-later"),
    "debian-handbook": ("/en-US/", "GPL-2.0-or-later or CC-BY-SA-3.0"),
    "debian-policy": ("/", "GPL-2.0-or-later"),
    "debian-reference-en": (".en.html", "GPL-2.0-or-later"),
    "docutils-doc": ("/", "public domain, parts BSD and GPL-3.0-or-later"),
    "git-doc": ("/", "GPL-2.0-only, parts LGPL-2.1-or-later"),
    "maint-guide": ("/", "GPL-2.0-or-later"),
    "postgresql-doc-15": ("/", "PostgreSQL"),
    "python3.11-doc": ("/html/", "Python-2.0"),
    "sqlite3-doc": ("/", "public domain"),
    "user-mode-linux-doc": ("/", "GPL-2.0-or-later"),
    "zsh-doc": ("/", "Zsh (MIT-like)"),
    # Held out whole: never trained on, not even for the vocabulary.
    "developers-reference": ("/", "GPL-2.0-or-later"),
    "exim4-doc-html": ("/", "GPL-2.0-or-later"),
    "r-doc-html": ("/", "GPL-2.0-or-later"),
}
HELD_OUT = ("developers-reference", "exim4-doc-html", "r-doc-html")
MOST_SENTENCES = 6000  # per package, so that no single manual dominates


class _Paragraphs(html.parser.HTMLParser):
    BLOCK = {"p", "li", "dd", "dt", "td", "th", "div", "h1", "h2", "h3", "h4", "br", "tr", "table"}
    SKIP = {"script", "style", "pre", "head", "nav"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.out, self.now, self.skip = [], [], 0

    def flush(self):
        text = re.sub(r"\s+", " ", "".join(self.now)).strip()
        if text:
            self.out.append(text)
        self.now = []

    def handle_starttag(self, tag, attrs):
        if tag in self.SKIP:
            self.flush()
            self.skip += 1
        elif tag in self.BLOCK:
            self.flush()

    def handle_endtag(self, tag):
        if tag in self.SKIP:
            self.skip = max(0, self.skip - 1)
        elif tag in self.BLOCK:
            self.flush()

    def handle_data(self, data):
        if not self.skip:
            self.now.append(data)


_END = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z\"'(])")
_WORD = re.compile(r"[A-Za-z]{2,}")


def sentences_of(page):
    parser = _Paragraphs()
    parser.feed(page)
    parser.flush()
    for paragraph in parser.out:
        for s in _END.split(paragraph):
            s = s.strip()
            words = _WORD.findall(s)
            ascii_share = sum(c < "\x7f" for c in s) / max(1, len(s))
            if 40 <= len(s) <= 240 and 7 <= len(words) <= 40 and ascii_share > 0.97 and s[-1] in ".!?:;":
                yield s


def fetch(state_dir, log=print):
    folder = os.path.join(state_dir, "corpus")
    os.makedirs(folder, exist_ok=True)
    thesaurus.fetch(state_dir, log)
    for package, (part, licence) in PACKAGES.items():
        target = os.path.join(folder, package + ".json")
        if os.path.exists(target):
            continue
        work = os.path.join(folder, "unpack")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        subprocess.run(["apt-get", "-q", "download", package], cwd=work, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deb = glob.glob(os.path.join(work, "*.deb"))[0]
        subprocess.run(["dpkg", "-x", deb, os.path.join(work, "x")], check=True)
        seen, out = set(), []
        for root, _, names in sorted(os.walk(os.path.join(work, "x"))):
            for name in sorted(names):
                path = os.path.join(root, name)
                if not name.endswith((".html", ".htm")) or part not in path or os.path.islink(path):
                    continue
                with open(path, encoding="utf-8", errors="replace") as f:
                    for s in sentences_of(f.read()):
                        if s.lower() not in seen:
                            seen.add(s.lower())
                            out.append(s)
        if len(out) > MOST_SENTENCES:  # whole runs of neighbours, evenly spread
            run, n = 50, len(out)
            starts = [int(i * (n - run) / (MOST_SENTENCES // run - 1)) for i in range(MOST_SENTENCES // run)]
            out = [s for a in starts for s in out[a:a + run]]
        version = os.path.basename(deb).split("_")[1]
        with open(target, "w") as f:
            json.dump({"package": package, "version": version, "licence": licence, "sentences": out}, f)
        shutil.rmtree(work, ignore_errors=True)
        log(f"{package} {version}: {len(out)} sentences ({licence})")


class Corpus:
    """manuals: name -> list of sentences; `held_out` chooses the other side of the fence."""

    def __init__(self, state_dir, held_out=False):
        self.manuals, self.thesaurus = {}, thesaurus.load(state_dir)
        for package in PACKAGES:
            if (package in HELD_OUT) == held_out:
                with open(os.path.join(state_dir, "corpus", package + ".json")) as f:
                    self.manuals[package] = json.load(f)["sentences"]

    def text_hash(self):
        h = hashlib.sha256()
        for name in sorted(self.manuals):
            h.update(("\n".join(self.manuals[name]) + "\n").encode())
        return h.hexdigest()[:16]


if __name__ == "__main__":
    import sys
    fetch(sys.argv[1] if len(sys.argv) > 1 else ".training")
