# SPDX-License-Identifier: GPL-3.0-or-later
"""The levels of the training, easiest first; the next begins when one is mastered."""
from tasks import Shape

LEVELS = [
    # 0: the circuit (compare words, sum up, point), few phrasings
    Shape(segments=4, entities=2, relations=2, ways=3, absent=0.1, search=0.5),
    # 1: all relations in their particular words
    Shape(segments=4, entities=2, relations=2, ways=8, absent=0.15, search=0.5),
    # 2: more segments, the first shortlists
    Shape(segments=6, entities=3, relations=2, absent=0.15, near=0.2, search=0.4, reworded=0.3, hard=0.2, ranked=0.3, pool=10),
    # 3: near misses, outdated facts, lists, two hops. From here on often fewer segments than the program
    #    shows: what the lower ranks hold is easy, and a third more questions fit into a step
    Shape(segments=8, fewest=4, entities=3, relations=2, absent=0.25, near=0.3, old=0.2, filler=1, lists=0.2, nameless=0.1, search=0.35,
          reworded=0.4, hard=0.4, ranked=0.7, pool=20),
    # 4: more to read
    Shape(segments=16, fewest=4, entities=4, relations=3, absent=0.3, near=0.4, old=0.25, filler=1, lists=0.25, nameless=0.1, search=0.3,
          reworded=0.4, hard=0.6, ranked=0.6),
    # 5: what the program asks, with more of the phrasings that share no word
    Shape(segments=8, fewest=4, entities=4, relations=3, particular=0.6, absent=0.3, near=0.4, old=0.25, filler=1, lists=0.25, nameless=0.12,
          search=0.3, reworded=0.4, hard=0.6, ranked=0.85),
]
