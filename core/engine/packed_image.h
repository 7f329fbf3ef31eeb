// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/base/sha256.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lectern {

/// A model's weights as one backend packs them, kept in a file so that the next start maps what
/// this one packed. The file is a cache: it may be deleted at any time, and what is wrong with it
/// is a reason to pack anew, never an error. Immutable; thread: any. Format: packed_image.cpp.
class PackedImage {
 public:
  static constexpr int64_t kAlignment = 64;  ///< of what lies in an image, in bytes

  /// The image that was kept under `path` for exactly this `key`; null where there is none, or
  /// where it is of another version, not whole, or not what its checksums say. Reads all of it, on
  /// all cores.
  static std::shared_ptr<const PackedImage> open(const std::filesystem::path& path,
                                                 std::string_view key);
  /// The key of the file there, as far as that can be told without the image; null where it is no
  /// such file, or one of another version.
  static std::optional<std::string> keyOf(const std::filesystem::path& path);
  ~PackedImage();
  PackedImage(const PackedImage&) = delete;
  PackedImage& operator=(const PackedImage&) = delete;

  [[nodiscard]] std::string_view bytes() const { return {file_ + offset_, size_ - offset_}; }
  /// Of the model that was packed.
  [[nodiscard]] const Sha256& contentSum() const { return contentSum_; }

 private:
  friend class PackedImageWriter;
  PackedImage(char* file, size_t size) : file_(file), size_(size), offset_(size) {}
  static std::shared_ptr<PackedImage> map(const std::filesystem::path& path);

  char* file_;
  size_t size_;
  size_t offset_;
  Sha256 contentSum_{};
};

/// An image that is being packed, in its place in a file that nobody sees yet. Destroyed before
/// `commit` it leaves nothing behind. Thread: one at a time, but the image may be written by many.
class PackedImageWriter {
 public:
  /// Takes the room on the disk at once. Errors: Storage, with the cause and what to do.
  static Result<PackedImageWriter> create(const std::filesystem::path& path,
                                          std::string_view key,
                                          int64_t imageBytes);
  PackedImageWriter(PackedImageWriter&& other) noexcept
      : path_(std::move(other.path_)),
        temporary_(std::exchange(other.temporary_, {})),
        key_(std::move(other.key_)),
        image_(std::move(other.image_)) {}
  PackedImageWriter& operator=(PackedImageWriter&& other) = delete;
  ~PackedImageWriter();

  /// All zero at first.
  [[nodiscard]] char* image() const { return image_->file_ + image_->offset_; }

  /// Gives the file its name. Errors: Storage.
  Result<void> commit(const Sha256& contentSum);
  /// Where it was packed, whether its file could be kept or not.
  [[nodiscard]] std::shared_ptr<const PackedImage> packed() const { return image_; }

 private:
  PackedImageWriter() = default;

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once it has its name
  std::string key_;
  std::shared_ptr<PackedImage> image_;
};

}  // namespace lectern
