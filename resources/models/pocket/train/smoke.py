# SPDX-License-Identifier: GPL-3.0-or-later
"""Does training still learn? Trains a fresh model for ten minutes and compares its curve with smoke.csv.

    python3 smoke.py [--state-dir DIR] [--minutes 10]    # 0 if the curve is reproduced, else 1
    python3 smoke.py --record                            # writes smoke.csv anew

A window is 250,000 tokens; of each the curve has the level and the mean share of questions whose clearest
yes stands at a right segment. It is compared by tokens, not by the clock, as far as both curves reach. The
same machine gives the same curve to the last digit. Another one rounds differently, and then the runs part:
a level may come half as late again as there, and the last windows may be right 10 points less often. Ten
minutes of a free core reach four to six million tokens; at low priority beside other work they take longer."""
import argparse
import csv
import os
import shutil
import sys
import time

import trainer

WINDOW = 250_000
REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "smoke.csv")


def curve(t, seconds):
    """[(tokens, level, right)] of a fresh trainer's whole windows."""
    out, seen, end = [], [], time.process_time() + seconds
    while time.process_time() < end:
        seen.append(t.step()["best"])
        if t.state["tokens"] >= WINDOW * (len(out) + 1):
            out.append((t.state["tokens"], t.state["level"], sum(seen) / len(seen)))
            seen = []
    return out


def reproduces(ours, reference):
    n = min(len(ours), len(reference))
    if n == 0:
        return False
    on_time = all(ours[k][1] >= reference[int(k / 1.5)][1] for k in range(n) if k >= 2)
    last = range(n - max(1, n // 4), n)
    return on_time and sum(ours[k][2] - reference[k][2] for k in last) / len(last) > -0.1


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--state-dir", default=os.path.join(trainer.project_root(), ".training"))
    p.add_argument("--minutes", type=float, default=10.0, help="of processor time")
    p.add_argument("--record", action="store_true")
    a = p.parse_args()
    if not a.record and not os.path.exists(REFERENCE):
        p.error("there is no smoke.csv to compare with: record it on a machine with a free core")
    trainer.environment(a.state_dir, 1)
    shutil.rmtree(os.path.join(a.state_dir, "smoke"), ignore_errors=True)
    args = trainer.parse(["--state-dir", a.state_dir, "--run", "smoke"])
    ours = curve(trainer.Trainer(args, *trainer.prepare(args)), a.minutes * 60)
    if a.record:
        with open(REFERENCE, "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows([("tokens", "level", "right")] + [(t, k, f"{r:.4f}") for t, k, r in ours])
        return 0
    with open(REFERENCE) as f:
        reference = [(int(x["tokens"]), int(x["level"]), float(x["right"])) for x in csv.DictReader(f)]
    print("   tokens   level then   right then")
    for (tokens, level, right), (_, then, before) in zip(ours, reference):
        print(f"{tokens / 1e6:7.2f} M {level:7d} {then:4d} {right:7.3f} {before:.3f}")
    ok = reproduces(ours, reference)
    print("The curve is reproduced." if ok else "The curve is not reproduced.")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
