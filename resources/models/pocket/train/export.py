# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes config.json, model.safetensors and tokenizer.json in the layout of Hugging Face's Jamba.

    python3 export.py --state-dir DIR --run NAME --out FOLDER [--dtype bf16|fp32] [--decision FILE]

The model card's numbers are not this script's business; it adds layout.json, which tells the program
how to ask (marker ids) and how to decide (what decision.py has fitted)."""
import argparse
import json
import os
import struct

import numpy as np

import tokenizer as tk
from trainer import environment, project_root


def to_bf16(a):
    """float32 to the upper 16 bits, round to nearest even."""
    i = np.ascontiguousarray(a, np.float32).view(np.uint32)
    return ((i + 0x7fff + ((i >> 16) & 1)) >> 16).astype(np.uint16)


def write_safetensors(path, tensors, dtype, metadata):
    """tensors: name -> float32 array. One dtype, sorted by name, header padded to eight bytes."""
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        a = tensors[name]
        blob = (to_bf16(a) if dtype == "bf16" else np.ascontiguousarray(a, np.float32)).tobytes()
        header[name] = {"dtype": {"bf16": "BF16", "fp32": "F32"}[dtype], "shape": list(a.shape),
                        "data_offsets": [at, at + len(blob)]}
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for blob in blobs:
            f.write(blob)


def config_json(c, dtype):
    return {
        "architectures": ["JambaForCausalLM"], "model_type": "jamba",
        "vocab_size": c.vocab_size, "hidden_size": c.hidden_size, "intermediate_size": c.intermediate_size,
        "num_hidden_layers": c.num_hidden_layers, "num_attention_heads": c.num_attention_heads,
        "num_key_value_heads": c.num_key_value_heads, "hidden_act": "silu", "rms_norm_eps": c.rms_norm_eps,
        "tie_word_embeddings": True, "attn_layer_period": c.attn_layer_period, "attn_layer_offset": c.attn_layer_offset,
        "expert_layer_period": c.expert_layer_period, "expert_layer_offset": c.expert_layer_offset,
        "num_experts": c.num_experts, "num_experts_per_tok": c.num_experts_per_tok,
        "mamba_d_state": c.mamba_d_state, "mamba_d_conv": c.mamba_d_conv, "mamba_expand": c.mamba_expand,
        "mamba_dt_rank": c.mamba_dt_rank, "mamba_conv_bias": True, "mamba_proj_bias": False, "use_mamba_kernels": False,
        "num_logits_to_keep": 1, "sliding_window": None, "max_position_embeddings": 262144,
        "pad_token_id": tk.PAD, "bos_token_id": tk.BOS, "eos_token_id": tk.EOS,
        "attention_dropout": 0.0, "initializer_range": 0.02, "use_cache": True, "output_router_logits": False,
        "router_aux_loss_coef": 0.001, "torch_dtype": {"bf16": "bfloat16", "fp32": "float32"}[dtype],
    }


def write(out, config, parameters, tokenizer, dtype="bf16", metadata=None, decision=None):
    """parameters: name -> array, already under the names of the file format."""
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "config.json"), "w") as f:
        json.dump(config_json(config, dtype), f, indent=2)
        f.write("\n")
    write_safetensors(os.path.join(out, "model.safetensors"), parameters, dtype, {"format": "pt", **(metadata or {})})
    tokenizer.save(os.path.join(out, "tokenizer.json"))
    with open(os.path.join(out, "layout.json"), "w") as f:
        json.dump({"question": tk.QUESTION, "documents": tk.DOCUMENTS, "end_documents": tk.END_DOCUMENTS, "ranked": tk.RANKED,
                   "answer": tk.ANSWER, "not_found": tk.NOT_FOUND, "yes": tk.YES, "no": tk.NO, "first_marker": tk.MARKER_0,
                   "markers": tk.MARKERS, **(decision or {})}, f, indent=2)
        f.write("\n")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--state-dir", default=os.path.join(project_root(), ".training"))
    p.add_argument("--run", default="xs")
    p.add_argument("--out", required=True)
    p.add_argument("--dtype", choices=("bf16", "fp32"), default="bf16")
    p.add_argument("--decision", help="file with the members that decision.py printed")
    a = p.parse_args()
    environment(a.state_dir, 1)
    import trainer
    args = trainer.parse(["--state-dir", a.state_dir, "--run", a.run, "--fp32"])
    hyper, library, tok = trainer.prepare(args)
    t = trainer.Trainer(args, hyper, library, tok)
    assert t.load(averaged=True), "no checkpoint"
    decision = None
    if a.decision:
        with open(a.decision) as f:
            decision = json.load(f)
    meta = {"step": str(t.state["step"]), "tokens": str(t.state["tokens"]), "seed": str(hyper["seed"])}
    write(a.out, t.config, {n: q.detach().numpy() for n, q in t.model.named_parameters()}, tok, a.dtype, meta, decision)
    size = os.path.getsize(os.path.join(a.out, "model.safetensors"))
    print(f"{a.out}: {size / 1e6:.2f} MB, step {t.state['step']}, {t.state['tokens'] / 1e6:.2f} M tokens")


if __name__ == "__main__":
    main()
