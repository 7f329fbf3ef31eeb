// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model_file/stored_tensor.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What stands in a GGUF file of version 3 in front of the tensors' data: metadata, and the list of
/// tensors, whose data follow each other in that order, each padded to kAlignment.
class GgufHeader {
 public:
  static constexpr int64_t kAlignment = 32;  ///< the format's own where no key says otherwise

  void u32(std::string_view key, uint32_t value);
  void f32(std::string_view key, float value);
  void string(std::string_view key, std::string_view value);
  void flag(std::string_view key, bool value);
  void i32s(std::string_view key, std::span<const int32_t> values);
  void f32s(std::string_view key, std::span<const float> values);
  void strings(std::string_view key, std::span<const std::string> values);
  /// A value of any kind, as GgufKey has it.
  void encoded(std::string_view key, std::string_view kindAndValue);

  /// `shape` outermost first; its rows are whole blocks of the type.
  void tensor(std::string_view name, StoredType type, const std::vector<int64_t>& shape);

  /// The header, padded to where the data begin.
  [[nodiscard]] std::string bytes() const;
  /// Of all tensors, padding included.
  [[nodiscard]] int64_t dataBytes() const { return dataBytes_; }

 private:
  template <class Number>
  void number(std::string_view key, int32_t kind, Number value);
  template <class Number>
  void list(std::string_view key, int32_t kind, std::span<const Number> values);

  std::string keys_;
  std::string tensors_;
  int64_t keyCount_ = 0;
  int64_t tensorCount_ = 0;
  int64_t dataBytes_ = 0;
};

}  // namespace lectern
