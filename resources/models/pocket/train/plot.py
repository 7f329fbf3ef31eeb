# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the learning curve of a run as SVG: python3 plot.py METRICS.jsonl OUT.svg (no library needed)."""
import json
import sys

WIDTH, HEIGHT, LEFT, TOP = 760, 300, 46, 24
SERIES = (("best", "right segment by verdict, or rightly none", "#1b6ca8"), ("first", "first answer token", "#c8553d"))


def points(path):
    """Records of training in order; a run that was restarted from an older checkpoint overwrites its tail."""
    out, levels = [], []
    with open(path) as f:
        for line in f:
            r = json.loads(line)
            if "step" not in r:
                continue
            while out and r["event"] == "train" and out[-1]["step"] >= r["step"]:
                out.pop()
            if r["event"] == "train":
                out.append(r)
            elif r["event"] == "level":
                levels = [l for l in levels if l["step"] < r["step"]] + [r]
    return out, levels


def svg(records, levels):
    x1 = max(r["tokens"] for r in records)
    w, h = WIDTH - LEFT - 12, HEIGHT - TOP - 40
    x = lambda tokens: LEFT + w * tokens / x1
    y = lambda share: TOP + h * (1 - share)
    s = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11">',
         f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for k in range(0, 11, 2):
        s.append(f'<path d="M{LEFT} {y(k / 10):.1f}H{LEFT + w}" stroke="#ddd"/><text x="{LEFT - 6}" y="{y(k / 10) + 4:.1f}" text-anchor="end">{10 * k} %</text>')
    step = next(v for v in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if x1 / 1e6 / v <= 10)
    k = 0
    while k * step * 1e6 <= x1:
        s.append(f'<text x="{x(k * step * 1e6):.1f}" y="{TOP + h + 16}" text-anchor="middle">{k * step:g} M</text>')
        k += 1
    s.append(f'<text x="{LEFT + w / 2}" y="{HEIGHT - 6}" text-anchor="middle">tokens read; dotted: a level was mastered and the next began</text>')
    for l in levels:
        s.append(f'<path d="M{x(l["tokens"]):.1f} {TOP}V{TOP + h}" stroke="#888" stroke-dasharray="2 3"/><text x="{x(l["tokens"]) + 3:.1f}" y="{TOP + 10}" fill="#555">{l["level"]}</text>')
    for n, (key, label, colour) in enumerate(SERIES):
        line = " ".join(f'{x(r["tokens"]):.1f},{y(r[key]):.1f}' for r in records)
        s.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.3"/><text x="{LEFT + 10 + 290 * n}" y="14" fill="{colour}">{label}</text>')
    return "\n".join(s + ["</svg>", ""])


if __name__ == "__main__":
    with open(sys.argv[2], "w") as out:
        out.write(svg(*points(sys.argv[1])))
