# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the model says of the segments to one of them, or to none.

    python3 decision.py SIGNS          # members of layout.json, from what lectern-cli eval pocket --signs wrote
    python3 decision.py SIGNS LAYOUT   # likewise, with the weights of a layout.json; only the thresholds are chosen anew

SIGNS should come from a layout that answers little by itself (verdict_threshold -1, further_threshold 1e9):
what later looks find is only in it where nothing was found before.

A segment's score is a weighted sum of these signs, and it answers if that comes to a threshold:

    verdict         logit of yes minus that of no, read at its marker; its weight is one
    missing         one if a name or a number of the question is not in it
    coverage        share of the question's words in it, by their rarity among the segments
    bare, bare coverage   one, and the coverage instead, where the question has no name and no number

What is shown later, where nothing of the search's answers, goes by its verdict alone and another threshold.
The weights are those of a choice among the segments and "none" (multinomial logistic regression),
fitted on the validation set; those of what ships were then moved for the gates (README.md).
core/answer/finder_score.h computes the same in the program. What the model would name as its answer,
and the next best verdict, were tried too and brought nothing."""
import collections
import json
import random
import sys

import layout
import words

SIGNS = ("verdict", "missing", "coverage", "bare coverage", "bare")
USED = ("verdict", "bare coverage", "bare")  # for the most right; since the verdict knows of names by itself, the others bring nothing


def row(verdict, lacks, coverage, bare):
    return (verdict, 0.0, 0.0, coverage, 1.0) if bare else (verdict, float(lacks), coverage, 0.0, 0.0)


def signs(trainer, part, seed=7, budget=6144):
    """Per task: for each segment its signs."""
    import tokenizer as tk
    torch = trainer.torch
    r = random.Random(seed)
    prompts = [trainer.layout.prompt(t, layout.numbers(r, len(t.segments))) for t in part]
    order = sorted(range(len(part)), key=lambda i: len(prompts[i].ids))
    out = [None] * len(part)
    with torch.no_grad():
        while order:
            now = [order.pop()]
            while order and len(prompts[now[0]].ids) * (len(now) + 1) <= budget:
                now.append(order.pop())
            T = max(len(prompts[i].ids) for i in now)
            x = torch.zeros(len(now), T, dtype=torch.long)
            rows = []
            for b, i in enumerate(now):
                x[b, :len(prompts[i].ids)] = torch.tensor(prompts[i].ids)
                rows += [b * T + m for m in prompts[i].markers]
            logits, at = trainer.model(x, torch.tensor(rows)), 0
            for b, i in enumerate(now):
                n, bare = len(prompts[i].markers), not words.guards(part[i].question)
                verdicts = (logits[at:at + n, tk.YES] - logits[at:at + n, tk.NO]).tolist()
                out[i] = [row(v, not has, cover, bare) for v, (has, cover) in zip(verdicts, words.found(part[i]))]
                at += n
    return out


def fit(torch, tasks, signs_of, use=SIGNS, steps=200):
    """(threshold, weights by SIGNS), fitted to choose as `tasks` want; the verdict's weight is one."""
    kinds = [SIGNS.index(name) for name in use]
    n = max(len(s) for s in signs_of)
    x = torch.zeros(len(tasks), n, len(kinds), dtype=torch.float64)
    there, right = torch.zeros(len(tasks), n), torch.zeros(len(tasks), n + 1)
    for i, (t, s) in enumerate(zip(tasks, signs_of)):
        x[i, :len(s)] = torch.tensor([[one[k] for k in kinds] for one in s], dtype=torch.float64)
        there[i, :len(s)] = 1
        for g in t.gold or [n]:
            right[i, g] = 1
    fair = torch.tensor([bool(t.gold) or t.absent for t in tasks])  # else the search missed what answers: no choice is right
    w, bias = torch.zeros(len(kinds), dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    w[0] = 0.3
    parameters = [w.requires_grad_(), bias.requires_grad_()]
    optimiser = torch.optim.LBFGS(parameters, max_iter=steps, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        score = (x @ w + bias).masked_fill(there == 0, -1e9)
        choice = torch.cat([score, score.new_zeros(len(tasks), 1)], 1).log_softmax(1)
        value = -(choice.masked_fill(right == 0, -1e9).logsumexp(1)[fair]).mean() + 1e-4 * (w ** 2).sum()
        value.backward()
        return value

    optimiser.step(loss)
    scale = float(w[0])
    weights = dict.fromkeys(SIGNS, 0.0) | {name: float(v) / scale for name, v in zip(use, w)}
    return -float(bias) / scale, weights


def choice(segments, setting):
    """The best segment, or None where it does not come to the threshold."""
    threshold, weights = setting
    scores = [sum(weights[name] * sign for name, sign in zip(SIGNS, one)) for one in segments]
    best = max(range(len(scores)), key=scores.__getitem__)
    return best if scores[best] >= threshold else None


def chosen(one, scores, threshold, further):
    """The best segment of the shortlist, or where that is below its threshold the best of what is shown later."""
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] >= threshold:
        return best
    segment, verdict = max(one["further"], key=lambda pair: pair[1], default=(None, further - 1))
    return segment if verdict >= further else None


def right(asked, scores, threshold, further):
    """How many come out right, or -1 where a gate of abstaining is missed."""
    choices = [chosen(one, s, threshold, further) for one, s in zip(asked, scores)]
    said, absent = sum(c is None for c in choices), sum(one["absent"] for one in asked)
    rightly = sum(one["absent"] and c is None for one, c in zip(asked, choices))
    if rightly < 0.85 * said or rightly < 0.85 * absent or absent - rightly > 0.02 * len(asked):
        return -1
    return sum(c is None if one["absent"] else c in one["gold"] for one, c in zip(asked, choices))


def main():
    import torch
    Task = collections.namedtuple("Task", "gold absent")
    with open(sys.argv[1]) as f:
        asked = [one for one in map(json.loads, f) if one["validation"]]
    signs_of = [[row(*s, one["bare"]) for s in zip(one["verdicts"], one["lacks"], one["coverage"])] for one in asked]
    if len(sys.argv) > 2:
        with open(sys.argv[2]) as f:
            members = json.load(f)
        w = dict(zip(SIGNS, (1.0, -members["guard_loss"], members["coverage_weight"], members["bare_coverage_weight"], -members["bare_loss"])))
    else:
        shown = [Task([g for g in one["gold"] if g < len(one["verdicts"])], one["absent"]) for one in asked]
        _, w = fit(torch, shown, signs_of, USED)
    scores = [[sum(w[name] * sign for name, sign in zip(SIGNS, one)) for one in segments] for segments in signs_of]
    grid = [(t / 20, further / 4) for t in range(-20, -81, -1) for further in range(12, -13, -1)]
    threshold, further = max(grid, key=lambda at: right(asked, scores, *at))
    members = {"verdict_threshold": threshold, "guard_loss": 0.0 - w["missing"], "coverage_weight": w["coverage"],
               "bare_coverage_weight": w["bare coverage"], "bare_loss": -w["bare"], "further_threshold": further}
    print(json.dumps({name: round(value, 2) for name, value in members.items()}, indent=2))


if __name__ == "__main__":
    main()
