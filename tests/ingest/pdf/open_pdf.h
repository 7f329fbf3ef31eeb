// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/document/rect.h"
#include "ingest/helper/document_reader.h"
#include "tests/support/layout_truth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

/// A PDF that was opened, with the bytes it reads from.
struct OpenPdf {
  std::unique_ptr<std::string> bytes;
  Result<std::unique_ptr<helper::DocumentReader>> reader;

  helper::DocumentReader& operator*() const { return **reader; }
  helper::DocumentReader* operator->() const { return reader->get(); }
};

inline OpenPdf openPdfBytes(std::string bytes, std::string_view password = "") {
  auto kept = std::make_unique<std::string>(std::move(bytes));
  auto reader = helper::openPdf(*kept, "document.pdf", password);
  return {std::move(kept), std::move(reader)};
}

inline OpenPdf openPdfFile(const std::filesystem::path& path, std::string_view password = "") {
  auto bytes = readFile(path, int64_t{1} << 30);
  EXPECT_TRUE(bytes.has_value()) << path;
  return openPdfBytes(bytes.value_or(std::string()), password);
}

/// The page, or an empty one and a failed test.
inline Page pageOf(const OpenPdf& pdf, int number) {
  auto page = pdf->readPage(number);
  EXPECT_TRUE(page.has_value()) << (page ? "" : page.error().message);
  return page.value_or(Page());
}

inline std::string textOf(const OpenPdf& pdf, int first, int last) {
  std::string text;
  for (int number = first; number <= last; ++number) text += pageOf(pdf, number).text;
  return text;
}

inline std::vector<std::string> splitAtSpace(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

inline TrueRect inPoints(const Rect& rect, const Page& page) {
  const double x = page.widthPt / Rect::kUnit;
  const double y = page.heightPt / Rect::kUnit;
  return {rect.left * x, rect.top * y, rect.right * x, rect.bottom * y};
}

inline double area(const TrueRect& r) {
  return std::max(0.0, r.right - r.left) * std::max(0.0, r.bottom - r.top);
}

/// Intersection over union of two rectangles.
inline double overlap(const TrueRect& a, const TrueRect& b) {
  const double shared = area({std::max(a.left, b.left), std::max(a.top, b.top),
                              std::min(a.right, b.right), std::min(a.bottom, b.bottom)});
  const double both = area(a) + area(b) - shared;
  return both > 0 ? shared / both : 0;
}

}  // namespace lectern::test
