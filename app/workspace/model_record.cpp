// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_record.h"

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/sha256.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <numeric>
#include <system_error>

namespace lectern {

namespace {

constexpr int64_t kMaxRecordBytes = 16 << 20;
constexpr size_t kPieceBytes = 4 << 20;

bool isFileName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

bool isSum(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<RecordedFile> readEntry(const nlohmann::json& entry) {
  const Error bad{ErrorCode::ModelUnusable, "one of its files has no name, size or sum"};
  if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string() ||
      !entry.contains("bytes") || !entry["bytes"].is_number_unsigned() ||
      !entry.contains("sha256") || !entry["sha256"].is_string()) {
    return bad;
  }
  RecordedFile file{entry["name"].get<std::string>(), entry["bytes"].get<int64_t>(),
                    entry["sha256"].get<std::string>()};
  if (!isFileName(file.name) || file.bytes < 0 || !isSum(file.sha256)) return bad;
  return file;
}

}  // namespace

int64_t ModelRecord::bytes() const {
  return std::accumulate(files.begin(), files.end(), int64_t{0},
                         [](int64_t sum, const RecordedFile& file) { return sum + file.bytes; });
}

ModelRecord newModelRecord(const std::filesystem::path& source) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::error_code ignored;
  return {std::filesystem::absolute(source, ignored).string(),
          std::chrono::duration_cast<std::chrono::milliseconds>(now).count(),
          {}};
}

Result<ModelRecord> readModelRecord(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kModelRecordName;
  const auto unusable = [&](std::string_view cause) {
    return Error{ErrorCode::ModelUnusable,
                 fmt::format("The record {} of the model's import cannot be used: {}. Import the "
                             "model again.",
                             path.string(), cause)};
  };
  const Result<std::string> text = readFile(path, kMaxRecordBytes);
  if (!text) return Error{ErrorCode::ModelUnusable, text.error().message};
  const Result<nlohmann::json> json = parseJson(*text, path.string());
  if (!json) return Error{ErrorCode::ModelUnusable, json.error().message};
  if (!json->is_object() || !json->contains("schema") || (*json)["schema"] != "lectern-model/1") {
    return unusable("it is not of the form lectern-model/1");
  }
  if (!json->contains("files") || !(*json)["files"].is_array()) {
    return unusable("it has no list of files");
  }
  ModelRecord record;
  if (json->contains("source") && (*json)["source"].is_string()) record.source = (*json)["source"];
  if (json->contains("importedAtMs") && (*json)["importedAtMs"].is_number_unsigned()) {
    record.importedAtMs = (*json)["importedAtMs"];
  }
  for (const auto& entry : (*json)["files"]) {
    Result<RecordedFile> file = readEntry(entry);
    if (!file) return unusable(file.error().message);
    record.files.push_back(std::move(*file));
  }
  return record;
}

Result<void> writeModelRecord(const std::filesystem::path& folder, const ModelRecord& record) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const RecordedFile& file : record.files) {
    files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  const nlohmann::ordered_json json{{"schema", "lectern-model/1"},
                                    {"source", record.source},
                                    {"importedAtMs", record.importedAtMs},
                                    {"files", std::move(files)}};
  // A folder's name need not be UTF-8.
  return writeFileAtomically(
      folder / kModelRecordName,
      json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

Result<RecordedFile> readInPieces(const std::filesystem::path& path,
                                  const std::function<Result<void>(std::string_view)>& sink,
                                  std::stop_token stop) {
  const FileDescriptor file = TRY(openForReading(path));
  RecordedFile result{path.filename().string(), 0, {}};
  Sha256Hasher hasher;
  std::string piece(kPieceBytes, '\0');
  for (;;) {
    if (stop.stop_requested()) {
      return Error{ErrorCode::Cancelled, fmt::format("Stopped at {}.", path.string())};
    }
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} cannot be read: {}.", path.string(), describeErrno(errno))};
    }
    if (got == 0) break;
    const std::string_view bytes(piece.data(), static_cast<size_t>(got));
    hasher.update(bytes);
    result.bytes += got;
    TRY(sink(bytes));
  }
  result.sha256 = toHex(hasher.finish());
  return result;
}

}  // namespace lectern
