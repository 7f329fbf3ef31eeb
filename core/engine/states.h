// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/engine/devices.h"
#include "core/engine/model_config.h"
#include "core/engine/state_view.h"
#include "core/engine/states_file.h"
#include "core/engine/token_prefix.h"
#include "kernels/backend.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

/// Everything that a sequence carries from token to token: for each attention layer the keys and
/// values so far, for each Mamba layer its convolution and SSM state, and how many tokens were
/// read. Keys and values lie in pages of 512 tokens that forks share and nobody changes once they
/// are full, so that a fork of a long reading costs the fixed states and at most one page. Mamba's
/// state cannot be rolled back: going back means restoring a saved one. A fault in the middle of a
/// step leaves it spent, and every use of it says so. Thread: one at a time. Each layer's memory is
/// on the device that computes it.
class States {
 public:
  static constexpr int64_t kPageTokens = StateView::kPageTokens;

  /// An empty sequence for up to `maxTokens` tokens. Errors: OutOfMemory.
  static Result<States> create(const ModelConfig& config,
                               kernels::DType cacheType,
                               int64_t maxTokens,
                               const Devices& devices);
  States(States&&) noexcept = default;
  States& operator=(States&&) noexcept = default;

  /// A sequence that goes on from here by itself. Errors: OutOfMemory; Internal where it is spent.
  [[nodiscard]] Result<States> fork() const;

  [[nodiscard]] int64_t position() const { return prefix_.tokens; }
  /// All tokens so far.
  [[nodiscard]] const TokenPrefix& prefix() const { return prefix_; }
  /// Prefill splits at this position + k · chunk (Engine::beginDocument).
  [[nodiscard]] int64_t gridOrigin() const { return gridOrigin_; }
  /// Bytes on the device that this sequence holds, shared pages included.
  [[nodiscard]] int64_t bytes() const;
  /// Takes the pages of so many more tokens, so that reading them takes no memory. After an
  /// Error it holds what it held. Errors: OutOfMemory; DoesNotFit behind `maxTokens`.
  Result<void> reserve(int64_t tokens);

  // Saving: two files, each written by a temporary name, synced and checksummed, so that it appears
  // whole or not at all. `modelHash` names the weights and the numerics that they are good for.
  // Errors: Storage; Internal where it is spent.
  /// Saves what does not grow with the tokens.
  Result<void> saveState(const std::filesystem::path& path,
                         const Sha256& modelHash,
                         std::string note) const;
  /// Saves the keys and values of the tokens behind `from`, which is a beginning of this sequence;
  /// and of those in front of it that share a page with them. Errors: Cancelled too.
  Result<void> savePages(const std::filesystem::path& path,
                         const Sha256& modelHash,
                         const TokenPrefix& from,
                         const std::stop_token& stop = {}) const;
  /// Bytes that the two write, besides their headers.
  [[nodiscard]] int64_t fixedBytes() const;
  [[nodiscard]] int64_t pageBytesFrom(int64_t tokens) const;
  /// Errors: InputRefused (not such files, damaged, of another model or shape, with keys and values
  /// of another type or not of all tokens, or of more tokens than `maxTokens`), OutOfMemory,
  /// Cancelled.
  static Result<States> restore(const SavedStates& saved,
                                const Sha256& modelHash,
                                const ModelConfig& config,
                                kernels::DType cacheType,
                                int64_t maxTokens,
                                const Devices& devices,
                                const std::stop_token& stop = {});

  // For the model's forward pass.
  /// Makes the cache ready for the tokens [position, position + count): pages exist and are this
  /// sequence's own. Then a step is under way, and the sequence is spent unless `advance` ends it;
  /// after an Error there is none. `streams` are those of the devices' parts. Errors: DoesNotFit,
  /// OutOfMemory; Internal where it is spent.
  Result<void> prepare(int64_t count, std::span<kernels::Stream* const> streams);
  void advance(std::span<const int32_t> tokens);
  void setGridOrigin(int64_t position) { gridOrigin_ = position; }
  /// Of the layers of one part of the devices.
  [[nodiscard]] StateView view(size_t part = 0) const;

 private:
  using PagePtr = std::shared_ptr<kernels::Buffer>;
  using Streams = std::vector<std::unique_ptr<kernels::Stream>>;
  // What lies on one device.
  struct Part {
    std::shared_ptr<kernels::Backend> backend;
    int64_t firstAttention = 0;   // of all attention layers
    kernels::Buffer fixed;        // its convolution and SSM states, layer by layer
    kernels::Buffer deviceTable;  // its rows of the page table
    std::vector<PagePtr> spare;   // of reserve, for any of its layers
  };

  States() = default;
  [[nodiscard]] Result<void> checkWhole() const;
  [[nodiscard]] Result<void> checkRoom(int64_t count) const;
  /// Pages that the next `count` tokens need in an attention layer and this sequence does not own.
  [[nodiscard]] int64_t missingPages(size_t layer, int64_t count) const;
  [[nodiscard]] Result<PagePtr> takePage(const Part& part) const;
  Result<PagePtr> newPage(Part& part);  // a spare one, if there is one
  void publishPage(int64_t layer, int64_t page, kernels::Stream& stream);
  [[nodiscard]] Result<Streams> newStreams() const;

  Devices devices_;
  ModelConfig config_;
  kernels::DType cacheType_ = kernels::DType::F32;
  int64_t maxTokens_ = 0;
  int64_t maxPages_ = 0;
  TokenPrefix prefix_;
  int64_t gridOrigin_ = 0;
  bool stepUnderWay_ = false;
  std::vector<Part> parts_;                  // in the layers' order
  std::vector<size_t> partOf_;               // [attention layer]
  std::vector<std::vector<PagePtr>> pages_;  // [attention layer][page]
  std::unique_ptr<std::vector<void*>>
      table_;  // the host's copy of the page table, [attention layer][page]
};

}  // namespace lectern
