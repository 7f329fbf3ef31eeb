// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/devices.h"
#include "core/engine/model_config.h"
#include "core/engine/packed_image.h"
#include "core/engine/placement.h"
#include "core/model_file/model_folder.h"
#include "kernels/backend.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

// Shapes are those of kernels/operations.h, where each is used. H hidden, I inner, S state, K conv
// taps, R rank, F width of the feed-forward network, N query heads, G key/value heads, D head size.

struct MambaWeights {
  kernels::Weight inProj;      ///< [2 I, H]: x, then the gate z
  kernels::Tensor inBias;      ///< [1, 2 I]; absent in all published models
  kernels::Tensor convWeight;  ///< [K, I]
  kernels::Tensor convBias;    ///< [1, I]; may be absent
  kernels::Weight xProj;       ///< [R + 2 S, I]
  kernels::Tensor deltaNorm;   ///< [1, R]; the three norms are absent in Mamba-1
  kernels::Tensor bNorm;       ///< [1, S]
  kernels::Tensor cNorm;       ///< [1, S]
  kernels::Weight deltaProj;   ///< [I, R]
  kernels::Tensor deltaBias;   ///< [1, I]
  kernels::Tensor a;           ///< [S, I]: −exp(A_log), transposed
  kernels::Tensor skip;        ///< [1, I]: D
  kernels::Weight outProj;     ///< [H, I]
  kernels::Tensor outBias;     ///< [1, H]; absent in all published models
};

struct AttentionWeights {
  kernels::Weight query;  ///< [N D, H]
  kernels::Weight key;    ///< [G D, H]
  kernels::Weight value;  ///< [G D, H]
  kernels::Weight out;    ///< [H, N D]
};

struct Networks {
  kernels::Weight gate;  ///< [F, H], one group or E
  kernels::Weight up;    ///< [F, H]
  kernels::Weight down;  ///< [H, F]
};

struct FeedForwardWeights {
  kernels::Weight router;  ///< [E, H]; absent in a dense network
  Networks networks;
  bool stay = false;  ///< `networks` are experts in the host's memory, packed for the processor
  /// The same in the host's memory as the layer's device packs them; absent where they are not sent
  /// there.
  Networks streamed;
};

struct LayerWeights {
  kernels::Tensor mixerNorm;        ///< [1, H]
  MambaWeights mamba;               ///< of a Mamba layer
  AttentionWeights attention;       ///< of an attention layer
  kernels::Tensor feedForwardNorm;  ///< [1, H]; absent where there is no network
  FeedForwardWeights feedForward;
};

struct LoadOptions {
  /// Element type of the matrices in memory, float32 or bfloat16; by default that of the file, but
  /// float32 for those of binary16, and for those that are read together and differ in type. Norms,
  /// biases, convolution, A, D and router are float32 always.
  std::optional<kernels::DType> matrixType;
  std::function<void(int64_t doneBytes, int64_t totalBytes)> progress;
  /// Where packed weights are kept for the next time; empty: nowhere. Of backends in the host's
  /// memory alone.
  std::filesystem::path packedFolder;
};

/// How much of a model is looked at: its tensors' names, shapes and types cost nothing, its values
/// a reading of the whole file.
enum class WeightCheck : uint8_t { Shapes, Values };

struct WeightShapes;

/// A model's numbers on its devices, packed for them. Immutable once loaded.
class Weights {
 public:
  /// Errors: ModelUnusable (a tensor is missing, has another shape or type than the config asks
  /// for, or holds a NaN or an infinity; its name and both shapes, or the value's place, are said;
  /// tensors that the config does not ask for are an error too), OutOfMemory, Cancelled.
  static Result<std::shared_ptr<const Weights>> load(const ModelFolder& folder,
                                                     const ModelConfig& config,
                                                     const Devices& devices,
                                                     const LoadOptions& options,
                                                     std::stop_token stop);
  /// The same with all of it on one backend, which outlives it.
  static Result<std::shared_ptr<const Weights>> load(const ModelFolder& folder,
                                                     const ModelConfig& config,
                                                     kernels::Backend& backend,
                                                     const LoadOptions& options,
                                                     std::stop_token stop);

  /// What `load` would make, with addresses that stand for none: to plan memory by. Errors:
  /// ModelUnusable.
  static Result<WeightShapes> shapes(const ModelFolder& folder,
                                     const ModelConfig& config,
                                     kernels::Backend& backend,
                                     std::optional<kernels::DType> matrixType);

  /// Refuses what `load` would refuse of the file, without a backend and without memory for the
  /// weights.
  static Result<void> check(
      const ModelFolder& folder,
      const ModelConfig& config,
      WeightCheck what,
      const std::function<void(int64_t doneBytes, int64_t totalBytes)>& progress,
      std::stop_token stop);

  kernels::Weight embedding;  ///< [V, H]
  kernels::Tensor finalNorm;  ///< [1, H]
  kernels::Weight head;       ///< [V, H]; the embedding where the file has no head of its own
  std::vector<LayerWeights> layers;
  int64_t bytes = 0;         ///< on the devices
  int64_t stayingBytes = 0;  ///< of experts that stay in the host's memory
  /// SHA-256 over the names, types and values of all tensors of the file.
  Sha256 contentSum{};
  /// They were packed before, and mapped now.
  bool wereKept = false;
  /// Why they are not kept although a folder was named; empty: they are.
  std::string notKept;

 private:
  std::vector<kernels::Buffer> buffers_;  // they hold them, or the image
  std::shared_ptr<const PackedImage> packed_;
};

struct WeightShapes {
  std::shared_ptr<const Weights> weights;
  ModelNeeds needs;  ///< of one device; states and working memory are not in it

  /// Of the device's memory, with what aligns them.
  [[nodiscard]] int64_t bytes() const { return needs.bytes(); }
};

}  // namespace lectern
