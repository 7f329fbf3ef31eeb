// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace lectern::simt {

/// A stack of its own with a place to continue at. One scheduler runs fibers and each goes back to
/// it by pause(); a fiber can be started anew at any time, also when it never came to its end.
/// Tells the address sanitizer about every change of stack. All of one scheduler's fibers run on
/// its thread.
class Fiber {
 public:
  Fiber() = default;
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// The next resume() calls entry() on the fresh stack. The entry never returns: it ends with
  /// pause(true).
  void start(void (*entry)());

  void resume();

  /// Back to whoever resumed; `forGood` when the fiber will only be started anew.
  void pause(bool forGood = false);

  /// The first thing an entry does.
  void entered();

  bool owns(uintptr_t address) const {
    return address - reinterpret_cast<uintptr_t>(stack_) < kStackBytes;
  }

 private:
  // Kernels keep some hundred values; the address sanitizer multiplies that. Only touched pages
  // take memory.
  static constexpr size_t kStackBytes = size_t{256} << 10;

  char* stack_ = nullptr;
  void* stackPointer_ = nullptr;
  void* schedulerStackPointer_ = nullptr;
  void* fakeStack_ = nullptr;
  void* schedulerFakeStack_ = nullptr;
  const void* schedulerStack_ = nullptr;
  size_t schedulerStackBytes_ = 0;
};

}  // namespace lectern::simt
