#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of kernels/cuda/README.md: what each kernel takes of a multiprocessor and asks of memory.

    kernel_table.py TRAFFIC_TEST [--check]

TRAFFIC_TEST is the built kernels_cuda_traffic_test: engine A counts there what the kernels ask for. Registers and shared
memory are ptxas's, for compute capability 8.9. Times are computed from both and the data sheets of three cards; nothing
was measured on a card. With --check nothing is written, and the exit code is 1 where the table is another.
"""

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


def microseconds(card, shape, flops, bytes_asked):
    bandwidth, halves, whole_bytes, floats = CARDS[card]
    peak = floats if "f32" in shape else whole_bytes if re.search(r"q\d", shape) else halves
    return max(bytes_asked / bandwidth / 1e3, flops / peak / 1e6)


def table(traffic_test):
    told = subprocess.run([traffic_test], capture_output=True, text=True, check=True).stdout
    known = resources()
    lines = ["| operation | shape | kernels: registers, static shared bytes | sectors / floor | wavefronts / ideal | "
             + " | ".join("%s, µs" % card for card in CARDS) + " |", "|---|---|---|---|---|" + "---|" * len(CARDS)]
    for line in told.splitlines():
        if not line.startswith("traffic|"):
            continue
        _, operation, shape, floor, flops, sectors, wavefronts, ideal, kernels = line.split("|")
        names = []
        for kernel in dict.fromkeys(kernels.strip(";").split(";")):
            name = kernel.replace("(lectern::kernels::DType)", "DType ")
            names.append("%s: %d, %d" % (kernel.split("<")[0], *known[name]))
        times = ["%.1f" % microseconds(card, shape, float(flops), float(sectors)) for card in CARDS]
        lines.append("| %s | %s | %s | %.2f | %s | %s |" % (
            operation, shape, "; ".join(names), float(sectors) / float(floor),
            "%.2f" % (float(wavefronts) / float(ideal)) if float(ideal) else "–", " | ".join(times)))
    return "\n".join(lines) + "\n"


def main(traffic_test, *options):
    text = README.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    now = table(traffic_test)
    if "--check" in options:
        sys.exit(0 if text[begin:end] == now else "the table of %s is another now:\n%s" % (README, now))
    README.write_text(text[:begin] + now + text[end:])


if __name__ == "__main__":
    main(*sys.argv[1:])
