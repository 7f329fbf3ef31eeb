// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/safetensors.h"

#include "core/base/json.h"
#include "core/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace lectern {

namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference reader's limit
constexpr size_t kMaxRank = 8;

struct ElementType {
  std::string_view name;
  int64_t bytes;
  StoredType type;
};

// The format's types (safetensors, src/tensor.rs); those that no Jamba file uses for weights are
// known by size only.
constexpr ElementType kTypes[] = {
    {"F32", 4, StoredType::F32},      {"F16", 2, StoredType::F16},
    {"BF16", 2, StoredType::BF16},    {"F64", 8, StoredType::Other},
    {"I64", 8, StoredType::Other},    {"U64", 8, StoredType::Other},
    {"I32", 4, StoredType::Other},    {"U32", 4, StoredType::Other},
    {"I16", 2, StoredType::Other},    {"U16", 2, StoredType::Other},
    {"I8", 1, StoredType::Other},     {"U8", 1, StoredType::Other},
    {"BOOL", 1, StoredType::Other},   {"F8_E4M3", 1, StoredType::Other},
    {"F8_E5M2", 1, StoredType::Other}};

Error refuse(std::string_view file, std::string_view cause) {
  return {ErrorCode::ModelUnusable,
          fmt::format("{} is not a sound safetensors file: {}. Copy or download it again.", file,
                      cause)};
}

// What the header says of one tensor, checked by itself.
struct Entry {
  StoredTensor tensor;
  uint64_t begin = 0;
  uint64_t end = 0;
};

Result<Entry> readEntry(const std::string& name,
                        const nlohmann::json& value,
                        std::string_view file) {
  const auto bad = [&](std::string_view cause) {
    return refuse(file, fmt::format("tensor \"{}\" {}", utf8::beginning(name, 200), cause));
  };
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets")) {
    return bad("lacks dtype, shape or data_offsets");
  }
  const auto& dtype = value["dtype"];
  const auto& shape = value["shape"];
  const auto& offsets = value["data_offsets"];
  if (!dtype.is_string()) return bad("has a dtype that is no string");
  if (!shape.is_array() || shape.size() > kMaxRank) return bad("has a shape that is no short list");
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    return bad("has data_offsets that are not two numbers");
  }

  Entry entry;
  entry.tensor.name = name;
  entry.tensor.typeName = dtype.get<std::string>();
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const ElementType& t) {
    return t.name == entry.tensor.typeName;
  });
  if (type == std::end(kTypes)) return bad("has a dtype that the format does not know");
  entry.tensor.type = type->type;
  entry.begin = offsets[0].get<uint64_t>();
  entry.end = offsets[1].get<uint64_t>();
  int64_t bytes = type->bytes;
  for (const auto& side : shape) {
    if (!side.is_number_unsigned() || side.get<uint64_t>() > INT64_MAX) {
      return bad("has a side that is no count");
    }
    const auto length = side.get<int64_t>();
    entry.tensor.shape.push_back(length);
    if (__builtin_mul_overflow(bytes, length, &bytes))
      return bad("has more elements than can be counted");
  }
  if (entry.begin > entry.end || entry.end - entry.begin != static_cast<uint64_t>(bytes)) {
    return bad(fmt::format("takes {} bytes by its shape, and its offsets say otherwise", bytes));
  }
  return entry;
}

// Sorted by their data, each must begin where the last ended, from 0 to the end of the file.
Result<void> placeEntries(std::vector<Entry>& entries,
                          std::string_view data,
                          std::string_view file) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t position = 0;
  for (Entry& entry : entries) {
    if (entry.begin != position) {
      return refuse(file,
                    fmt::format("tensor \"{}\" {} the one before it", entry.tensor.name,
                                entry.begin < position ? "overlaps" : "leaves a hole behind"));
    }
    if (entry.end > data.size()) {
      return refuse(file, fmt::format("it ends inside tensor \"{}\"", entry.tensor.name));
    }
    entry.tensor.data = data.substr(entry.begin, entry.end - entry.begin);
    position = entry.end;
  }
  if (position != data.size()) {
    return refuse(file, fmt::format("{} bytes follow the last tensor", data.size() - position));
  }
  return {};
}

}  // namespace

Result<std::vector<StoredTensor>> readSafetensors(std::string_view bytes,
                                                  std::string_view fileName) {
  if (bytes.size() < 8) return refuse(fileName, "it is shorter than eight bytes");
  uint64_t headerBytes = 0;
  for (size_t i = 0; i < 8; ++i) {
    headerBytes |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  if (headerBytes > kMaxHeaderBytes) {
    return refuse(fileName, fmt::format("its header would be {} bytes long", headerBytes));
  }
  if (headerBytes > bytes.size() - 8) return refuse(fileName, "it ends inside its header");

  Result<nlohmann::json> header = parseJson(bytes.substr(8, headerBytes), "its header");
  if (!header)
    return refuse(fileName, header.error().message.substr(0, header.error().message.size() - 1));
  if (!header->is_object()) return refuse(fileName, "its header is not an object");
  std::vector<Entry> entries;
  for (const auto& [name, value] : header->items()) {
    if (name == "__metadata__") continue;
    entries.push_back(TRY(readEntry(name, value, fileName)));
  }
  TRY(placeEntries(entries, bytes.substr(8 + headerBytes), fileName));

  std::vector<StoredTensor> tensors;
  tensors.reserve(entries.size());
  for (Entry& entry : entries) tensors.push_back(std::move(entry.tensor));
  return tensors;
}

}  // namespace lectern
