// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/packed_folder.h"

#include "core/base/sha256.h"
#include "core/engine/packed_image.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kEnding = ".packed";
constexpr std::string_view kUnfinishedEnding = ".tmp";
constexpr auto kLongestPacking = std::chrono::hours(24);

fs::path wholePath(const fs::path& model) {
  std::error_code ignored;
  return fs::weakly_canonical(model, ignored);
}

std::string shortSum(std::string_view text) {
  return toHex(sha256(text)).substr(0, 16);
}

}  // namespace

std::string packedKey(const ModelFolder& model,
                      const kernels::Backend& backend,
                      std::optional<kernels::DType> matrixType) {
  std::string key = fmt::format("{}\n{}\nmatrices {}\n", wholePath(model.path()).string(),
                                backend.packing(), matrixType ? static_cast<int>(*matrixType) : -1);
  for (const auto& [name, stamp] : model.files()) {
    key += fmt::format("{} {} {} {}\n", stamp.sizeBytes, stamp.modifiedNs, stamp.inode, name);
  }
  return key;
}

fs::path packedFile(const fs::path& packedFolder,
                    const fs::path& model,
                    const kernels::Backend& backend) {
  return packedFolder / fmt::format("{}-{}{}", shortSum(wholePath(model).string()),
                                    shortSum(backend.packing()), kEnding);
}

void forgetPacked(const fs::path& packedFolder, const fs::path& model) {
  const std::string ours = shortSum(wholePath(model).string());
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(packedFolder, ignored)) {
    if (entry.path().filename().string().starts_with(ours)) fs::remove(entry.path(), ignored);
  }
}

void sweepPacked(const fs::path& packedFolder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(packedFolder, ignored)) {
    const fs::path& path = entry.path();
    bool isUseless = false;
    if (path.extension() == kEnding) {
      const auto key = PackedImage::keyOf(path);
      isUseless = !key || !fs::exists(key->substr(0, key->find('\n')), ignored);
    } else if (path.extension() == kUnfinishedEnding) {
      const auto age = fs::file_time_type::clock::now() - entry.last_write_time(ignored);
      isUseless = age > kLongestPacking;
    }
    if (isUseless) fs::remove(path, ignored);
  }
}

}  // namespace lectern
