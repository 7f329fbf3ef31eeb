#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's examples: each block that begins with `$ lectern-cli` is run in the source folder, in order, in one
library, and prints what the block shows. Lines that hold `…` stand for anything."""

import re
import shlex
import subprocess

import product
from product import Library, check


def examples(text):
    """(command line, printed lines) of every block."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = example.partition("\n")
            yield command, printed.rstrip("\n")


def pattern(printed):
    return ".*".join(map(re.escape, printed.split("…")))


def main():
    count = 0
    with Library() as library:
        for command, printed in examples((product.SOURCE / "README.md").read_text()):
            program, *arguments = shlex.split(command)
            check(program == "lectern-cli", "an example that is not of lectern-cli: " + command)
            done = subprocess.run(library.command(*arguments), env=library.environment(), cwd=product.SOURCE,
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
            check(done.returncode == 0, "%s ends with %d: %s" % (command, done.returncode, done.stderr))
            check(re.fullmatch(pattern(printed), done.stdout.rstrip("\n"), re.DOTALL),
                  "%s prints:\n%s\nand not:\n%s" % (command, done.stdout, printed))
            count += 1
    check(count >= 3, "the README has too few examples")
    product.finish("%d examples, %d failures" % (count, len(product.failures)))


if __name__ == "__main__":
    main()
