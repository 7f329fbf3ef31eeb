// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/settings_file.h"

#include "app/workspace/paths.h"
#include "core/base/file.h"
#include "core/base/utf8.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxBytes = 1 << 20;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// A line as it stands in the file, and what it sets: nothing, for sections and comments.
struct Line {
  std::string raw;
  std::string section;  ///< the one that it stands in, or begins
  std::string name;     ///< "answers.engine"
  std::string value;
};

using Lines = std::vector<Line>;

Error brokenLine(const fs::path& file, int64_t number, std::string_view what) {
  return {ErrorCode::InputRefused,
          fmt::format("Line {} of {} {}. Correct it, or take the file away to have the defaults.",
                      number, file.string(), what)};
}

Result<Lines> parse(std::string_view text, const fs::path& file) {
  Lines lines;
  std::string section;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    Line line{std::string(text.substr(0, end)), section, {}, {}};
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto number = static_cast<int64_t>(lines.size()) + 1;
    const std::string_view words = trimmed(line.raw);
    const bool isText = utf8::isValid(words) && words.find('\0') == std::string_view::npos;
    if (!isText) return brokenLine(file, number, "is no text");
    if (words.starts_with('[')) {
      if (!words.ends_with(']')) return brokenLine(file, number, "is no whole [section]");
      section = trimmed(words.substr(1, words.size() - 2));
      line.section = section;
    } else if (!words.empty() && words.front() != '#' && words.front() != ';') {
      const size_t equals = words.find('=');
      if (equals == std::string_view::npos || equals == 0) {
        return brokenLine(file, number, "is neither a [section] nor name = value");
      }
      const std::string_view key = trimmed(words.substr(0, equals));
      line.name = section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
      line.value = trimmed(words.substr(equals + 1));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<Lines> readLines(const fs::path& file) {
  std::error_code failed;
  if (!fs::exists(file, failed) && !failed) return Lines{};
  return parse(TRY(readFile(file, kMaxBytes)), file);
}

/// Puts a value where the name has its line, else at the end of its section, else of the file.
void put(Lines& lines, std::string_view name, const std::string& value) {
  const size_t dot = name.find('.');
  const std::string section(name.substr(0, dot));
  const Line wanted{fmt::format("{} = {}", name.substr(dot + 1), value), section, std::string(name),
                    value};
  if (const auto own = std::ranges::find(lines, name, &Line::name); own != lines.end()) {
    *own = wanted;
    lines.erase(std::remove_if(own + 1, lines.end(),
                               [name](const Line& line) { return line.name == name; }),
                lines.end());
    return;
  }
  const auto isOfSection = [&section](const Line& line) { return line.section == section; };
  auto last = std::find_if(lines.rbegin(), lines.rend(), isOfSection);
  while (last != lines.rend() && trimmed(last->raw).empty()) ++last;
  if (last != lines.rend()) {
    lines.insert(last.base(), wanted);
    return;
  }
  if (!lines.empty()) lines.push_back({});
  lines.push_back({fmt::format("[{}]", section), section, {}, {}});
  lines.push_back(wanted);
}

Result<void> checkChanges(const SettingChanges& changes) {
  for (const auto& [name, value] : changes) {
    const SettingKey* key = TRY(findSetting(name));
    Settings scratch;
    if (!value) continue;
    if (const auto set = key->set(scratch, *value); !set) {
      return Error{set.error().code, fmt::format("{}: {}", name, set.error().message)};
    }
  }
  return {};
}

}  // namespace

Result<fs::path> configFolder(const fs::path& wanted) {
  std::error_code ignored;
  if (!wanted.empty()) return fs::absolute(wanted, ignored);
  return userFolder("XDG_CONFIG_HOME", ".config");
}

fs::path settingsFile(const fs::path& folder) {
  return folder / "settings.ini";
}

LoadedSettings loadSettings(const fs::path& folder) {
  LoadedSettings loaded;
  const fs::path file = settingsFile(folder);
  const Result<Lines> lines = readLines(file);
  if (!lines) {
    loaded.problems.push_back(lines.error().message);
    return loaded;
  }
  for (const Line& line : *lines) {
    const auto key = findSetting(line.name);
    if (!key) continue;
    if (const auto set = (*key)->set(loaded.settings, line.value); !set) {
      loaded.problems.push_back(fmt::format("{} in {} is not used: {} It has its default.",
                                            line.name, file.string(), set.error().message));
    }
  }
  return loaded;
}

Result<void> changeSettings(const fs::path& folder, const SettingChanges& changes) {
  TRY(checkChanges(changes));
  if (!makePrivateFolder(folder)) {
    return Error{
        ErrorCode::Storage,
        fmt::format("The folder {} for the settings cannot be made. Set XDG_CONFIG_HOME to "
                    "a folder that you may write to.",
                    folder.string())};
  }
  // Held until the new file is in place, so that nobody changes what was read meanwhile.
  const FileDescriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.isOpen() || ::flock(lock.get(), LOCK_EX) != 0) {
    return Error{ErrorCode::Storage, fmt::format("The settings in {} cannot be changed: {}.",
                                                 folder.string(), describeErrno(errno))};
  }
  Lines lines = TRY(readLines(settingsFile(folder)));
  for (const auto& [name, value] : changes) {
    if (value) {
      put(lines, name, *value);
    } else {
      std::erase_if(lines, [&name = name](const Line& line) { return line.name == name; });
    }
  }
  std::string text;
  for (const Line& line : lines) text += line.raw + '\n';
  return writeFileAtomically(settingsFile(folder), text);
}

}  // namespace lectern
