// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_licence.h"

#include "core/base/file.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <variant>

namespace lectern {

namespace {

constexpr int64_t kMaxCardBytes = 4 << 20;
constexpr size_t kMaxLicenceBytes = 200;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\"'";
  const size_t begin = std::min(text.find_first_not_of(kAround), text.size());
  const size_t end = text.find_last_not_of(kAround);
  return begin == text.size() ? std::string_view() : text.substr(begin, end + 1 - begin);
}

// The front matter is YAML; of that the two keys are looked for, a line each.
std::string ofCard(const std::string& card) {
  std::istringstream lines(card);
  std::string line;
  std::string licence;
  std::string name;
  if (!std::getline(lines, line) || trimmed(line) != "---") return {};
  while (std::getline(lines, line) && trimmed(line) != "---") {
    const std::string_view text = line;
    if (text.starts_with("license:")) licence = trimmed(text.substr(8));
    if (text.starts_with("license_name:")) name = trimmed(text.substr(13));
  }
  return licence == "other" && !name.empty() ? name : licence;
}

}  // namespace

std::string licenceOf(const ModelFolder& model) {
  std::string licence;
  if (const auto found = model.metadata().find("general.license");
      found != model.metadata().end()) {
    if (const auto* text = std::get_if<std::string_view>(&found->second)) licence = *text;
  } else if (const auto card = readFile(model.folder() / "README.md", kMaxCardBytes);
             card && model.metadata().empty()) {
    licence = ofCard(*card);
  }
  return utf8::repaired(utf8::beginning(licence, kMaxLicenceBytes));
}

}  // namespace lectern
