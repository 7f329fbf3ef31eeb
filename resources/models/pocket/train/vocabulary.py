# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the tokenizer on the training manuals and on 15,000 templated facts."""
import random

import corpus
import facts
import phrasings
import tokenizer


def texts(state_dir, seed=5):
    manuals = corpus.Corpus(state_dir).manuals
    out = [s for name in sorted(manuals) for s in manuals[name]]
    r = random.Random(seed)
    for _ in range(15000):
        domain = r.choice(list(phrasings.RELATIONS))
        rel = r.choice(phrasings.RELATIONS[domain])
        t = r.choice(phrasings.on(phrasings.FACTS + rel.facts + phrasings.QUESTIONS + rel.questions, phrasings.TRAINING))
        out.append(facts.sentence(t, r=rel.noun, e=facts.entity(r, domain), v=facts.value(r, rel.kind)))
    return [" " + t for t in out]


def make(state_dir, path, size=4096):
    vocab, merges = tokenizer.train(texts(state_dir), size)
    tokenizer.Tokenizer(vocab, merges).save(path)
