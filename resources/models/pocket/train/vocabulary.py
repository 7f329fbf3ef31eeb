# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the tokenizer on the training manuals and on 15,000 templated facts."""
import random

import corpus
import facts
import tokenizer


def texts(state_dir, seed=5):
    manuals = corpus.Corpus(state_dir).manuals
    out = [s for name in sorted(manuals) for s in manuals[name]]
    r = random.Random(seed)
    for _ in range(15000):
        domain = r.choice(list(facts.RELATIONS))
        rel = r.choice(facts.RELATIONS[domain])
        t = r.choice(facts.split(facts.FACTS + rel[2] + facts.QUESTIONS + rel[3], False))
        out.append(facts.sentence(t, r=rel[0], e=facts.entity(r, domain), v=facts.value(r, rel[1])))
    return [" " + t for t in out]


def make(state_dir, path, size=2048):
    vocab, merges = tokenizer.train(texts(state_dir), size)
    tokenizer.Tokenizer(vocab, merges).save(path)
