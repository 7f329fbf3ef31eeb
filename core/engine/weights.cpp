// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/weights.h"

#include "core/model_file/elements.h"
#include "core/model_file/finite.h"
#include "kernels/bfloat16.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <set>
#include <span>

namespace lectern {

using kernels::BFloat16;
using kernels::DType;
using kernels::Tensor;
using kernels::Weight;

namespace {

std::string shapeText(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// Where an element stands: "[3, 40]".
std::string placeText(const StoredTensor& tensor, int64_t index) {
  std::vector<int64_t> place(tensor.shape.size());
  for (size_t i = place.size(); i-- > 0; index /= tensor.shape[i])
    place[i] = index % tensor.shape[i];
  return shapeText(place);
}

std::vector<float> elementsOf(const StoredTensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.elements()));
  readElements(tensor, 0, values);
  return values;
}

// A matrix's rows as `dtype`, one behind the other from `to` on; returns the end. A row at a time,
// so that no second copy of a large matrix is made.
char* copyRows(const StoredTensor& tensor, int64_t in, DType dtype, char* to) {
  std::vector<float> row(static_cast<size_t>(in));
  for (int64_t at = 0; at < tensor.elements(); at += in) {
    readElements(tensor, at, row);
    if (dtype == DType::F32) {
      std::memcpy(to, row.data(), row.size() * sizeof(float));
      to += row.size() * sizeof(float);
      continue;
    }
    for (const float value : row) {
      const BFloat16 rounded = kernels::toBFloat16(value);
      std::memcpy(to, &rounded, sizeof rounded);
      to += sizeof rounded;
    }
  }
  return to;
}

}  // namespace

class WeightLoader {
 public:
  // Without a backend it only checks.
  WeightLoader(const ModelFolder& folder,
               const ModelConfig& config,
               kernels::Backend* backend,
               WeightCheck what,
               const LoadOptions& options,
               std::stop_token stop)
      : folder_(folder),
        config_(config),
        backend_(backend),
        what_(what),
        options_(options),
        stop_(std::move(stop)) {}

  Result<std::shared_ptr<const Weights>> load() {
    for (const auto& [name, tensor] : folder_.tensors())
      totalBytes_ += static_cast<int64_t>(tensor.data.size());
    if (backend_ != nullptr) stream_ = TRY(backend_->newStream());
    const bool pureMamba = config_.modelType == "mamba";
    const std::string root = pureMamba ? "backbone." : "model.";
    const std::string embedding = root + (pureMamba ? "embeddings.weight" : "embed_tokens.weight");
    const int64_t vocab = config_.vocabSize;
    const int64_t hidden = config_.hiddenSize;
    weights_->embedding = TRY(matrix(embedding, vocab, hidden));
    for (size_t i = 0; i < config_.layers.size(); ++i) {
      weights_->layers.push_back(
          TRY(layer(fmt::format("{}layers.{}.", root, i), config_.layers[i])));
    }
    weights_->finalNorm =
        TRY(floats(root + (pureMamba ? "norm_f.weight" : "final_layernorm.weight"), {hidden}));
    // A head in the file is used even where the config calls the matrices tied (spec: transformers
    // ties them, and no published file stores two that differ).
    weights_->head = folder_.find("lm_head.weight") != nullptr
                         ? TRY(matrix("lm_head.weight", vocab, hidden))
                         : weights_->embedding;
    for (const auto& [name, tensor] : folder_.tensors()) {
      if (!used_.contains(name)) {
        return unusable(
            fmt::format("it has a tensor \"{}\" that its config does not ask for", name));
      }
    }
    if (stream_ != nullptr) TRY(stream_->wait());
    return std::shared_ptr<const Weights>(std::move(weights_));
  }

 private:
  Error unusable(std::string_view cause) const {
    return {ErrorCode::ModelUnusable,
            fmt::format("The model in {} cannot be used: {}.", folder_.path().string(), cause)};
  }

  Result<const StoredTensor*> stored(const std::string& name, const std::vector<int64_t>& shape) {
    if (stop_.stop_requested())
      return Error{ErrorCode::Cancelled, "Loading the model was stopped."};
    const StoredTensor* tensor = folder_.find(name);
    if (tensor == nullptr) return unusable(fmt::format("the tensor \"{}\" is missing", name));
    if (tensor->shape != shape) {
      return unusable(fmt::format("the tensor \"{}\" is {}, not {}", name, shapeText(tensor->shape),
                                  shapeText(shape)));
    }
    if (tensor->type == StoredType::Other) {
      return unusable(fmt::format("the tensor \"{}\" is of type {}, which holds no weights", name,
                                  tensor->typeName));
    }
    const int64_t bad = what_ == WeightCheck::Values ? firstNotFinite(*tensor) : -1;
    if (bad >= 0) {
      return unusable(
          fmt::format("the tensor \"{}\" holds a value that is not a finite number, at {}", name,
                      placeText(*tensor, bad)));
    }
    used_.insert(name);
    doneBytes_ += static_cast<int64_t>(tensor->data.size());
    if (options_.progress) options_.progress(doneBytes_, totalBytes_);
    return tensor;
  }

  Result<void*> deviceMemory(int64_t bytes) {
    weights_->buffers_.push_back(TRY(backend_->allocate(bytes, "The model")));
    weights_->bytes += bytes;
    return weights_->buffers_.back().data();
  }

  // A small tensor as a float32 matrix [rows, cols], its elements placed by `source(row, col)`.
  Result<Tensor> place(int64_t rows,
                       int64_t cols,
                       const std::function<float(int64_t, int64_t)>& source) {
    if (backend_ == nullptr) return Tensor{};
    std::vector<float> host(static_cast<size_t>(rows * cols));
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; ++c) host[static_cast<size_t>(r * cols + c)] = source(r, c);
    }
    const auto bytes = static_cast<int64_t>(host.size() * sizeof(float));
    void* device = TRY(deviceMemory(bytes));
    stream_->copyIn(device, host.data(), bytes);
    TRY(stream_->wait());
    return kernels::matrix(device, DType::F32, rows, cols);
  }
  Result<Tensor> floats(const std::string& name, const std::vector<int64_t>& shape) {
    const StoredTensor* tensor = TRY(stored(name, shape));
    const std::vector<float> values = elementsOf(*tensor);
    return place(1, tensor->elements(),
                 [&](int64_t, int64_t i) { return values[static_cast<size_t>(i)]; });
  }

  // Rows of the named matrices [out, in] below each other, one matrix a group where `groups` is
  // more than one.
  Result<Weight> matrices(const std::vector<std::string>& names,
                          const std::vector<int64_t>& outs,
                          int64_t in,
                          int64_t groups,
                          std::optional<DType> type) {
    std::vector<const StoredTensor*> parts;
    Weight weight;
    weight.groups = groups;
    weight.in = in;
    bool narrow = true;
    for (size_t i = 0; i < names.size(); ++i) {
      parts.push_back(TRY(stored(names[i], {outs[i], in})));
      narrow = narrow && parts.back()->type == StoredType::BF16;
      weight.out += outs[i];
    }
    if (backend_ == nullptr) return weight;
    weight.out /= groups;
    weight.dtype = type.value_or(narrow ? DType::BF16 : DType::F32);
    void* packed = TRY(deviceMemory(backend_->packedBytes(weight.dtype, groups, weight.out, in)));
    const size_t partsPerGroup = parts.size() / static_cast<size_t>(groups);
    std::vector<char> rows(
        static_cast<size_t>(weight.out * in * kernels::elementBytes(weight.dtype)));
    for (int64_t group = 0; group < groups; ++group) {
      const size_t first = static_cast<size_t>(group) * partsPerGroup;
      char* to = rows.data();
      for (const StoredTensor* part : std::span(parts).subspan(first, partsPerGroup)) {
        to = copyRows(*part, in, weight.dtype, to);
      }
      TRY(backend_->pack(weight, group, rows.data(), packed));
    }
    weight.data = packed;
    return weight;
  }
  Result<Weight> matrix(const std::string& name, int64_t out, int64_t in) {
    return matrices({name}, {out}, in, 1, options_.matrixType);
  }

  Result<LayerWeights> layer(const std::string& root, LayerKind kind) {
    LayerWeights result;
    const bool alone = config_.modelType == "mamba";
    result.mixerNorm = TRY(
        floats(root + (alone ? "norm.weight" : "input_layernorm.weight"), {config_.hiddenSize}));
    if (kind.mixer == Mixer::Mamba) {
      result.mamba = TRY(mamba(root + (alone ? "mixer." : "mamba.")));
    } else {
      result.attention = TRY(attention(root + "self_attn."));
    }
    if (kind.feedForward != FeedForward::None) {
      result.feedForwardNorm = TRY(floats(root + "pre_ff_layernorm.weight", {config_.hiddenSize}));
      result.feedForward = TRY(feedForward(root + "feed_forward.", kind.feedForward));
    }
    return result;
  }

  Result<MambaWeights> mamba(const std::string& root) {
    const int64_t hidden = config_.hiddenSize;
    const int64_t inner = config_.mambaInner;
    const int64_t state = config_.mambaDState;
    const int64_t rank = config_.mambaDtRank;
    const int64_t taps = config_.mambaDConv;
    MambaWeights result;
    result.inProj = TRY(matrix(root + "in_proj.weight", 2 * inner, hidden));
    if (config_.mambaProjBias) result.inBias = TRY(floats(root + "in_proj.bias", {2 * inner}));
    const StoredTensor* conv = TRY(stored(root + "conv1d.weight", {inner, 1, taps}));
    const std::vector<float> kernel = elementsOf(*conv);
    result.convWeight = TRY(place(taps, inner, [&](int64_t k, int64_t c) {
      return kernel[static_cast<size_t>(c * taps + k)];
    }));
    if (config_.mambaConvBias) result.convBias = TRY(floats(root + "conv1d.bias", {inner}));
    result.xProj = TRY(matrix(root + "x_proj.weight", rank + 2 * state, inner));
    if (config_.mambaInnerNorms) {
      result.deltaNorm = TRY(floats(root + "dt_layernorm.weight", {rank}));
      result.bNorm = TRY(floats(root + "b_layernorm.weight", {state}));
      result.cNorm = TRY(floats(root + "c_layernorm.weight", {state}));
    }
    result.deltaProj = TRY(matrix(root + "dt_proj.weight", inner, rank));
    result.deltaBias = TRY(floats(root + "dt_proj.bias", {inner}));
    result.a = TRY(transition(root));
    result.skip = TRY(floats(root + "D", {inner}));
    result.outProj = TRY(matrix(root + "out_proj.weight", hidden, inner));
    if (config_.mambaProjBias) result.outBias = TRY(floats(root + "out_proj.bias", {hidden}));
    return result;
  }

  // A folder holds A_log, a GGUF file A itself.
  Result<Tensor> transition(const std::string& root) {
    const int64_t inner = config_.mambaInner;
    const int64_t state = config_.mambaDState;
    const bool isReady = folder_.find(root + "A") != nullptr;
    const StoredTensor* tensor = TRY(stored(root + (isReady ? "A" : "A_log"), {inner, state}));
    const std::vector<float> values = elementsOf(*tensor);
    return place(state, inner, [&](int64_t s, int64_t c) {
      const float value = values[static_cast<size_t>(c * state + s)];
      return isReady ? value : -std::exp(value);
    });
  }

  Result<AttentionWeights> attention(const std::string& root) {
    const int64_t queries = config_.numAttentionHeads * config_.headDim;
    const int64_t keys = config_.numKeyValueHeads * config_.headDim;
    AttentionWeights result;
    result.qkv =
        TRY(matrices({root + "q_proj.weight", root + "k_proj.weight", root + "v_proj.weight"},
                     {queries, keys, keys}, config_.hiddenSize, 1, options_.matrixType));
    result.out = TRY(matrix(root + "o_proj.weight", config_.hiddenSize, queries));
    return result;
  }

  Result<FeedForwardWeights> feedForward(const std::string& root, FeedForward kind) {
    const int64_t hidden = config_.hiddenSize;
    const int64_t width = config_.intermediateSize;
    FeedForwardWeights result;
    if (kind == FeedForward::Dense) {
      // The first release called the one network of a dense layer "experts.0".
      const std::string old = root + "experts.0.";
      const std::string& at = folder_.find(old + "gate_proj.weight") != nullptr ? old : root;
      result.gate = TRY(matrix(at + "gate_proj.weight", width, hidden));
      result.up = TRY(matrix(at + "up_proj.weight", width, hidden));
      result.down = TRY(matrix(at + "down_proj.weight", hidden, width));
      return result;
    }
    const int64_t experts = config_.numExperts;
    result.router = TRY(matrices({root + "router.weight"}, {experts}, hidden, 1, DType::F32));
    const auto stack = [&](std::string_view part, int64_t out, int64_t in) {
      std::vector<std::string> names;
      for (int64_t e = 0; e < experts; ++e)
        names.push_back(fmt::format("{}experts.{}.{}.weight", root, e, part));
      return matrices(names, std::vector<int64_t>(names.size(), out), in, experts,
                      options_.matrixType);
    };
    result.gate = TRY(stack("gate_proj", width, hidden));
    result.up = TRY(stack("up_proj", width, hidden));
    result.down = TRY(stack("down_proj", hidden, width));
    return result;
  }

  const ModelFolder& folder_;
  const ModelConfig& config_;
  kernels::Backend* backend_;
  WeightCheck what_;
  const LoadOptions& options_;
  std::stop_token stop_;
  std::shared_ptr<Weights> weights_ = std::make_shared<Weights>();
  std::unique_ptr<kernels::Stream> stream_;
  std::set<std::string> used_;
  int64_t doneBytes_ = 0;
  int64_t totalBytes_ = 0;
};

Result<std::shared_ptr<const Weights>> Weights::load(const ModelFolder& folder,
                                                     const ModelConfig& config,
                                                     kernels::Backend& backend,
                                                     const LoadOptions& options,
                                                     std::stop_token stop) {
  return WeightLoader(folder, config, &backend, WeightCheck::Values, options, std::move(stop))
      .load();
}

Result<void> Weights::check(const ModelFolder& folder,
                            const ModelConfig& config,
                            WeightCheck what,
                            const std::function<void(int64_t, int64_t)>& progress,
                            std::stop_token stop) {
  const LoadOptions options{.matrixType = {}, .progress = progress};
  TRY(WeightLoader(folder, config, nullptr, what, options, std::move(stop)).load());
  return {};
}

}  // namespace lectern
