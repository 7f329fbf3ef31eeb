#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the engine's logits with PyTorch's on ten random models, one of every layout.

    /usr/bin/python3 tests/oracle/jamba_oracle.py

A development tool: it needs Debian's python3-torch; building and testing do not need it. It shares no code with the
engine and none with tests/golden/make_golden.py, and it computes another way: whole sequences at once, in float64. The
scan is the matrix that maps all inputs to all outputs (Dao & Gu 2024, section 3), the short convolution is torch's,
attention is a masked softmax, and every expert runs on every token before the router's choice picks from them.
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F

BOUND = 1e-4
BACKENDS = ["reference", "cpu-scalar", "cpu-avx2", "cpu-avx512"]
JAMBA = dict(model_type="jamba", hidden_act="silu", rms_norm_eps=1e-6, max_position_embeddings=4096)
MAMBA = dict(model_type="mamba", hidden_act="silu", layer_norm_epsilon=1e-5)
NEVER = dict(attn_layer_period=100, attn_layer_offset=99)
ALWAYS = dict(attn_layer_period=1, attn_layer_offset=0)

# What each is there for, what its config says, how its files look, and how many tokens it reads. 512 tokens are a chunk
# and a page of the cache, so that 600 cross the end of both.
MODELS = [
    ("Jamba, experts 2 of 4, grouped heads",
     dict(JAMBA, vocab_size=96, hidden_size=48, intermediate_size=80, num_hidden_layers=6, attn_layer_period=3,
          attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1, num_experts=4, num_experts_per_tok=2,
          num_attention_heads=6, num_key_value_heads=2, mamba_d_state=8, mamba_dt_rank=5), {}, 120),
    ("Jamba without experts, one key head, long",
     dict(JAMBA, vocab_size=64, hidden_size=24, intermediate_size=40, num_hidden_layers=4, attn_layer_period=4,
          attn_layer_offset=2, num_experts=1, num_attention_heads=3, num_key_value_heads=1, mamba_d_state=4,
          mamba_dt_rank="auto"), {}, 600),
    ("attention alone, a key head a query head",
     dict(JAMBA, **ALWAYS, vocab_size=128, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_experts=1,
          num_attention_heads=4, num_key_value_heads=None), {}, 600),
    ("attention and experts, 1 of 5, half precision",
     dict(JAMBA, **ALWAYS, vocab_size=70, hidden_size=32, intermediate_size=48, num_hidden_layers=4,
          expert_layer_period=1, expert_layer_offset=0, num_experts=5, num_experts_per_tok=1, num_attention_heads=8,
          num_key_value_heads=4), dict(half=True), 90),
    ("Mamba alone",
     dict(MAMBA, vocab_size=80, hidden_size=40, intermediate_size=80, num_hidden_layers=4, state_size=16,
          conv_kernel=4, time_step_rank="auto", use_bias=False, use_conv_bias=True), dict(tied=True), 110),
    ("Mamba alone, biases the other way round",
     dict(MAMBA, vocab_size=50, hidden_size=32, intermediate_size=48, num_hidden_layers=3, state_size=3,
          conv_kernel=2, time_step_rank=7, use_bias=True, use_conv_bias=False), {}, 77),
    ("Mamba and experts, 1 of 3",
     dict(JAMBA, **NEVER, vocab_size=64, hidden_size=32, intermediate_size=56, num_hidden_layers=4,
          expert_layer_period=1, expert_layer_offset=0, num_experts=3, num_experts_per_tok=1, num_attention_heads=4,
          num_key_value_heads=4, mamba_d_state=6, mamba_d_conv=3, mamba_expand=3, mamba_dt_rank=4), {}, 100),
    ("Mamba and dense, first release's names",
     dict(JAMBA, **NEVER, vocab_size=64, hidden_size=36, intermediate_size=50, num_hidden_layers=3, num_experts=1,
          num_attention_heads=4, num_key_value_heads=2, mamba_d_state=16, mamba_dt_rank=3), dict(legacy=True), 64),
    ("bytes, tied head",
     dict(JAMBA, vocab_size=256, hidden_size=32, intermediate_size=64, num_hidden_layers=4, attn_layer_period=2,
          attn_layer_offset=0, expert_layer_period=2, expert_layer_offset=0, num_experts=4, num_experts_per_tok=3,
          num_attention_heads=2, num_key_value_heads=2, mamba_d_state=8, mamba_dt_rank=2, tie_word_embeddings=True),
     dict(tied=True), 100),
    ("a list of layers, no inner norms, biases, shards",
     dict(JAMBA, vocab_size=60, hidden_size=40, intermediate_size=64, num_hidden_layers=5,
          layers_block_type=["mamba", "attention", "attention", "mamba", "mamba"], expert_layer_period=3,
          expert_layer_offset=2, num_experts=2, num_experts_per_tok=2, num_attention_heads=5, num_key_value_heads=1,
          mamba_d_state=5, mamba_dt_rank=6, mamba_inner_layernorms=False, mamba_proj_bias=True,
          mamba_conv_bias=False), dict(sharded=True), 100),
]


class Layout:
    """The sides and the kinds of layers that a config means."""

    def __init__(self, c):
        self.pure = c["model_type"] == "mamba"
        self.vocab, self.hidden, count = c["vocab_size"], c["hidden_size"], c["num_hidden_layers"]
        self.eps = c["layer_norm_epsilon" if self.pure else "rms_norm_eps"]
        self.state = c["state_size"] if self.pure else c.get("mamba_d_state", 16)
        self.taps = c["conv_kernel"] if self.pure else c.get("mamba_d_conv", 4)
        self.inner = c["intermediate_size"] if self.pure else c.get("mamba_expand", 2) * self.hidden
        rank = c["time_step_rank"] if self.pure else c.get("mamba_dt_rank", "auto")
        self.rank = -(-self.hidden // 16) if rank == "auto" else rank
        self.inner_norms = not self.pure and c.get("mamba_inner_layernorms", True)
        self.conv_bias = c["use_conv_bias"] if self.pure else c.get("mamba_conv_bias", True)
        self.proj_bias = c["use_bias"] if self.pure else c.get("mamba_proj_bias", False)
        if self.pure:
            self.layers = [("mamba", "none")] * count
            return
        self.width = c["intermediate_size"]
        self.heads = c["num_attention_heads"]
        self.kv_heads = c["num_key_value_heads"] or self.heads
        self.experts, self.top = c["num_experts"], c.get("num_experts_per_tok", 1)
        self.layers = []
        for i in range(count):
            named = c.get("layers_block_type")
            attention = named[i] == "attention" if named else i % c["attn_layer_period"] == c["attn_layer_offset"]
            experts = self.experts > 1 and i % c["expert_layer_period"] == c["expert_layer_offset"]
            self.layers.append(("attention" if attention else "mamba", "experts" if experts else "dense"))


def make_weights(s, random):
    """Random tensors under the names that files have them by."""
    weights = {}

    def matrix(name, rows, cols):
        weights[name] = torch.randn(rows, cols, generator=random) * cols ** -0.5

    def vector(name, size, mean, spread):
        weights[name] = mean + spread * torch.randn(size, generator=random)

    def network(at):
        matrix(at + "gate_proj.weight", s.width, s.hidden)
        matrix(at + "up_proj.weight", s.width, s.hidden)
        matrix(at + "down_proj.weight", s.hidden, s.width)

    root = "backbone." if s.pure else "model."
    weights[root + ("embeddings.weight" if s.pure else "embed_tokens.weight")] = torch.randn(
        s.vocab, s.hidden, generator=random)
    for i, (mixer, feed_forward) in enumerate(s.layers):
        layer = f"{root}layers.{i}."
        vector(layer + ("norm.weight" if s.pure else "input_layernorm.weight"), s.hidden, 1, 0.2)
        if mixer == "attention":
            size = s.hidden // s.heads
            matrix(layer + "self_attn.q_proj.weight", s.heads * size, s.hidden)
            matrix(layer + "self_attn.k_proj.weight", s.kv_heads * size, s.hidden)
            matrix(layer + "self_attn.v_proj.weight", s.kv_heads * size, s.hidden)
            matrix(layer + "self_attn.o_proj.weight", s.hidden, s.heads * size)
        else:
            m = layer + ("mixer." if s.pure else "mamba.")
            matrix(m + "in_proj.weight", 2 * s.inner, s.hidden)
            weights[m + "conv1d.weight"] = torch.randn(s.inner, 1, s.taps, generator=random) * s.taps ** -0.5
            if s.conv_bias:
                vector(m + "conv1d.bias", s.inner, 0, 0.3)
            if s.proj_bias:
                vector(m + "in_proj.bias", 2 * s.inner, 0, 0.3)
                vector(m + "out_proj.bias", s.hidden, 0, 0.3)
            matrix(m + "x_proj.weight", s.rank + 2 * s.state, s.inner)
            if s.inner_norms:
                vector(m + "dt_layernorm.weight", s.rank, 1, 0.2)
                vector(m + "b_layernorm.weight", s.state, 1, 0.2)
                vector(m + "c_layernorm.weight", s.state, 1, 0.2)
            matrix(m + "dt_proj.weight", s.inner, s.rank)
            vector(m + "dt_proj.bias", s.inner, -2, 1)
            weights[m + "A_log"] = torch.log(torch.arange(1.0, s.state + 1)).repeat(
                s.inner, 1) + 0.1 * torch.randn(s.inner, s.state, generator=random)
            vector(m + "D", s.inner, 1, 0.3)
            matrix(m + "out_proj.weight", s.hidden, s.inner)
        if feed_forward == "none":
            continue
        vector(layer + "pre_ff_layernorm.weight", s.hidden, 1, 0.2)
        if feed_forward == "dense":
            network(layer + "feed_forward.")
        else:
            matrix(layer + "feed_forward.router.weight", s.experts, s.hidden)
            for e in range(s.experts):
                network(f"{layer}feed_forward.experts.{e}.")
    vector(root + ("norm_f.weight" if s.pure else "final_layernorm.weight"), s.hidden, 1, 0.2)
    matrix("lm_head.weight", s.vocab, s.hidden)
    return weights


def old_name(name):
    name = name.replace(".pre_ff_layernorm", ".pre_moe_layernorm")
    name = name.replace(".mamba.b_layernorm", ".mamba.B_layernorm").replace(".mamba.c_layernorm", ".mamba.C_layernorm")
    return name.replace(".feed_forward.", ".moe.experts.0.")  # of a layer that is dense


def write_safetensors(path, weights):
    header, data = {}, b""
    for name, tensor in weights.items():
        raw = tensor.contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.float16: "F16"}[tensor.dtype]
        header[name] = dict(dtype=kind, shape=list(tensor.shape), data_offsets=[len(data), len(data) + len(raw)])
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_model(folder, config, weights, sharded=False, legacy=False):
    (folder / "config.json").write_text(json.dumps(config))
    if legacy:
        weights = {old_name(name): tensor for name, tensor in weights.items()}
    if not sharded:
        write_safetensors(folder / "model.safetensors", weights)
        return
    names, place = list(weights), {}
    for i in range(3):
        shard = f"model-{i + 1:05}-of-00003.safetensors"
        write_safetensors(folder / shard, {name: weights[name] for name in names[i::3]})
        place.update({name: shard for name in names[i::3]})
    (folder / "model.safetensors.index.json").write_text(json.dumps(dict(metadata={}, weight_map=place)))


class Oracle:
    def __init__(self, s, weights):
        self.s = s
        self.w = {name: tensor.double() for name, tensor in weights.items()}
        self.margin = float("inf")  # the smallest between an expert that was chosen and one that was not

    def norm(self, x, name):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.s.eps) * self.w[name]

    def mamba(self, x, at):
        s, w = self.s, self.w
        xz = F.linear(x, w[at + "in_proj.weight"], w.get(at + "in_proj.bias"))
        x, z = xz.split(s.inner, dim=-1)
        u = F.conv1d(F.pad(x.T[None], (s.taps - 1, 0)), w[at + "conv1d.weight"], w.get(at + "conv1d.bias"),
                     groups=s.inner)[0].T
        u = F.silu(u)
        dt, b, c = F.linear(u, w[at + "x_proj.weight"]).split([s.rank, s.state, s.state], dim=-1)
        if s.inner_norms:
            dt = self.norm(dt, at + "dt_layernorm.weight")
            b = self.norm(b, at + "b_layernorm.weight")
            c = self.norm(c, at + "c_layernorm.weight")
        delta = F.softplus(F.linear(dt, w[at + "dt_proj.weight"], w[at + "dt_proj.bias"]))
        a = -torch.exp(w[at + "A_log"])
        # y = M (Δ u), M[t, r] = Σ_s C[t, s] exp(A[s] (Δ[r + 1] + … + Δ[t])) B[r, s] for r ≤ t: no recurrence.
        passed = delta.cumsum(0)
        passed = passed[:, None] - passed[None]
        future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)[..., None]
        m = torch.zeros_like(passed)
        for i in range(s.state):
            decay = torch.exp((a[:, i] * passed).masked_fill(future, -torch.inf))
            m += c[:, None, i, None] * b[None, :, i, None] * decay
        y = torch.einsum("trc,rc->tc", m, delta * u) + w[at + "D"] * u
        return F.linear(y * F.silu(z), w[at + "out_proj.weight"], w.get(at + "out_proj.bias"))

    def attention(self, x, at):
        s, w = self.s, self.w
        size = s.hidden // s.heads
        q = F.linear(x, w[at + "q_proj.weight"]).view(-1, s.heads, size).transpose(0, 1)
        k, v = (F.linear(x, w[at + name]).view(-1, s.kv_heads, size).transpose(0, 1).repeat_interleave(
            s.heads // s.kv_heads, dim=0) for name in ("k_proj.weight", "v_proj.weight"))
        scores = q @ k.transpose(1, 2) / size ** 0.5
        future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(future, -torch.inf).softmax(-1) @ v
        return F.linear(mixed.transpose(0, 1).flatten(1), w[at + "o_proj.weight"])

    def network(self, x, at):
        gate, up, down = (self.w[at + name] for name in ("gate_proj.weight", "up_proj.weight", "down_proj.weight"))
        return F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down)

    def experts(self, x, at):
        p = F.linear(x, self.w[at + "router.weight"]).softmax(-1)
        ranked = p.sort(-1, descending=True).values
        if self.s.top < self.s.experts:
            self.margin = min(self.margin, (ranked[:, self.s.top - 1] - ranked[:, self.s.top]).min().item())
        chosen = p * (p >= ranked[:, self.s.top - 1, None])  # as they are, not made to sum to one
        return sum(chosen[:, e, None] * self.network(x, f"{at}experts.{e}.") for e in range(self.s.experts))

    def logits(self, ids):
        s, w = self.s, self.w
        root = "backbone." if s.pure else "model."
        embedding = w[root + ("embeddings.weight" if s.pure else "embed_tokens.weight")]
        x = embedding[ids]
        for i, (mixer, feed_forward) in enumerate(s.layers):
            layer = f"{root}layers.{i}."
            normed = self.norm(x, layer + ("norm.weight" if s.pure else "input_layernorm.weight"))
            if mixer == "attention":
                x = x + self.attention(normed, layer + "self_attn.")
            else:
                x = x + self.mamba(normed, layer + ("mixer." if s.pure else "mamba."))
            if feed_forward != "none":
                normed = self.norm(x, layer + "pre_ff_layernorm.weight")
                x = x + (self.network if feed_forward == "dense" else self.experts)(normed, layer + "feed_forward.")
        x = self.norm(x, root + ("norm_f.weight" if s.pure else "final_layernorm.weight"))
        return F.linear(x, w.get("lm_head.weight", embedding))


def engine_logits(program, backend, folder, ids, vocab):
    """The program's answer, or None where this machine has no such backend."""
    id_file, out = folder / "ids.txt", folder / "logits.f32"
    id_file.write_text(" ".join(map(str, ids)))
    run = subprocess.run([program, "logits", "--model", folder, "--ids", id_file, "--out", out],
                         env=dict(os.environ, LECTERN_BACKEND=backend, XDG_DATA_HOME=folder, XDG_STATE_HOME=folder),
                         capture_output=True, text=True)
    if run.returncode != 0:
        if "There is no backend" in run.stderr:
            return None
        sys.exit(f"{backend}: {run.stderr}")
    return torch.frombuffer(bytearray(out.read_bytes()), dtype=torch.float32).double().view(len(ids), vocab)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cli", default="build/release/app/cli/lectern-cli")
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    worst = 0
    print(f"{'error = max|Δ| / max|logit|, seed ' + str(options.seed):50} tokens  margin  " +
          "".join(f"{backend:>12}" for backend in BACKENDS))
    for number, (what, config, form, count) in enumerate(MODELS):
        random = torch.Generator().manual_seed(1000 * options.seed + number)
        s = Layout(config)
        weights = make_weights(s, random)
        if form.get("tied"):
            del weights["lm_head.weight"]
        if form.get("half"):
            weights = {name: tensor.half() for name, tensor in weights.items()}
        ids = torch.randint(s.vocab, (count,), generator=random)
        oracle = Oracle(s, weights)
        expected = oracle.logits(ids)
        cells = ""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            write_model(folder, config, weights, form.get("sharded", False), form.get("legacy", False))
            for backend in BACKENDS:
                logits = engine_logits(options.cli, backend, folder, ids.tolist(), s.vocab)
                if logits is None:
                    cells += f"{'not here':>12}"
                    continue
                error = ((logits - expected).abs().max() / expected.abs().max()).item()
                worst = max(worst, error)
                cells += f"{error:12.1e}"
        margin = "" if oracle.margin == float("inf") else f"{oracle.margin:.0e}"
        print(f"{what:50} {count:6}  {margin:6}  {cells}", flush=True)
    print(f"largest {worst:.1e}, bound {BOUND:.0e}")
    sys.exit(0 if worst <= BOUND else 1)


if __name__ == "__main__":
    main()
