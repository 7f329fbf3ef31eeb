// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/tensor.h"
#include "tests/support/tiny_model.h"

#include <ostream>
#include <string>
#include <vector>

namespace lectern {

/// A kind of model that the engine must go on running: what it changes of tiny_model::miniConfig,
/// and how its numbers are stored.
struct Layout {
  std::string name;
  std::string changes;
  tiny_model::Numbers numbers;
  kernels::DType cacheType = kernels::DType::F32;

  [[nodiscard]] nlohmann::json config() const {
    nlohmann::json config = tiny_model::miniConfig();
    config.update(nlohmann::json::parse(changes));
    return config;
  }
  [[nodiscard]] bool isFloat32() const {
    return !numbers.bfloat16 && cacheType == kernels::DType::F32;
  }
};

inline void PrintTo(const Layout& layout, std::ostream* out) {
  *out << layout.name;
}

/// Every layout that a config can spell, each once.
inline std::vector<Layout> layouts() {
  return {
      {"Jamba", "{}", {}},
      {"JambaWithoutExperts", R"({"num_experts": 1})", {}},
      {"JambaWithExpertsEverywhere", R"({"expert_layer_period": 1, "expert_layer_offset": 0})", {}},
      {"JambaFromAListOfLayers",
       R"({"attn_layer_period": null, "attn_layer_offset": null,
           "layers_block_type": ["attention", "mamba", "mamba", "attention"]})",
       {}},
      {"JambaWithBiasesAndWithoutInnerNorms",
       R"({"mamba_proj_bias": true, "mamba_conv_bias": false, "mamba_inner_layernorms": false})",
       {}},
      {"OneHeadForAllKeysAndOneExpert",
       R"({"num_key_value_heads": 1, "num_experts_per_tok": 1})",
       {}},
      {"AHeadForEachQuery", R"({"num_key_value_heads": null})", {}},
      {"AttentionAlone",
       R"({"attn_layer_period": 1, "attn_layer_offset": 0, "num_experts": 1})",
       {}},
      {"AttentionAndExperts", R"({"attn_layer_period": 1, "attn_layer_offset": 0})", {}},
      {"MambaAndDense",
       R"({"attn_layer_period": 100, "attn_layer_offset": 99, "num_experts": 1})",
       {}},
      {"MambaAndExperts",
       R"({"attn_layer_period": 100, "attn_layer_offset": 99, "expert_layer_period": 1,
           "expert_layer_offset": 0})",
       {}},
      {"MambaAlone",
       R"({"model_type": "mamba", "state_size": 4, "conv_kernel": 3, "time_step_rank": "auto",
           "intermediate_size": 32})",
       {}},
      {"MambaAloneWithBiases",
       R"({"model_type": "mamba", "use_bias": true, "use_conv_bias": false, "state_size": 8,
           "intermediate_size": 48})",
       {}},
      {"Bytes", R"({"vocab_size": 256, "mamba_d_conv": 2, "mamba_d_state": 1})", {}},
      {"TiedHead", "{}", {.tiedHead = true}},
      {"BFloat16", "{}", {.bfloat16 = true}, kernels::DType::BF16},
      {"CacheOfBytes", "{}", {}, kernels::DType::I8},
      {"AttentionAloneWithACacheOfBytes",
       R"({"attn_layer_period": 1, "attn_layer_offset": 0, "num_experts": 1})",
       {},
       kernels::DType::I8},
  };
}

}  // namespace lectern
