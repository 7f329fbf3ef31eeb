// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/sections.h"

#include "core/unicode/fold.h"

#include <algorithm>

namespace lectern {

namespace {

constexpr int kPagesPerPart = 10;
constexpr size_t kMinEntries = 2;
constexpr size_t kLongestHeading = 200;  // bytes

// Where a section starts: a heading of the text, or an entry of the outline.
struct Start {
  int segment = 0;
  int level = 1;
  std::string title;
};

bool isTitleOf(const StoredSegment& segment, const std::string& foldedTitle) {
  constexpr size_t kMinBytes = 4;  // "1.2" is in many lines
  if (foldedTitle.size() < kMinBytes || segment.text.size() > kLongestHeading ||
      segment.segment.kind == SegmentKind::Furniture) {
    return false;
  }
  const std::string folded = unicode::fold(segment.text);
  return folded.find(foldedTitle) != std::string::npos ||
         (folded.size() >= kMinBytes && foldedTitle.find(folded) != std::string::npos);
}

// An entry names a page; its heading is the segment there that reads like it, behind the entry
// before.
std::vector<Start> startsOfOutline(const std::vector<OutlineItem>& outline,
                                   const std::vector<StoredSegment>& segments) {
  std::vector<Start> starts;
  for (const OutlineItem& item : outline) {
    if (item.page <= 0) continue;
    auto first =
        std::partition_point(segments.begin(), segments.end(),
                             [&](const StoredSegment& s) { return s.segment.page < item.page; });
    if (first == segments.end()) continue;
    if (!starts.empty()) {
      first = std::max(first, segments.begin() + starts.back().segment);
    }
    const std::string title = unicode::fold(item.title);
    auto found = first;
    while (found != segments.end() && found->segment.page == item.page &&
           !isTitleOf(*found, title)) {
      ++found;
    }
    if (found == segments.end() || found->segment.page != item.page) found = first;
    starts.push_back({static_cast<int>(found - segments.begin()), item.level, item.title});
  }
  return starts;
}

std::vector<Start> startsOfHeadings(const std::vector<StoredSegment>& segments) {
  std::vector<Start> starts;
  std::vector<int> levels(segments.size(), 0);
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].segment.kind != SegmentKind::Heading) continue;
    const int above = segments[i].segment.heading;
    levels[i] = above >= 0 ? levels[static_cast<size_t>(above)] + 1 : 1;
    starts.push_back({static_cast<int>(i), levels[i], segments[i].text});
  }
  return starts;
}

std::vector<Section> evenParts(const std::vector<StoredSegment>& segments, int maxSections) {
  const int pages = segments.back().segment.page - segments.front().segment.page + 1;
  const int parts = std::clamp((pages + kPagesPerPart - 1) / kPagesPerPart, 1, maxSections);
  std::vector<Section> sections;
  int first = 0;
  for (int part = 1; part <= parts; ++part) {
    const int beyond = segments.front().segment.page + pages * part / parts;
    int last = first;
    while (last < static_cast<int>(segments.size()) &&
           segments[static_cast<size_t>(last)].segment.page < beyond) {
      ++last;
    }
    if (last > first) sections.push_back({{}, first, last - 1});
    first = last;
  }
  return sections;
}

// The deepest level that still keeps to the number; the highest level in any case.
int deepestLevel(const std::vector<Start>& starts, int maxSections) {
  int highest = starts.front().level;
  int lowest = highest;
  for (const Start& start : starts) {
    highest = std::min(highest, start.level);
    lowest = std::max(lowest, start.level);
  }
  const auto count = [&](int level) {
    return std::count_if(starts.begin(), starts.end(),
                         [level](const Start& start) { return start.level <= level; });
  };
  int level = highest;
  while (level < lowest && count(level + 1) < maxSections) ++level;
  return level;
}

std::vector<Section> cutAt(const std::vector<Start>& starts, int segments, int deepest) {
  std::vector<Section> sections;
  if (starts.front().segment > 0) sections.push_back({{}, 0, 0});
  std::vector<Start> above;
  for (const Start& start : starts) {
    while (!above.empty() && above.back().level >= start.level) above.pop_back();
    above.push_back(start);
    if (start.level > deepest) continue;
    Section section{{}, start.segment, 0};
    for (const Start& part : above) section.headingPath.push_back(part.title);
    sections.push_back(std::move(section));
  }
  for (size_t i = 0; i < sections.size(); ++i) {
    sections[i].lastSegment =
        (i + 1 < sections.size() ? sections[i + 1].firstSegment : segments) - 1;
  }
  // Two headings in one place: the lower one says more.
  std::erase_if(sections, [](const Section& s) { return s.lastSegment < s.firstSegment; });
  return sections;
}

std::vector<Section> joinNeighbours(const std::vector<Section>& sections, int maxSections) {
  const size_t each =
      (sections.size() + static_cast<size_t>(maxSections) - 1) / static_cast<size_t>(maxSections);
  if (each <= 1) return sections;
  std::vector<Section> joined;
  for (size_t i = 0; i < sections.size(); i += each) {
    const size_t last = std::min(i + each, sections.size()) - 1;
    Section section = sections[i];
    section.lastSegment = sections[last].lastSegment;
    if (last > i && !section.headingPath.empty() && !sections[last].headingPath.empty()) {
      section.headingPath = {section.headingPath.back() + " – " +
                             sections[last].headingPath.back()};
    }
    joined.push_back(std::move(section));
  }
  return joined;
}

}  // namespace

std::vector<Section> sectionsOf(const std::vector<OutlineItem>& outline,
                                const std::vector<StoredSegment>& segments,
                                int maxSections) {
  if (segments.empty()) return {};
  maxSections = std::max(maxSections, 1);
  std::vector<Start> starts = startsOfOutline(outline, segments);
  if (starts.size() < kMinEntries) starts = startsOfHeadings(segments);
  if (starts.size() < kMinEntries) return evenParts(segments, maxSections);
  const std::vector<Section> sections =
      cutAt(starts, static_cast<int>(segments.size()), deepestLevel(starts, maxSections));
  return joinNeighbours(sections, maxSections);
}

}  // namespace lectern
