# SPDX-License-Identifier: GPL-3.0-or-later
"""Words as the search sees them: lower case, stop words dropped, plain suffixes cut; and BM25."""
import collections
import functools
import math
import re

STOP = frozenset("""a about above after all also am an and any are as at be been before being below between both but by can
could did do does doing down during each few for from further had has have having he her here hers him his how i if in into
is it its itself let me more most my no nor not of off on once only or other our out over own please same she should so some
such tell than that the their them then there these they this those through to too under until up very was we were what when
where which while who whom why will with would you your""".split())
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9'_\-./]*[A-Za-z0-9]|[A-Za-z0-9]")


def stem(w):
    w = w.lower()
    if w.endswith("'s"):
        w = w[:-2]
    if w.isalpha() and len(w) > 4:
        for suffix in ("ing", "ed", "es", "s"):
            if w.endswith(suffix) and len(w) - len(suffix) >= 3:
                return w[:-len(suffix)]
    return w


def spans(text):
    """(stem, start, end) of every word, stop words included."""
    return [(stem(m.group()), m.start(), m.end()) for m in _RUN.finditer(text)]


@functools.lru_cache(maxsize=30000)
def content(text):
    return tuple(s for s, _, _ in spans(text) if s not in STOP)


def guards(question):
    """Numbers, codes and capitalised names of a question (not its first word): what must agree exactly."""
    out = []
    for k, m in enumerate(_RUN.finditer(question)):
        w = m.group()
        if any(c.isdigit() for c in w) or (k and w[0].isupper()) or "_" in w:
            out.append(stem(w))
    return out


class Bm25:
    """Okapi BM25 (Robertson & Zaragoza 2009, 3.4), k1 = 1.2, b = 0.75, over a list of texts."""

    def __init__(self, texts, k1=1.2, b=0.75):
        self.k1, self.b = k1, b
        self.docs = [collections.Counter(content(t)) for t in texts]
        self.length = [sum(d.values()) for d in self.docs]
        self.mean = max(1.0, sum(self.length) / max(1, len(self.docs)))
        self.post = collections.defaultdict(list)
        for i, d in enumerate(self.docs):
            for w in d:
                self.post[w].append(i)

    def idf(self, w):
        n = len(self.post.get(w, ()))
        return math.log(1 + (len(self.docs) - n + 0.5) / (n + 0.5))

    def scores(self, question, most=None):
        """segment -> score; words in more than `most` segments only count where another one does."""
        out = {}
        for w in sorted(set(content(question)), key=lambda w: (len(self.post.get(w, ())), w)):
            hits = self.post.get(w, ())
            if most and len(hits) > most:
                hits = [i for i in out if w in self.docs[i]] if out else hits[:most]
            idf = self.idf(w)
            for i in hits:
                tf = self.docs[i][w]
                norm = self.k1 * (1 - self.b + self.b * self.length[i] / self.mean)
                out[i] = out.get(i, 0.0) + idf * tf * (self.k1 + 1) / (tf + norm)
        return out

    def top(self, question, k, most=None):
        s = self.scores(question, most)
        return sorted(s, key=lambda i: (-s[i], i))[:k], s

    def coverage(self, question, i):
        """Share of the question's weight whose words stand in segment i."""
        ws = sorted(set(content(question)))  # sorted, so that sums do not depend on Python's string hashes
        total = sum(self.idf(w) for w in ws)
        return sum(self.idf(w) for w in ws if w in self.docs[i]) / total if total else 0.0


def found(task):
    """Per segment: do all names and numbers of the question stand in it, and its coverage of the question."""
    index = Bm25(task.segments)
    need = guards(task.question)
    return [(all(g in d for g in need), index.coverage(task.question, i)) for i, d in enumerate(index.docs)]
