// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/gguf.h"

#include "core/base/check.h"
#include "core/base/utf8.h"
#include "core/model_file/elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

namespace lectern {

namespace {

constexpr uint64_t kMaxArray = uint64_t{1} << 24;  // values: no vocabulary has more
constexpr size_t kMaxName = 64;
constexpr uint32_t kMaxRank = 4;
constexpr int64_t kDefaultAlignment = 32;

struct ElementType {
  std::string_view name;
  int32_t id;
  StoredType type;
};

// ggml.h, enum ggml_type. Those that no weights of ours come in have a name for the message only.
constexpr ElementType kTypes[] = {
    {"F32", 0, StoredType::F32},        {"F16", 1, StoredType::F16},
    {"Q4_0", 2, StoredType::Q4_0},      {"Q4_1", 3, StoredType::Q4_1},
    {"Q5_0", 6, StoredType::Q5_0},      {"Q5_1", 7, StoredType::Q5_1},
    {"Q8_0", 8, StoredType::Q8_0},      {"Q8_1", 9, StoredType::Other},
    {"Q2_K", 10, StoredType::Other},    {"Q3_K", 11, StoredType::Other},
    {"Q4_K", 12, StoredType::Q4_K},     {"Q5_K", 13, StoredType::Q5_K},
    {"Q6_K", 14, StoredType::Q6_K},     {"Q8_K", 15, StoredType::Other},
    {"IQ2_XXS", 16, StoredType::Other}, {"IQ2_XS", 17, StoredType::Other},
    {"IQ3_XXS", 18, StoredType::Other}, {"IQ1_S", 19, StoredType::Other},
    {"IQ4_NL", 20, StoredType::Other},  {"IQ3_S", 21, StoredType::Other},
    {"IQ2_S", 22, StoredType::Other},   {"IQ4_XS", 23, StoredType::Other},
    {"I8", 24, StoredType::Other},      {"I16", 25, StoredType::Other},
    {"I32", 26, StoredType::Other},     {"I64", 27, StoredType::Other},
    {"F64", 28, StoredType::Other},     {"IQ1_M", 29, StoredType::Other},
    {"BF16", 30, StoredType::BF16},     {"TQ1_0", 34, StoredType::Other},
    {"TQ2_0", 35, StoredType::Other},   {"MXFP4", 39, StoredType::Other}};

const ElementType& elementTypeOf(StoredType type) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const ElementType& t) { return t.type == type; });
  LECTERN_CHECK(type != StoredType::Other && found != std::end(kTypes));
  return *found;
}

// The kinds of values, by their numbers in the file.
enum class Kind : int32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

int64_t bytesOf(Kind kind) {
  switch (kind) {
    case Kind::U8:
    case Kind::I8:
    case Kind::Bool:
      return 1;
    case Kind::U16:
    case Kind::I16:
      return 2;
    case Kind::U32:
    case Kind::I32:
    case Kind::F32:
      return 4;
    case Kind::String:  // its length at least
    case Kind::U64:
    case Kind::I64:
    case Kind::F64:
      return 8;
    case Kind::Array:
      break;
  }
  return 0;
}

/// Reads on from the file's begin; the first thing that is wrong is kept, and everything behind it
/// is zero or empty.
class Reader {
 public:
  Reader(std::string_view bytes, std::string_view file) : bytes_(bytes), file_(file) {}

  void complain(std::string_view cause) {
    refuse(
        fmt::format("{} is not a sound GGUF file: {}. Copy or download it again.", file_, cause));
  }
  /// It is sound, and of no use here.
  void decline(std::string_view cause, std::string_view remedy) {
    refuse(fmt::format("{} cannot be used: {}. {}", file_, cause, remedy));
  }
  [[nodiscard]] bool failed() const { return !problem_.empty(); }
  [[nodiscard]] Error error() const { return {ErrorCode::ModelUnusable, problem_}; }
  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] uint64_t remaining() const { return bytes_.size() - position_; }

  template <class Number>
  Number number() {
    Number value{};
    take(sizeof value).copy(reinterpret_cast<char*>(&value), sizeof value);
    return value;
  }
  std::string_view string() { return take(number<uint64_t>()); }

  /// A count of things of at least so many bytes each.
  uint64_t count(int64_t bytesEach, std::string_view ofWhat) {
    const auto value = number<uint64_t>();
    if (failed()) return 0;
    if (value > kMaxArray || value > remaining() / static_cast<uint64_t>(bytesEach)) {
      complain(fmt::format("it would have {} {}, more than there is room for", value, ofWhat));
      return 0;
    }
    return value;
  }

  GgufValue value(std::string_view key);
  /// What was read since the reader stood there.
  [[nodiscard]] std::string_view since(size_t position) const {
    return bytes_.substr(position, position_ - position);
  }

 private:
  void refuse(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }
  std::string_view take(uint64_t size) {
    if (failed()) return {};
    if (size > remaining()) {
      complain("it ends inside its header");
      return {};
    }
    position_ += size;
    return bytes_.substr(position_ - size, size);
  }

  int64_t whole(Kind kind);
  GgufValue array(std::string_view key);

  std::string_view bytes_;
  std::string_view file_;
  size_t position_ = 0;
  std::string problem_;
};

int64_t Reader::whole(Kind kind) {
  switch (kind) {
    case Kind::U8:
      return number<uint8_t>();
    case Kind::I8:
      return number<int8_t>();
    case Kind::U16:
      return number<uint16_t>();
    case Kind::I16:
      return number<int16_t>();
    case Kind::U32:
      return number<uint32_t>();
    case Kind::I32:
      return number<int32_t>();
    case Kind::U64: {
      const auto value = number<uint64_t>();
      if (value > INT64_MAX) complain("a number in it is larger than any size");
      return static_cast<int64_t>(value);
    }
    default:
      return number<int64_t>();
  }
}

GgufValue Reader::value(std::string_view key) {
  const auto kind = static_cast<Kind>(number<int32_t>());
  switch (kind) {
    case Kind::Bool:
      return number<uint8_t>() != 0;
    case Kind::F32:
      return static_cast<double>(number<float>());
    case Kind::F64:
      return number<double>();
    case Kind::String:
      return string();
    case Kind::Array:
      return array(key);
    default:
      break;
  }
  if (kind < Kind::U8 || kind > Kind::F64) {
    complain(fmt::format("the value of \"{}\" is of a kind that the format does not know", key));
  }
  return whole(kind);
}

GgufValue Reader::array(std::string_view key) {
  const auto kind = static_cast<Kind>(number<int32_t>());
  if (failed()) return {};
  if (kind < Kind::U8 || kind > Kind::F64 || kind == Kind::Array) {
    complain(fmt::format("the list of \"{}\" is of a kind that the format does not know", key));
    return {};
  }
  const uint64_t size = count(bytesOf(kind), fmt::format("values of \"{}\"", key));
  const auto read = [&](auto list, const auto& one) {
    list.reserve(size);
    for (uint64_t i = 0; i < size && !failed(); ++i) list.push_back(one());
    return list;
  };
  switch (kind) {
    case Kind::Bool:
      return read(std::vector<bool>{}, [&] { return number<uint8_t>() != 0; });
    case Kind::F32:
      return read(std::vector<double>{}, [&] { return static_cast<double>(number<float>()); });
    case Kind::F64:
      return read(std::vector<double>{}, [&] { return number<double>(); });
    case Kind::String:
      return read(std::vector<std::string_view>{}, [&] { return string(); });
    default:
      return read(std::vector<int64_t>{}, [&] { return whole(kind); });
  }
}

// A tensor with where its data begins in the data section.
struct Entry {
  StoredTensor tensor;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

Entry readEntry(Reader& reader) {
  Entry entry;
  const std::string_view name = reader.string();
  if (name.empty() || name.size() >= kMaxName || !utf8::isValid(name)) {
    reader.complain("the name of a tensor is empty, too long, or no text");
    return entry;
  }
  const auto complain = [&](std::string_view cause) {
    reader.complain(fmt::format("tensor \"{}\" {}", name, cause));
  };
  entry.tensor.name = name;
  const auto rank = reader.number<uint32_t>();
  if (rank > kMaxRank) complain("has more than four sides");
  for (uint32_t i = 0; i < rank && !reader.failed(); ++i) {
    entry.tensor.shape.push_back(reader.number<int64_t>());
    if (entry.tensor.shape.back() < 1) complain("has an empty side");
  }
  const auto id = reader.number<int32_t>();
  entry.offset = reader.number<uint64_t>();
  if (reader.failed()) return entry;

  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const ElementType& t) { return t.id == id; });
  entry.tensor.typeName =
      type != std::end(kTypes) ? std::string(type->name) : fmt::format("number {}", id);
  if (type == std::end(kTypes) || type->type == StoredType::Other) {
    reader.decline(
        fmt::format("tensor \"{}\" is of type {}", utf8::beginning(name, 200),
                    entry.tensor.typeName),
        "This program reads F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and "
        "Q6_K: take a file of one of these.");
    return entry;
  }
  entry.tensor.type = type->type;
  const BlockShape block = blockShape(type->type);
  const int64_t row = entry.tensor.shape.empty() ? 1 : entry.tensor.shape.front();
  if (row % block.elements != 0) {
    complain(
        fmt::format("has rows of {}, which are no whole blocks of {}", row, entry.tensor.typeName));
  }
  int64_t bytes = block.bytes;
  int64_t elements = 1;
  bool fits = true;
  for (const int64_t side : entry.tensor.shape) {
    fits = fits && !__builtin_mul_overflow(elements, side, &elements) &&
           !__builtin_mul_overflow(bytes, side, &bytes);
  }
  if (!fits) {
    complain("has more elements than can be counted");
    return entry;
  }
  entry.bytes = static_cast<uint64_t>(entry.tensor.elements() / block.elements * block.bytes);
  std::reverse(entry.tensor.shape.begin(), entry.tensor.shape.end());
  return entry;
}

uint64_t padded(uint64_t size, uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

// Each tensor begins where the last one ended, padded, and ends inside the file.
void placeEntries(Reader& reader,
                  std::vector<Entry>& entries,
                  std::string_view data,
                  uint64_t alignment) {
  uint64_t expected = 0;
  for (Entry& entry : entries) {
    if (entry.offset != expected) {
      reader.complain(
          fmt::format("tensor \"{}\" does not follow the one before it", entry.tensor.name));
      return;
    }
    if (entry.offset > data.size() || entry.bytes > data.size() - entry.offset) {
      reader.complain(fmt::format("it ends inside tensor \"{}\"", entry.tensor.name));
      return;
    }
    entry.tensor.data = data.substr(entry.offset, entry.bytes);
    expected = padded(entry.offset + entry.bytes, alignment);
  }
}

void readMetadata(Reader& reader, uint64_t count, GgufContent& content) {
  for (uint64_t i = 0; i < count && !reader.failed(); ++i) {
    const std::string_view key = reader.string();
    if (key.empty() || !utf8::isValid(key)) reader.complain("a key of its metadata is no text");
    const size_t begin = reader.position();
    GgufValue value = reader.value(utf8::beginning(key, 200));
    content.keys.push_back({std::string(key), reader.since(begin)});
    if (!content.metadata.emplace(key, std::move(value)).second) {
      reader.complain(fmt::format("it has \"{}\" twice", utf8::beginning(key, 200)));
    }
  }
}

uint64_t alignmentOf(Reader& reader, const GgufContent& content) {
  const auto found = content.metadata.find("general.alignment");
  if (found == content.metadata.end()) return kDefaultAlignment;
  const auto* value = std::get_if<int64_t>(&found->second);
  if (value == nullptr || *value <= 0 || *value > (int64_t{1} << 31) ||
      (*value & (*value - 1)) != 0) {
    reader.complain("its alignment is no power of two");
    return kDefaultAlignment;
  }
  return static_cast<uint64_t>(*value);
}

}  // namespace

Result<GgufContent> readGguf(std::string_view bytes, std::string_view fileName) {
  Reader reader(bytes, fileName);
  if (!bytes.starts_with("GGUF")) reader.complain("it does not begin with \"GGUF\"");
  reader.number<uint32_t>();
  const auto version = reader.number<uint32_t>();
  if ((version & 0xFFFFU) == 0) {
    reader.decline("its bytes are in the order of another kind of machine",
                   "Take a little-endian file.");
  }
  if (version < 2 || version > 3) {
    reader.complain(fmt::format("it is of version {}, and this program reads 2 and 3", version));
  }
  // Name, number of sides, type and offset; key, kind and value.
  const uint64_t tensorCount = reader.count(8 + 4 + 4 + 8, "tensors");
  const uint64_t keyCount = reader.count(8 + 4 + 1, "keys");

  GgufContent content;
  readMetadata(reader, keyCount, content);
  std::vector<Entry> entries;
  std::set<std::string_view> names;
  for (uint64_t i = 0; i < tensorCount && !reader.failed(); ++i)
    entries.push_back(readEntry(reader));
  for (const Entry& entry : entries) {
    if (!names.insert(entry.tensor.name).second) {
      reader.complain(fmt::format("tensor \"{}\" stands in it twice", entry.tensor.name));
    }
  }
  const uint64_t alignment = alignmentOf(reader, content);
  if (!reader.failed()) {
    const uint64_t start = std::min<uint64_t>(padded(reader.position(), alignment), bytes.size());
    placeEntries(reader, entries, bytes.substr(start), alignment);
  }
  if (reader.failed()) return reader.error();
  content.tensors.reserve(entries.size());
  for (Entry& entry : entries) content.tensors.push_back(std::move(entry.tensor));
  return content;
}

int32_t ggufTypeId(StoredType type) {
  return elementTypeOf(type).id;
}

std::string_view ggufTypeName(StoredType type) {
  return elementTypeOf(type).name;
}

}  // namespace lectern
