// SPDX-License-Identifier: GPL-3.0-or-later
// Capture of a stream into a graph, and its replay. Nodes keep the closures of the capture:
// addresses and arguments are frozen there.
#include "tests/cuda_runtime/state.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace lectern::cuda_runtime {
namespace {

cudaError_t beginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (stream == &state().legacy) return cudaErrorStreamCaptureUnsupported;
  if (stream->capture != nullptr) return cudaErrorIllegalState;
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = handle;
  stream->capture->mode = mode;
  stream->captured.clear();
  stream->branch = 0;
  return cudaSuccess;
}

/// Whether every node comes before the end of the stream that began the capture.
bool isJoined(const CUgraph_st& graph, std::vector<int> ends) {
  std::vector<bool> reached(graph.nodes.size(), false);
  while (!ends.empty()) {
    const auto node = static_cast<size_t>(ends.back());
    ends.pop_back();
    if (reached[node]) continue;
    reached[node] = true;
    ends.insert(ends.end(), graph.nodes[node].after.begin(), graph.nodes[node].after.end());
  }
  return std::all_of(reached.begin(), reached.end(), [](bool r) { return r; });
}

cudaError_t endCapture(cudaStream_t handle, cudaGraph_t* out) {
  *out = nullptr;
  CUstream_st* origin = streamOf(handle);
  if (origin == nullptr) return cudaErrorInvalidResourceHandle;
  if (origin->capture == nullptr) return cudaErrorIllegalState;
  const std::shared_ptr<Capture> capture = origin->capture;
  if (capture->origin != handle) return cudaErrorStreamCaptureUnmatched;
  const std::vector<int> ends = origin->captured;
  for (const auto& stream : state().streams) {
    if (stream->capture != capture) continue;
    stream->capture = nullptr;
    stream->captured.clear();
  }
  if (capture->broken) return cudaErrorStreamCaptureInvalidated;
  if (!isJoined(capture->graph, ends)) {
    return misuse(cudaErrorStreamCaptureUnjoined, "cudaStreamEndCapture",
                  "work of another captured stream is not waited for");
  }
  state().graphs.push_back(std::make_unique<CUgraph_st>(std::move(capture->graph)));
  *out = state().graphs.back().get();
  return cudaSuccess;
}

template <class T>
T* lookUp(const std::vector<std::unique_ptr<T>>& all, const T* handle, const char* function) {
  for (const auto& one : all) {
    if (one.get() == handle) return one.get();
  }
  report(FindingKind::Runtime, function, "a handle that is no graph, or of a destroyed one");
  return nullptr;
}

cudaError_t instantiate(cudaGraphExec_t* out, cudaGraph_t handle) {
  const CUgraph_st* graph = lookUp(state().graphs, handle, "cudaGraphInstantiate");
  if (graph == nullptr || out == nullptr) return cudaErrorInvalidValue;
  auto executable = std::make_unique<CUgraphExec_st>();
  executable->graph = *graph;
  for (int branch = 1; branch < graph->branches; ++branch) {
    executable->chains.push_back(order().newChain());
  }
  *out = executable.get();
  state().executables.push_back(std::move(executable));
  return cudaSuccess;
}

cudaError_t launchGraph(cudaGraphExec_t handle, cudaStream_t streamHandle) {
  CUgraphExec_st* executable = lookUp(state().executables, handle, "cudaGraphLaunch");
  CUstream_st* stream = streamOf(streamHandle);
  if (executable == nullptr || stream == nullptr) return cudaErrorInvalidValue;
  if (stream->capture != nullptr) return cudaErrorStreamCaptureUnsupported;
  Clock known;
  std::vector<OperationPtr> before = predecessors(*stream, known);
  if (executable->last != nullptr) before.push_back(executable->last);  // Never twice at a time.

  std::vector<OperationPtr> made;
  for (const Node& node : executable->graph.nodes) {
    std::vector<OperationPtr> after = before;
    for (const int index : node.after) after.push_back(made[static_cast<size_t>(index)]);
    const uint32_t chain =
        node.branch == 0 ? stream->chain : executable->chains[static_cast<size_t>(node.branch) - 1];
    made.push_back(addOperation(node.name, node.run, after, chain, known));
  }
  std::vector<OperationPtr> all = before;
  all.insert(all.end(), made.begin(), made.end());
  stream->last = addOperation("end of a graph", [] {}, all, stream->chain, std::move(known));
  stream->known = stream->last->known;
  executable->last = stream->last;
  return cudaSuccess;
}

}  // namespace
}  // namespace lectern::cuda_runtime

using namespace lectern::cuda_runtime;  // NOLINT(google-build-using-namespace): the functions below
                                        // are C's

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return call("cudaStreamBeginCapture", [&] { return beginCapture(stream, mode); });
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return call("cudaStreamEndCapture", [&] { return endCapture(stream, graph); });
}
cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return call("cudaStreamIsCapturing", [&] {
    const CUstream_st* stream = streamOf(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    *status = cudaStreamCaptureStatusNone;
    if (stream->capture != nullptr) {
      *status = stream->capture->broken ? cudaStreamCaptureStatusInvalidated
                                        : cudaStreamCaptureStatusActive;
    }
    return cudaSuccess;
  });
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable,
                                 cudaGraph_t graph,
                                 unsigned long long /*flags*/) {
  return call("cudaGraphInstantiate", [&] { return instantiate(executable, graph); });
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable,
                                          cudaGraph_t graph,
                                          unsigned long long /*flags*/) {
  return call("cudaGraphInstantiateWithFlags", [&] { return instantiate(executable, graph); });
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  return call("cudaGraphLaunch", [&] { return launchGraph(executable, stream); });
}
cudaError_t cudaGraphUpload(cudaGraphExec_t executable, cudaStream_t /*stream*/) {
  return call("cudaGraphUpload", [&] {
    return lookUp(state().executables, executable, "cudaGraphUpload") == nullptr
               ? cudaErrorInvalidValue
               : cudaSuccess;
  });
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t handle) {
  return call("cudaGraphExecDestroy", [&] {
    const CUgraphExec_st* executable = lookUp(state().executables, handle, "cudaGraphExecDestroy");
    if (executable == nullptr) return cudaErrorInvalidValue;
    runUntil(executable->last);
    std::erase_if(state().executables, [handle](const auto& one) { return one.get() == handle; });
    return state().lost;
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t handle) {
  return call("cudaGraphDestroy", [&] {
    if (lookUp(state().graphs, handle, "cudaGraphDestroy") == nullptr) return cudaErrorInvalidValue;
    std::erase_if(state().graphs, [handle](const auto& one) { return one.get() == handle; });
    return cudaSuccess;
  });
}
cudaError_t cudaGraphGetNodes(cudaGraph_t handle, cudaGraphNode_t* nodes, size_t* count) {
  return call("cudaGraphGetNodes", [&] {
    const CUgraph_st* graph = lookUp(state().graphs, handle, "cudaGraphGetNodes");
    if (graph == nullptr || nodes != nullptr) return cudaErrorInvalidValue;  // Counting only.
    *count = graph->nodes.size();
    return cudaSuccess;
  });
}

}  // extern "C"
