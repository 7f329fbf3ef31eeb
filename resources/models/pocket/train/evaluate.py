# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates, on held-out phrasings, names and manuals, beside an extractive baseline.

    python3 evaluate.py --state-dir DIR --run NAME [--n 500] [--json FILE]
    python3 evaluate.py --state-dir DIR --tasks FILE [--n 500]    # for lectern-cli eval pocket

Both see the same shortlist (BM25 over the document's facts and fillers, or over the whole manual),
which may miss the answer; a miss counts as an error of both. What both decide by is chosen on a
validation set: held-out phrasings that the test set does not have, in manuals of the training."""
import argparse
import dataclasses
import json
import math
import os
import random

import corpus
import decision
import phrasings
import tasks
import words
from trainer import environment, project_root

BASE = tasks.Shape(segments=8, entities=4, relations=3, near=0.4, filler=1, hard=0.6, ranked=1.0, honest=True, absent=0.0, search=0.0)
KINDS = {  # name -> shape; "absent" sets of the same kinds follow from it
    "facts": BASE,
    "old": dataclasses.replace(BASE, old=1.0),
    "list+hop": dataclasses.replace(BASE, lists=1.0),
    "nameless": dataclasses.replace(BASE, nameless=1.0),
    "search+cloze": dataclasses.replace(BASE, search=1.0),
}


def wilson(k, n, z=1.96):
    if n == 0:
        return 0.0, 0.0, 0.0
    p, d = k / n, 1 + z * z / n
    mid, half = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return p, mid - half, mid + half


def rate(k, n):
    p, a, b = wilson(k, n)
    return f"{100 * p:5.1f} % [{100 * a:.1f}, {100 * b:.1f}] n={n}"


def make_set(library, side, seed, n, shapes=None):
    """Per kind n answerable and n / 4 absent tasks."""
    out = {}
    for name, shape in (shapes or KINDS).items():
        shape = dataclasses.replace(shape, side=side)
        r = random.Random(f"evaluation/{seed}/{name}")
        part = [tasks.make(r, shape, library) for _ in range(n)]
        part += [tasks.make(r, dataclasses.replace(shape, absent=1.0), library) for _ in range(n // 4)]
        out[name] = part
    return out


def baseline_choice(found, setting):
    """The best segment of the search whose coverage comes to a threshold and, if asked, whose guards hold."""
    threshold, use_guards = setting
    for i, (ok, cover) in enumerate(found):  # segments come best first
        if (ok or not use_guards) and cover >= threshold:
            return i
    return None


# ---- for the program -------------------------------------------------------------------------------
def long_sets(library, n):
    """Without a shortlist, at about 512 and 1,600 tokens: as many segments as there are markers."""
    out = {}
    for tokens, segments, part in ((512, 20, max(100, n // 4)), (1600, 64, max(50, n // 10))):
        shapes = {k: dataclasses.replace(s, ranked=0.0, segments=segments, entities=6, relations=3, hard=0.0)
                  for k, s in KINDS.items() if k in ("facts", "search+cloze")}
        out[tokens] = make_set(library, phrasings.TEST, f"long {tokens}", part, shapes)
    return out


def write_tasks(path, valid, test, longer):
    """One JSON object a line; core/answer/finder_evaluation.h says what its members are."""
    with open(path, "w") as f:
        def line(name, t, validation):
            gold = t.gold + [len(t.segments) + i for i in t.unshown]
            whole = t.ranked and name != "search+cloze"  # of a manual it is only what a search could find
            f.write(json.dumps(dict(set=name, kind=t.kind.removesuffix("-absent"), validation=validation, question=t.question,
                                    segments=t.segments, rest=t.rest, whole=whole, gold=gold, absent=t.absent, ranked=t.ranked),
                               ensure_ascii=False) + "\n")
        for sets, validation in ((valid, True), (test, False)):
            for name, part in sets.items():
                for t in part:
                    line(name, t, validation)
        for tokens, sets in longer.items():
            for part in sets.values():
                for t in part:
                    line(f"about {tokens} tokens", t, False)


# ---- tables -------------------------------------------------------------------------------------------
def correct(task, choice):
    if task.absent:
        return choice is None
    return choice is not None and choice in task.gold


def choose(sets, scores, choice, settings):
    """The setting with which most tasks come out right."""
    def right(setting):
        return sum(correct(t, choice(s, setting)) for name in sets for t, s in zip(sets[name], scores[name]))
    return max(settings, key=right)


def table(sets, scores, choice, setting):
    """Counts as [right, of]; keys that begin with a kind's name count the answerable tasks of that kind."""
    out, each = {}, []

    def count(key, right):
        c = out.setdefault(key, [0, 0])
        c[0] += bool(right)
        c[1] += 1

    for name, part in sets.items():
        for t, s in zip(part, scores[name]):
            x = choice(s, setting)
            ok = correct(t, x)
            each.append(int(ok))
            absent = t.absent
            count("all right", ok)
            if absent:
                count(f"{name}, absent: says so", ok)
                count("abstention recall", ok)
            else:
                count(f"{t.kind}: right segment", ok)
                count(f"{name}: the shortlist holds the answer", not t.missed)
            if x is None:
                count("abstention precision", absent)
            count("false support: absent, yet answered", absent and x is not None)
            count("shown, but does not answer", x is not None and not ok)
    out["_each"] = each
    return out


def show(title, rows):
    print(f"\n{title}")
    for k in sorted(k for k in rows if k != "_each"):
        print(f"  {k:46s} {rate(*rows[k])}")


def add(*cells):
    return [sum(c[0] for c in cells), sum(c[1] for c in cells)]


def gates(rows, base):
    """The gates of the project, with their limits."""
    search = add(*(rows[k] for k in ("search: right segment", "cloze: right segment") if k in rows))
    pairs = [a - b for a, b in zip(rows["_each"], base["_each"])]  # same tasks, so the difference is paired
    n, gain = len(pairs), 100 * sum(pairs) / len(pairs)
    half = 196 * math.sqrt(max(0.0, sum(d * d for d in pairs) / n - (gain / 100) ** 2) / n)
    lines = [("facts, unseen phrasings and names: right segment", rows["facts: right segment"], 0.90, True),
             ("search and cloze, unseen manuals: right segment", search, 0.80, True),
             ("abstention precision", rows.get("abstention precision", [0, 0]), 0.85, True),
             ("abstention recall", rows["abstention recall"], 0.85, True),
             ("false support: absent, yet answered, of all", rows["false support: absent, yet answered"], 0.02, False)]
    out = []
    for name, cell, limit, at_least in lines:
        p = cell[0] / max(1, cell[1])
        out.append(dict(gate=name, right=cell[0], n=cell[1], limit=limit, reached=p >= limit if at_least else p <= limit))
        print(f"  {'reached    ' if out[-1]['reached'] else 'not reached'}  {name:50s} {rate(*cell)}   limit {100 * limit:.0f} %")
    out.append(dict(gate="points above the baseline", value=gain, interval=[gain - half, gain + half], limit=5.0, reached=gain >= 5))
    print(f"  {'reached    ' if gain >= 5 else 'not reached'}  {'points above the baseline on the mixed set':50s} "
          f"{gain:+.1f} [{gain - half:+.1f}, {gain + half:+.1f}] n={n}   limit +5")
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--state-dir", default=os.path.join(project_root(), ".training"))
    p.add_argument("--run", default="xs")
    p.add_argument("--n", type=int, default=500, help="answerable tasks per kind; a quarter more are absent")
    p.add_argument("--valid", type=int, help="likewise of the validation set; without it half as many, but 100")
    p.add_argument("--seed", default="test", help="of the test set: a new one for what ships, nobody has looked at its tasks")
    p.add_argument("--baseline-only", action="store_true")
    p.add_argument("--long", action="store_true", help="also without a shortlist, at about 512 and 1,600 tokens")
    p.add_argument("--json")
    p.add_argument("--tasks", help="write the tasks to this file and end")
    a = p.parse_args()
    environment(a.state_dir, 1)
    seen = tasks.Library(corpus.Corpus(a.state_dir))
    unseen = tasks.Library(corpus.Corpus(a.state_dir, held_out=True))
    valid = make_set(seen, phrasings.VALIDATION, "validation", a.valid or max(100, a.n // 2))
    test = make_set(unseen, phrasings.TEST, a.seed, a.n)
    if a.tasks:
        return write_tasks(a.tasks, valid, test, long_sets(unseen, a.n))
    result = {}
    base = baseline(valid, test, result)
    if not a.baseline_only:
        measure(a, valid, test, unseen, base, result)
    if a.json:
        for rows in result.values():
            if isinstance(rows, dict):
                rows.pop("_each", None)
        with open(a.json, "w") as f:
            json.dump(result, f, indent=1)


def baseline(valid, test, result):
    """The better of the searches with and without guards."""
    found = [{k: [words.found(t) for t in part] for k, part in sets.items()} for sets in (valid, test)]
    rows = []
    for use in (False, True):
        setting = choose(valid, found[0], baseline_choice, [(i / 20, use) for i in range(20)])
        rows.append(table(test, found[1], baseline_choice, setting))
        name = f"baseline: BM25{' and guards' if use else ''}, coverage >= {setting[0]:.2f}"
        result[name] = rows[-1]
        show(name, rows[-1])
    return max(rows, key=lambda r: r["all right"][0])


def measure(a, valid, test, unseen, base, result):
    """What the model chooses, by ever more signs."""
    import trainer
    args = trainer.parse(["--state-dir", a.state_dir, "--run", a.run, "--fp32"])
    hyper, library, tok = trainer.prepare(args)
    t = trainer.Trainer(args, hyper, library, tok)
    assert t.load(averaged=True), "no checkpoint"
    print(f"\nmodel: step {t.state['step']}, {t.state['tokens'] / 1e6:.2f} M tokens, {t.state['seconds'] / 60:.0f} minutes, level {t.state['level']}")
    ours = [{k: decision.signs(t, part) for k, part in sets.items()} for sets in (valid, test)]
    every = [t_ for part in valid.values() for t_ in part], [s for part in ours[0].values() for s in part]
    for use in (("verdict",), ("verdict", "missing"), decision.SIGNS):
        setting = decision.fit(t.torch, *every, use)
        on_valid = table(valid, ours[0], decision.choice, setting)
        name = f"model by {', '.join(use)}: threshold {setting[0]:.3f}, weights " + ", ".join(f"{w:.3f}" for w in setting[1].values())
        result[name] = table(test, ours[1], decision.choice, setting)
        show(f"{name} (validation: all right {rate(*on_valid['all right'])})", result[name])
        result[name + ", gates"] = gates(result[name], base)
    if a.long:
        for tokens, sets in long_sets(unseen, a.n).items():
            rows = table(sets, {k: decision.signs(t, part, budget=8192) for k, part in sets.items()}, decision.choice, setting)
            show(f"model, no shortlist, about {tokens} tokens", rows)
            result[f"no shortlist, {tokens}"] = rows


if __name__ == "__main__":
    main()
