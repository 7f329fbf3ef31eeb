// SPDX-License-Identifier: GPL-3.0-or-later
// Streams and events.
#include "tests/cuda_runtime/state.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace lectern::cuda_runtime {
namespace {

cudaError_t createStream(cudaStream_t* out, unsigned int flags) {
  if (out == nullptr) return cudaErrorInvalidValue;
  auto stream = std::make_unique<CUstream_st>();
  stream->blocking = (flags & cudaStreamNonBlocking) == 0;
  stream->device = currentDevice();
  stream->chain = order().newChain();
  *out = stream.get();
  state().streams.push_back(std::move(stream));
  return cudaSuccess;
}

/// What was enqueued still runs.
cudaError_t destroyStream(cudaStream_t handle) {
  auto& all = state().streams;
  const auto found =
      std::find_if(all.begin(), all.end(), [handle](const auto& s) { return s.get() == handle; });
  if (found == all.end()) {
    return misuse(cudaErrorInvalidResourceHandle, "cudaStreamDestroy",
                  "no stream, or destroyed already");
  }
  runUntil((*found)->last);
  all.erase(found);
  return state().lost;
}

cudaError_t waitForStream(cudaStream_t handle) {
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (stream->capture != nullptr) {
    refuseDuringCapture();
    return cudaErrorStreamCaptureUnsupported;
  }
  Clock known;
  for (const OperationPtr& last : predecessors(*stream, known)) runUntil(last);
  hostKnows(known);
  checkRedZones("cudaStreamSynchronize");
  return state().lost;
}

cudaError_t waitForAll() {
  if (const cudaError_t refused = refuseDuringCapture(); refused != cudaSuccess) return refused;
  runAll();
  hostKnows(state().legacy.known);
  for (const auto& stream : state().streams) hostKnows(stream->known);
  checkRedZones("cudaDeviceSynchronize");
  return state().lost;
}

/// Asking moves the work on, or a program that polls would never end.
cudaError_t answerQuery(const OperationPtr& operation, const Clock& known) {
  if (operation != nullptr && !operation->over) {
    runSome();
    return state().lost != cudaSuccess ? state().lost : cudaErrorNotReady;
  }
  hostKnows(known);
  return state().lost;
}

CUevent_st* eventOf(cudaEvent_t handle, const char* function) {
  for (const auto& event : state().events) {
    if (event.get() == handle) return event.get();
  }
  report(FindingKind::Runtime, function, "a handle that is no event, or of a destroyed one");
  return nullptr;
}

cudaError_t createEvent(cudaEvent_t* out, unsigned int flags) {
  if (out == nullptr) return cudaErrorInvalidValue;
  auto event = std::make_unique<CUevent_st>();
  event->timed = (flags & cudaEventDisableTiming) == 0;
  *out = event.get();
  state().events.push_back(std::move(event));
  return cudaSuccess;
}

cudaError_t recordEvent(cudaEvent_t handle, cudaStream_t streamHandle) {
  CUevent_st* event = eventOf(handle, "cudaEventRecord");
  CUstream_st* stream = streamOf(streamHandle);
  if (event == nullptr || stream == nullptr) return cudaErrorInvalidResourceHandle;
  event->recorded = true;
  event->capture = stream->capture;
  event->nodes = stream->captured;
  if (stream->capture != nullptr) return cudaSuccess;
  OperationPtr mark;
  const cudaError_t result = enqueue(streamHandle, "event", [] {}, &mark);
  if (result != cudaSuccess) return result;
  event->operation = mark;
  event->known = mark->known;
  return cudaSuccess;
}

/// A stream that waits for an event of a capture takes part in it.
cudaError_t joinCapture(CUstream_st& stream, const CUevent_st& event) {
  if (stream.capture == nullptr) {
    stream.capture = event.capture;
    stream.captured.clear();
    stream.branch = event.capture->graph.branches++;
  }
  if (stream.capture != event.capture) return cudaErrorStreamCaptureMerge;
  for (const int node : event.nodes) {
    if (std::find(stream.captured.begin(), stream.captured.end(), node) == stream.captured.end()) {
      stream.captured.push_back(node);
    }
  }
  return cudaSuccess;
}

cudaError_t waitForEvent(cudaStream_t streamHandle, cudaEvent_t handle) {
  CUevent_st* event = eventOf(handle, "cudaStreamWaitEvent");
  CUstream_st* stream = streamOf(streamHandle);
  if (event == nullptr || stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (event->capture != nullptr) return joinCapture(*stream, *event);
  if (stream->capture != nullptr) {
    stream->capture->broken = true;
    return misuse(cudaErrorStreamCaptureIsolation, "cudaStreamWaitEvent",
                  "a captured stream waits for an event from outside the capture");
  }
  if (!event->recorded) return cudaSuccess;
  Clock known;
  std::vector<OperationPtr> after = predecessors(*stream, known);
  after.push_back(event->operation);
  merge(known, event->known);
  stream->last = addOperation("wait for an event", [] {}, after, stream->chain, std::move(known));
  stream->known = stream->last->known;
  return cudaSuccess;
}

}  // namespace
}  // namespace lectern::cuda_runtime

using namespace lectern::cuda_runtime;  // NOLINT(google-build-using-namespace): the functions below
                                        // are C's

extern "C" {

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return call("cudaStreamCreate", [&] { return createStream(stream, cudaStreamDefault); });
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return call("cudaStreamCreateWithFlags", [&] { return createStream(stream, flags); });
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream,
                                         unsigned int flags,
                                         int /*priority*/) {
  return call("cudaStreamCreateWithPriority", [&] { return createStream(stream, flags); });
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return call("cudaStreamDestroy", [&] { return destroyStream(stream); });
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return call("cudaStreamSynchronize", [&] { return waitForStream(stream); });
}
cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return call("cudaStreamQuery", [&] {
    const CUstream_st* stream = streamOf(handle);
    return stream == nullptr ? cudaErrorInvalidResourceHandle
                             : answerQuery(stream->last, stream->known);
  });
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int /*flags*/) {
  return call("cudaStreamWaitEvent", [&] { return waitForEvent(stream, event); });
}
cudaError_t cudaDeviceSynchronize() {
  return call("cudaDeviceSynchronize", [&] { return waitForAll(); });
}
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  return call("cudaLaunchHostFunc", [&] {
    return enqueue(stream, "host function", [function, data] { function(data); });
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return call("cudaEventCreate", [&] { return createEvent(event, cudaEventDefault); });
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return call("cudaEventCreateWithFlags", [&] { return createEvent(event, flags); });
}
cudaError_t cudaEventDestroy(cudaEvent_t handle) {
  return call("cudaEventDestroy", [&] {
    if (eventOf(handle, "cudaEventDestroy") == nullptr) return cudaErrorInvalidResourceHandle;
    std::erase_if(state().events, [handle](const auto& event) { return event.get() == handle; });
    return cudaSuccess;
  });
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return call("cudaEventRecord", [&] { return recordEvent(event, stream); });
}
cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
  return call("cudaEventSynchronize", [&] {
    const CUevent_st* event = eventOf(handle, "cudaEventSynchronize");
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    runUntil(event->operation);
    hostKnows(event->known);
    return state().lost;
  });
}
cudaError_t cudaEventQuery(cudaEvent_t handle) {
  return call("cudaEventQuery", [&] {
    const CUevent_st* event = eventOf(handle, "cudaEventQuery");
    return event == nullptr ? cudaErrorInvalidResourceHandle
                            : answerQuery(event->operation, event->known);
  });
}
/// There is no time here: what is over took a thousandth of a millisecond.
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return call("cudaEventElapsedTime", [&] {
    const CUevent_st* from = eventOf(start, "cudaEventElapsedTime");
    const CUevent_st* to = eventOf(end, "cudaEventElapsedTime");
    if (from == nullptr || to == nullptr || !from->timed || !to->timed || !from->recorded ||
        !to->recorded) {
      return cudaErrorInvalidResourceHandle;
    }
    const bool over = (from->operation == nullptr || from->operation->over) &&
                      (to->operation == nullptr || to->operation->over);
    if (!over) return cudaErrorNotReady;
    *milliseconds = 0.001F;
    return cudaSuccess;
  });
}

}  // extern "C"
