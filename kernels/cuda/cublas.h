// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/cublas_api.h"
#include "kernels/cuda/product_library.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace lectern::kernels::cuda {

/// NVIDIA's cuBLAS for one card, where the machine has it: found at run time, never required. One
/// handle, made when the card is opened; after that the library allocates nothing, because each
/// product brings a workspace. A product that it refuses ends its use.
///
/// LECTERN_CUBLAS is the library's file or the folder it lies in, or "off"; otherwise the system's
/// search path decides. Version 13 is preferred to 12.
class Cublas final : public ProductLibrary {
 public:
  /// Never fails: `description` says what came of it. The card must be the calling thread's.
  static std::shared_ptr<Cublas> open(int device, int computeMajor);
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;
  ~Cublas() override;

  /// Who multiplies, for the user: "cuBLAS 13.1.0", or "Lectern's own" with why not cuBLAS.
  [[nodiscard]] std::string description() const;

  [[nodiscard]] bool takes(int64_t rows, int64_t outs, int64_t inner) const override;
  [[nodiscard]] int64_t workspaceBytes() const override { return workspaceBytes_; }
  bool multiply(const LibraryProduct& product, void* workspace, cudaStream_t stream) override;

  /// The least that it is asked for. Tests, whose models are small, ask for less.
  struct Least {
    /// Fewer rows are a matter of reading the weight once.
    int64_t rows = 8;
    /// Of the weight: a key projection of 128 × 2560 has more. Smaller ones are multiplied in less
    /// time than two more launches take.
    int64_t elements = int64_t{1} << 18;
  };
  static void setLeast(Least least);

 private:
  struct Functions {
    cublas::Create create = nullptr;
    cublas::Destroy destroy = nullptr;
    cublas::GetVersion getVersion = nullptr;
    cublas::SetStream setStream = nullptr;
    cublas::SetWorkspace setWorkspace = nullptr;
    cublas::GemmEx gemmEx = nullptr;
  };

  Cublas() = default;
  bool load(const std::string& place);
  bool lookUp(void* library, const std::string& file);
  void start();
  bool refuse(std::string_view function, int status);

  int device_ = 0;
  int64_t workspaceBytes_ = 0;
  Functions functions_;
  std::atomic<bool> isUsed_ = false;
  mutable std::mutex mutex_;  // guards what follows: a handle has one stream at a time
  cublas::Handle handle_ = nullptr;
  std::string version_;
  std::string whyNot_;
};

}  // namespace lectern::kernels::cuda
