# SPDX-License-Identifier: GPL-3.0-or-later
"""What a batch of prompts asks of the model, and what it costs when the model says something else.

    decision   the first answer token; rest: the further ones            cross-entropy
    verdict    yes or no at each marker; wrong segments that look right count three times
    names      at each marker, between two spare tokens: do the question's names and numbers stand here
    pointer    head 0 of the last attention layer looks from <|answer|> at the marker (or at the start)
    match      head 0 of the first attention layer looks from a word of a segment at the same word of the
               question, or at the start if it is not there (match_none; match_close: if it ends alike)
    balance    the experts share the tokens"""
import torch
from torch.nn import functional as F

import tokenizer as tk

DECISION, VERDICT, REST = range(3)


class Labels:
    """Token ids [B, T], and for rows of them (flat positions, ascending) the goals, weights and groups."""

    def __init__(self, prompts, hyper):
        self.size = len(prompts), max(len(p.ids) for p in prompts) - 1
        self.ids = torch.zeros(self.size, dtype=torch.long)
        self.rows, self.goal, self.weight, self.group = [], [], [], []
        self.pointer, self.pos, self.neg, self.close, self.named, self.covered = [], [], [], [], [], []
        for b, p in enumerate(prompts):
            self._add(b, p, hyper)
        for name in ("rows", "goal", "weight", "group"):
            setattr(self, name, torch.tensor(getattr(self, name)))
        self.weight /= len(prompts)

    def _row(self, b, at, goal, weight, group):
        self.rows.append(b * self.size[1] + at)
        self.goal.append(goal)
        self.weight.append(weight)
        self.group.append(group)

    def _add(self, b, p, h):
        n = min(len(p.ids), self.size[1])
        self.ids[b, :n] = torch.tensor(p.ids[:n])
        self.named += [len(self.rows) + i for i in range(len(p.names))]
        self.covered += p.names
        for at, yes, hard in zip(p.markers, p.answers, p.hard):
            weight = h["hard_no"] if hard else 1.0 if yes else 0.5
            self._row(b, at, tk.YES if yes else tk.NO, h["verdict"] * weight, VERDICT)
        first = p.ids[p.answer + 1]
        self.pointer.append((len(self.rows), next((m for m, y in zip(p.markers, p.answers) if y and p.ids[m] == first), 0)))
        for i in range(p.answer, len(p.ids) - 1):
            first = i == p.answer
            self._row(b, i, p.ids[i + 1], h["decision" if first else "rest"], DECISION if first else REST)
        for at, target in p.match:
            (self.pos if target else self.neg).append((b, at, target))
        self.close += [(b, at, 0) for at, _ in p.close]


def mean(values):
    return values.mean() if values.numel() else values.sum()


def loss(model, prompts, hyper):
    """The loss of a batch, and its parts as numbers."""
    y = Labels(prompts, hyper)
    places = torch.tensor(y.pos + y.neg + y.close).reshape(-1, 3).t()
    logits, (at_first, at_last) = model(y.ids, y.rows, (places, torch.tensor(y.pointer).t()))
    ce = F.cross_entropy(logits, y.goal, reduction="none")
    away = -(at_first + 1e-6).log()
    match, none, close = (mean(v) for v in away.split((len(y.pos), len(y.neg), len(y.close))))
    parts = dict(pointer=mean(-(at_last + 1e-6).log()), match=match, match_none=none, match_close=close, names=logits.sum() * 0)
    if y.named:
        margin = logits[y.named, tk.NAMES] - logits[y.named, tk.OTHER_NAMES]
        parts["names"] = F.binary_cross_entropy_with_logits(margin, torch.tensor(y.covered, dtype=margin.dtype))
    total = (ce * y.weight).sum() + hyper["pointer"] * parts["pointer"] + hyper["match"] * match \
        + hyper["match_none"] * (none + close) + hyper["names"] * parts["names"] + hyper["balance"] * model.balance()
    stats = {k: float(v) for k, v in parts.items()}
    stats.update(loss=float(total), decision=float(ce[y.group == DECISION].mean()), verdict=float(ce[y.group == VERDICT].mean()),
                 tokens=y.ids.numel(), **accuracy(prompts, y, logits.detach()))
    return total, stats


def accuracy(prompts, y, logits):
    """first: share of right first answer tokens. best: the segment with the clearest yes answers, or
    there is no yes where nothing answers."""
    first = (logits.argmax(-1) == y.goal)[y.group == DECISION].float().mean()
    verdicts = logits[y.group == VERDICT]
    margins = (verdicts[:, tk.YES] - verdicts[:, tk.NO]).split([len(p.markers) for p in prompts])
    best = sum(p.answers[int(m.argmax())] if any(p.answers) else bool(m.max() <= 0) for p, m in zip(prompts, margins))
    return dict(first=float(first), best=best / len(prompts))
