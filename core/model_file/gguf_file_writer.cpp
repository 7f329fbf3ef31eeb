// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/gguf_file_writer.h"

#include "core/base/check.h"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <utility>

namespace lectern {

Result<GgufFileWriter> GgufFileWriter::create(const std::filesystem::path& path,
                                              const GgufHeader& header) {
  AtomicFile file = TRY(AtomicFile::create(path));
  const std::string begin = header.bytes();
  const auto total =
      static_cast<uintmax_t>(begin.size()) + static_cast<uintmax_t>(header.dataBytes());
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code failed;
  const auto space = std::filesystem::space(folder, failed);
  if (!failed && space.available < total) {
    return Error{
        ErrorCode::Storage,
        fmt::format("{} would have {} bytes, and its disk has {} free. Free some space, or "
                    "choose another place.",
                    path.string(), total, space.available)};
  }
  TRY(file.append(begin));
  return GgufFileWriter(std::move(file), header.dataBytes());
}

Result<void> GgufFileWriter::append(std::string_view bytes) {
  written_ += static_cast<int64_t>(bytes.size());
  return file_.append(bytes);
}

Result<void> GgufFileWriter::endTensor() {
  const int64_t over = written_ % GgufHeader::kAlignment;
  return over == 0 ? Result<void>()
                   : append(std::string(static_cast<size_t>(GgufHeader::kAlignment - over), '\0'));
}

Result<void> GgufFileWriter::commit() {
  LECTERN_CHECK(written_ == dataBytes_);
  return file_.commit();
}

}  // namespace lectern
