// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/weight_walk.h"

#include "core/engine/packed_image.h"
#include "core/model_file/elements.h"
#include "core/model_file/finite.h"
#include "kernels/bfloat16.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

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

// In which type a matrix of the file can be packed as it lies there.
DType ownType(StoredType type) {
  switch (type) {
    case StoredType::BF16:
      return DType::BF16;
    case StoredType::Q4_0:
      return DType::Q4_0;
    case StoredType::Q4_1:
      return DType::Q4_1;
    case StoredType::Q5_0:
      return DType::Q5_0;
    case StoredType::Q5_1:
      return DType::Q5_1;
    case StoredType::Q8_0:
      return DType::Q8_0;
    case StoredType::Q4_K:
      return DType::Q4_K;
    case StoredType::Q5_K:
      return DType::Q5_K;
    case StoredType::Q6_K:
      return DType::Q6_K;
    case StoredType::F32:
    case StoredType::F16:
    case StoredType::Other:
      break;
  }
  return DType::F32;
}

// A matrix's rows as float32 or bfloat16.
std::vector<char> converted(const StoredTensor& tensor, int64_t in, DType dtype) {
  std::vector<char> rows(static_cast<size_t>(tensor.elements() * kernels::elementBytes(dtype)));
  std::vector<float> row(static_cast<size_t>(in));
  char* to = rows.data();
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
  return rows;
}

class WeightLoader {
 public:
  WeightLoader(WeightPass pass,
               const ModelFolder& folder,
               const ModelConfig& config,
               const Devices& devices,
               WeightPlaces places,
               const LoadOptions& options,
               std::stop_token stop)
      : pass_(pass),
        folder_(folder),
        config_(config),
        devices_(devices),
        places_(std::move(places)),
        options_(options),
        stop_(std::move(stop)) {}

  Result<WeightWalk> walk() {
    for (const auto& [name, tensor] : folder_.tensors())
      totalBytes_ += static_cast<int64_t>(tensor.data.size());
    const bool pureMamba = config_.modelType == "mamba";
    const std::string root = pureMamba ? "backbone." : "model.";
    const std::string embedding = root + (pureMamba ? "embeddings.weight" : "embed_tokens.weight");
    const int64_t vocab = config_.vocabSize;
    const int64_t hidden = config_.hiddenSize;
    size_t part = 0;
    TRY(goTo(partPlace(part)));
    weights_->embedding = TRY(matrix(embedding, vocab, hidden));
    needs_.embedding = newlyPlaced();
    for (size_t i = 0; i < config_.layers.size(); ++i) {
      while (part + 1 < devices_.parts.size() &&
             static_cast<int64_t>(i) >= devices_.parts[part].layers.end) {
        ++part;
      }
      TRY(goTo(partPlace(part)));
      part_ = part;
      layer_ = i;
      needs_.layers.emplace_back();
      weights_->layers.push_back(
          TRY(layer(fmt::format("{}layers.{}.", root, i), config_.layers[i])));
      needs_.layers.back().weights += newlyPlaced();
    }
    weights_->finalNorm =
        TRY(floats(root + (pureMamba ? "norm_f.weight" : "final_layernorm.weight"), {hidden}));
    // A head in the file is used even where the config calls the matrices tied (spec: transformers
    // ties them, and no published file stores two that differ).
    needs_.headIsEmbedding = folder_.find("lm_head.weight") == nullptr;
    if (!needs_.headIsEmbedding) {
      weights_->head = TRY(matrix("lm_head.weight", vocab, hidden));
    } else if (devices_.parts.size() > 1) {
      weights_->head = TRY(matrix(embedding, vocab, hidden));
    } else {
      weights_->head = weights_->embedding;
    }
    needs_.head = newlyPlaced();
    for (const auto& [name, tensor] : folder_.tensors()) {
      if (!used_.contains(name)) {
        return unusable(
            fmt::format("it has a tensor \"{}\" that its config does not ask for", name));
      }
    }
    if (stream_ != nullptr) TRY(stream_->wait());
    return WeightWalk{weights_, std::move(places_), std::move(needs_)};
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
    const bool readsValues = pass_ == WeightPass::Values || pass_ == WeightPass::Pack;
    const int64_t bad = readsValues ? firstNotFinite(*tensor) : -1;
    if (bad >= 0) {
      return unusable(
          fmt::format("the tensor \"{}\" holds a value that is not a finite number, at {}", name,
                      placeText(*tensor, bad)));
    }
    if (used_.insert(name).second) doneBytes_ += static_cast<int64_t>(tensor->data.size());
    if (options_.progress) options_.progress(doneBytes_, totalBytes_);
    return tensor;
  }

  [[nodiscard]] WeightPlace* partPlace(size_t part) {
    return places_.parts.empty() ? nullptr : &places_.parts[part];
  }
  // What comes next is placed there; null: nowhere.
  Result<void> goTo(WeightPlace* place) {
    if (place == place_) return {};
    if (stream_ != nullptr) TRY(stream_->wait());
    place_ = place;
    placedBefore_ = place != nullptr ? place->placedBytes : 0;
    if (pass_ == WeightPass::Pack) stream_ = TRY(place->backend->newStream());
    return {};
  }
  // Bytes that were placed since this was asked, where we are.
  int64_t newlyPlaced() {
    if (place_ == nullptr) return 0;
    return place_->placedBytes - std::exchange(placedBefore_, place_->placedBytes);
  }
  // The next piece; null where nothing is placed.
  char* nextPlace(int64_t bytes) {
    if (place_ == nullptr) return nullptr;
    const bool isOfPart = place_ == partPlace(part_);
    (isOfPart ? weights_->bytes : weights_->stayingBytes) += bytes;
    place_->largestBytes = std::max(place_->largestBytes, bytes);
    char* next = place_->memory == nullptr ? nullptr : place_->memory + place_->placedBytes;
    place_->placedBytes +=
        (bytes + PackedImage::kAlignment - 1) / PackedImage::kAlignment * PackedImage::kAlignment;
    return next;
  }

  // A small tensor as a float32 matrix [rows, cols], its elements placed by `source(values, row,
  // col)`.
  Result<Tensor> place(
      const StoredTensor& tensor,
      int64_t rows,
      int64_t cols,
      const std::function<float(const std::vector<float>& values, int64_t row, int64_t col)>&
          source) {
    const int64_t bytes = rows * cols * static_cast<int64_t>(sizeof(float));
    char* device = nextPlace(bytes);
    if (pass_ == WeightPass::Pack) {
      const std::vector<float> values = elementsOf(tensor);
      std::vector<float> host(values.size());
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < cols; ++c) {
          host[static_cast<size_t>(r * cols + c)] = source(values, r, c);
        }
      }
      stream_->copyIn(device, host.data(), bytes);
      TRY(stream_->wait());
    }
    return kernels::matrix(device, DType::F32, rows, cols);
  }
  Result<Tensor> floats(const std::string& name, const std::vector<int64_t>& shape) {
    const StoredTensor* tensor = TRY(stored(name, shape));
    return place(*tensor, 1, tensor->elements(),
                 [](const std::vector<float>& values, int64_t, int64_t i) {
                   return values[static_cast<size_t>(i)];
                 });
  }

  using StoredParts = std::vector<const StoredTensor*>;
  Result<StoredParts> storedParts(const std::vector<std::string>& names, int64_t out, int64_t in) {
    StoredParts parts;
    parts.reserve(names.size());
    for (const std::string& name : names) parts.push_back(TRY(stored(name, {out, in})));
    return parts;
  }
  // Matrices [out, in], each a group of one weight, packed straight from the file where its type is
  // theirs.
  Result<Weight> packed(const StoredParts& parts,
                        int64_t out,
                        int64_t in,
                        std::optional<DType> type) {
    Weight weight{nullptr, DType::F32, static_cast<int64_t>(parts.size()), out, in};
    weight.dtype = type.value_or(commonType(parts));
    if (place_ == nullptr) return weight;
    kernels::Backend& backend = *place_->backend;
    const int64_t bytes = backend.packedBytes(weight.dtype, weight.groups, out, in);
    char* place = nextPlace(bytes);
    weight.data = place;
    if (pass_ != WeightPass::Pack) return weight;
    char* packed = place_->through != nullptr ? place_->through : place;
    for (int64_t group = 0; group < weight.groups; ++group) {
      const StoredTensor& part = *parts[static_cast<size_t>(group)];
      if (part.type != StoredType::F16 && ownType(part.type) == weight.dtype) {
        TRY(backend.pack(weight, group, part.data.data(), packed));
      } else {
        TRY(backend.pack(weight, group, converted(part, in, weight.dtype).data(), packed));
      }
    }
    if (packed == place) return weight;
    stream_->copyOut(place, packed, bytes);
    TRY(stream_->wait());
    return weight;
  }
  static DType commonType(const StoredParts& parts) {
    const DType first = ownType(parts.front()->type);
    const bool same = std::all_of(parts.begin(), parts.end(), [first](const StoredTensor* part) {
      return ownType(part->type) == first;
    });
    return same ? first : DType::F32;
  }
  Result<Weight> matrix(const std::string& name, int64_t out, int64_t in) {
    return packed(TRY(storedParts({name}, out, in)), out, in, options_.matrixType);
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
    result.convWeight =
        TRY(place(*conv, taps, inner, [&](const std::vector<float>& values, int64_t k, int64_t c) {
          return values[static_cast<size_t>(c * taps + k)];
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
    return place(*tensor, state, inner,
                 [&](const std::vector<float>& values, int64_t s, int64_t c) {
                   const float value = values[static_cast<size_t>(c * state + s)];
                   return isReady ? value : -std::exp(value);
                 });
  }

  Result<AttentionWeights> attention(const std::string& root) {
    const int64_t queries = config_.numAttentionHeads * config_.headDim;
    const int64_t keys = config_.numKeyValueHeads * config_.headDim;
    AttentionWeights result;
    result.query = TRY(matrix(root + "q_proj.weight", queries, config_.hiddenSize));
    result.key = TRY(matrix(root + "k_proj.weight", keys, config_.hiddenSize));
    result.value = TRY(matrix(root + "v_proj.weight", keys, config_.hiddenSize));
    result.out = TRY(matrix(root + "o_proj.weight", config_.hiddenSize, queries));
    return result;
  }

  Result<FeedForwardWeights> feedForward(const std::string& root, FeedForward kind) {
    const int64_t hidden = config_.hiddenSize;
    FeedForwardWeights result;
    if (kind == FeedForward::Dense) {
      // The first release called the one network of a dense layer "experts.0".
      const std::string old = root + "experts.0.";
      const std::string& at = folder_.find(old + "gate_proj.weight") != nullptr ? old : root;
      TRY(networks(result, {at}));
      return result;
    }
    const int64_t experts = config_.numExperts;
    result.router = TRY(packed(TRY(storedParts({root + "router.weight"}, experts, hidden)), experts,
                               hidden, DType::F32));
    std::vector<std::string> roots;
    roots.reserve(static_cast<size_t>(experts));
    for (int64_t e = 0; e < experts; ++e) roots.push_back(fmt::format("{}experts.{}.", root, e));
    needs_.layers.back().weights += newlyPlaced();
    if (devices_.staysAt(layer_) && place_ != nullptr) TRY(goTo(&places_.staying));
    TRY(networks(result, roots));
    if (place_ == partPlace(part_)) needs_.layers.back().experts += newlyPlaced();
    TRY(goTo(partPlace(part_)));
    return result;
  }

  // A dense network, or the experts of a layer. Gate and up are multiplied with the same tokens.
  Result<void> networks(FeedForwardWeights& result, const std::vector<std::string>& roots) {
    const int64_t hidden = config_.hiddenSize;
    const int64_t width = config_.intermediateSize;
    std::vector<std::string> gates;
    std::vector<std::string> ups;
    std::vector<std::string> downs;
    std::optional<StoredType> type;
    bool same = true;
    for (const std::string& root : roots) {
      gates.push_back(root + "gate_proj.weight");
      ups.push_back(root + "up_proj.weight");
      downs.push_back(root + "down_proj.weight");
      for (const std::string& name : {gates.back(), ups.back()}) {
        const StoredTensor* tensor = folder_.find(name);
        if (tensor == nullptr) continue;  // which is said below
        same = same && type.value_or(tensor->type) == tensor->type;
        type = tensor->type;
      }
    }
    const std::optional<DType> asked =
        options_.matrixType.has_value() || same ? options_.matrixType : DType::F32;
    const StoredParts gateParts = TRY(storedParts(gates, width, hidden));
    const StoredParts upParts = TRY(storedParts(ups, width, hidden));
    const StoredParts downParts = TRY(storedParts(downs, hidden, width));
    const auto pack = [&](Networks& to) -> Result<void> {
      to.gate = TRY(packed(gateParts, width, hidden, asked));
      to.up = TRY(packed(upParts, width, hidden, asked));
      to.down = TRY(packed(downParts, hidden, width, options_.matrixType));
      return {};
    };
    TRY(pack(result.networks));
    result.stay = place_ != nullptr && place_ == &places_.staying;
    if (!result.stay || !devices_.streams) return {};
    TRY(goTo(&places_.streamed[part_]));
    return pack(result.streamed);
  }

  WeightPass pass_;
  const ModelFolder& folder_;
  const ModelConfig& config_;
  const Devices& devices_;
  WeightPlaces places_;
  const LoadOptions& options_;
  std::stop_token stop_;
  std::shared_ptr<Weights> weights_ = std::make_shared<Weights>();
  ModelNeeds needs_;
  WeightPlace* place_ = nullptr;  // where we are, with its stream
  int64_t placedBefore_ = 0;
  std::unique_ptr<kernels::Stream> stream_;
  size_t part_ = 0;
  size_t layer_ = 0;
  std::set<std::string> used_;
  int64_t doneBytes_ = 0;
  int64_t totalBytes_ = 0;
};

}  // namespace

WeightPlaces placesOn(const Devices& devices) {
  WeightPlaces places;
  for (const Devices::Part& part : devices.parts) {
    places.parts.push_back({.backend = part.backend.get()});
  }
  places.staying.backend = devices.processor.get();
  places.streamed = places.parts;
  return places;
}

Result<WeightWalk> walkWeights(WeightPass pass,
                               const ModelFolder& folder,
                               const ModelConfig& config,
                               const Devices& devices,
                               WeightPlaces places,
                               const LoadOptions& options,
                               std::stop_token stop) {
  return WeightLoader(pass, folder, config, devices, std::move(places), options, std::move(stop))
      .walk();
}

}  // namespace lectern
