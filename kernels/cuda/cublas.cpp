// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/cublas.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace lectern::kernels::cuda {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLibrary = "libcublas";

Cublas::Least& least() {
  static Cublas::Least instance;
  return instance;
}

std::string_view meaningOf(int status) {
  switch (status) {
    case cublas::kNotInitialised:
      return "not initialised";
    case cublas::kAllocationFailed:
      return "no memory";
    case cublas::kInvalidValue:
      return "invalid value";
    case cublas::kArchitectureMismatch:
      return "not for this card";
    case cublas::kMappingError:
      return "mapping error";
    case cublas::kExecutionFailed:
      return "execution failed";
    case cublas::kInternalError:
      return "internal error";
    case cublas::kNotSupported:
      return "not supported";
    default:
      return "unknown";
  }
}

/// The files to try, best first. `place` is empty, a folder or a file.
std::vector<fs::path> candidates(const std::string& place) {
  std::error_code ignored;
  if (!place.empty() && !fs::is_directory(place, ignored)) return {place};
  std::vector<fs::path> files;
  for (const int major : {13, 12}) {
    files.push_back(fs::path(place) / fmt::format("{}.so.{}", kLibrary, major));
  }
  return files;
}

/// cuBLAS asks the loader for its own half, libcublasLt, which outside of the search path is found
/// only if it is there already.
void openOtherHalf(const fs::path& file) {
  std::string name = file.filename();
  if (!file.has_parent_path() || !name.starts_with(kLibrary)) return;
  name.insert(kLibrary.size(), "Lt");
  (void)::dlopen((file.parent_path() / name).c_str(), RTLD_NOW | RTLD_LOCAL);
}

/// What NVIDIA's documentation of cublasSetWorkspace advises.
int64_t advisedWorkspace(int computeMajor) {
  constexpr int64_t kMiB = int64_t{1} << 20;
  if (computeMajor == 9 || computeMajor == 10) return 32 * kMiB;
  return (computeMajor == 12 ? 12 : 4) * kMiB;
}

}  // namespace

void Cublas::setLeast(Least asked) {
  least() = asked;
}

std::shared_ptr<Cublas> Cublas::open(int device, int computeMajor) {
  const std::shared_ptr<Cublas> library(new Cublas);
  library->device_ = device;
  const char* given = std::getenv("LECTERN_CUBLAS");
  const std::string place = given != nullptr ? given : "";
  if (place == "off") {
    library->whyNot_ = "cuBLAS: switched off by LECTERN_CUBLAS";
    return library;
  }
  if (!library->load(place)) return library;
  library->workspaceBytes_ = advisedWorkspace(computeMajor);
  library->start();
  return library;
}

// It stays loaded: what it has set up in the driver outlives its handle.
bool Cublas::load(const std::string& place) {
  std::string missing;
  for (const fs::path& file : candidates(place)) {
    openOtherHalf(file);
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) return lookUp(library, file);
    const char* why = ::dlerror();
    if (missing.empty()) missing = why != nullptr ? why : file.string();
  }
  whyNot_ = fmt::format("no cuBLAS: {}", missing);
  return false;
}

bool Cublas::lookUp(void* library, const std::string& file) {
  const auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(  // as dlsym has it
        ::dlsym(library, name));
    if (function == nullptr && whyNot_.empty()) {
      whyNot_ = fmt::format("no cuBLAS: {} has no {}", file, name);
    }
  };
  find("cublasCreate_v2", functions_.create);
  find("cublasDestroy_v2", functions_.destroy);
  find("cublasGetVersion_v2", functions_.getVersion);
  find("cublasSetStream_v2", functions_.setStream);
  find("cublasSetWorkspace_v2", functions_.setWorkspace);
  find("cublasGemmEx", functions_.gemmEx);
  return whyNot_.empty();
}

void Cublas::start() {
  int status = functions_.create(&handle_);
  if (status != cublas::kSuccess) {
    handle_ = nullptr;
    refuse("cublasCreate", status);
    return;
  }
  int version = 0;
  status = functions_.getVersion(handle_, &version);
  if (status != cublas::kSuccess) {
    refuse("cublasGetVersion", status);
    return;
  }
  version_ = fmt::format(" {}.{}.{}", version / cublas::kMajorVersion,
                         version % cublas::kMajorVersion / cublas::kMinorVersion,
                         version % cublas::kMinorVersion);
  isUsed_ = true;
}

Cublas::~Cublas() {
  if (handle_ == nullptr) return;
  (void)cudaSetDevice(device_);
  (void)functions_.destroy(handle_);
}

bool Cublas::refuse(std::string_view function, int status) {
  isUsed_ = false;
  whyNot_ =
      fmt::format("cuBLAS{}: {} failed: {} ({})", version_, function, meaningOf(status), status);
  return false;
}

std::string Cublas::description() const {
  const std::lock_guard lock(mutex_);
  if (isUsed_) return "cuBLAS" + version_;
  return fmt::format("Lectern's own ({})", whyNot_);
}

bool Cublas::takes(int64_t rows, int64_t outs, int64_t inner) const {
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  return isUsed_ && rows >= least().rows && outs * inner >= least().elements &&
         std::max({rows, outs, inner}) <= kMost;
}

// Row-major out = in · weightᵀ is column-major outᵀ = weight · inᵀ, with the weight as its own
// transpose.
bool Cublas::multiply(const LibraryProduct& product, void* workspace, cudaStream_t stream) {
  const std::lock_guard lock(mutex_);
  if (!isUsed_) return false;
  int status = functions_.setStream(handle_, stream);
  if (status != cublas::kSuccess) return refuse("cublasSetStream", status);
  status = functions_.setWorkspace(handle_, workspace, static_cast<size_t>(workspaceBytes_));
  if (status != cublas::kSuccess) return refuse("cublasSetWorkspace", status);
  const float one = 1;
  const float before = product.adds ? 1 : 0;
  status = functions_.gemmEx(
      handle_, cublas::kTransposed, cublas::kAsItIs, static_cast<int>(product.outs),
      static_cast<int>(product.rows), static_cast<int>(product.inner), &one, product.weight,
      cublas::kBFloat16, static_cast<int>(product.weightPitch), product.in, cublas::kBFloat16,
      static_cast<int>(product.inPitch), &before, product.out, cublas::kFloat32,
      static_cast<int>(product.outPitch), cublas::kComputeFloat, cublas::kAnyAlgorithm);
  return status == cublas::kSuccess || refuse("cublasGemmEx", status);
}

}  // namespace lectern::kernels::cuda
