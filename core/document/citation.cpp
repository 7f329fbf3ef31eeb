// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/document/citation.h"

#include "core/base/byte_io.h"

#include <array>

namespace lectern {

namespace {

constexpr std::array<std::string_view, 6> kGrades = {"verbatim", "matched", "related",
                                                     "uncited",  "exempt",  "notfound"};
constexpr std::array<std::string_view, 5> kMethods = {"quote", "marker", "align", "attention",
                                                      "user"};
constexpr std::array<std::string_view, 4> kStatuses = {"ok", "moved", "changed", "missing"};

template <class Enum, size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& words, std::string_view word) {
  for (size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

constexpr uint8_t kRectsVersion = 1;
constexpr int64_t kRectBytes = 8;

}  // namespace

std::string_view toString(Grade grade) {
  return kGrades[static_cast<size_t>(grade)];
}
std::string_view toString(CitationMethod method) {
  return kMethods[static_cast<size_t>(method)];
}
std::string_view toString(CitationStatus status) {
  return kStatuses[static_cast<size_t>(status)];
}

std::optional<Grade> gradeFromString(std::string_view word) {
  return find<Grade>(kGrades, word);
}
std::optional<CitationMethod> citationMethodFromString(std::string_view word) {
  return find<CitationMethod>(kMethods, word);
}
std::optional<CitationStatus> citationStatusFromString(std::string_view word) {
  return find<CitationStatus>(kStatuses, word);
}

std::string encodeRects(const std::vector<Rect>& rects) {
  ByteWriter writer;
  writer.u8(kRectsVersion);
  writer.varint(rects.size());
  for (const Rect& rect : rects) {
    writer.u16(rect.left);
    writer.u16(rect.top);
    writer.u16(rect.right);
    writer.u16(rect.bottom);
  }
  return writer.take();
}

Result<std::vector<Rect>> decodeRects(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kRectsVersion) reader.fail();
  const int64_t count = reader.count(kRectBytes);
  std::vector<Rect> rects;
  rects.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    Rect rect;
    rect.left = reader.u16();
    rect.top = reader.u16();
    rect.right = reader.u16();
    rect.bottom = reader.u16();
    rects.push_back(rect);
  }
  TRY(reader.finish("list of rectangles"));
  return rects;
}

}  // namespace lectern
