#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model that is made here is imported, listed, verified, run by its name, damaged, and refused. The scores of the mini model
are those of tests/golden, which an independent program made in float64."""

import array
import json
import math
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import time

import product
from product import Library, SOURCE, check

CONFIG = {
    "model_type": "jamba", "vocab_size": 32, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 4,
    "attn_layer_period": 4, "attn_layer_offset": 2, "expert_layer_period": 2, "expert_layer_offset": 1, "num_experts": 4,
    "num_experts_per_tok": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "mamba_d_state": 5, "mamba_d_conv": 4,
    "mamba_expand": 2, "mamba_dt_rank": 3, "rms_norm_eps": 1e-6, "hidden_act": "silu"}
TOKENS = [(7 * i * i + 3 * i + 1) % 32 for i in range(40)]
MERGED = ["ab", "▁ab", "abab", "▁▁", "▁", "a", "b", "c", "é"]


def raw(tensor, index):
    """The numbers of tests/golden/make_golden.py: a hash of a tensor's ordinal and an index, in [-1, 1)."""
    t = (index * 2654435761 + tensor * 40503 + 12345) & 0xFFFFFFFF
    for shift, factor in ((16, 2246822519), (13, 3266489917)):
        t ^= t >> shift
        t = t * factor & 0xFFFFFFFF
    return (t ^ t >> 16) / 2**32 * 2 - 1


def tensors(config):
    """(name, shape, value of a raw number and its index) in the order of their ordinals."""
    hidden, inner, width = config["hidden_size"], 2 * config["hidden_size"], config["intermediate_size"]
    rank, state, taps = config["mamba_dt_rank"], config["mamba_d_state"], config["mamba_d_conv"]
    size = hidden // config["num_attention_heads"]
    matrix, norm = lambda r, i: 0.5 * r, lambda r, i: 1 + 0.25 * r
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden), lambda r, i: r
    for layer in range(config["num_hidden_layers"]):
        root = "model.layers.%d." % layer
        yield root + "input_layernorm.weight", (hidden,), norm
        if layer % 4 == 2:
            for part, rows in (("q", 4), ("k", 2), ("v", 2)):
                yield root + "self_attn.%s_proj.weight" % part, (rows * size, hidden), matrix
            yield root + "self_attn.o_proj.weight", (hidden, hidden), matrix
        else:
            m = root + "mamba."
            yield m + "in_proj.weight", (2 * inner, hidden), matrix
            yield m + "conv1d.weight", (inner, 1, taps), matrix
            yield m + "conv1d.bias", (inner,), lambda r, i: 0.25 * r
            yield m + "x_proj.weight", (rank + 2 * state, inner), matrix
            for part, length in (("dt", rank), ("b", state), ("c", state)):
                yield m + part + "_layernorm.weight", (length,), norm
            yield m + "dt_proj.weight", (inner, rank), matrix
            yield m + "dt_proj.bias", (inner,), lambda r, i: r - 1
            yield m + "A_log", (inner, state), lambda r, i: math.log(i % state + 1) + 0.1 * r
            yield m + "D", (inner,), norm
            yield m + "out_proj.weight", (hidden, inner), matrix
        yield root + "pre_ff_layernorm.weight", (hidden,), norm
        f = root + "feed_forward."
        experts = [f] if layer % 2 == 0 else [f + "experts.%d." % e for e in range(4)]
        if len(experts) > 1:
            yield f + "router.weight", (4, hidden), matrix
        for x in experts:
            yield x + "gate_proj.weight", (width, hidden), matrix
            yield x + "up_proj.weight", (width, hidden), matrix
            yield x + "down_proj.weight", (hidden, width), matrix
    yield "model.final_layernorm.weight", (hidden,), norm
    yield "lm_head.weight", (config["vocab_size"], hidden), matrix


def tokenizer():
    """A tokenizer.json in the form of the Jamba models: control pieces, bytes, merged pieces, characters."""
    pieces = ["<|pad|>", "<|start|>", "<|end|>"] + ["<0x%02X>" % byte for byte in range(256)] + MERGED
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    back = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    return {"added_tokens": [{"id": i, "content": pieces[i], "special": True} for i in range(3)],
            "normalizer": {"type": "Sequence", "normalizers": [replace]}, "pre_tokenizer": None,
            "decoder": {"type": "Sequence", "decoders": [back, {"type": "ByteFallback"}, {"type": "Fuse"}]},
            "model": {"type": "BPE", "byte_fallback": True, "vocab": {piece: i for i, piece in enumerate(pieces)},
                      "merges": ["a b", "▁ ab", "ab ab", "▁ ▁"]}}


def write_model(folder, **changes):
    config = {**CONFIG, **changes}
    folder.mkdir(exist_ok=True)
    header, data = {}, bytearray()
    for ordinal, (name, shape, value) in enumerate(tensors(config)):
        numbers = array.array("f", (value(raw(ordinal, i), i) for i in range(math.prod(shape))))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * len(numbers)]}
        data += numbers.tobytes()
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))
    return folder


def check_scores(library, folder):
    mini = write_model(folder / "mini")
    (folder / "ids").write_text(json.dumps(TOKENS))
    golden = array.array("f", (SOURCE / "tests/golden/mini.logits.f32").read_bytes())
    largest = max(map(abs, golden))
    for backend, bound in (("reference", 1e-5), ("", 1e-4)):
        options = ["--backend", backend] if backend else []
        out = folder / "scores.f32"
        told = library.json("logits", "--model", mini, "--ids", folder / "ids", "--out", out, *options)
        scores = array.array("f", out.read_bytes())
        error = max(abs(a - b) for a, b in zip(scores, golden)) / largest
        print("logits, %s: error %.1e" % (told["backend"], error))
        check(len(scores) == len(golden) == 40 * 32 and error <= bound, "the scores differ by %.1e" % error)


def check_import(library, folder):
    source = write_model(folder / "tiny", vocab_size=272, bos_token_id=1, eos_token_id=2, max_position_embeddings=128)
    library.json("models", "import", source)
    shutil.rmtree(source)
    listed = library.json("models", "list")["models"]
    check([m["name"] for m in listed] == ["tiny"] and listed[0]["usable"], "the model is not listed: %s" % listed)
    check(library.json("models", "verify")["models"][0]["sound"], "the model is not sound")


def check_text(library, folder):
    text = "abab ab  é € שלום\n<|end|>"
    (folder / "text").write_text(text)
    ids = library.json("tokenize", "--model", "tiny", folder / "text")["ids"]
    check(2 not in ids, "a text gave a control token")
    (folder / "ids").write_text(" ".join(map(str, ids)))
    back = library.run("tokenize", "--model", "tiny", "--decode", folder / "ids")
    check(back.stdout.decode() == text, "decoding gave %r" % back.stdout)
    (folder / "context.json").write_text(json.dumps({"messages": [{"role": "user", "content": "Hello!"}]}))
    prompt = library.run("template", "render", "--model", "tiny", "--family", "jamba1", folder / "context.json")
    check(prompt.stdout.decode() == "<|startoftext|><|bom|><|system|> <|eom|><|bom|><|user|> Hello!<|eom|><|bom|><|assistant|>",
          "the prompt is %r" % prompt.stdout)


def check_generate(library):
    command = ("generate", "--model", "tiny", "--prompt", "ab", "--temperature", "2", "--max-tokens", "60")
    first, again = (library.json(*command, "--seed", "5") for _ in range(2))
    check(first["ids"] == again["ids"] and first["ids"], "the same seed gave another text")
    check(first["ids"] != library.json(*command, "--seed", "6")["ids"], "another seed gave the same text")
    plain = library.run(*command, "--seed", "5")
    check(plain.stdout.decode() == first["text"] + "\n", "the stream is not the text")
    check(library.run("generate", "--model", "tiny", "--prompt", "c" * 200).returncode == 6, "a prompt over the window is not 6")


def check_stop(library, folder):
    """Ctrl-C while it writes: 130, and what is written stays."""
    model = write_model(folder / "endless", vocab_size=272)
    out = folder / "written"
    with out.open("wb") as stream:
        writing = subprocess.Popen(library.command("generate", "--model", model, "--prompt", "ab", "--temperature", "2",
                                                   "--max-tokens", "1000000"),
                                   env=library.environment(), stdout=stream, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while out.stat().st_size < 50 and writing.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        writing.send_signal(signal.SIGINT)
        error = writing.communicate(timeout=60)[1]
    check(writing.returncode == 130, "Ctrl-C ended it with %d: %s" % (writing.returncode, error.decode()))
    check(len(out.read_bytes().decode()) > 10, "what was written is lost")


def check_damage(library, folder):
    model = library.folder / "models/tiny"
    weights = model / "model.safetensors"
    sound = weights.read_bytes()
    weights.write_bytes(sound[:-2] + b"\xc0\x7f")  # the last value is a NaN
    verdict = library.json("models", "verify", codes=(5,))["models"][0]
    wrong = [f["name"] for f in verdict["files"] if not f["sound"]]
    check(wrong == ["model.safetensors"], "verify blames %s" % wrong)
    refused = library.run("generate", "--model", "tiny", "--prompt", "ab")
    check(refused.returncode == 5 and b"lm_head.weight" in refused.stderr and b"[271, 15]" in refused.stderr,
          "a NaN is not refused by name and place: %s" % refused.stderr)
    shutil.copytree(model, folder / "spoilt")
    check(library.run("models", "import", folder / "spoilt").returncode == 5, "a NaN is imported")
    check(sorted(os.listdir(library.folder / "models")) == ["tiny"], "a refused import left something")
    weights.write_bytes(sound)
    check(library.json("models", "verify")["models"][0]["sound"], "put right again it is not sound")


def main():
    with Library() as library, tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        check_scores(library, folder)
        check_import(library, folder)
        check_text(library, folder)
        check_generate(library)
        check_stop(library, folder)
        check_damage(library, folder)
    product.finish("models are imported, verified, run and refused as promised, %d failures" % len(product.failures))


if __name__ == "__main__":
    main()
