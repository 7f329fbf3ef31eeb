// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simt/fiber.h"

#include <sys/mman.h>

#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define LECTERN_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LECTERN_ADDRESS_SANITIZER 1
#endif
#endif

#if defined(LECTERN_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// ucontext's switch makes a system call; this one saves what the ABI says a callee keeps: 40 ns for
// a barrier.
extern "C" void lecternSwitchStack(void** save, void* to);
asm(R"(
.text
.globl lecternSwitchStack
.type lecternSwitchStack,@function
lecternSwitchStack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size lecternSwitchStack,.-lecternSwitchStack
)");

namespace lectern::simt {
namespace {

constexpr int kSavedRegisters = 6;
constexpr size_t kPageBytes = 4096;

}  // namespace

Fiber::~Fiber() {
  if (stack_ != nullptr) munmap(stack_ - kPageBytes, kStackBytes + kPageBytes);
}

void Fiber::start(void (*entry)()) {
  if (stack_ == nullptr) {
    void* mapped = mmap(nullptr, kStackBytes + kPageBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    mprotect(mapped, kPageBytes, PROT_NONE);  // An overflow stops here.
    stack_ = static_cast<char*>(mapped) + kPageBytes;
  }
#if defined(LECTERN_ADDRESS_SANITIZER)
  __asan_unpoison_memory_region(stack_, kStackBytes);
#endif
  void** top = reinterpret_cast<void**>(stack_ + kStackBytes);
  *--top = nullptr;  // The entry has no caller; its stack is aligned as if it had.
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < kSavedRegisters; ++i) *--top = nullptr;
  stackPointer_ = top;
  fakeStack_ = nullptr;
}

void Fiber::resume() {
#if defined(LECTERN_ADDRESS_SANITIZER)
  __sanitizer_start_switch_fiber(&schedulerFakeStack_, stack_, kStackBytes);
#endif
  lecternSwitchStack(&schedulerStackPointer_, stackPointer_);
#if defined(LECTERN_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(schedulerFakeStack_, nullptr, nullptr);
#endif
}

void Fiber::entered() {
#if defined(LECTERN_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(nullptr, &schedulerStack_, &schedulerStackBytes_);
#endif
}

void Fiber::pause([[maybe_unused]] bool forGood) {
#if defined(LECTERN_ADDRESS_SANITIZER)
  __sanitizer_start_switch_fiber(forGood ? nullptr : &fakeStack_, schedulerStack_,
                                 schedulerStackBytes_);
#endif
  lecternSwitchStack(&stackPointer_, schedulerStackPointer_);
#if defined(LECTERN_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(fakeStack_, &schedulerStack_, &schedulerStackBytes_);
#endif
}

}  // namespace lectern::simt
