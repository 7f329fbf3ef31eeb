// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/model_file/gguf_header.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace lectern {

/// A GGUF file that is written tensor by tensor and appears under its name whole or not at all, as
/// an AtomicFile does. Takes no memory for the data.
class GgufFileWriter {
 public:
  /// Writes the header. Errors: Storage; where the disk does not hold all of the file, before
  /// anything is written, with what it takes and what is free.
  static Result<GgufFileWriter> create(const std::filesystem::path& path, const GgufHeader& header);

  /// Data of the tensors in the order of the header. Errors: Storage.
  Result<void> append(std::string_view bytes);
  /// Behind the last byte of each tensor.
  Result<void> endTensor();
  Result<void> commit();

 private:
  GgufFileWriter(AtomicFile file, int64_t dataBytes)
      : file_(std::move(file)), dataBytes_(dataBytes) {}

  AtomicFile file_;
  int64_t dataBytes_;
  int64_t written_ = 0;
};

}  // namespace lectern
