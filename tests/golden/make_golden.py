#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the logits and router scores that the engine's golden tests expect, in float64, from integers alone.

    python3 tests/golden/make_golden.py     writes the .f32 files beside this script

A development tool: it needs numpy; building and testing do not need it. It shares no code with the engine. The
architecture is written down as the papers have it, one token at a time: Gu & Dao 2023 (selective scan), Lieber et al.
2024 (Jamba's norms, layout and router), Vaswani et al. 2017 (attention), Shazeer 2020 (SwiGLU).
"""
import pathlib

import numpy as np

MINI = dict(H=16, I=24, L=4, E=4, k=2, nh=4, nkv=2, S=5, K=4, R=3, V=32)
MIDI = dict(H=256, I=512, L=8, E=4, k=2, nh=4, nkv=2, S=16, K=4, R=16, V=512)
EPS = 1e-6


def raw(tensor, count):
    """`count` numbers of [-1, 1) for the tensor of that ordinal: a hash of ordinal and index in 32-bit arithmetic."""
    mask = np.uint64(0xFFFFFFFF)
    t = np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(tensor * 40503 + 12345)
    t &= mask
    for shift, factor in ((16, 2246822519), (13, 3266489917)):
        t ^= t >> np.uint64(shift)
        t = t * np.uint64(factor) & mask
    t ^= t >> np.uint64(16)
    return t.astype(np.float64) / 2**32 * 2 - 1


class Generator:
    """Tensors in the order of their ordinals, rounded to the type that the model file has them in."""

    def __init__(self, bfloat16):
        self.ordinal = 0
        self.bfloat16 = bfloat16

    def make(self, shape, value):
        r = raw(self.ordinal, int(np.prod(shape)))
        self.ordinal += 1
        values = value(r, np.arange(r.size)).astype(np.float32)
        if self.bfloat16:  # to nearest, ties to even
            bits = values.view(np.uint32)
            bits = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
            values = bits.view(np.float32)
        return values.astype(np.float64).reshape(shape)

    def matrix(self, *shape):
        return self.make(shape, lambda r, i: 0.5 * r)

    def norm(self, size):
        return self.make((size,), lambda r, i: 1 + 0.25 * r)


def make_model(c):
    g = Generator(c.get("bfloat16", False))
    di = 2 * c["H"]
    hd = c["H"] // c["nh"]
    model = dict(embed=g.make((c["V"], c["H"]), lambda r, i: r), layers=[])
    for index in range(c["L"]):
        layer = dict(norm=g.norm(c["H"]))
        if index % 4 == 2:
            layer.update(q=g.matrix(c["nh"] * hd, c["H"]), k=g.matrix(c["nkv"] * hd, c["H"]),
                         v=g.matrix(c["nkv"] * hd, c["H"]), o=g.matrix(c["H"], c["nh"] * hd))
        else:
            layer.update(
                in_proj=g.matrix(2 * di, c["H"]), conv=g.matrix(di, 1, c["K"])[:, 0],
                conv_bias=g.make((di,), lambda r, i: 0.25 * r), x_proj=g.matrix(c["R"] + 2 * c["S"], di),
                dt_norm=g.norm(c["R"]), b_norm=g.norm(c["S"]), c_norm=g.norm(c["S"]),
                dt_proj=g.matrix(di, c["R"]), dt_bias=g.make((di,), lambda r, i: r - 1),
                a_log=g.make((di, c["S"]), lambda r, i: np.log(i % c["S"] + 1) + 0.1 * r),
                d=g.norm(di), out_proj=g.matrix(c["H"], di))
        layer["ff_norm"] = g.norm(c["H"])
        experts = c["E"] if index % 2 == 1 else 1
        if experts > 1:
            layer["router"] = g.matrix(experts, c["H"])
        layer["experts"] = [(g.matrix(c["I"], c["H"]), g.matrix(c["I"], c["H"]), g.matrix(c["H"], c["I"]))
                            for _ in range(experts)]
        model["layers"].append(layer)
    model["norm"] = g.norm(c["H"])
    model["head"] = g.matrix(c["V"], c["H"])
    return model


def rms(x, weight):
    return x / np.sqrt(np.mean(x * x) + EPS) * weight


def silu(x):
    return x / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def mamba(c, layer, state, x):
    di = 2 * c["H"]
    xz = layer["in_proj"] @ x
    newest, gate = xz[:di], xz[di:]
    history = state.setdefault("conv", np.zeros((di, c["K"] - 1)))
    window = np.concatenate([history, newest[:, None]], axis=1)
    state["conv"] = window[:, 1:]
    u = silu((window * layer["conv"]).sum(axis=1) + layer["conv_bias"])
    p = layer["x_proj"] @ u
    r, s = c["R"], c["S"]
    dt = rms(p[:r], layer["dt_norm"])
    b = rms(p[r:r + s], layer["b_norm"])
    cc = rms(p[r + s:], layer["c_norm"])
    delta = np.log1p(np.exp(layer["dt_proj"] @ dt + layer["dt_bias"]))
    h = state.setdefault("h", np.zeros((di, s)))
    h = np.exp(delta[:, None] * -np.exp(layer["a_log"])) * h + (delta * u)[:, None] * b
    state["h"] = h
    y = h @ cc + layer["d"] * u
    return layer["out_proj"] @ (y * silu(gate))


def attention(c, layer, state, x):
    hd = c["H"] // c["nh"]
    q = (layer["q"] @ x).reshape(c["nh"], hd)
    state.setdefault("k", []).append((layer["k"] @ x).reshape(c["nkv"], hd))
    state.setdefault("v", []).append((layer["v"] @ x).reshape(c["nkv"], hd))
    keys, values = np.array(state["k"]), np.array(state["v"])
    group = c["nh"] // c["nkv"]
    out = []
    for head in range(c["nh"]):
        p = softmax(keys[:, head // group] @ q[head] / np.sqrt(hd))
        out.append(p @ values[:, head // group])
    return layer["o"] @ np.concatenate(out)


def feed_forward(c, layer, x, scores):
    def network(gate, up, down):
        return down @ (silu(gate @ x) * (up @ x))

    if "router" not in layer:
        return network(*layer["experts"][0])
    scores.append(layer["router"] @ x)
    p = softmax(scores[-1])
    chosen = np.argsort(-p, kind="stable")[:c["k"]]
    return sum(p[e] * network(*layer["experts"][e]) for e in chosen)


def run(c, tokens):
    """The logits [token, vocab], and what the routers said, [token, layer with experts, expert]."""
    model = make_model(c)
    states = [dict() for _ in model["layers"]]
    logits, routers = [], []
    for token in tokens:
        scores = []
        x = model["embed"][token]
        for layer, state in zip(model["layers"], states):
            mixer = attention if "q" in layer else mamba
            x = x + mixer(c, layer, state, rms(x, layer["norm"]))
            x = x + feed_forward(c, layer, rms(x, layer["ff_norm"]), scores)
        logits.append(model["head"] @ rms(x, model["norm"]))
        routers.append(scores)
    return np.array(logits), np.array(routers)


def tokens_for(vocab, count):
    return [(7 * i * i + 3 * i + 1) % vocab for i in range(count)]


def main():
    folder = pathlib.Path(__file__).parent
    mini, _ = run(MINI, [1, 5, 9, 14, 3, 7, 30, 2])
    assert abs(mini[7, 15] - 3.110191) < 1e-6, "the generator is not the one of the published table"
    for name, config in (("mini", MINI), ("midi", MIDI), ("midi-bytes", dict(MIDI, V=256)),
                         ("midi-bf16", dict(MIDI, bfloat16=True))):
        logits, routers = run(config, tokens_for(config["V"], 40))
        logits.astype("<f4").tofile(folder / f"{name}.logits.f32")
        routers.astype("<f4").tofile(folder / f"{name}.routers.f32")
        print(name, logits.shape, "largest", np.abs(logits).max())


if __name__ == "__main__":
    main()
