// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/file_count.h"

#include "core/base/file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

bool isSupported(const fs::path& file) {
  static constexpr std::array<std::string_view, 6> kEndings = {".pdf", ".txt",      ".text",
                                                               ".md",  ".markdown", ".log"};
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

bool isHidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

/// Walks, and tells now and then.
class Walk {
 public:
  Walk(Library& library, const std::function<void(const FileCount&)>& told, std::stop_token stop)
      : library_(library), told_(told), stop_(std::move(stop)) {}

  Result<void> folder(const fs::path& path) {
    keepFolder(path);
    std::error_code ignored;
    fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied,
                                           ignored);
    for (; entry != fs::recursive_directory_iterator() && !count.more; entry.increment(ignored)) {
      TRY(lookUp());
      if (isHidden(entry->path())) {
        if (entry->is_directory(ignored)) entry.disable_recursion_pending();
        continue;
      }
      if (entry->is_directory(ignored)) keepFolder(entry->path());
      if (!entry->is_regular_file(ignored)) continue;
      if (isSupported(entry->path())) {
        TRY(file(entry->path()));
      } else {
        ++count.unsupported;
      }
    }
    return {};
  }

  Result<void> file(const fs::path& path) {
    TRY(lookUp());
    if (count.files.size() == kMostFiles) {
      count.more = true;
      return {};
    }
    CountedFile& found = count.files.emplace_back();
    found.path = path;
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return {};
    count.bytes += info.st_size;
    std::error_code ignored;
    found.stamp = {info.st_size,
                   int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec,
                   info.st_ino};
    found.known = TRY(library_.findLocation(fs::weakly_canonical(path, ignored), found.stamp));
    // Of one that was broken off the rest is still to be added.
    if (found.known && !TRY(library_.revision(*found.known)).sealed) found.known.reset();
    count.known += found.known ? 1 : 0;
    return {};
  }

  FileCount count;

 private:
  using Clock = std::chrono::steady_clock;

  void keepFolder(const fs::path& path) {
    if (count.folders.size() < kMostFolders) count.folders.push_back(path);
  }

  Result<void> lookUp() {
    if (stop_.stop_requested()) return Error{ErrorCode::Cancelled, "The count was stopped."};
    const Clock::time_point now = Clock::now();
    if (now < next_) return {};
    next_ = now + std::chrono::milliseconds(100);
    if (told_) told_(count);
    return {};
  }

  Library& library_;
  const std::function<void(const FileCount&)>& told_;
  std::stop_token stop_;
  Clock::time_point next_ = Clock::now() + std::chrono::milliseconds(100);
};

}  // namespace

std::vector<fs::path> pathsOf(const std::vector<CountedFile>& files) {
  std::vector<fs::path> paths;
  paths.reserve(files.size());
  for (const CountedFile& file : files) paths.push_back(file.path);
  return paths;
}

Result<FileCount> countFiles(Library& library,
                             const std::vector<fs::path>& named,
                             const std::function<void(const FileCount&)>& told,
                             const std::stop_token& stop) {
  Walk walk(library, told, stop);
  for (const fs::path& path : named) {
    std::error_code ignored;
    TRY(fs::is_directory(path, ignored) ? walk.folder(path) : walk.file(path));
  }
  std::ranges::sort(walk.count.files, {}, &CountedFile::path);
  walk.count.whole = true;
  return std::move(walk.count);
}

}  // namespace lectern
