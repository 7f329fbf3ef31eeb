# SPDX-License-Identifier: GPL-3.0-or-later
"""What a batch of prompts asks of the model, and what it costs when the model says something else.

    decision   the first answer token; rest: the further ones            cross-entropy
    verdict    yes or no at each marker; wrong segments that look right count three times
    names      at each marker, between two spare tokens: do the question's names and numbers stand here
    pointer    head 0 of the last attention layer looks from <|answer|> at the marker (or at the start)
    match      head 0 of the first attention layer looks from a word of a segment at the same word of the
               question, or at the start if it is not there (match_none; match_close: if it ends alike)
    echo       the first head of its second group looks from a word that the question does not have at the same word
               of an earlier segment, or at the start (echo_none): what links the two facts of a question by way of another
    balance    the experts share the tokens"""
import numpy as np
import torch
from torch.nn import functional as F

import tokenizer as tk

DECISION, VERDICT, REST = range(3)
SORTS = ("match", "match_none", "match_close", "echo", "echo_none")


class Labels:
    """Token ids [B, T], and for rows of them (flat positions, ascending) the goals, weights and groups; all are
    arrays, so that another process can make them."""

    def __init__(self, prompts, hyper):
        self.size = len(prompts), max(len(p.ids) for p in prompts) - 1
        self.ids = np.zeros(self.size, np.int32)
        self.rows, self.goal, self.weight, self.group = [], [], [], []
        self.pointer, self.places, self.named, self.covered = [], [[] for _ in SORTS], [], []
        segments = max(len(p.markers) for p in prompts)
        self.marked = np.full((len(prompts), segments), -1, np.int32)  # per prompt and segment: its row
        self.right = np.zeros((len(prompts), segments), np.int32)      # does it answer
        for b, p in enumerate(prompts):
            self._add(b, p, hyper)
        self.matches = tuple(len(part) for part in self.places)
        self.places = np.array([place for part in self.places for place in part], np.int32).reshape(-1, 4).T
        self.pointer = np.array(self.pointer, np.int32).T
        self.weight = np.array(self.weight, np.float32) / len(prompts)
        self.covered = np.array(self.covered, np.float32)
        for name in ("rows", "goal", "group", "named"):
            setattr(self, name, np.array(getattr(self, name), np.int32))

    def to(self, device):
        """The same with tensors on a device."""
        for name, a in vars(self).items():
            if isinstance(a, np.ndarray):
                t = torch.from_numpy(np.ascontiguousarray(a)).to(device, non_blocking=True)
                setattr(self, name, t if a.dtype == np.float32 else t.long())
        return self

    def _row(self, b, at, goal, weight, group):
        self.rows.append(b * self.size[1] + at)
        self.goal.append(goal)
        self.weight.append(weight)
        self.group.append(group)

    def _add(self, b, p, h):
        n = min(len(p.ids), self.size[1])
        self.ids[b, :n] = p.ids[:n]
        self.named += [len(self.rows) + i for i in range(len(p.names))]
        self.covered += p.names
        self.marked[b, :len(p.markers)] = range(len(self.rows), len(self.rows) + len(p.markers))
        self.right[b, :len(p.markers)] = p.answers
        for at, yes, hard in zip(p.markers, p.answers, p.hard):
            weight = h["hard_no"] if hard else 1.0 if yes else 0.5
            self._row(b, at, tk.YES if yes else tk.NO, h["verdict"] * weight, VERDICT)
        first = p.ids[p.answer + 1]
        self.pointer.append((len(self.rows), next((m for m in p.markers if p.ids[m] == first), 0)))
        for i in range(p.answer, len(p.ids) - 1):
            first = i == p.answer
            self._row(b, i, p.ids[i + 1], h["decision" if first else "rest"], DECISION if first else REST)
        for sort, links in zip(SORTS, (p.match, p.match, p.close, p.echo, p.echo)):
            group = int(sort.startswith("echo"))
            self.places[SORTS.index(sort)] += [(b, at, to, group) for at, to in links if (to == 0) == (sort not in ("match", "echo"))]


def mean(values):
    return values.mean() if values.numel() else values.sum()


NAMES = ("pointer", *SORTS, "names", "loss", "decision", "verdict", "first", "best")


def loss(model, y, hyper):
    """The loss of a batch of labels (tensors), and a tensor of its parts in the order of NAMES."""
    logits, (at_first, at_last) = model(y.ids, y.rows, (y.places, y.pointer))
    ce = F.cross_entropy(logits, y.goal, reduction="none")
    away = -(at_first + 1e-6).log()
    looks = [mean(v) for v in away.split(y.matches)]
    pointer, names = mean(-(at_last + 1e-6).log()), logits.sum() * 0
    if y.named.numel():
        margin = logits[y.named, tk.NAMES] - logits[y.named, tk.OTHER_NAMES]
        names = F.binary_cross_entropy_with_logits(margin, y.covered.to(margin.dtype))
    total = (ce * y.weight).sum() + hyper["pointer"] * pointer + hyper["names"] * names + hyper["balance"] * model.balance() \
        + sum(hyper[sort] * look for sort, look in zip(SORTS, looks))
    with torch.no_grad():
        share = [mean_where(ce, y.group == group) for group in (DECISION, VERDICT)]
        stats = torch.stack([pointer, *looks, names, total, *share, *accuracy(y, logits)])
    return total, stats


def mean_where(values, mask):
    """Without waiting for how many they are."""
    return (values * mask).sum() / mask.sum()


def accuracy(y, logits):
    """first: share of right first answer tokens. best: the segment with the clearest yes answers, or
    there is no yes where nothing answers."""
    first = mean_where((logits.argmax(-1) == y.goal).to(logits.dtype), y.group == DECISION)
    margin = (logits[:, tk.YES] - logits[:, tk.NO])[y.marked].masked_fill(y.marked < 0, -1e30)
    highest, clearest = margin.max(1)
    found = y.right.gather(1, clearest[:, None])[:, 0]
    best = torch.where(y.right.any(1), found, (highest <= 0).long()).to(logits.dtype).mean()
    return first, best
