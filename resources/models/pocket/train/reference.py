# SPDX-License-Identifier: GPL-3.0-or-later
"""Jamba in float64 NumPy, read from exported files alone: the oracle for the export.

Written from the architecture's description, not from model.py: one token position after the other
in the Mamba layers, experts chosen one token at a time, whole score matrices in attention.

    python3 reference.py FOLDER ID ID …      prints the logits of the last position"""
import json
import os
import struct
import sys

import numpy as np


def read_safetensors(path):
    with open(path, "rb") as f:
        data = f.read()
    n, = struct.unpack("<Q", data[:8])
    header, body, out, at = json.loads(data[8:8 + n]), data[8 + n:], {}, 0
    header.pop("__metadata__", None)
    for name, t in sorted(header.items(), key=lambda x: x[1]["data_offsets"]):
        a, b = t["data_offsets"]
        assert a == at, "hole or overlap"
        at = b
        if t["dtype"] == "BF16":
            v = (np.frombuffer(body[a:b], np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            assert t["dtype"] == "F32"
            v = np.frombuffer(body[a:b], np.float32)
        out[name] = v.reshape(t["shape"]).astype(np.float64)
    assert at == len(body)
    return out


def norm(x, w, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * w


def silu(x):
    return x / (1 + np.exp(-x))


def mamba(x, w, c):
    di, s, kk, r = c["mamba_expand"] * c["hidden_size"], c["mamba_d_state"], c["mamba_d_conv"], c["mamba_dt_rank"]
    eps, out = c["rms_norm_eps"], np.zeros_like(x)
    past, h = np.zeros((kk, di)), np.zeros((di, s))
    A = -np.exp(w["A_log"])
    for t in range(len(x)):
        both = w["in_proj.weight"] @ x[t]
        past = np.vstack((past[1:], both[:di]))
        u = silu((past * w["conv1d.weight"][:, 0, :].T).sum(0) + w["conv1d.bias"])
        p = w["x_proj.weight"] @ u
        dt = norm(p[:r], w["dt_layernorm.weight"], eps)
        B = norm(p[r:r + s], w["b_layernorm.weight"], eps)
        C = norm(p[r + s:], w["c_layernorm.weight"], eps)
        delta = np.logaddexp(0, w["dt_proj.weight"] @ dt + w["dt_proj.bias"])
        h = np.exp(delta[:, None] * A) * h + (delta * u)[:, None] * B[None, :]
        out[t] = w["out_proj.weight"] @ ((h @ C + w["D"] * u) * silu(both[di:]))
    return out


def attention(x, w, c):
    T, nh, nkv = len(x), c["num_attention_heads"], c["num_key_value_heads"]
    hd = c["hidden_size"] // nh
    q = (x @ w["q_proj.weight"].T).reshape(T, nh, hd)
    k = (x @ w["k_proj.weight"].T).reshape(T, nkv, hd)
    v = (x @ w["v_proj.weight"].T).reshape(T, nkv, hd)
    out = np.zeros((T, nh, hd))
    for j in range(nh):
        s = q[:, j] @ k[:, j // (nh // nkv)].T / np.sqrt(hd)
        s[np.triu_indices(T, 1)] = -np.inf
        p = np.exp(s - s.max(1, keepdims=True))
        out[:, j] = p / p.sum(1, keepdims=True) @ v[:, j // (nh // nkv)]
    return out.reshape(T, -1) @ w["o_proj.weight"].T


def mlp(x, w):
    return (silu(x @ w["gate_proj.weight"].T) * (x @ w["up_proj.weight"].T)) @ w["down_proj.weight"].T


def experts(x, w, c):
    out = np.zeros_like(x)
    for t in range(len(x)):
        l = w["router.weight"] @ x[t]
        p = np.exp(l - l.max())
        p /= p.sum()
        for e in np.argsort(-p, kind="stable")[:c["num_experts_per_tok"]]:
            out[t] += p[e] * mlp(x[t:t + 1], under(w, f"experts.{e}."))[0]
    return out


def under(w, prefix):
    return {n[len(prefix):]: v for n, v in w.items() if n.startswith(prefix)}


def forward(folder, ids):
    """Logits [len(ids), vocab] in float64."""
    with open(os.path.join(folder, "config.json")) as f:
        c = json.load(f)
    w = read_safetensors(os.path.join(folder, "model.safetensors"))
    x = w["model.embed_tokens.weight"][np.asarray(ids)]
    for i in range(c["num_hidden_layers"]):
        l = under(w, f"model.layers.{i}.")
        y = norm(x, l["input_layernorm.weight"], c["rms_norm_eps"])
        if i % c["attn_layer_period"] == c["attn_layer_offset"]:
            x = x + attention(y, under(l, "self_attn."), c)
        else:
            x = x + mamba(y, under(l, "mamba."), c)
        y = norm(x, l["pre_ff_layernorm.weight"], c["rms_norm_eps"])
        if c["num_experts"] > 1 and i % c["expert_layer_period"] == c["expert_layer_offset"]:
            x = x + experts(y, under(l, "feed_forward."), c)
        else:
            x = x + mlp(y, under(l, "feed_forward."))
    x = norm(x, w["model.final_layernorm.weight"], c["rms_norm_eps"])
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


if __name__ == "__main__":
    print(" ".join(f"{v:.6f}" for v in forward(sys.argv[1], [int(i) for i in sys.argv[2:]])[-1]))
