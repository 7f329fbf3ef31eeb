// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <utility>

/// What tensors of a Jamba are called in GGUF files, and in transformers (llama.cpp,
/// gguf-py/gguf/tensor_mapping.py). Without those that need more than another name.
namespace lectern::gguf_names {

using Pair = std::pair<std::string_view, std::string_view>;

/// Of one layer, behind "blk.N." and behind "model.layers.N."; experts are in `kStacks`.
inline constexpr Pair kLayer[] = {{"attn_norm.weight", "input_layernorm.weight"},
                                  {"ffn_norm.weight", "pre_ff_layernorm.weight"},
                                  {"ssm_in.weight", "mamba.in_proj.weight"},
                                  {"ssm_conv1d.weight", "mamba.conv1d.weight"},
                                  {"ssm_conv1d.bias", "mamba.conv1d.bias"},
                                  {"ssm_x.weight", "mamba.x_proj.weight"},
                                  {"ssm_dt_norm.weight", "mamba.dt_layernorm.weight"},
                                  {"ssm_b_norm.weight", "mamba.b_layernorm.weight"},
                                  {"ssm_c_norm.weight", "mamba.c_layernorm.weight"},
                                  {"ssm_dt.weight", "mamba.dt_proj.weight"},
                                  {"ssm_dt.bias", "mamba.dt_proj.bias"},
                                  {"ssm_a", "mamba.A"},
                                  {"ssm_d", "mamba.D"},
                                  {"ssm_out.weight", "mamba.out_proj.weight"},
                                  {"attn_q.weight", "self_attn.q_proj.weight"},
                                  {"attn_k.weight", "self_attn.k_proj.weight"},
                                  {"attn_v.weight", "self_attn.v_proj.weight"},
                                  {"attn_output.weight", "self_attn.o_proj.weight"},
                                  {"ffn_gate.weight", "feed_forward.gate_proj.weight"},
                                  {"ffn_up.weight", "feed_forward.up_proj.weight"},
                                  {"ffn_down.weight", "feed_forward.down_proj.weight"},
                                  {"ffn_gate_inp.weight", "feed_forward.router.weight"}};

/// The experts of a layer: one tensor of all of them, and "feed_forward.experts.E.….weight".
inline constexpr Pair kStacks[] = {{"ffn_gate_exps.weight", "gate_proj"},
                                   {"ffn_up_exps.weight", "up_proj"},
                                   {"ffn_down_exps.weight", "down_proj"}};

inline constexpr Pair kOutside[] = {{"token_embd.weight", "model.embed_tokens.weight"},
                                    {"output_norm.weight", "model.final_layernorm.weight"},
                                    {"output.weight", "lm_head.weight"}};

}  // namespace lectern::gguf_names
