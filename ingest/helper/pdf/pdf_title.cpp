// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/pdf_title.h"

#include "core/base/utf8.h"

#include <array>
#include <utility>

namespace lectern::helper::pdf {

namespace {

std::string withoutEntities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string result;
  for (size_t i = 0; i < text.size();) {
    size_t taken = 1;
    char c = text[i];
    for (const auto& [name, meaning] : kEntities) {
      if (text.substr(i, name.size()) == name) {
        taken = name.size();
        c = meaning;
      }
    }
    result += c;
    i += taken;
  }
  return result;
}

}  // namespace

std::string cleanTitle(std::string_view title) {
  constexpr size_t kMaxBytes = 500;
  const std::string whole = utf8::repaired(title);
  std::string clean;
  for (size_t i = 0; i < whole.size();) {
    const int length = utf8::decode(whole, static_cast<int64_t>(i)).length;
    const bool blank = static_cast<unsigned char>(whole[i]) <= 0x20 || whole[i] == 0x7f;
    if (clean.size() + static_cast<size_t>(length) > kMaxBytes) break;
    if (!blank) {
      clean.append(whole, i, static_cast<size_t>(length));
    } else if (!clean.empty() && clean.back() != ' ') {
      clean += ' ';
    }
    i += static_cast<size_t>(length);
  }
  if (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

std::string titleOfXmp(std::string_view packet) {
  const size_t begin = packet.find("<dc:title>");
  const size_t end = packet.find("</dc:title>", begin);
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  const std::string_view title = packet.substr(begin, end - begin);
  const size_t item = title.find("<rdf:li");
  if (item == std::string_view::npos) return {};
  const size_t from = title.find('>', item);
  const size_t to = title.find("</rdf:li>", item);
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return {};
  return cleanTitle(withoutEntities(title.substr(from + 1, to - from - 1)));
}

}  // namespace lectern::helper::pdf
