// SPDX-License-Identifier: GPL-3.0-or-later
//
// The file of a saved sequence, little-endian:
//   "LECTSTAT"  u32 version 1
//   model hash 32, token hash 32
//   varints: position, grid origin, attention layers, key/value heads, head size, cache element
//            type (the number of kernels::DType: 0 float32, 1 bfloat16, 11 int8), tokens a page,
//            Mamba layers, convolution taps, inner, state
//   convolution and SSM states, layer by layer, float32
//   for each attention layer its pages, as in kernels::KvCache, with scales where that has them
//   u64 XXH3 of everything before it
#include "core/base/byte_io.h"
#include "core/base/file.h"
#include "core/base/mapped_file.h"
#include "core/engine/cache_type.h"
#include "core/engine/states.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace lectern {

namespace {

constexpr std::string_view kMagic = "LECTSTAT";
constexpr uint32_t kVersion = 1;
constexpr int64_t kChecksumBytes = 8;

// Appends to the file and to the running checksum.
class ChecksummedFile {
 public:
  explicit ChecksummedFile(AtomicFile file) : file_(std::move(file)), state_(XXH3_createState()) {
    XXH3_64bits_reset(state_);
  }
  ~ChecksummedFile() { XXH3_freeState(state_); }
  ChecksummedFile(const ChecksummedFile&) = delete;
  ChecksummedFile& operator=(const ChecksummedFile&) = delete;

  Result<void> append(std::string_view bytes) {
    XXH3_64bits_update(state_, bytes.data(), bytes.size());
    return file_.append(bytes);
  }
  Result<void> commit() {
    const uint64_t sum = XXH3_64bits_digest(state_);
    ByteWriter trailer;
    trailer.u32(static_cast<uint32_t>(sum));
    trailer.u32(static_cast<uint32_t>(sum >> 32));
    TRY(file_.append(trailer.bytes()));
    return file_.commit();
  }

 private:
  AtomicFile file_;
  XXH3_state_t* state_;
};

// The sides that must agree for the file's bytes to mean anything, and which is the cache's type.
constexpr size_t kTypeSide = 3;
std::vector<uint64_t> sidesOf(const ModelConfig& config, kernels::DType cacheType) {
  const auto u = [](int64_t value) { return static_cast<uint64_t>(value); };
  return {u(config.attentionLayers()),
          u(config.attentionLayers() > 0 ? config.numKeyValueHeads : 0),
          u(config.attentionLayers() > 0 ? config.headDim : 0),
          static_cast<uint64_t>(cacheType),
          u(States::kPageTokens),
          u(config.mambaLayers()),
          u(config.mambaDConv),
          u(config.mambaInner),
          u(config.mambaDState)};
}

Error refuse(const std::filesystem::path& path, std::string_view cause) {
  return {ErrorCode::InputRefused,
          fmt::format("The saved reading {} cannot be used: {}. It has to be read again.",
                      path.string(), cause)};
}

Error cancelled(std::string_view what, const std::filesystem::path& path) {
  return {ErrorCode::Cancelled, fmt::format("{} {} was stopped.", what, path.string())};
}

}  // namespace

Result<void> States::save(const std::filesystem::path& path,
                          const Sha256& modelHash,
                          const ByteProgress& progress,
                          const std::stop_token& stop) const {
  TRY(checkWhole());
  ChecksummedFile file(TRY(AtomicFile::create(path)));
  ByteWriter header;
  for (const char c : kMagic) header.u8(static_cast<uint8_t>(c));
  header.u32(kVersion);
  for (const uint8_t byte : modelHash) header.u8(byte);
  for (const uint8_t byte : tokenHash_) header.u8(byte);
  header.varint(static_cast<uint64_t>(position_));
  header.varint(static_cast<uint64_t>(gridOrigin_));
  for (const uint64_t side : sidesOf(config_, cacheType_)) header.varint(side);
  TRY(file.append(header.bytes()));

  const Streams streams = TRY(newStreams());
  std::string host;
  int64_t totalBytes = 0;
  for (const Part& part : parts_) totalBytes += part.fixed.bytes();
  // Pages may have been taken for tokens that were then not read.
  const auto pages = static_cast<size_t>(StateView::pagesFor(position_));
  for (const auto& layer : pages_) {
    for (size_t page = 0; page < pages; ++page) totalBytes += layer[page]->bytes();
  }
  int64_t doneBytes = 0;
  const auto appendFrom = [&](size_t part, const kernels::Buffer& buffer) -> Result<void> {
    if (stop.stop_requested()) return cancelled("Saving", path);
    host.resize(static_cast<size_t>(buffer.bytes()));
    streams[part]->copyOut(host.data(), buffer.data(), buffer.bytes());
    TRY(streams[part]->wait());
    TRY(file.append(host));
    doneBytes += buffer.bytes();
    if (progress) progress(doneBytes, totalBytes);
    return {};
  };
  for (size_t part = 0; part < parts_.size(); ++part) TRY(appendFrom(part, parts_[part].fixed));
  for (size_t layer = 0; layer < pages_.size(); ++layer) {
    for (size_t page = 0; page < pages; ++page) {
      TRY(appendFrom(partOf_[layer], *pages_[layer][page]));
    }
  }
  return file.commit();
}

Result<States> States::restore(const std::filesystem::path& path,
                               const Sha256& modelHash,
                               const ModelConfig& config,
                               kernels::DType cacheType,
                               int64_t maxTokens,
                               const Devices& devices,
                               const ByteProgress& progress,
                               const std::stop_token& stop) {
  const auto file = TRY(MappedFile::open(path));
  const std::string_view bytes = file->bytes();
  if (static_cast<int64_t>(bytes.size()) < kChecksumBytes ||
      bytes.substr(0, kMagic.size()) != kMagic) {
    return refuse(path, "it is no saved reading");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteReader trailer(bytes.substr(body.size()));
  const uint64_t low = trailer.u32();
  if (XXH3_64bits(body.data(), body.size()) !=
      (low | (static_cast<uint64_t>(trailer.u32()) << 32))) {
    return refuse(path, "it is damaged");
  }

  ByteReader reader(body.substr(kMagic.size()));
  if (reader.u32() != kVersion) return refuse(path, "another version of Lectern made it");
  const auto readSum = [&reader] {
    Sha256 sum{};
    for (uint8_t& byte : sum) byte = reader.u8();
    return sum;
  };
  const Sha256 ofModel = readSum();
  const Sha256 ofTokens = readSum();
  const uint64_t position = reader.varint();
  const uint64_t origin = reader.varint();
  const std::vector<uint64_t> sides = sidesOf(config, cacheType);
  const uint64_t wantedType = sides[kTypeSide];
  std::vector<uint64_t> ofFile(sides.size());
  for (uint64_t& side : ofFile) side = reader.varint();
  // The type decides about the model's hash, too, so it is named before that.
  if (const uint64_t type = std::exchange(ofFile[kTypeSide], wantedType);
      type != wantedType && ofFile == sides) {
    return refuse(path, fmt::format("it keeps keys and values in another type than {}",
                                    cacheTypeName(cacheType)));
  }
  if (ofModel != modelHash) return refuse(path, "it belongs to another model");
  if (ofFile != sides) return refuse(path, "it belongs to a model of another shape");
  States states = TRY(create(config, cacheType, maxTokens, devices));
  states.tokenHash_ = ofTokens;
  if (position > static_cast<uint64_t>(maxTokens)) {
    return refuse(path, fmt::format("it holds {} tokens, and the window {}", position, maxTokens));
  }
  if (reader.failed() || origin > position) return refuse(path, "it is damaged");
  states.position_ = static_cast<int64_t>(position);
  states.gridOrigin_ = static_cast<int64_t>(origin);

  const Streams streams = TRY(states.newStreams());
  int64_t offset = static_cast<int64_t>(body.size()) - reader.remaining();
  const auto copyInto = [&](size_t part, const kernels::Buffer& buffer) {
    if (offset + buffer.bytes() > static_cast<int64_t>(body.size())) return false;
    streams[part]->copyIn(buffer.data(), body.data() + offset, buffer.bytes());
    offset += buffer.bytes();
    if (progress) progress(offset, static_cast<int64_t>(body.size()));
    return true;
  };
  if (stop.stop_requested()) return cancelled("Restoring", path);
  bool whole = true;
  for (size_t part = 0; part < states.parts_.size() && whole; ++part) {
    whole = copyInto(part, states.parts_[part].fixed);
  }
  const int64_t pages = (states.position_ + kPageTokens - 1) / kPageTokens;
  for (size_t layer = 0; layer < states.pages_.size() && whole; ++layer) {
    const size_t part = states.partOf_[layer];
    for (int64_t page = 0; page < pages && whole; ++page) {
      if (stop.stop_requested()) return cancelled("Restoring", path);
      states.pages_[layer].push_back(TRY(states.newPage(states.parts_[part])));
      whole = copyInto(part, *states.pages_[layer].back());
      states.publishPage(static_cast<int64_t>(layer), page, *streams[part]);
    }
  }
  for (const auto& stream : streams) TRY(stream->wait());
  if (!whole || offset != static_cast<int64_t>(body.size()))
    return refuse(path, "its length is not what it says");
  return states;
}

}  // namespace lectern
