# SPDX-License-Identifier: GPL-3.0-or-later
"""The levels of the training, easiest first; the next begins when one is mastered."""
from tasks import Shape

LEVELS = [
    Shape(segments=4, entities=2, relations=2, phrasings=3, absent=0.1, search=0.5),
    Shape(segments=4, entities=2, relations=2, phrasings=8, absent=0.15, search=0.5),
    Shape(segments=6, entities=3, relations=2, absent=0.15, near=0.1, search=0.5, hard=0.1),
    Shape(segments=8, entities=3, relations=2, absent=0.2, near=0.3, filler=1, search=0.5, hard=0.3),
    Shape(segments=8, entities=3, relations=3, absent=0.2, near=0.3, old=0.1, filler=1, lists=0.1, search=0.5, hard=0.5),
    Shape(segments=8, entities=4, relations=2, absent=0.2, near=0.4, old=0.1, filler=1, lists=0.15, search=0.5, hard=0.6, ranked=0.6),
    Shape(segments=16, entities=4, relations=3, absent=0.2, near=0.4, old=0.1, filler=1, lists=0.15, search=0.5, hard=0.6, ranked=0.4),
]
