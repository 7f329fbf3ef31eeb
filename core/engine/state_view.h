// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/model_config.h"
#include "kernels/operations.h"

#include <cstdint>

namespace lectern {

/// Where the states of a sequence lie on a device, as the operands of a forward pass. Views are
/// equal where a step that was recorded for one is good for the other: pages may come and go, for a
/// step finds them by the table.
class StateView {
 public:
  static constexpr int64_t kPageTokens = 512;

  /// `fixed` is memory of mambaLayers · fixedBytes, `pageTable` that of a table of pages,
  /// [attention layer][page].
  StateView(const ModelConfig& config,
            kernels::DType cacheType,
            int64_t maxTokens,
            void* fixed,
            void* const* pageTable)
      : kvHeads_(config.numKeyValueHeads),
        headDim_(config.headDim),
        taps_(config.mambaDConv),
        states_(config.mambaDState),
        inner_(config.mambaInner),
        fixed_(static_cast<char*>(fixed)),
        pageTable_(pageTable),
        maxTokens_(maxTokens),
        cacheType_(cacheType) {}

  /// `attentionIndex` counts the device's attention layers from 0, `mambaIndex` its Mamba layers.
  [[nodiscard]] kernels::KvCache cache(int64_t attentionIndex) const {
    const int64_t pages = pagesFor(maxTokens_);
    return {
        pageTable_ + attentionIndex * pages, kPageTokens, pages, kvHeads_, headDim_, cacheType_};
  }
  [[nodiscard]] kernels::Tensor convState(int64_t mambaIndex) const {  ///< [K − 1, I]
    return kernels::matrix(fixed_ + mambaIndex * (convBytes() + ssmBytes()), kernels::DType::F32,
                           taps_ - 1, inner_);
  }
  [[nodiscard]] kernels::Tensor ssmState(int64_t mambaIndex) const {  ///< [S, I]
    return kernels::matrix(fixed_ + mambaIndex * (convBytes() + ssmBytes()) + convBytes(),
                           kernels::DType::F32, states_, inner_);
  }

  friend bool operator==(const StateView& a, const StateView& b) {
    return a.fixed_ == b.fixed_ && a.pageTable_ == b.pageTable_ && a.maxTokens_ == b.maxTokens_ &&
           a.cacheType_ == b.cacheType_;
  }

  static int64_t pagesFor(int64_t tokens) { return (tokens + kPageTokens - 1) / kPageTokens; }
  /// Bytes of one attention layer's page.
  static int64_t pageBytes(const ModelConfig& config, kernels::DType type) {
    return kPageTokens * kernels::cacheTokenBytes(type, config.numKeyValueHeads, config.headDim);
  }
  /// Bytes of one Mamba layer's convolution and SSM state.
  static int64_t fixedBytes(const ModelConfig& config) {
    return (config.mambaDConv - 1 + config.mambaDState) * config.mambaInner * kFloatBytes;
  }

 private:
  static constexpr int64_t kFloatBytes = 4;
  [[nodiscard]] int64_t convBytes() const { return (taps_ - 1) * inner_ * kFloatBytes; }
  [[nodiscard]] int64_t ssmBytes() const { return states_ * inner_ * kFloatBytes; }

  int64_t kvHeads_;
  int64_t headDim_;
  int64_t taps_;
  int64_t states_;
  int64_t inner_;
  char* fixed_;
  void* const* pageTable_;
  int64_t maxTokens_;
  kernels::DType cacheType_;
};

}  // namespace lectern
