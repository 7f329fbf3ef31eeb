# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: a question, the segments to choose from, and which of them answer. Pure functions of a Random."""
import dataclasses
import zlib

import facts
import phrasings
import thesaurus
from words import Bm25, content


@dataclasses.dataclass
class Task:
    kind: str       # facts, nameless, old, list, hop, search, cloze; "-absent" is appended where nothing answers
    question: str
    segments: list  # of str
    gold: list      # indices into segments, in order; empty: not there
    ranked: bool = False  # segments stand in the order of the search rather than of the document
    missed: bool = False  # something answers, but the shortlist does not show all of it
    rest: list = dataclasses.field(default_factory=list)  # of an honest shortlist: what else of the document could be shown
    unshown: list = dataclasses.field(default_factory=list)  # indices into `rest` of what answers

    @property
    def absent(self):
        return self.kind.endswith("-absent")


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a level asks for. Every field has one meaning at all levels."""
    segments: int = 4         # segments shown
    fewest: int = 0           # if not 0, between so many and `segments`, drawn for each task
    entities: int = 2
    relations: int = 2        # per entity
    ways: int = 99            # how many of the general ones, particular ones only above 4
    particular: float = 0.45  # share of particular phrasings, where a relation has any
    absent: float = 0.15      # share of questions without an answer
    near: float = 0.0         # share of entities that are a near miss of another
    old: float = 0.0          # share of documents with outdated duplicates
    filler: float = 0.0       # share of segments that are real sentences (facts)
    lists: float = 0.0        # share of list and two-hop questions among facts
    nameless: float = 0.0     # share of documents about one thing, which say "the ship" or nothing in place of a name
    search: float = 0.5       # share of tasks on real sentences
    hard: float = 0.0         # share of hard distractors in search, strength of the wording change
    reworded: float = 0.0     # share of search questions with other words for about half of theirs, where there are any
    ranked: float = 0.0       # share of tasks that go through the BM25 shortlist
    pool: int = 30            # facts and fillers in the document before the shortlist
    honest: bool = False      # the shortlist may miss the answer (evaluation); in training it never does
    side: str = phrasings.TRAINING  # of the fence; on the others the names are held out too

    @property
    def unseen(self):
        return self.side != phrasings.TRAINING


class Library:
    """The real sentences with their search index, one per manual."""

    def __init__(self, corpus):
        self.thesaurus = corpus.thesaurus
        self.names = sorted(corpus.manuals)
        self.text = [corpus.manuals[n] for n in self.names]
        self.index = [None] * len(self.names)
        self.weights = [min(len(t), 3000) for t in self.text]

    def index_all(self):
        self.index = [index or Bm25(text) for text, index in zip(self.text, self.index)]

    def pick(self, r):
        k = r.choices(range(len(self.names)), self.weights)[0]
        if self.index[k] is None:
            self.index[k] = Bm25(self.text[k])
        return self.text[k], self.index[k]

    def filler(self, r, n, longest=160):
        text = self.text[r.choices(range(len(self.names)), self.weights)[0]]
        a, out = r.randrange(len(text)), []
        while len(out) < n:
            s = text[a % len(text)]
            a += 1 if r.random() < 0.5 else r.randrange(len(text))
            if len(s) <= longest and s not in out:
                out.append(s)
        return out


def _phrase(r, s, general, particular):
    g = phrasings.some(general, s.side)[:s.ways]
    p = phrasings.on(particular, s.side) if s.ways > 4 else []
    return r.choice(p) if p and r.random() < s.particular else r.choice(g)


def _wrap(r, s, text, template, wraps):
    if s.ways < 99 or r.random() > 0.2:
        return text
    return facts.wrapped(r.choice(phrasings.some(wraps, s.side)), text, template)


def _state(r, s, relation, e, v):
    template = _phrase(r, s, phrasings.FACTS, relation.facts)
    return _wrap(r, s, facts.sentence(template, r=relation.noun, e=e, v=v), template, phrasings.FACT_WRAPS)


def _ask(r, s, relation, e):
    """Perhaps with another noun than the fact has; particular questions know other words by themselves."""
    template = _phrase(r, s, phrasings.QUESTIONS, relation.questions)
    other = s.ways > 4 and relation.synonyms and r.random() < 0.25
    noun = r.choice(relation.synonyms) if other else relation.noun
    return _wrap(r, s, facts.sentence(template, r=noun, e=e), template, phrasings.QUESTION_WRAPS)


def _entities(r, domain, n, s):
    out = []
    while len(out) < n:
        e = facts.near_miss(r, r.choice(out), domain, s.unseen) if out and r.random() < s.near else facts.entity(r, domain, s.unseen)
        if e not in out:
            out.append(e)
    return out


def fact_task(r, s, library):
    if r.random() < s.nameless:
        return _nameless(r, s, library)
    domain = r.choice(list(phrasings.RELATIONS))
    relations = phrasings.RELATIONS[domain]
    many = r.random() < s.ranked
    ne, nr = s.entities, s.relations
    if many:
        ne, nr = r.randint(2, 8), r.randint(2, 5)
    use = r.sample(relations, min(len(relations), nr + 2))
    names = _entities(r, domain, ne, s)
    pool, keys = [], {}  # keys: (entity, relation) -> its place in the pool
    for e in names:
        for rel in r.sample(use, min(nr, len(use))):
            keys[e, rel] = len(pool)
            pool.append(_state(r, s, rel, e, facts.value(r, rel.kind)))
    kind, absent, special = "facts", r.random() < s.absent, r.random()
    if special < s.lists:
        kind, question, gold = (_list if r.random() < 0.5 else _hop)(r, s, pool, absent)
    elif special < s.lists + s.old:
        kind = "old"
        question, gold = _outdated(r, s, pool, keys, absent)
    elif absent:
        rel, e = _nowhere(r, s, domain, names, use, keys)
        question, gold = _ask(r, s, rel, e), []
    else:
        e, rel = r.choice(list(keys))
        question, gold = _ask(r, s, rel, e), [keys[e, rel]]
    _fill(r, s, pool, library, many)
    return _arrange(r, s, kind + ("" if gold else "-absent"), question, pool, gold, many)


def _fill(r, s, pool, library, many):
    fill = r.randint(0, s.pool) if many else max(0, s.segments - len(pool)) if s.filler else 0
    pool += library.filler(r, fill) if fill else []


def _nameless(r, s, library):
    """A document about one thing: its relations are told and asked for without a name."""
    domain = r.choice(list(phrasings.RELATIONS))
    relations, many = phrasings.RELATIONS[domain], r.random() < s.ranked
    use, called = r.sample(relations, min(len(relations), r.randint(3, 9))), r.choice(facts.ROLES[domain])

    def phrase(plain, whole, relation):
        if r.random() < 0.4:
            return facts.sentence(r.choice(phrasings.some(plain, s.side)), r=relation.noun, v=facts.value(r, relation.kind))
        return whole(r, s, relation, r.choice(called))

    def state(r, s, relation, e):
        return _state(r, s, relation, e, facts.value(r, relation.kind))

    absent = r.random() < s.absent
    asked, told = use[0], use[1:] if absent else use
    pool = [phrase(phrasings.NAMELESS_FACTS, state, relation) for relation in told]
    question = phrase(phrasings.NAMELESS_QUESTIONS, _ask, asked)
    _fill(r, s, pool, library, many)
    return _arrange(r, s, "nameless" + ("-absent" if absent else ""), question, pool, [] if absent else [0], many)


def _nowhere(r, s, domain, names, use, keys):
    """A relation and an entity that nothing tells of, as near as can be to something that is told."""
    relations, style = phrasings.RELATIONS[domain], r.random()
    while True:
        e, rel = r.choice(list(keys))
        if style < 0.35:  # all is there but for another name
            e = facts.near_miss(r, e, domain, s.unseen) if s.near else facts.entity(r, domain, s.unseen)
        elif style < 0.55:  # the right entity has a value of the kind that is asked for
            rel = r.choice([x for x in relations if x.kind == rel.kind])
        elif style < 0.9:  # other entities have the relation
            e, rel = r.choice(names), r.choice(use)
        else:
            rel = r.choice(relations)
        if e not in names or (e, rel) not in keys:
            return rel, e
        style = r.random()


def _outdated(r, s, pool, keys, absent):
    """Adds what once was, and asks for that, for what is, or for a year of which nothing is told."""
    (e, rel), at = r.choice(list(keys.items()))
    year = str(r.randint(1950, 2020))
    template = r.choice(phrasings.some(phrasings.OLD_FACTS, s.side))
    pool.append(facts.sentence(template, r=rel.noun, e=e, v=facts.value(r, rel.kind), y=year))
    if not absent and r.random() < 0.5:
        return _ask(r, s, rel, e), [at]
    if absent:
        year = str(r.randint(1900, 1949))
    template = r.choice(phrasings.some(phrasings.OLD_QUESTIONS, s.side))
    return facts.sentence(template, r=rel.noun, e=e, y=year), [] if absent else [len(pool) - 1]


def _list(r, s, pool, absent):
    values = r.choice(phrasings.LISTS)
    asked = e = facts.entity(r, values.domain, s.unseen)
    told = set()
    while len(told) < (1 if absent else r.randint(2, 3)):
        told.add(facts.value(r, values.kind))
    if absent:
        e = facts.near_miss(r, e, values.domain, s.unseen)
    gold = []
    for v in sorted(told):
        gold.append(len(pool))
        pool.append(facts.sentence(r.choice(phrasings.some(values.facts, s.side)), e=e, v=v))
    question = facts.sentence(r.choice(phrasings.some(values.questions, s.side)), e=asked)
    return "list", question, [] if absent else gold


def _hop(r, s, pool, absent):
    hop = r.choice(phrasings.HOPS)
    first = next(x for x in phrasings.RELATIONS[hop.domain] if x.noun == hop.noun)
    second = r.choice([x for x in phrasings.RELATIONS[hop.through] if x.noun in hop.nouns])
    e, middle = facts.entity(r, hop.domain, s.unseen), facts.entity(r, hop.through, s.unseen)
    gold = [len(pool), len(pool) + 1]
    pool.append(_state(r, s, first, e, middle))
    where = facts.entity(r, hop.through, s.unseen) if absent else middle
    pool.append(_state(r, s, second, where, facts.value(r, second.kind)))
    if r.random() < 0.5:  # the same of another
        other = facts.near_miss(r, where, hop.through, s.unseen) if r.random() < s.near else facts.entity(r, hop.through, s.unseen)
        if other not in (where, middle):
            pool.append(_state(r, s, second, other, facts.value(r, second.kind)))
    question = facts.sentence(r.choice(phrasings.some(hop.questions, s.side)), r=second.noun, e=e)
    return "hop", question, [] if absent else gold


def _arrange(r, s, kind, question, pool, gold, ranked):
    """Chooses and orders the segments shown: by the search, or shuffled."""
    missed, others = False, []
    if ranked:
        order, _ = Bm25(pool).top(question, s.segments)
        rest = [i for i in range(len(pool)) if i not in order]
        r.shuffle(rest)
        order += rest[:s.segments - len(order)]
        missed = not all(g in order for g in gold)
        if missed and not s.honest:
            order = [i for i in order if i not in gold][:s.segments - len(gold)] + gold
            missed = False
        others = [i for i in range(len(pool)) if i not in order] if s.honest else []
        others.sort(key=lambda i: zlib.crc32(pool[i].encode()))  # the pool begins with what answers
    else:
        order = list(range(len(pool)))
        r.shuffle(order)
        if len(order) > s.segments + 2:
            keep = set(gold) | set([i for i in order if i not in gold][:s.segments - len(gold)])
            order = [i for i in order if i in keep]
    place = {i: k for k, i in enumerate(order)}
    where = [place[g] for g in gold if g in place]
    if kind.startswith("list"):
        where.sort()
    unshown = [k for k, i in enumerate(others) if i in gold]
    return Task(kind, question, [pool[i] for i in order], where, ranked, missed, [pool[i] for i in others], unshown)


_ABOUT = ["What is said about {x}?", "Where does it speak of {x}?", "What does the text say about {x}?", "{x}?",
          "Find the passage on {x}.", "{x}", "What about {x}?", "Tell me about {x}."]
_ASKING = {word for line in _ABOUT for word in line.replace("?", "").split()}


def _reword(r, sentence, hard, distractors):
    """A question made of a real sentence. Returns (kind, question)."""
    tokens = sentence.rstrip(".:;!?").split()
    style = r.random()
    if style < 0.4:  # lexical search: a few of its words, shuffled, perhaps with foreign ones
        ws = sorted(set(w for w in (t.strip("()[]\"',;:.") for t in tokens) if content(w)))
        r.shuffle(ws)
        n = r.randint(2, 4) if hard else r.randint(3, 5)
        q = ws[:n]
        if hard and r.random() < 0.5:
            q += [r.choice(distractors) for _ in range(r.randint(1, 2))]
        r.shuffle(q)
        return "search", " ".join(q)
    n = len(tokens)
    if style < 0.7:  # a run of its words
        k = min(n, r.randint(3, 8))
        a = r.randint(0, n - k)
        return "cloze", r.choice(_ABOUT).replace("{x}", " ".join(tokens[a:a + k]).strip("()[]\"',;:."))
    # the sentence with a hole, or with words dropped
    if r.random() < 0.5:
        k = r.randint(1, max(1, min(4, n // 3)))
        a = r.randint(0, n - k)
        return "cloze", " ".join(tokens[:a] + ["what"] + tokens[a + k:])[:120] + "?"
    keep = r.uniform(0.3, 0.6) if hard else r.uniform(0.5, 0.9)
    return "cloze", " ".join(t for t in tokens if r.random() < keep)[:120] + "?"


def _in_other_words(r, question, table):
    words = question.split(" ")
    for i, w in enumerate(words):
        plain = w.strip("()[]\"',;:.?")
        own = plain.isalpha() and content(plain) and plain not in _ASKING
        other = thesaurus.other(r, table, plain) if own and r.random() < 0.5 else None
        if other:
            words[i] = w.replace(plain, other.capitalize() if plain[0].isupper() else other)
    return " ".join(words)


def search_task(r, s, library):
    text, index = library.pick(r)
    n = s.segments
    longest = 120 if n <= 4 or (not s.honest and r.random() < 0.6) else 200
    for _ in range(200):
        at = r.randrange(len(text))
        if len(text[at]) > longest:
            continue
        kind, question = _reword(r, text[at], r.random() < s.hard, content(text[r.randrange(len(text))]) or ["thing"])
        asked = set(content(question))
        if len(asked) >= 2:
            break
    if r.random() < s.reworded:
        question = _in_other_words(r, question, library.thesaurus)
    absent = r.random() < s.absent
    many = r.random() < s.ranked

    def rival(i):  # would answer too, or is too long to be shown
        if i == at or len(text[i]) > longest + 40:
            return True
        share = sum(w in index.docs[i] for w in asked) / len(asked)
        return share > (0.6 if absent else 0.8)

    best, score = index.top(question, 3 * n, most=150) if many or r.random() < s.hard else ([], {})
    near = [at + d for d in (-2, -1, 1, 2) if 0 <= at + d < len(text)] if r.random() < 0.5 else []
    shown, missed = [] if absent or s.honest else [at], False
    for i in best + near + [r.randrange(len(text)) for _ in range(4 * n)]:
        if len(shown) >= n:
            break
        if i not in shown and (not rival(i) or (i == at and s.honest and many and not absent)):
            shown.append(i)
    if s.honest and not absent and at not in shown:
        missed = many
        if not many:
            shown[0] = at
    if many:
        shown.sort(key=lambda i: (-score.get(i, 0.0), i))
    else:
        r.shuffle(shown)
    gold, rest = [shown.index(at)] if at in shown else [], []
    if s.honest and many:
        rest = [i for i in _around(index, text, best, shown) if i not in shown and (not rival(i) or (i == at and not absent))]
    unshown = [rest.index(at)] if at in rest else []
    return Task(kind + ("-absent" if absent else ""), question, [text[i] for i in shown], gold, many, missed, [text[i] for i in rest], unshown)


def _around(index, text, best, shown):
    """What a second search could find in a manual, which is too long to be shown: what the first found behind
    the shortlist, and for each segment of the shortlist those that have most of its words. In the text's order."""
    out = set(best)
    for i in shown:
        out.update(index.top(text[i], 12, most=150)[0])
    return sorted(out)


def make(r, s, library):
    if s.fewest:
        s = dataclasses.replace(s, segments=r.randint(s.fewest, s.segments), fewest=0)
    while True:  # a manual may have nothing that does not answer too: then another task
        t = search_task(r, s, library) if r.random() < s.search else fact_task(r, s, library)
        if len(t.segments) >= 2:
            return t
