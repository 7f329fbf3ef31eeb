// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/passage_builder.h"

#include "core/base/utf8.h"

#include <algorithm>

namespace lectern::text {

namespace {

constexpr int64_t kPassageBytes = 800;
constexpr int64_t kMostSegments = 10;
constexpr int64_t kFewestSegments = 3;  // where sentences are long
constexpr size_t kHeaderPartBytes = 120;
constexpr std::string_view kSeparator = " › ";

// Segments that can be one passage or several: headings in a row, then what stands under the last.
struct Section {
  std::vector<int> headings;
  std::vector<int> body;
};

std::vector<Section> sectionsOf(const std::vector<Segment>& segments) {
  std::vector<Section> sections;
  for (size_t i = 0; i < segments.size(); ++i) {
    const SegmentKind kind = segments[i].kind;
    if (kind == SegmentKind::Furniture) continue;
    const bool heading = kind == SegmentKind::Heading;
    if (sections.empty() || (heading && !sections.back().body.empty())) sections.emplace_back();
    (heading ? sections.back().headings : sections.back().body).push_back(static_cast<int>(i));
  }
  return sections;
}

// At most 120 bytes of a text in one line, cut after a word.
std::string headerPart(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (text.size() <= kHeaderPartBytes) return text;
  size_t end = text.rfind(' ', kHeaderPartBytes);
  if (end == std::string::npos || end == 0) {
    end = kHeaderPartBytes;
    while (!utf8::isBoundary(text, static_cast<int64_t>(end))) --end;
  }
  text.resize(end);
  return text;
}

class Builder {
 public:
  Builder(const std::vector<Segment>& segments,
          std::string_view title,
          const std::function<std::string(TextSpan)>& textOf)
      : segments_(segments), title_(title), textOf_(textOf) {}

  void add(const Section& section) {
    const std::string header = headerOf(section);
    if (section.body.empty()) {
      passages_.push_back({section.headings.front(), section.headings.back(), header});
      return;
    }
    const size_t firstPassage = passages_.size();
    int64_t passagesLeft = passageCount(section.body);
    int64_t bytesLeft = bytesOf(section.body);
    for (size_t begin = 0; begin < section.body.size(); --passagesLeft) {
      const int64_t target = bytesLeft / std::max<int64_t>(passagesLeft, 1);
      int64_t bytes = 0;
      size_t end = begin;
      while (end < section.body.size() &&
             takesNext(section.body[end], end - begin, bytes, target)) {
        bytes += lengthOf(section.body[end]);
        ++end;
      }
      bytesLeft -= bytes;
      passages_.push_back({section.body[begin], section.body[end - 1], header});
      begin = end;
    }
    if (!section.headings.empty()) passages_[firstPassage].firstSegment = section.headings.front();
  }

  std::vector<Passage> take() { return std::move(passages_); }

 private:
  [[nodiscard]] const Segment& segment(int index) const {
    return segments_[static_cast<size_t>(index)];
  }
  [[nodiscard]] int64_t lengthOf(int index) const { return segment(index).span.length(); }

  [[nodiscard]] int64_t bytesOf(const std::vector<int>& body) const {
    int64_t bytes = 0;
    for (const int index : body) bytes += lengthOf(index);
    return bytes;
  }

  [[nodiscard]] int64_t passageCount(const std::vector<int>& body) const {
    const auto size = static_cast<int64_t>(body.size());
    const int64_t fewest = (size + kMostSegments - 1) / kMostSegments;
    const int64_t most = std::max(fewest, size / kFewestSegments);
    return std::clamp((bytesOf(body) + kPassageBytes / 2) / kPassageBytes, fewest, most);
  }

  // A passage takes a segment as long as more of it lies before the target than behind.
  [[nodiscard]] bool takesNext(int index, size_t count, int64_t bytes, int64_t target) const {
    if (count == 0) return true;
    if (count == kMostSegments) return false;
    return bytes + lengthOf(index) / 2 < target;
  }

  [[nodiscard]] std::string headerOf(const Section& section) const {
    std::vector<std::string> parts;
    const auto append = [&parts](std::string part) {
      if (!part.empty() && (parts.empty() || parts.back() != part))
        parts.push_back(std::move(part));
    };
    append(headerPart(std::string(title_)));
    const int first = section.body.empty() ? section.headings.back() : section.body.front();
    for (const int heading : headingsAbove(first))
      append(headerPart(textOf_(segment(heading).span)));
    append(headerPart(textOf_(segment(first).span)));
    std::string header;
    for (const std::string& part : parts) {
      if (!header.empty()) header += kSeparator;
      header += part;
    }
    return header;
  }

  // From the highest down.
  [[nodiscard]] std::vector<int> headingsAbove(int index) const {
    std::vector<int> headings;
    for (int above = segment(index).heading; above >= 0; above = segment(above).heading) {
      headings.push_back(above);
    }
    std::reverse(headings.begin(), headings.end());
    return headings;
  }

  const std::vector<Segment>& segments_;
  std::string_view title_;
  const std::function<std::string(TextSpan)>& textOf_;
  std::vector<Passage> passages_;
};

}  // namespace

std::vector<Passage> buildPassages(const std::vector<Segment>& segments,
                                   std::string_view title,
                                   const std::function<std::string(TextSpan)>& textOf) {
  Builder builder(segments, title, textOf);
  for (const Section& section : sectionsOf(segments)) builder.add(section);
  return builder.take();
}

}  // namespace lectern::text
