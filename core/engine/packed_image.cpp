// SPDX-License-Identifier: GPL-3.0-or-later
//
// The file, little-endian:
//   "LECTPACK"  u32 version 1  u32 bytes of the header
//   the header: key, content sum 32 (strings with a varint length each), varint bytes of the image,
//               XXH3 of each 16 MiB of the image as two u32, the lower first
//   u64 XXH3 of everything before it, likewise
//   zeros up to a multiple of 4096, then the image
// It is not synced: what a crash leaves half written has other sums.
#include "core/engine/packed_image.h"

#include "core/base/byte_io.h"
#include "core/base/check.h"
#include "core/base/huge_pages.h"
#include "core/base/threads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

namespace lectern {

namespace {

constexpr std::string_view kMagic = "LECTPACK";
constexpr uint32_t kVersion = 1;
constexpr size_t kFrontBytes = 16;  // before the header
constexpr size_t kSumBytes = 8;
constexpr size_t kBlockBytes = size_t{16} << 20;
constexpr size_t kPageBytes = 4096;

size_t blocksOf(size_t imageBytes) {
  return (imageBytes + kBlockBytes - 1) / kBlockBytes;
}

// Memory and disk feed more than one core.
std::vector<uint64_t> sumsOf(std::string_view image) {
  std::vector<uint64_t> sums(blocksOf(image.size()));
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t block = next++; block < sums.size(); block = next++) {
      const std::string_view bytes = image.substr(block * kBlockBytes, kBlockBytes);
      sums[block] = XXH3_64bits(bytes.data(), bytes.size());
    }
  };
  workTogether(sums.size(), work);
  return sums;
}

void writeSum(ByteWriter& writer, uint64_t sum) {
  writer.u32(static_cast<uint32_t>(sum));
  writer.u32(static_cast<uint32_t>(sum >> 32));
}

uint64_t readSum(ByteReader& reader) {
  const uint64_t low = reader.u32();
  return low | uint64_t{reader.u32()} << 32;
}

std::string_view viewOf(const Sha256& sum) {
  return {reinterpret_cast<const char*>(sum.data()), sum.size()};
}

/// Everything before the padding. Its length depends on those of the key and the image alone.
std::string headOf(std::string_view key,
                   const Sha256& contentSum,
                   size_t imageBytes,
                   const std::vector<uint64_t>& sums) {
  ByteWriter header;
  header.string(key);
  header.string(viewOf(contentSum));
  header.varint(imageBytes);
  for (const uint64_t sum : sums) writeSum(header, sum);
  ByteWriter front;
  front.u32(kVersion);
  front.u32(static_cast<uint32_t>(header.bytes().size()));
  std::string head = std::string(kMagic) + front.bytes() + header.bytes();
  ByteWriter trailer;
  writeSum(trailer, XXH3_64bits(head.data(), head.size()));
  return head + trailer.bytes();
}

size_t wholePages(size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

struct Head {
  std::string_view key;
  Sha256 contentSum{};
  size_t offset = 0;  // of the image
  size_t imageBytes = 0;
  std::vector<uint64_t> sums;
};

std::optional<Head> readHead(std::string_view file) {
  if (file.size() < kFrontBytes || !file.starts_with(kMagic)) return std::nullopt;
  ByteReader front(file.substr(kMagic.size(), kFrontBytes - kMagic.size()));
  const uint32_t version = front.u32();
  const size_t headBytes = kFrontBytes + front.u32();
  if (version != kVersion || file.size() < headBytes + kSumBytes) return std::nullopt;
  ByteReader trailer(file.substr(headBytes, kSumBytes));
  if (XXH3_64bits(file.data(), headBytes) != readSum(trailer)) return std::nullopt;
  ByteReader reader(file.substr(kFrontBytes, headBytes - kFrontBytes));
  Head head;
  head.key = reader.string();
  const std::string_view contentSum = reader.string();
  if (contentSum.size() != head.contentSum.size()) return std::nullopt;
  std::copy(contentSum.begin(), contentSum.end(), head.contentSum.begin());
  head.imageBytes = reader.varint();
  head.offset = wholePages(headBytes + kSumBytes);
  if (head.offset > file.size() || file.size() - head.offset != head.imageBytes) {
    return std::nullopt;
  }
  for (size_t i = 0; i < blocksOf(head.imageBytes); ++i) head.sums.push_back(readSum(reader));
  if (!reader.finish("A packed model")) return std::nullopt;
  return head;
}

Error cannotKeep(const std::filesystem::path& path, int cause) {
  return {ErrorCode::Storage,
          fmt::format("The packed weights could not be kept in {}: {}. {}", path.string(),
                      describeErrno(cause),
                      cause == ENOSPC || cause == EDQUOT ? "Free some space on that disk."
                                                         : "Check the folder's permissions.")};
}

}  // namespace

std::shared_ptr<PackedImage> PackedImage::map(const std::filesystem::path& path) {
  const auto file = openForReading(path);
  const auto stamp = file ? stampOf(*file, path) : Result<FileStamp>(FileStamp{});
  if (!stamp || stamp->sizeBytes == 0) return nullptr;
  const auto size = static_cast<size_t>(stamp->sizeBytes);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file->get(), 0);
  if (data == MAP_FAILED) return nullptr;
  preferHugePages(data, size);
  return std::shared_ptr<PackedImage>(new PackedImage(static_cast<char*>(data), size));
}

std::optional<std::string> PackedImage::keyOf(const std::filesystem::path& path) {
  const auto file = map(path);
  const auto head = file ? readHead({file->file_, file->size_}) : std::nullopt;
  return head ? std::optional(std::string(head->key)) : std::nullopt;
}

std::shared_ptr<const PackedImage> PackedImage::open(const std::filesystem::path& path,
                                                     std::string_view key) {
  auto image = map(path);
  const auto head = image ? readHead({image->file_, image->size_}) : std::nullopt;
  if (!head || head->key != key) return nullptr;
  image->offset_ = head->offset;
  image->contentSum_ = head->contentSum;
  return sumsOf(image->bytes()) == head->sums ? image : nullptr;
}

PackedImage::~PackedImage() {
  ::munmap(file_, size_);
}

Result<PackedImageWriter> PackedImageWriter::create(const std::filesystem::path& path,
                                                    std::string_view key,
                                                    int64_t imageBytes) {
  LECTERN_CHECK(imageBytes > 0);
  PackedImageWriter writer;
  writer.path_ = path;
  writer.key_ = key;
  const auto bytes = static_cast<size_t>(imageBytes);
  const size_t offset =
      wholePages(headOf(key, {}, bytes, std::vector<uint64_t>(blocksOf(bytes))).size());
  std::filesystem::path temporary;
  const FileDescriptor file = makeTemporaryBeside(path, temporary);
  if (!file.isOpen()) return cannotKeep(path, errno);
  writer.temporary_ = temporary;
  // A page that finds no room when it is written would end the program.
  const int refused = ::posix_fallocate(file.get(), 0, static_cast<off_t>(offset + bytes));
  if (refused != 0) return cannotKeep(path, refused);
  void* data = ::mmap(nullptr, offset + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return cannotKeep(path, errno);
  preferHugePages(data, offset + bytes);
  writer.image_ =
      std::shared_ptr<PackedImage>(new PackedImage(static_cast<char*>(data), offset + bytes));
  writer.image_->offset_ = offset;
  return writer;
}

PackedImageWriter::~PackedImageWriter() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> PackedImageWriter::commit(const Sha256& contentSum) {
  const std::string_view image = image_->bytes();
  const std::string head = headOf(key_, contentSum, image.size(), sumsOf(image));
  std::memcpy(image_->file_, head.data(), head.size());
  image_->contentSum_ = contentSum;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return cannotKeep(path_, errno);
  temporary_.clear();
  return {};
}

}  // namespace lectern
