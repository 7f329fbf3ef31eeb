#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the logits that the shipped model's golden test expects, in float64, from the shipped files.

    python3 tests/golden/make_pocket_golden.py     writes pocket.logits.f32 beside this script: the last eight of 64 tokens

A development tool: it needs numpy; building and testing do not need it. The forward pass is that of the training code
(resources/models/pocket/train/reference.py), which shares nothing with the engine."""
import pathlib
import sys

import numpy as np

here = pathlib.Path(__file__).resolve().parent
model = here.parent.parent / "resources/models/pocket"
sys.path.insert(0, str(model / "train"))
import reference  # noqa: E402

tokens = [1] + [(i * 389 + 97) % 2048 for i in range(63)]
logits = reference.forward(str(model), tokens)
logits[-8:].astype("<f4").tofile(here / "pocket.logits.f32")
print(f"largest {abs(logits[-8:]).max():.3f}, last argmax {logits[-1].argmax()}")
