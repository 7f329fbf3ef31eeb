// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/state.h"

#include <algorithm>
#include <utility>

namespace lectern::cuda_runtime {

State& state() {
  static State instance;
  return instance;
}

cudaError_t& lastError() {
  thread_local cudaError_t error = cudaSuccess;
  return error;
}

void reset(const Settings& settings) {
  const std::lock_guard lock(state().mutex);
  State& all = state();
  all.settings = settings;
  all.random.seed(settings.seed);
  all.streams.clear();
  all.events.clear();
  all.graphs.clear();
  all.executables.clear();
  all.ready.clear();
  all.pending = 0;
  all.host.clear();
  chooseDevice(0);
  all.runningDevice = -1;
  all.refusesMemory = false;
  all.lost = cudaSuccess;
  all.failures.clear();
  all.calls.clear();
  all.allCalls = 0;
  all.allocationsMade = 0;
  order().reset();
  all.legacy = CUstream_st{};
  all.legacy.chain = order().newChain();
  forgetMemory();
  clearFindings();
  lastError() = cudaSuccess;
}

const Settings& settings() {
  return state().settings;
}

void failCall(int k, cudaError_t error, std::string function) {
  const std::lock_guard lock(state().mutex);
  state().failures.push_back({k, error, std::move(function)});
}

void refuseMemory(bool refuse) {
  const std::lock_guard lock(state().mutex);
  state().refusesMemory = refuse;
}

bool isOfRunningDevice(const Allocation& allocation) {
  const int running = state().runningDevice;
  return allocation.device < 0 || running < 0 || allocation.device == running;
}

int64_t callCount(const std::string& function) {
  const std::lock_guard lock(state().mutex);
  if (function.empty()) return state().allCalls;
  const auto found = state().calls.find(function);
  return found == state().calls.end() ? 0 : found->second;
}

cudaError_t admit(const char* function) {
  State& all = state();
  ++all.allCalls;
  ++all.calls[function];
  cudaError_t planned = cudaSuccess;
  for (PlannedFailure& failure : all.failures) {
    if (!failure.function.empty() && failure.function != function) continue;
    if (--failure.callsLeft == 0 && planned == cudaSuccess) planned = failure.error;
  }
  if (planned != cudaSuccess) return planned;
  if (all.settings.driverVersion == 0) return cudaErrorInsufficientDriver;
  if (all.settings.devices == 0) return cudaErrorNoDevice;
  return all.lost;
}

void fault(cudaError_t error) {
  if (state().lost == cudaSuccess) state().lost = error;
}

int64_t pendingOperations() {
  const std::lock_guard lock(state().mutex);
  return state().pending;
}

cudaError_t misuse(cudaError_t error, const std::string& function, const std::string& text) {
  report(FindingKind::Runtime, function, text);
  return error;
}

CUstream_st* streamOf(cudaStream_t handle) {
  if (handle == nullptr || handle == cudaStreamLegacy) return &state().legacy;
  for (const auto& stream : state().streams) {
    if (stream.get() == handle) return stream.get();
  }
  report(FindingKind::Runtime, "stream", "a handle that is no stream, or of a destroyed one");
  return nullptr;
}

std::vector<OperationPtr> predecessors(CUstream_st& stream, Clock& known) {
  std::vector<OperationPtr> after;
  const auto behind = [&](const CUstream_st& other) {
    if (other.last != nullptr && !other.last->over) after.push_back(other.last);
    merge(known, other.known);
  };
  known = state().host;
  behind(stream);
  if (&stream == &state().legacy) {
    for (const auto& other : state().streams) {
      if (other->blocking) behind(*other);
    }
  } else if (stream.blocking) {
    behind(state().legacy);
  }
  return after;
}

OperationPtr addOperation(std::string name,
                          std::function<void()> run,
                          const std::vector<OperationPtr>& after,
                          uint32_t chain,
                          Clock known) {
  auto operation = std::make_shared<Operation>();
  operation->name = std::move(name);
  operation->run = std::move(run);
  for (const OperationPtr& earlier : after) {
    if (earlier == nullptr) continue;
    merge(known, earlier->known);
    if (earlier->over) continue;
    earlier->next.push_back(operation);
    ++operation->missing;
  }
  operation->stamp = order().newOperation(chain, known, operation->name);
  operation->known = std::move(known);
  ++state().pending;
  if (operation->missing == 0) state().ready.push_back(operation);
  return operation;
}

namespace {

cudaError_t record(CUstream_st& stream, std::string name, std::function<void()> run) {
  Capture& capture = *stream.capture;
  if (capture.broken) return cudaErrorStreamCaptureInvalidated;
  capture.graph.nodes.push_back({std::move(name), std::move(run), stream.captured, stream.branch});
  stream.captured = {static_cast<int>(capture.graph.nodes.size()) - 1};
  return cudaSuccess;
}

/// The legacy stream waits for blocking streams, and a capture cannot be waited for.
bool legacyMeetsCapture(const CUstream_st& stream) {
  if (&stream != &state().legacy) return false;
  return std::any_of(state().streams.begin(), state().streams.end(), [](const auto& other) {
    return other->blocking && other->capture != nullptr;
  });
}

}  // namespace

cudaError_t enqueue(cudaStream_t handle,
                    std::string name,
                    std::function<void()> run,
                    OperationPtr* enqueued) {
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (stream->capture != nullptr) return record(*stream, std::move(name), std::move(run));
  if (legacyMeetsCapture(*stream)) {
    refuseDuringCapture();
    return misuse(cudaErrorStreamCaptureImplicit, name,
                  "the default stream is used while a stream that waits for it is captured");
  }
  Clock known;
  const std::vector<OperationPtr> after = predecessors(*stream, known);
  stream->last =
      addOperation(std::move(name), std::move(run), after, stream->chain, std::move(known));
  stream->known = stream->last->known;
  if (enqueued != nullptr) *enqueued = stream->last;
  return cudaSuccess;
}

void runSome() {
  State& all = state();
  if (all.ready.empty()) return;
  std::uniform_int_distribution<size_t> pick(0, all.ready.size() - 1);
  const size_t chosen = pick(all.random);
  const OperationPtr operation = all.ready[chosen];
  all.ready[chosen] = all.ready.back();
  all.ready.pop_back();
  if (all.lost == cudaSuccess) {
    order().begin(operation->stamp, operation->known);
    all.running = operation->name;
    operation->run();
  }
  operation->over = true;
  operation->run = nullptr;
  --all.pending;
  for (const OperationPtr& later : operation->next) {
    if (--later->missing == 0) all.ready.push_back(later);
  }
  operation->next.clear();
}

void runUntil(const OperationPtr& operation) {
  while (operation != nullptr && !operation->over) runSome();
}

void runAll() {
  while (state().pending > 0) runSome();
}

void hostKnows(const Clock& clock) {
  merge(state().host, clock);
}

cudaError_t refuseDuringCapture() {
  cudaError_t refused = cudaSuccess;
  for (const auto& stream : state().streams) {
    if (stream->capture == nullptr || stream->capture->mode == cudaStreamCaptureModeRelaxed)
      continue;
    stream->capture->broken = true;
    refused = cudaErrorStreamCaptureUnsupported;
  }
  return refused;
}

cudaError_t enqueueLaunch(cudaStream_t stream, std::function<void()> run, LaunchInfo info) {
  return call("cudaLaunchKernel", [&] {
    const CUstream_st* queue = streamOf(stream);
    if (queue == nullptr) return cudaErrorInvalidResourceHandle;
    const int device = queue->device < 0 ? currentDevice() : queue->device;
    if (device != currentDevice()) {
      return misuse(cudaErrorInvalidResourceHandle, info.name,
                    "launched on a stream of another device than the calling thread's");
    }
    return enqueue(stream, info.name, [run = std::move(run), device] {
      state().runningDevice = device;
      run();
      state().runningDevice = -1;
    });
  });
}

}  // namespace lectern::cuda_runtime
