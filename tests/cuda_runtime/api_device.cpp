// SPDX-License-Identifier: GPL-3.0-or-later
// Devices, versions, errors.
#include "tests/cuda_runtime/state.h"

#include <cstdio>
#include <cstring>

namespace lectern::cuda_runtime {
namespace {

thread_local int chosenDevice = 0;

constexpr int64_t kSharedBytesWithoutAsking = 48 << 10;

bool exists(int device) {
  return device >= 0 && device < settings().devices;
}

void describe(cudaDeviceProp& properties) {
  const Settings& ours = settings();
  properties = {};
  std::snprintf(properties.name, sizeof properties.name, "Lectern test device");
  properties.totalGlobalMem = static_cast<size_t>(ours.memoryBytes);
  properties.sharedMemPerBlock = static_cast<size_t>(kSharedBytesWithoutAsking);
  properties.sharedMemPerBlockOptin = static_cast<size_t>(ours.sharedBytesPerBlock);
  properties.sharedMemPerMultiprocessor = static_cast<size_t>(ours.sharedBytesPerBlock + 1024);
  properties.regsPerBlock = 65536;
  properties.regsPerMultiprocessor = 65536;
  properties.warpSize = 32;
  properties.maxThreadsPerBlock = 1024;
  properties.maxThreadsPerMultiProcessor = 1536;
  properties.maxThreadsDim[0] = properties.maxThreadsDim[1] = 1024;
  properties.maxThreadsDim[2] = 64;
  properties.maxGridSize[0] = 2147483647;
  properties.maxGridSize[1] = properties.maxGridSize[2] = 65535;
  properties.major = ours.computeMajor;
  properties.minor = ours.computeMinor;
  properties.multiProcessorCount = ours.multiprocessors;
  properties.concurrentKernels = 1;
  properties.asyncEngineCount = 2;
  properties.unifiedAddressing = 1;
  properties.memoryBusWidth = 128;
  properties.l2CacheSize = 4 << 20;
}

cudaError_t attribute(int* value, cudaDeviceAttr which) {
  const Settings& ours = settings();
  switch (which) {
    case cudaDevAttrComputeCapabilityMajor:
      *value = ours.computeMajor;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = ours.computeMinor;
      break;
    case cudaDevAttrMultiProcessorCount:
      *value = ours.multiprocessors;
      break;
    case cudaDevAttrMaxThreadsPerBlock:
      *value = 1024;
      break;
    case cudaDevAttrWarpSize:
      *value = 32;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = kSharedBytesWithoutAsking;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(ours.sharedBytesPerBlock);
      break;
    case cudaDevAttrClockRate:
      *value = 1500000;
      break;  // kHz
    case cudaDevAttrMemoryClockRate:
      *value = 8000000;
      break;  // kHz
    case cudaDevAttrGlobalMemoryBusWidth:
      *value = 128;
      break;  // bits
    case cudaDevAttrL2CacheSize:
      *value = 4 << 20;
      break;
    case cudaDevAttrComputeMode:
      *value = cudaComputeModeDefault;
      break;
    case cudaDevAttrIntegrated:
      *value = 0;
      break;
    case cudaDevAttrUnifiedAddressing:
      *value = 1;
      break;
    case cudaDevAttrAsyncEngineCount:
      *value = 2;
      break;
    default:
      return cudaErrorInvalidValue;
  }
  return cudaSuccess;
}

}  // namespace

int currentDevice() {
  return chosenDevice;
}
void chooseDevice(int device) {
  chosenDevice = device;
}

int64_t freeBytes(int device) {
  const std::vector<int64_t>& busy = settings().busyBytes;
  const auto index = static_cast<size_t>(device);
  return settings().memoryBytes - (index < busy.size() ? busy[index] : 0) - bytesInUse(device);
}

}  // namespace lectern::cuda_runtime

using namespace lectern::cuda_runtime;  // NOLINT(google-build-using-namespace): the functions below
                                        // are C's

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  return call("cudaGetDeviceCount", [&] {
    *count = settings().devices;
    return cudaSuccess;
  });
}
cudaError_t cudaGetDevice(int* device) {
  return call("cudaGetDevice", [&] {
    *device = chosenDevice;
    return cudaSuccess;
  });
}
cudaError_t cudaSetDevice(int device) {
  return call("cudaSetDevice", [&] {
    if (!exists(device)) return cudaErrorInvalidDevice;
    chooseDevice(device);
    return cudaSuccess;
  });
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return call("cudaGetDeviceProperties", [&] {
    if (!exists(device)) return cudaErrorInvalidDevice;
    describe(*properties);
    return cudaSuccess;
  });
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device) {
  return call("cudaDeviceGetAttribute",
              [&] { return exists(device) ? attribute(value, which) : cudaErrorInvalidDevice; });
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = settings().driverVersion;  // Works without a driver: then 0.
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetLastError() {
  const cudaError_t error = lastError();
  lastError() = cudaSuccess;
  return error;
}
cudaError_t cudaPeekAtLastError() {
  return lastError();
}

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorInsufficientDriver:
      return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorIllegalAddress:
      return "cudaErrorIllegalAddress";
    case cudaErrorMisalignedAddress:
      return "cudaErrorMisalignedAddress";
    case cudaErrorLaunchTimeout:
      return "cudaErrorLaunchTimeout";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    default:
      return "cudaErrorUnknown";
  }
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    case cudaErrorMisalignedAddress:
      return "misaligned address";
    case cudaErrorLaunchTimeout:
      return "the launch timed out and was terminated";
    case cudaErrorLaunchFailure:
      return "unspecified launch failure";
    default:
      return cudaGetErrorName(error);
  }
}

}  // extern "C"
