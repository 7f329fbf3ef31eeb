# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of labels, in groups of about eight; each a pure function of the seed, the group's number and the level."""
import collections
import multiprocessing
import random

import layout
import levels
import losses
import tasks

GROUP = 8  # batches made at a time


class Maker:
    def __init__(self, hyper, library, tok):
        self.hyper, self.library, self.layout = hyper, library, layout.Layout(tok)

    def group(self, number, level):
        """(level, batches). Six groups of ten are of the given level, the others of the one before or of any earlier
        one. The prompts of a group are sorted by length, so that little is lost to padding, its batches shuffled."""
        r, budget = random.Random(f"{self.hyper['seed']}/{number}"), self.hyper["tokens_per_step"]
        if level:
            level = r.choices((level, level - 1, r.randrange(level)), (0.6, 0.3, 0.1))[0]
        prompts, total = [], 0
        while total < GROUP * budget:
            t = tasks.make(r, levels.LEVELS[level], self.library)
            prompts.append(self.layout.prompt(t, layout.numbers(r, len(t.segments))))
            total += len(prompts[-1].ids)
        prompts.sort(key=lambda p: len(p.ids))
        batches = [[]]
        for p in prompts:
            if batches[-1] and len(p.ids) * (len(batches[-1]) + 1) > budget:
                batches.append([])
            batches[-1].append(p)
        r.shuffle(batches)
        return level, [losses.Labels(b, self.hyper) for b in batches]


_MAKER = None  # of a worker; it comes with the fork


def _group(number, level):
    return _MAKER.group(number, level)


class Ahead:
    """Makes the next groups in other processes, at the level that was asked for when each was begun. To be made
    before CUDA is initialised, which does not survive a fork."""

    def __init__(self, maker, workers):
        global _MAKER
        maker.library.index_all()  # once, not once a worker
        _MAKER = maker
        self.pool = multiprocessing.get_context("fork").Pool(workers)
        self.depth, self.coming = workers + 2, collections.deque()

    def group(self, number, level):
        if self.coming and self.coming[0][0] != number:
            self.coming.clear()  # another run was loaded
        while len(self.coming) < self.depth:
            next_number = number + len(self.coming)
            self.coming.append((next_number, self.pool.apply_async(_group, (next_number, level))))
        return self.coming.popleft()[1].get()
