// SPDX-License-Identifier: GPL-3.0-or-later
//
// The files of a saved sequence, little-endian:
//   "LECTSTAT"  u32 version 2
//   u8 kind: 0 the state, 1 pages
//   model hash 32; tokens varint and their hash 32; of the tokens before it the same, none for the
//   state; grid origin varint; note: length varint, bytes
//   varints: attention layers, key/value heads, head size, cache element type (the number of
//            kernels::DType: 0 float32, 1 bfloat16, 11 int8), tokens a page, Mamba layers,
//            convolution taps, inner, state
//   the state: convolution and SSM states, layer by layer, float32
//   pages: for each attention layer those that hold the tokens, as in kernels::KvCache, with scales
//   where that has them; the first may hold some of the tokens before them, too
//   u64 XXH3 of everything before it
#include "core/engine/states_file.h"

#include "core/base/byte_io.h"
#include "core/base/file.h"
#include "core/base/mapped_file.h"
#include "core/engine/cache_type.h"
#include "core/engine/states.h"

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace lectern {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStatesMagic = "LECTSTAT";
constexpr uint32_t kStatesVersion = 2;
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
using Sides = std::array<uint64_t, 9>;
Sides sidesOf(const ModelConfig& config, kernels::DType cacheType) {
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

Error refuse(const fs::path& path, std::string_view cause) {
  return {ErrorCode::InputRefused,
          fmt::format("The saved reading {} cannot be used: {}.", path.string(), cause)};
}

Error cancelled(std::string_view what, const fs::path& path) {
  return {ErrorCode::Cancelled, fmt::format("{} {} was stopped.", what, path.string())};
}

std::string headerBytes(const StatesFileHeader& header, const Sides& sides) {
  ByteWriter writer;
  const auto sum = [&writer](const Sha256& value) {
    for (const uint8_t byte : value) writer.u8(byte);
  };
  const auto prefix = [&](const TokenPrefix& value) {
    writer.varint(static_cast<uint64_t>(value.tokens));
    sum(value.hash);
  };
  for (const char c : kStatesMagic) writer.u8(static_cast<uint8_t>(c));
  writer.u32(kStatesVersion);
  writer.u8(static_cast<uint8_t>(header.kind));
  sum(header.model);
  prefix(header.upTo);
  prefix(header.from);
  writer.varint(static_cast<uint64_t>(header.gridOrigin));
  writer.string(header.note);
  for (const uint64_t side : sides) writer.varint(side);
  return writer.take();
}

struct ReadHeader {
  StatesFileHeader says;
  Sides sides{};
  int64_t bytes = 0;
};

Result<ReadHeader> parseHeader(std::string_view bytes, const fs::path& path) {
  if (bytes.substr(0, kStatesMagic.size()) != kStatesMagic)
    return refuse(path, "it is no saved reading");
  ByteReader reader(bytes.substr(kStatesMagic.size()));
  if (reader.u32() != kStatesVersion) return refuse(path, "another version of Lectern made it");
  const auto sum = [&reader] {
    Sha256 value{};
    for (uint8_t& byte : value) byte = reader.u8();
    return value;
  };
  constexpr uint64_t kMostTokens = uint64_t{1} << 40;
  const auto tokens = [&reader] {
    const uint64_t value = reader.varint();
    if (value > kMostTokens) reader.fail();
    return static_cast<int64_t>(value);
  };
  ReadHeader header;
  using Kind = StatesFileHeader::Kind;
  const uint8_t kind = reader.u8();
  if (kind > static_cast<uint8_t>(Kind::Pages)) reader.fail();
  header.says.kind = kind == static_cast<uint8_t>(Kind::State) ? Kind::State : Kind::Pages;
  header.says.model = sum();
  for (TokenPrefix* prefix : {&header.says.upTo, &header.says.from}) {
    prefix->tokens = tokens();
    prefix->hash = sum();
  }
  header.says.gridOrigin = tokens();
  header.says.note = reader.string();
  for (uint64_t& side : header.sides) side = reader.varint();
  if (reader.failed() || header.says.from.tokens > header.says.upTo.tokens ||
      header.says.gridOrigin > header.says.upTo.tokens) {
    return refuse(path, "it is damaged");
  }
  header.bytes = static_cast<int64_t>(bytes.size()) - reader.remaining();
  return header;
}

// A file that was mapped, its sum found right, and its header made out.
struct OpenFile {
  std::shared_ptr<const MappedFile> file;
  ReadHeader header;
  std::string_view body;  // behind the header
};

Result<OpenFile> checked(std::shared_ptr<const MappedFile> file, const fs::path& path) {
  OpenFile open{std::move(file), {}, {}};
  const std::string_view bytes = open.file->bytes();
  if (static_cast<int64_t>(bytes.size()) < kChecksumBytes ||
      bytes.substr(0, kStatesMagic.size()) != kStatesMagic) {
    return refuse(path, "it is no saved reading");
  }
  const std::string_view summed = bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteReader trailer(bytes.substr(summed.size()));
  const uint64_t low = trailer.u32();
  if (XXH3_64bits(summed.data(), summed.size()) !=
      (low | (static_cast<uint64_t>(trailer.u32()) << 32))) {
    return refuse(path, "it is damaged");
  }
  open.header = TRY(parseHeader(summed, path));
  open.body = summed.substr(static_cast<size_t>(open.header.bytes));
  return open;
}

Result<OpenFile> openChecked(const fs::path& path) {
  return checked(TRY(MappedFile::open(path)), path);
}

// Whether a file was made for that model, and for that shape of it.
Result<void> checkModel(const ReadHeader& header,
                        const fs::path& path,
                        const Sha256& model,
                        const Sides& sides,
                        kernels::DType cacheType) {
  // The type decides about the model's hash, too, so it is named before that.
  Sides others = header.sides;
  if (const uint64_t type = std::exchange(others[kTypeSide], sides[kTypeSide]);
      type != sides[kTypeSide] && others == sides) {
    return refuse(path, fmt::format("it keeps keys and values in another type than {}",
                                    cacheTypeName(cacheType)));
  }
  if (header.says.model != model) return refuse(path, "it belongs to another model");
  if (others != sides) return refuse(path, "it belongs to a model of another shape");
  return {};
}

}  // namespace

Result<StatesFileHeader> readStatesFileHeader(const fs::path& path) {
  const FileDescriptor file = TRY(openForReading(path));
  std::string bytes;
  // A note of thousands of documents is longer than most.
  for (const size_t most : {size_t{1} << 12, size_t{1} << 20}) {
    bytes.resize(most);
    const ssize_t size = ::pread(file.get(), bytes.data(), most, 0);
    if (size < 0) return refuse(path, describeErrno(errno));
    bytes.resize(static_cast<size_t>(size));
    if (auto header = parseHeader(bytes, path); header || bytes.size() < most) {
      return TRY(std::move(header)).says;
    }
  }
  return refuse(path, "it is damaged");
}

StatesFileCondition checkStatesFile(const fs::path& path) {
  const auto file = MappedFile::open(path);
  if (!file) return StatesFileCondition::Unreadable;
  return checked(*file, path) ? StatesFileCondition::Sound : StatesFileCondition::Damaged;
}

int64_t States::fixedBytes() const {
  int64_t bytes = 0;
  for (const Part& part : parts_) bytes += part.fixed.bytes();
  return bytes;
}

int64_t States::pageBytesFrom(int64_t tokens) const {
  const int64_t pages = StateView::pagesFor(prefix_.tokens) - tokens / kPageTokens;
  return pages * static_cast<int64_t>(pages_.size()) * StateView::pageBytes(config_, cacheType_);
}

Result<void> States::saveState(const fs::path& path,
                               const Sha256& modelHash,
                               std::string note) const {
  TRY(checkWhole());
  ChecksummedFile file(TRY(AtomicFile::create(path)));
  TRY(file.append(headerBytes(
      {StatesFileHeader::Kind::State, modelHash, prefix_, {}, gridOrigin_, std::move(note)},
      sidesOf(config_, cacheType_))));
  const Streams streams = TRY(newStreams());
  std::string host;
  for (size_t part = 0; part < parts_.size(); ++part) {
    const kernels::Buffer& fixed = parts_[part].fixed;
    host.resize(static_cast<size_t>(fixed.bytes()));
    streams[part]->copyOut(host.data(), fixed.data(), fixed.bytes());
    TRY(streams[part]->wait());
    TRY(file.append(host));
  }
  return file.commit();
}

Result<void> States::savePages(const fs::path& path,
                               const Sha256& modelHash,
                               const TokenPrefix& from,
                               const std::stop_token& stop) const {
  TRY(checkWhole());
  LECTERN_CHECK(from.tokens <= prefix_.tokens);
  ChecksummedFile file(TRY(AtomicFile::create(path)));
  TRY(file.append(
      headerBytes({StatesFileHeader::Kind::Pages, modelHash, prefix_, from, gridOrigin_, {}},
                  sidesOf(config_, cacheType_))));
  const Streams streams = TRY(newStreams());
  std::string host;
  // Pages may have been taken for tokens that were then not read.
  const int64_t end = StateView::pagesFor(prefix_.tokens);
  for (size_t layer = 0; layer < pages_.size(); ++layer) {
    kernels::Stream& stream = *streams[partOf_[layer]];
    for (int64_t page = from.tokens / kPageTokens; page < end; ++page) {
      if (stop.stop_requested()) return cancelled("Saving", path);
      const kernels::Buffer& buffer = *pages_[layer][static_cast<size_t>(page)];
      host.resize(static_cast<size_t>(buffer.bytes()));
      stream.copyOut(host.data(), buffer.data(), buffer.bytes());
      TRY(stream.wait());
      TRY(file.append(host));
    }
  }
  return file.commit();
}

Result<States> States::restore(const SavedStates& saved,
                               const Sha256& modelHash,
                               const ModelConfig& config,
                               kernels::DType cacheType,
                               int64_t maxTokens,
                               const Devices& devices,
                               const std::stop_token& stop) {
  const Sides sides = sidesOf(config, cacheType);
  const OpenFile fixed = TRY(openChecked(saved.state));
  const StatesFileHeader& says = fixed.header.says;
  TRY(checkModel(fixed.header, saved.state, modelHash, sides, cacheType));
  if (says.kind != StatesFileHeader::Kind::State) {
    return refuse(saved.state, "it holds keys and values alone");
  }
  if (says.upTo.tokens > maxTokens) {
    return refuse(saved.state, fmt::format("it holds {} tokens, and the window {}",
                                           says.upTo.tokens, maxTokens));
  }
  States states = TRY(create(config, cacheType, maxTokens, devices));
  if (static_cast<int64_t>(fixed.body.size()) != states.fixedBytes()) {
    return refuse(saved.state, "its length is not what it says");
  }
  states.prefix_ = says.upTo;
  states.gridOrigin_ = says.gridOrigin;
  const Streams streams = TRY(states.newStreams());
  size_t offset = 0;
  for (size_t part = 0; part < states.parts_.size(); ++part) {
    const kernels::Buffer& buffer = states.parts_[part].fixed;
    streams[part]->copyIn(buffer.data(), fixed.body.data() + offset, buffer.bytes());
    offset += static_cast<size_t>(buffer.bytes());
  }

  TokenPrefix before;
  for (const fs::path& path : saved.pages) {
    const OpenFile pages = TRY(openChecked(path));
    TRY(checkModel(pages.header, path, modelHash, sides, cacheType));
    if (pages.header.says.kind != StatesFileHeader::Kind::Pages ||
        pages.header.says.from != before || pages.header.says.upTo.tokens > says.upTo.tokens) {
      return refuse(path, "it does not go on where the one before it ends");
    }
    const int64_t first = before.tokens / kPageTokens;
    before = pages.header.says.upTo;
    const int64_t end = StateView::pagesFor(before.tokens);
    const int64_t pageBytes = StateView::pageBytes(config, cacheType);
    const auto layers = static_cast<int64_t>(states.pages_.size());
    if (static_cast<int64_t>(pages.body.size()) != (end - first) * layers * pageBytes) {
      return refuse(path, "its length is not what it says");
    }
    const char* from = pages.body.data();
    for (int64_t layer = 0; layer < layers; ++layer) {
      auto& table = states.pages_[static_cast<size_t>(layer)];
      const size_t part = states.partOf_[static_cast<size_t>(layer)];
      for (int64_t page = first; page < end; ++page, from += pageBytes) {
        if (stop.stop_requested()) return cancelled("Restoring", path);
        if (page == static_cast<int64_t>(table.size())) {
          table.push_back(TRY(states.newPage(states.parts_[part])));
          states.publishPage(layer, page, *streams[part]);
        }
        streams[part]->copyIn(table[static_cast<size_t>(page)]->data(), from, pageBytes);
      }
    }
    for (const auto& stream : streams) TRY(stream->wait());  // the mapping goes
  }
  if (before != says.upTo) return refuse(saved.state, "keys and values of it are missing");
  for (const auto& stream : streams) TRY(stream->wait());
  return states;
}

}  // namespace lectern
