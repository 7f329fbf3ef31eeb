#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of kernels/cuda/README.md: what each kernel takes of a multiprocessor, asks of memory and executes.

    kernel_table.py TRAFFIC INSTRUCTIONS [--check]

Both are files that hold the lines of kernel_costs_traffic (engine A) and kernel_costs_instructions (engine B), or these
programs themselves, which take minutes. Registers and static shared memory are ptxas's, for compute capability 8.9. Times
are computed from all that and the data sheets of three cards; nothing was measured on a card. With --check nothing is
written, and the exit code is 1 where the table is another.
"""

import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[3]
README = SOURCE / "kernels/cuda/README.md"
BEGIN, END = "<!-- kernel_table.py -->\n", "<!-- end -->\n"

# Memory in GB/s; dense tensor cores in TFLOPS of bfloat16 with float32 sums and TOPS of int8; float32 in TFLOPS.
CARDS = {"RTX 4060": (272, 30, 121, 15.1), "RTX 4090": (1008, 165, 660, 82.6), "H100 SXM": (3350, 989, 1979, 66.9)}


def resources():
    """Demangled kernel name -> (registers, static shared bytes)."""
    found = {}
    for source in sorted((SOURCE / "kernels/cuda").glob("*.cu")):
        told = subprocess.run(["nvcc", "-std=c++20", "-O3", "-I", SOURCE, "-arch=sm_89", "-Xptxas=-v", "-cubin", "-o",
                               "/dev/null", source], capture_output=True, text=True, check=True).stderr
        told = subprocess.run(["c++filt"], input=told.replace("'", " "), capture_output=True, text=True, check=True).stdout
        for entry in told.split("Compiling entry function")[1:]:
            name = re.search(r"::(\w+(?:<.*?>)?)\(", entry.replace("(anonymous namespace)", "")
                             .replace("(lectern::kernels::DType)", "DType ")).group(1)
            registers = int(re.search(r"Used (\d+) registers", entry).group(1))
            shared = re.search(r"(\d+) bytes smem", entry)
            found[name] = (registers, int(shared.group(1)) if shared else 0)
    return found


def lines_of(source, kind):
    if os.access(source, os.X_OK):
        told = subprocess.run([os.path.abspath(source)], capture_output=True, text=True, check=True).stdout
    else:
        told = pathlib.Path(source).read_text()
    return [line.split("|")[1:] for line in told.splitlines() if line.startswith(kind + "|")]


def kernels_text(kernels, known):
    parts = []
    for kernel in dict.fromkeys(kernels.strip(";").split(";")):
        name, dynamic = kernel.replace("(lectern::kernels::DType)", "DType ").rsplit(",", 1)
        registers, static = known[name]
        kib = (static + int(dynamic)) / 1024
        parts.append("%s: %d, %s" % (name.split("<")[0], registers, "%.1f" % kib if kib else "0"))
    return "; ".join(parts)


def microseconds(card, operation, shape, flops, moved, instructions):
    """The largest of three bounds, and its letter."""
    bandwidth, halves, whole_bytes, floats = CARDS[card]
    on_tensor_cores = operation.startswith("Attend") or (
        operation in ("Linear", "LinearGated", "Experts") and not shape.startswith("1 ×") and "f32" not in shape)
    peak = (whole_bytes if re.search(r"q\d", shape) else halves) if on_tensor_cores else floats
    issued = floats / 64  # 10¹² a second: one a clock for 32 lanes that each make one multiply-add a clock
    time, bound = max((moved / bandwidth / 1e3, "m"), (flops / peak / 1e6, "a"), (instructions / issued / 1e6, "i"))
    return "%.1f %s" % (time, bound) if time >= 10 else "%.2f %s" % (time, bound)


def table(traffic, instructions):
    known = resources()
    executed = {tuple(key): float(count) for *key, count in lines_of(instructions, "instructions")}
    lines = ["| | operation | shape | kernels: registers, KiB of shared memory | sectors / floor | wavefronts / ideal | "
             "instructions of a warp | " + " | ".join("%s, µs" % card for card in CARDS) + " |",
             "|---|---|---|---|---|---|---|" + "---|" * len(CARDS)]
    for model, operation, shape, floor, flops, sectors, wavefronts, kernels in lines_of(traffic, "traffic"):
        count, floor, flops, sectors = executed[model, operation, shape], float(floor), float(flops), float(sectors)
        each = "%.0f / Mflop" % (count / flops * 1e6) if flops > 64 * floor else "%.0f / KiB" % (count / floor * 1024)
        times = [microseconds(card, operation, shape, flops, floor * sectors, count) for card in CARDS]
        lines.append("| %s | %s | %s | %s | %.2f | %s | %s | %s |" % (
            model, operation, shape, kernels_text(kernels, known), sectors,
            "%.2f" % float(wavefronts) if float(wavefronts) else "–", each, " | ".join(times)))
    return "\n".join(lines) + "\n"


def main(traffic, instructions, *options):
    text = README.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    now = table(traffic, instructions)
    if "--check" in options:
        sys.exit(0 if text[begin:end] == now else "the table of %s is another now:\n%s" % (README, now))
    README.write_text(text[:begin] + now + text[end:])


if __name__ == "__main__":
    main(*sys.argv[1:])
