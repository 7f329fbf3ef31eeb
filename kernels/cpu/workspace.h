// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cpu/thread_pool.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace lectern::kernels::cpu {

/// Memory that grows to the largest size it was asked for and keeps no contents; 64-byte aligned.
class Scratch {
 public:
  /// Throws std::bad_alloc.
  template <class T>
  T* get(int64_t count) {
    const int64_t bytes = count * static_cast<int64_t>(sizeof(T));
    if (bytes > bytes_) grow(bytes);
    return reinterpret_cast<T*>(data_.get());
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Release {
    void operator()(std::byte* data) const { ::operator delete(data, kAlignment); }
  };
  void grow(int64_t bytes) {
    data_.reset();
    bytes_ = 0;
    data_.reset(static_cast<std::byte*>(::operator new(static_cast<size_t>(bytes), kAlignment)));
    bytes_ = bytes;
  }

  std::unique_ptr<std::byte, Release> data_;
  int64_t bytes_ = 0;
};

/// What the kernels of one backend work with. Memory is asked for by the caller, never by a worker,
/// so that what it throws has somebody to catch it.
class Workspace {
 public:
  explicit Workspace(int threads) : pool(threads) {}

  /// A piece of `floats` for each worker; worker w's begins at the result + w · `stride`.
  struct Own {
    float* data = nullptr;
    int64_t stride = 0;
    [[nodiscard]] float* of(int worker) const { return data + worker * stride; }
  };
  Own own(int64_t floats) {
    const int64_t stride = (floats + 15) / 16 * 16;
    return {own_.get<float>(stride * pool.threads()), stride};
  }

  Scratch rows;   ///< activations in the order in which a product reads them
  Scratch parts;  ///< of an attention that was split over the cache
  Scratch plan;   ///< which token's row goes through which expert

 private:
  Scratch own_;

 public:
  ThreadPool pool;  ///< last, so that its threads end before what they use
};

}  // namespace lectern::kernels::cpu
