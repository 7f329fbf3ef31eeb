// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Makes a GGUF file, sound or not. Numbers of kinds and types are the format's.
class GgufWriter {
 public:
  template <class Number>
  static std::string raw(Number value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
  }
  static std::string text(std::string_view value) {
    return raw<uint64_t>(value.size()).append(value);
  }
  template <class Number>
  static std::string list(int32_t kind, const std::vector<Number>& values) {
    std::string bytes = raw(kind) + raw<uint64_t>(values.size());
    for (const Number value : values) bytes += raw(value);
    return bytes;
  }

  uint32_t version = 3;
  int64_t alignment = 32;  ///< of the data; it does not write the key

  /// Any value, as its bytes.
  void key(std::string_view name, int32_t kind, const std::string& value) {
    keys_ += text(name) + raw(kind) + value;
    ++keyCount_;
  }
  void u32(std::string_view name, uint32_t value) { key(name, 4, raw(value)); }
  void f32(std::string_view name, float value) { key(name, 6, raw(value)); }
  void flag(std::string_view name, bool value) { key(name, 7, raw<uint8_t>(value ? 1 : 0)); }
  void string(std::string_view name, std::string_view value) { key(name, 8, text(value)); }
  void i32s(std::string_view name, const std::vector<int32_t>& values) {
    key(name, 9, list(5, values));
  }
  void strings(std::string_view name, const std::vector<std::string>& values) {
    std::string bytes = raw<int32_t>(8) + raw<uint64_t>(values.size());
    for (const std::string& value : values) bytes += text(value);
    key(name, 9, bytes);
  }

  /// `sides` innermost first, as the format has them. Where no offset is given the data follows the
  /// tensor before it.
  void tensor(std::string_view name,
              const std::vector<int64_t>& sides,
              int32_t type,
              std::string_view data,
              int64_t offset = -1) {
    data_.resize((data_.size() + static_cast<size_t>(alignment) - 1) /
                 static_cast<size_t>(alignment) * static_cast<size_t>(alignment));
    tensors_ += text(name) + raw(static_cast<uint32_t>(sides.size()));
    for (const int64_t side : sides) tensors_ += raw(side);
    tensors_ += raw(type) + raw(offset >= 0 ? static_cast<uint64_t>(offset) : data_.size());
    data_ += data;
    ++tensorCount_;
  }

  [[nodiscard]] std::string file() const {
    std::string bytes = "GGUF";
    bytes += raw(version) + raw(tensorCount_) + raw(keyCount_) + keys_ + tensors_;
    bytes.resize((bytes.size() + static_cast<size_t>(alignment) - 1) /
                 static_cast<size_t>(alignment) * static_cast<size_t>(alignment));
    return bytes + data_;
  }

 private:
  int64_t keyCount_ = 0;
  int64_t tensorCount_ = 0;
  std::string keys_;
  std::string tensors_;
  std::string data_;
};

}  // namespace lectern
