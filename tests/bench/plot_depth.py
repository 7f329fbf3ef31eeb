# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws how fast models read and write behind more and more tokens (development only, needs python3-matplotlib).

    lectern-cli bench MODEL --prompt 512 --depth 1024,16384,65024 --json > one.json
    plot_depth.py OUT.png "3B, Q4_0=one.json" ...
"""
import json
import sys

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt


def main(out, sources):
    figure, (reading, writing) = plt.subplots(1, 2, figsize=(9, 3.2), dpi=100, layout="constrained")
    for source in sources:
        label, path = source.split("=", 1)
        with open(path) as file:
            report = json.load(file)
        for axes, key in ((reading, "reading"), (writing, "writing")):
            speeds = report[key]
            axes.plot([s["depth"] for s in speeds], [s["tokensPerSecond"] for s in speeds], marker="o", label=label)
    for axes, title in ((reading, "reading, 512 tokens at once"), (writing, "writing")):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("tokens read before")
        axes.set_ylabel("tokens a second")
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda depth, _: f"{depth / 1024:g}K")
        axes.set_ylim(bottom=0)
        axes.grid(True, alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
