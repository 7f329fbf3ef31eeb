// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/gguf_header.h"

#include "core/base/check.h"
#include "core/model_file/elements.h"
#include "core/model_file/gguf.h"

namespace lectern {

namespace {

// gguf.h, enum gguf_type.
enum Kind : int32_t {
  KindU32 = 4,
  KindI32 = 5,
  KindF32 = 6,
  KindBool = 7,
  KindString = 8,
  KindArray = 9
};

template <class Number>
void append(std::string& bytes, Number value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void appendText(std::string& bytes, std::string_view text) {
  append<uint64_t>(bytes, text.size());
  bytes += text;
}

int64_t padded(int64_t size) {
  return (size + GgufHeader::kAlignment - 1) / GgufHeader::kAlignment * GgufHeader::kAlignment;
}

}  // namespace

template <class Number>
void GgufHeader::number(std::string_view key, int32_t kind, Number value) {
  std::string bytes;
  append(bytes, kind);
  append(bytes, value);
  encoded(key, bytes);
}

void GgufHeader::u32(std::string_view key, uint32_t value) {
  number(key, KindU32, value);
}

void GgufHeader::f32(std::string_view key, float value) {
  number(key, KindF32, value);
}

void GgufHeader::string(std::string_view key, std::string_view value) {
  std::string bytes;
  append<int32_t>(bytes, KindString);
  appendText(bytes, value);
  encoded(key, bytes);
}

void GgufHeader::flag(std::string_view key, bool value) {
  number(key, KindBool, static_cast<uint8_t>(value ? 1 : 0));
}

template <class Number>
void GgufHeader::list(std::string_view key, int32_t kind, std::span<const Number> values) {
  std::string bytes;
  append<int32_t>(bytes, KindArray);
  append(bytes, kind);
  append<uint64_t>(bytes, values.size());
  for (const Number value : values) append(bytes, value);
  encoded(key, bytes);
}

void GgufHeader::i32s(std::string_view key, std::span<const int32_t> values) {
  list(key, KindI32, values);
}

void GgufHeader::f32s(std::string_view key, std::span<const float> values) {
  list(key, KindF32, values);
}

void GgufHeader::strings(std::string_view key, std::span<const std::string> values) {
  std::string bytes;
  append<int32_t>(bytes, KindArray);
  append<int32_t>(bytes, KindString);
  append<uint64_t>(bytes, values.size());
  for (const std::string& value : values) appendText(bytes, value);
  encoded(key, bytes);
}

void GgufHeader::encoded(std::string_view key, std::string_view kindAndValue) {
  appendText(keys_, key);
  keys_ += kindAndValue;
  ++keyCount_;
}

void GgufHeader::tensor(std::string_view name, StoredType type, const std::vector<int64_t>& shape) {
  const BlockShape block = blockShape(type);
  LECTERN_CHECK(!shape.empty() && shape.back() % block.elements == 0);
  appendText(tensors_, name);
  append(tensors_, static_cast<uint32_t>(shape.size()));
  int64_t elements = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    append(tensors_, shape[i]);
    elements *= shape[i];
  }
  append(tensors_, ggufTypeId(type));
  append(tensors_, static_cast<uint64_t>(dataBytes_));
  dataBytes_ += padded(elements / block.elements * block.bytes);
  ++tensorCount_;
}

std::string GgufHeader::bytes() const {
  std::string bytes = "GGUF";
  append<uint32_t>(bytes, 3);
  append(bytes, tensorCount_);
  append(bytes, keyCount_);
  bytes += keys_;
  bytes += tensors_;
  bytes.resize(static_cast<size_t>(padded(static_cast<int64_t>(bytes.size()))));
  return bytes;
}

}  // namespace lectern
