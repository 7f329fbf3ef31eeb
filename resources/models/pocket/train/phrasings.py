# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to state a fact and to ask for it, read from phrasings/*.txt, and the fence between them.

A file begins its entries with a line "= field | field"; then come facts, one a line, and questions behind
a "? ". {e} stands for the entity, {v} for the value, {r} for the relation's noun, {y} for a year.

15 % of the phrasings are held out by a hash of their text: training never sees them. Seven tenths of
those are for the test; on the rest, and on nothing else, the model's decision is fitted."""
import os
import typing
import zlib

TRAINING, VALIDATION, TEST = "training", "validation", "test"
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "phrasings")


class Relation(typing.NamedTuple):
    noun: str
    kind: str         # of value, see facts.value
    synonyms: tuple   # of the noun, used in questions alone
    facts: tuple
    questions: tuple


class Values(typing.NamedTuple):
    """Facts of which an entity has several, each in its own sentence."""
    domain: str
    kind: str
    facts: tuple
    questions: tuple


class Hop(typing.NamedTuple):
    """Questions for a relation of what another relation gives."""
    domain: str
    noun: str          # of the first relation, whose value is an entity of `through`
    through: str
    nouns: tuple       # of the second relation
    questions: tuple


def _lines(name):
    with open(os.path.join(_FOLDER, name + ".txt"), encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f if line.strip() and not line.startswith("#")]


def _entries(name):
    """(fields, facts, questions) of each entry of a file."""
    out = []
    for line in _lines(name):
        if line.startswith("= "):
            out.append(([field.strip() for field in line[2:].split("|")], [], []))
        elif line.startswith("? "):
            out[-1][2].append(line[2:])
        else:
            out[-1][1].append(line)
    return [(fields, tuple(facts), tuple(questions)) for fields, facts, questions in out]


def _words(field):
    return tuple(word.strip() for word in field.split(","))


def _relation(fields, facts, questions):
    noun, kind = fields[:2]
    return Relation(noun, kind, _words(fields[2]) if len(fields) > 2 else (), facts, questions)


def _sections(name):
    """The lines under each [heading]."""
    out = {}
    for line in _lines(name):
        if line.startswith("["):
            out[line.strip("[]")] = here = []
        else:
            here.append(line)
    return {heading: tuple(lines) for heading, lines in out.items()}


DOMAINS = ("place company device software person document event vessel building medicine "
           "project school book vehicle product club").split()
RELATIONS = {domain: [_relation(*entry) for entry in _entries(domain)] for domain in DOMAINS}
LISTS = [Values(*fields, facts, questions) for fields, facts, questions in _entries("lists")]
HOPS = [Hop(*fields[:3], _words(fields[3]), questions) for fields, _, questions in _entries("hops")]
_GENERAL = _sections("general")
FACTS, QUESTIONS = _GENERAL["facts"], _GENERAL["questions"]
FACT_WRAPS, QUESTION_WRAPS = _GENERAL["fact wraps"], _GENERAL["question wraps"]
OLD_FACTS, OLD_QUESTIONS = _GENERAL["outdated facts"], _GENERAL["outdated questions"]
NAMELESS_FACTS, NAMELESS_QUESTIONS = _GENERAL["nameless facts"], _GENERAL["nameless questions"]


def everything():
    """Every list of phrasings that a task draws from, particular ones included."""
    out = [FACTS, QUESTIONS, FACT_WRAPS, QUESTION_WRAPS, OLD_FACTS, OLD_QUESTIONS, NAMELESS_FACTS, NAMELESS_QUESTIONS]
    out += [part for domain in RELATIONS.values() for relation in domain for part in (relation.facts, relation.questions)]
    out += [part for values in LISTS for part in (values.facts, values.questions)]
    return out + [hop.questions for hop in HOPS]


def held_out(template):
    # The 233 was chosen once so that about 15 % of every kind of phrasing fall out, before any training.
    return zlib.crc32((template + "233").encode()) % 100 < 15


def side(template):
    if not held_out(template):
        return TRAINING
    # The 1011 was chosen once so that validation has several of the general ones, before it was used.
    return VALIDATION if zlib.crc32((template + "1011").encode()) % 10 < 3 else TEST


def on(templates, which):
    """The templates of one side of the fence; may be none."""
    return [t for t in templates if side(t) == which]


def some(templates, which):
    """Likewise, but never none: where validation has none of its own it takes those of training."""
    return on(templates, which) or on(templates, TRAINING)
