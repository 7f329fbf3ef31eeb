// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/check.h"
#include "kernels/cuda/cuda_backend.h"
#include "kernels/cuda/probe.h"
#include "kernels/plugin_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

// The plug-in's side of kernels/plugin_table.h. A plugin::Device is a CudaBackend, a plugin::Queue
// a CudaStream, a plugin::Recording a Recording.

namespace lectern::kernels::cuda {

namespace {

using plugin::AnyOperation;
using plugin::DeviceFacts;
using plugin::Fault;

template <size_t room>
void write(char (&to)[room], std::string_view text) {
  const size_t length = std::min(text.size(), room - 1);
  text.copy(to, length);
  to[length] = '\0';
}

void write(Fault& fault, const Error& error) {
  fault.code = static_cast<int32_t>(error.code) + 1;
  write(fault.text, error.message);
}

// What `body` returns; where it throws, a fault and nothing.
template <class Body>
auto guarded(Fault& fault, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    write(fault, {ErrorCode::OutOfMemory, "The system has no memory left. Close other programs."});
  } catch (const std::exception& error) {
    write(fault, {ErrorCode::Internal, error.what()});
  }
  return decltype(body())();
}

// The value, or a fault and null.
template <class T>
T valueOr(Fault& fault, Result<T> result) {
  if (result) return std::move(*result);
  write(fault, result.error());
  return T();
}

template <size_t... Index>
Operation operationOf(const AnyOperation& any, std::index_sequence<Index...> /*all*/) {
  Operation operation;
  const bool isKnown =
      ((any.kind == Index &&
        (operation.emplace<Index>(
             *static_cast<const std::variant_alternative_t<Index, Operation>*>(any.fields)),
         true)) ||
       ...);
  LECTERN_CHECK(isKnown);
  return operation;
}
Operation operationOf(const AnyOperation& any) {
  return operationOf(any, std::make_index_sequence<std::variant_size_v<Operation>>());
}

CudaBackend& backendOf(plugin::Device* device) {
  return *reinterpret_cast<CudaBackend*>(device);
}
Queue& queueOf(plugin::Queue* queue) {
  return reinterpret_cast<CudaStream*>(queue)->queue();
}

int32_t devices(DeviceFacts* facts, int32_t room, Fault* fault) {
  return guarded(*fault, [&]() -> int32_t {
    const std::vector<CardFacts> cards = valueOr(*fault, findCards());
    for (size_t i = 0; i < cards.size() && static_cast<int32_t>(i) < room; ++i) {
      const std::string why = whyNotUsable(cards[i]);
      facts[i] = {};
      facts[i].isUsable = why.empty() ? 1 : 0;
      facts[i].memoryBytes = cards[i].memoryBytes;
      write(facts[i].hardware, cards[i].name);
      write(facts[i].reason, why);
    }
    return static_cast<int32_t>(cards.size());
  });
}

plugin::Device* open(int32_t index, Fault* fault) {
  return guarded(*fault, [&] {
    return reinterpret_cast<plugin::Device*>(valueOr(*fault, CudaBackend::open(index)).release());
  });
}

void close(plugin::Device* device) {
  delete &backendOf(device);
}

void facts(plugin::Device* device, DeviceFacts* facts) {
  Fault ignored{};
  guarded(ignored, [&] {
    const BackendProperties properties = backendOf(device).properties();
    facts->isUsable = properties.usable ? 1 : 0;
    facts->rowsAtOnce = static_cast<int32_t>(properties.rowsAtOnce);
    facts->memoryBytes = properties.memoryBytes;
    facts->memoryFreeBytes = properties.memoryFreeBytes;
    write(facts->hardware, properties.device);
    write(facts->reason, properties.reason);
    write(facts->products, properties.products);
  });
}

void* allocate(plugin::Device* device, int64_t bytes, const char* purpose, Fault* fault) {
  return guarded(*fault,
                 [&] { return valueOr(*fault, backendOf(device).allocateBytes(bytes, purpose)); });
}

void release(plugin::Device* device, void* data) {
  CudaBackend::release(backendOf(device).device(), data);
}

const char* packing(plugin::Device* device) {
  static const std::string word = backendOf(device).packing();
  return word.c_str();
}

int64_t packedBytes(plugin::Device* device, DType dtype, int64_t groups, int64_t out, int64_t in) {
  return backendOf(device).packedBytes(dtype, groups, out, in);
}

int64_t workspaceBytes(plugin::Device* device, const AnyOperation* operation) {
  return backendOf(device).workspaceBytes(operationOf(*operation));
}

void pack(plugin::Device* device,
          const Weight* weight,
          int64_t group,
          const void* rows,
          void* packed,
          Fault* fault) {
  guarded(*fault, [&] {
    const auto done = backendOf(device).pack(*weight, group, rows, packed);
    if (!done) write(*fault, done.error());
  });
}

plugin::Recording* record(plugin::Device* device,
                          const AnyOperation* operations,
                          int64_t count,
                          Fault* fault) {
  return guarded(*fault, [&] {
    std::vector<Operation> list;
    list.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) list.push_back(operationOf(operations[i]));
    auto recording = valueOr(*fault, backendOf(device).record(std::move(list)));
    return reinterpret_cast<plugin::Recording*>(recording.release());
  });
}

void closeRecording(plugin::Recording* recording) {
  delete reinterpret_cast<Recording*>(recording);
}

plugin::Queue* newStream(plugin::Device* device, Fault* fault) {
  return guarded(*fault, [&] {
    auto stream = valueOr(*fault, backendOf(device).newStream());
    return reinterpret_cast<plugin::Queue*>(static_cast<CudaStream*>(stream.release()));
  });
}

void closeStream(plugin::Queue* queue) {
  delete reinterpret_cast<CudaStream*>(queue);
}

// Enqueueing reports nothing; what goes wrong is kept for `wait`.
template <class Body>
void onQueue(plugin::Queue* handle, Body&& body) {
  Queue& queue = queueOf(handle);
  Fault fault{};
  guarded(fault, [&] { body(queue); });
  if (fault.code != 0) queue.fail({static_cast<ErrorCode>(fault.code - 1), fault.text});
}

void copyIn(plugin::Queue* queue, void* to, const void* from, int64_t bytes) {
  onQueue(queue, [&](Queue& q) { q.copyIn(to, from, bytes); });
}
void copyOut(plugin::Queue* queue, void* to, const void* from, int64_t bytes) {
  onQueue(queue, [&](Queue& q) { q.copyOut(to, from, bytes); });
}
void copy(plugin::Queue* queue, void* to, const void* from, int64_t bytes) {
  onQueue(queue, [&](Queue& q) { q.copy(to, from, bytes); });
}
void enqueue(plugin::Queue* queue, const AnyOperation* operation) {
  onQueue(queue, [&](Queue& q) { q.enqueue(operationOf(*operation)); });
}
void replay(plugin::Queue* queue, const plugin::Recording* recording, int64_t contextTokens) {
  const auto* graph =
      static_cast<const GraphRecording*>(reinterpret_cast<const Recording*>(recording));
  onQueue(queue, [&](Queue& q) { q.replay(*graph, contextTokens); });
}
void reserve(plugin::Queue* queue, int64_t bytes, Fault* fault) {
  guarded(*fault, [&] {
    const auto done = queueOf(queue).reserve(bytes);
    if (!done) write(*fault, done.error());
  });
}
void wait(plugin::Queue* queue, Fault* fault) {
  guarded(*fault, [&] {
    const auto done = queueOf(queue).wait();
    if (!done) write(*fault, done.error());
  });
}

constexpr plugin::Table kTable = {plugin::kVersion,
                                  plugin::layoutSum(),
                                  devices,
                                  open,
                                  close,
                                  facts,
                                  allocate,
                                  release,
                                  packing,
                                  packedBytes,
                                  workspaceBytes,
                                  pack,
                                  record,
                                  closeRecording,
                                  newStream,
                                  closeStream,
                                  copyIn,
                                  copyOut,
                                  copy,
                                  enqueue,
                                  replay,
                                  reserve,
                                  wait};

}  // namespace

}  // namespace lectern::kernels::cuda

extern "C" __attribute__((visibility("default"))) const lectern::kernels::plugin::Table*
lecternPlugin(uint32_t version) {
  return version == lectern::kernels::plugin::kVersion ? &lectern::kernels::cuda::kTable : nullptr;
}
