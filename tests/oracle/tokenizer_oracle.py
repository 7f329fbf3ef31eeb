#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares lectern-cli tokenize with PyPI `tokenizers`, id by id. See README.md."""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import tokenizers

import texts as corpus

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# The pieces that Jamba 1.5 to 1.7 put in place of reserved ones of the first vocabulary, from id 518 on.
MARKERS_15 = ["<|eom|>", "<|bom|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<documents>", "</documents>",
              "<tool_definitions>", "</tool_definitions>", "<active_output_modes>", "</active_output_modes>",
              "<citations>", "</citations>", "<tool_calls>", "</tool_calls>"]


def variants(folder):
    """Name -> tokenizer.json as a value: the published ones, and the first with the markers of 1.5 to 1.7."""
    first = json.loads((folder / "jamba-v0.1/tokenizer.json").read_text())
    second = json.loads((folder / "jamba2/tokenizer.json").read_text())
    middle = json.loads(json.dumps(first))
    names = {number: piece for piece, number in middle["model"]["vocab"].items()}
    for number, marker in enumerate(MARKERS_15, 518):
        del middle["model"]["vocab"][names[number]]
        middle["model"]["vocab"][marker] = number
        middle["added_tokens"].append({**middle["added_tokens"][0], "id": number, "content": marker})
    return {"jamba-v0.1": first, "jamba-1.5": middle, "jamba2": second}


def write_models(folder, name, value):
    """Model folders with the merges as a list, and with the order of the ids alone."""
    without = json.loads(json.dumps(value))
    del without["model"]["merges"]
    models = {}
    for kind, json_value in (("list", value), ("ids alone", without)):
        model = folder / (name + " " + kind)
        model.mkdir()
        (model / "tokenizer.json").write_text(json.dumps(json_value, ensure_ascii=False))
        models[kind] = model
    return models


class Product:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder

    def tokenize(self, model, text, *options):
        file = self.folder / "text"
        file.write_bytes(text.encode())
        return self.run("tokenize", "--model", model, "--ids", *options, file).split()

    def decode(self, model, ids):
        file = self.folder / "ids"
        file.write_text(" ".join(map(str, ids)))
        return self.run("tokenize", "--model", model, "--decode", file)

    def run(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True)
        if done.returncode:
            sys.exit("%s ended with %d: %s" % (" ".join(map(str, arguments)), done.returncode, done.stderr.decode()))
        return done.stdout.decode()


def first_difference(ours, theirs):
    for at, (a, b) in enumerate(zip(ours, theirs)):
        if a != b:
            return at
    return min(len(ours), len(theirs))


def compare(what, ours, theirs):
    """1 where the two lists of ids differ, said aloud."""
    ours = list(map(int, ours))
    if ours == theirs:
        return 0
    at = first_difference(ours, theirs)
    print("DIFFERS: %s at token %d: ours %s, theirs %s" % (what, at, ours[at - 2:at + 6], theirs[at - 2:at + 6]), flush=True)
    return 1


def odd_texts(rng, reference, count):
    """Short texts that documents rarely hold: runs of spaces, control and combining characters, halves of markers."""
    alphabet = ["  ", " ", "\n", "\t", "\r\n", ",", ";", "\u00a0", "\u200b", "\u0301", "\ufeff", "e", "the", " the", "1", "0x",
                "<|", "|>", "<0x41>", "assistant", " assistant", "xassistant", "\U0001f600", "\U00020000", "ﬁ", "שלום", "١٢٣", "日本",
                "\x00", "\x7f", "A" * 40, " " * 33, "</s>", "<|bom|", "<think", "'s", "’", "—", "ß", "İ", "ſ"]
    pieces = [p for p in reference.get_vocab() if "\u2581" not in p and not p.startswith("<")]
    for _ in range(count):
        yield "".join(rng.choice(alphabet) if rng.random() < 0.6 else rng.choice(pieces)
                      for _ in range(rng.randrange(1, 60)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", type=pathlib.Path, default=SOURCE / "build/release/app/cli/lectern-cli")
    parser.add_argument("--samples", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("LECTERN_SAMPLES") or SOURCE / "../shared/samples"))
    parser.add_argument("--packages", type=pathlib.Path, default=SOURCE / "build/oracle-packages")
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--odd", type=int, default=2000, help="short odd texts, and random ids to decode")
    arguments = parser.parse_args()

    started = time.monotonic()
    texts = corpus.gather(arguments.samples, arguments.packages, arguments.megabytes)
    differences = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        product = Product(arguments.cli, folder)
        for name, value in variants(arguments.samples / "tokenizer").items():
            models = write_models(folder, name, value)
            reference = tokenizers.Tokenizer.from_file(str(models["list"] / "tokenizer.json"))
            reference.encode_special_tokens = True
            size = tokens = 0
            for language, text in texts.items():
                theirs = reference.encode(text, add_special_tokens=False).ids
                for kind, model in models.items():
                    differences += compare("%s, %s, %s" % (name, kind, language), product.tokenize(model, text), theirs)
                if product.decode(models["list"], theirs) != text:
                    print("DIFFERS: %s, %s: decode(encode(x)) is not x" % (name, language))
                    differences += 1
                print("%-10s %s: %9d bytes, %8d tokens" % (name, language, len(text.encode()), len(theirs)), flush=True)
                size, tokens = size + len(text.encode()), tokens + len(theirs)
            print("%-10s together %d bytes, %d tokens" % (name, size, tokens))

            rng = random.Random(1)
            reference.encode_special_tokens = False
            odd = "\n".join(odd_texts(rng, reference, arguments.odd))
            marked = "".join(rng.choice([token["content"] for token in value["added_tokens"]] + odd.split("\n")[:200])
                             for _ in range(arguments.odd))
            for kind, model in models.items():
                for what, text in (("odd", odd), ("marked", marked)):
                    theirs = reference.encode(text, add_special_tokens=False).ids
                    differences += compare("%s, %s, %s text" % (name, kind, what),
                                           product.tokenize(model, text, "--markers"), theirs)

            # Reserved pieces stand for no text here; the reference shows those that are not listed as added tokens.
            ids = [number for piece, number in reference.get_vocab().items()
                   if not (piece.startswith("<|") and piece.endswith("|>"))]
            drawn = [rng.choice(ids) if rng.random() < 0.7 else 1544 + rng.randrange(256) for _ in range(arguments.odd * 20)]
            if product.decode(models["list"], drawn) != reference.decode(drawn, skip_special_tokens=True):
                print("DIFFERS: %s: random ids decode to another text" % name)
                differences += 1
    print("%d differences in %.0f s, tokenizers %s" % (differences, time.monotonic() - started, tokenizers.__version__))
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
