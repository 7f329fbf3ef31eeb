// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/text/plain_text.h"

#include "core/base/utf8.h"

#include <algorithm>
#include <string>
#include <vector>

namespace lectern::helper {

namespace {

// Few wrap text by hand in lines this long: each is a paragraph that its editor wraps, unless it
// breaks off within a sentence.
constexpr int64_t kLongestWrappedLine = 120;
constexpr int64_t kLongestHeading = 80;
constexpr size_t kCodeIndent = 4;

using Lines = std::vector<std::string_view>;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

size_t indentOf(std::string_view line) {
  size_t columns = 0;
  for (const char c : line) {
    if (c == ' ') {
      ++columns;
    } else if (c == '\t') {
      columns += 8 - columns % 8;
    } else {
      break;
    }
  }
  return columns;
}

bool isAsciiLetter(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z');
}

bool isDigit(char c) {
  return '0' <= c && c <= '9';
}

// "- ", "* ", "+ ", "• ", "– ", "12. ", "12) ", "(12) ", "a) ", "(a) ".
bool startsListItem(std::string_view line) {
  line = trimmed(line);
  for (const std::string_view bullet : {"- ", "* ", "+ ", "• ", "– ", "· ", "‣ "}) {
    if (line.starts_with(bullet)) return true;
  }
  const bool hasParenthesis = line.starts_with("(");
  if (hasParenthesis) line.remove_prefix(1);
  size_t count = 0;
  while (count < line.size() && count < 3 && isDigit(line[count])) ++count;
  const bool isLetter = count == 0 && !line.empty() && isAsciiLetter(line[0]);
  if (isLetter) count = 1;
  if (count == 0 || line.size() < count + 2 || line[count + 1] != ' ') return false;
  return line[count] == ')' || (line[count] == '.' && !isLetter && !hasParenthesis);
}

// Columns are held apart by tabs, or by several spaces that are not the pause after a sentence.
bool hasColumns(std::string_view line) {
  line = trimmed(line);
  return line.find('\t') != std::string_view::npos || line.find("   ") != std::string_view::npos;
}

bool looksPreformatted(const Lines& lines) {
  const auto indented = [](std::string_view line) { return indentOf(line) >= kCodeIndent; };
  if (std::all_of(lines.begin(), lines.end(), indented)) return true;
  const auto count = std::count_if(lines.begin(), lines.end(), [&](std::string_view line) {
    return hasColumns(line) || (indented(line) && line != lines.front());
  });
  return lines.size() > 1 && count * 2 >= static_cast<ptrdiff_t>(lines.size());
}

bool endsWithMark(std::string_view line) {
  constexpr std::string_view kMarks[] = {".", ",", ";", ":", "!", "?", "…", "。", "؟", "،", "؛"};
  return std::ranges::any_of(kMarks, [&](std::string_view mark) { return line.ends_with(mark); });
}

// Whether a line is prose, has ended a sentence, and stops within another: not so a line of a log.
// A closing quotation mark or bracket may stand behind the end of a sentence.
bool breaksOff(std::string_view line) {
  line = trimmed(line);
  const auto within = [line](std::string_view mark) {
    return line.find(mark) != std::string_view::npos;
  };
  if (!within(". ") && !within("? ") && !within("! ")) return false;
  for (const std::string_view closer : {"\"", "'", ")", "]", "”", "’", "»", "“"}) {
    if (line.ends_with(closer)) line.remove_suffix(closer.size());
  }
  return !endsWithMark(line) || line.ends_with(",");
}

bool looksLikeHeading(const Lines& lines) {
  if (lines.size() != 1) return false;
  const std::string_view line = trimmed(lines.front());
  return utf8::length(line) <= kLongestHeading && !endsWithMark(line);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  FlowDocument parse() {
    Lines block;
    for (size_t at = 0; at < text_.size();) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      const std::string_view line = text_.substr(at, end - at);
      at = end + 1;
      if (!trimmed(line).empty()) {
        block.push_back(line);
      } else {
        addBlock(block);
        block.clear();
      }
    }
    addBlock(block);
    finishHeading(false);
    return std::move(document_);
  }

 private:
  void addBlock(const Lines& lines) {
    if (lines.empty()) return;
    const bool isList = startsListItem(lines.front());
    if (!isList && looksPreformatted(lines)) {
      finishHeading(false);
      addCode(lines);
    } else if (!isList && looksLikeHeading(lines)) {
      finishHeading(true);
      heading_ = trimmed(lines.front());
    } else {
      finishHeading(true);
      addProse(lines);
    }
  }

  // A short line is a heading only where something follows that it can head; what that is, the next
  // block tells.
  void finishHeading(bool headsText) {
    if (heading_.empty()) return;
    document_.add(headsText ? BlockKind::Heading : BlockKind::Paragraph, 0, 0, heading_);
    heading_ = {};
  }

  void addCode(const Lines& lines) {
    size_t indent = indentOf(lines.front());
    for (const std::string_view line : lines) indent = std::min(indent, indentOf(line));
    std::string code;
    for (std::string_view line : lines) {
      // Tabs reach the common indentation in their own steps; then nothing is cut.
      const size_t spaces = std::min(line.find_first_not_of(' '), indent);
      code.append(line.substr(spaces)).push_back('\n');
    }
    document_.add(BlockKind::Code, 0, 0, code);
  }

  void addProse(const Lines& lines) {
    std::string paragraph;
    bool isItem = false;
    const auto finish = [&] {
      document_.add(isItem ? BlockKind::ListItem : BlockKind::Paragraph, 0, 0, paragraph);
      paragraph.clear();
    };
    bool wasLong = false;
    bool brokeOff = false;
    for (const std::string_view line : lines) {
      const bool startsItem = startsListItem(line);
      const bool isLong = utf8::length(line) > kLongestWrappedLine;
      if (startsItem || (wasLong ? !brokeOff : isLong)) {
        finish();
        isItem = startsItem;
      }
      wasLong = isLong;
      brokeOff = breaksOff(line);
      append(paragraph, trimmed(line));
    }
    finish();
  }

  // A hyphen at a line's end holds a word together; whether it belongs to it cannot be told here,
  // so it stays.
  static void append(std::string& paragraph, std::string_view line) {
    const bool isCut = paragraph.size() >= 2 && paragraph.back() == '-' &&
                       paragraph[paragraph.size() - 2] != ' ' &&
                       paragraph[paragraph.size() - 2] != '-';
    if (!paragraph.empty() && !isCut) paragraph.push_back(' ');
    paragraph.append(line);
  }

  std::string_view text_;
  FlowDocument document_;
  std::string_view heading_;  // held back until the block after it is known
};

}  // namespace

FlowDocument parsePlainText(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace lectern::helper
