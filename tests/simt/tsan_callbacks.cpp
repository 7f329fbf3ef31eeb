// SPDX-License-Identifier: GPL-3.0-or-later
// Kernel sources are compiled with -fsanitize=thread, so the compiler puts a call in front of every
// load and store. The thread sanitizer's runtime is not linked: these are the receivers. The names
// are the compiler's (gcc and clang agree).
#include "tests/simt/block.h"
#include "tests/simt/trace.h"

#include <cstddef>
#include <cstring>

// NOLINTBEGIN(bugprone-reserved-identifier)
namespace {

using lectern::simt::AccessKind;

/// Code of the same sources that runs on the host (launchers), and library code that both share, is
/// not the kernel's.
inline void note(const void* address, size_t bytes, AccessKind kind, void* site, size_t alignment) {
  if (lectern::simt::runningBlock() == nullptr || lectern::simt::inEngine()) return;
  const lectern::simt::EngineGuard guard;
  lectern::simt::traceAccess(address, bytes, kind, site, alignment);
}

}  // namespace

extern "C" {

#define LECTERN_RECEIVE(BYTES)                                             \
  void __tsan_read##BYTES(void* p) {                                       \
    note(p, BYTES, AccessKind::Read, __builtin_return_address(0), BYTES);  \
  }                                                                        \
  void __tsan_write##BYTES(void* p) {                                      \
    note(p, BYTES, AccessKind::Write, __builtin_return_address(0), BYTES); \
  }                                                                        \
  void __tsan_unaligned_read##BYTES(void* p) {                             \
    note(p, BYTES, AccessKind::Read, __builtin_return_address(0), BYTES);  \
  }                                                                        \
  void __tsan_unaligned_write##BYTES(void* p) {                            \
    note(p, BYTES, AccessKind::Write, __builtin_return_address(0), BYTES); \
  }                                                                        \
  void __tsan_read_write##BYTES(void* p) {                                 \
    note(p, BYTES, AccessKind::Read, __builtin_return_address(0), BYTES);  \
    note(p, BYTES, AccessKind::Write, __builtin_return_address(0), BYTES); \
  }
LECTERN_RECEIVE(1)
LECTERN_RECEIVE(2)
LECTERN_RECEIVE(4)
LECTERN_RECEIVE(8)
LECTERN_RECEIVE(16)
#undef LECTERN_RECEIVE

void __tsan_read_range(void* p, size_t bytes) {
  note(p, bytes, AccessKind::Read, __builtin_return_address(0), 1);
}
void __tsan_write_range(void* p, size_t bytes) {
  note(p, bytes, AccessKind::Write, __builtin_return_address(0), 1);
}
// Launchers use shared pointers and static locals; kernels have atomicAdd and friends, which do not
// come here.
#define LECTERN_ATOMICS(BITS, T)                                                              \
  T __tsan_atomic##BITS##_load(const volatile T* p, int /*order*/) {                          \
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                              \
  }                                                                                           \
  void __tsan_atomic##BITS##_store(volatile T* p, T value, int /*order*/) {                   \
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                             \
  }                                                                                           \
  T __tsan_atomic##BITS##_exchange(volatile T* p, T value, int /*order*/) {                   \
    return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                                   \
  }                                                                                           \
  T __tsan_atomic##BITS##_fetch_add(volatile T* p, T value, int /*order*/) {                  \
    return __atomic_fetch_add(p, value, __ATOMIC_SEQ_CST);                                    \
  }                                                                                           \
  T __tsan_atomic##BITS##_fetch_sub(volatile T* p, T value, int /*order*/) {                  \
    return __atomic_fetch_sub(p, value, __ATOMIC_SEQ_CST);                                    \
  }                                                                                           \
  int __tsan_atomic##BITS##_compare_exchange_strong(volatile T* p, T* expected, T value, int, \
                                                    int) {                                    \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_SEQ_CST,           \
                                       __ATOMIC_SEQ_CST);                                     \
  }
LECTERN_ATOMICS(8, unsigned char)
LECTERN_ATOMICS(32, unsigned)
LECTERN_ATOMICS(64, unsigned long)
#undef LECTERN_ATOMICS

// clang's names for what gcc leaves to the C library.
void* __tsan_memcpy(void* to, const void* from, size_t bytes) {
  note(from, bytes, AccessKind::Read, __builtin_return_address(0), 1);
  note(to, bytes, AccessKind::Write, __builtin_return_address(0), 1);
  return std::memcpy(to, from, bytes);
}
void* __tsan_memmove(void* to, const void* from, size_t bytes) {
  note(from, bytes, AccessKind::Read, __builtin_return_address(0), 1);
  note(to, bytes, AccessKind::Write, __builtin_return_address(0), 1);
  return std::memmove(to, from, bytes);
}
void* __tsan_memset(void* to, int value, size_t bytes) {
  note(to, bytes, AccessKind::Write, __builtin_return_address(0), 1);
  return std::memset(to, value, bytes);
}
void __tsan_init() {}
void __tsan_func_entry(void* /*caller*/) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void** /*object*/, void* /*value*/) {}
void __tsan_vptr_read(void** /*object*/) {}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
