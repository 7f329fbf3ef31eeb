// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace lectern {
namespace {

class LibraryProperties : public LibraryTest {};

char32_t anyCodePoint() {
  return *rc::gen::oneOf(rc::gen::inRange<char32_t>(0x20, 0x7f), rc::gen::just(char32_t{0}),
                         rc::gen::inRange<char32_t>(0x5d0, 0x650),
                         rc::gen::inRange<char32_t>(0xe000, 0x10fff));
}

std::string anyText(int codePoints) {
  std::string text;
  for (int i = 0; i < codePoints; ++i) utf8::append(text, anyCodePoint());
  return text;
}

Rect anyRect() {
  const auto value = [] { return *rc::gen::arbitrary<uint16_t>(); };
  return {value(), value(), value(), value()};
}

// Words with their runs, a block for each, gaps between.
Page anyPage(int number) {
  Page page;
  page.number = number;
  page.label = anyText(*rc::gen::inRange(0, 4));
  page.widthPt = *rc::gen::inRange(1, 100'000) / 7.0;
  page.heightPt = *rc::gen::inRange(1, 100'000) / 7.0;
  page.rotation = 90 * *rc::gen::inRange(0, 4);
  page.state = *rc::gen::element(PageState::Text, PageState::Blank, PageState::ImageOnly,
                                 PageState::Skipped);
  page.problem = anyText(*rc::gen::inRange(0, 9));
  const int words = *rc::gen::inRange(0, 9);
  for (int i = 0; i < words; ++i) {
    const std::string word = anyText(*rc::gen::inRange(1, 9));
    const TextSpan span{static_cast<int64_t>(page.text.size()),
                        static_cast<int64_t>(page.text.size() + word.size())};
    page.text += word + anyText(*rc::gen::inRange(0, 3));
    GlyphRun run;
    run.span = span;
    run.flags = *rc::gen::inRange<uint8_t>(0, 8);
    run.box = anyRect();
    for (int64_t edge = 0; edge <= utf8::length(word); ++edge) {
      run.edges.push_back(*rc::gen::arbitrary<uint16_t>());
    }
    page.runs.push_back(run);
    page.blocks.push_back(
        {static_cast<BlockKind>(*rc::gen::inRange(0, 7)), *rc::gen::inRange<uint8_t>(0, 7), span});
  }
  return page;
}

void expectSame(const Page& stored, const Page& given) {
  RC_ASSERT(stored.number == given.number);
  RC_ASSERT(stored.label == given.label);
  RC_ASSERT(stored.widthPt == given.widthPt);
  RC_ASSERT(stored.heightPt == given.heightPt);
  RC_ASSERT(stored.rotation == given.rotation);
  RC_ASSERT(stored.state == given.state);
  RC_ASSERT(stored.problem == given.problem);
  RC_ASSERT(stored.text == given.text);
  RC_ASSERT(stored.runs == given.runs);
  RC_ASSERT(stored.blocks == given.blocks);
}

TEST_F(LibraryProperties, ADocumentLeavesTheLibraryAsItEntered) {
  int documents = 0;
  EXPECT_TRUE(rc::check("pages, runs and blocks come back", [&] {
    const int pageCount = *rc::gen::inRange(1, 5);
    const RevisionId id =
        library_->beginRevision(sha256(std::to_string(++documents)), 1, {}).value();
    std::vector<Page> pages;
    std::string text;
    for (int number = 1; number <= pageCount; ++number) {
      pages.push_back(anyPage(number));
      RC_ASSERT(library_->addPage(id, pages.back()).has_value());
      text += pages.back().text;
    }
    RC_ASSERT(library_->seal(id, {}, {}).has_value());
    int64_t byteStart = 0;
    for (const Page& page : pages) {
      const StoredPage stored = library_->page(id, page.number).value();
      RC_ASSERT(stored.byteStart == byteStart);
      expectSame(stored.page, page);
      byteStart += static_cast<int64_t>(page.text.size());
    }
    const auto size = static_cast<int64_t>(text.size());
    const auto begin = *rc::gen::inRange<int64_t>(0, size + 1);
    const auto end = *rc::gen::inRange<int64_t>(begin, size + 1);
    RC_ASSERT(library_->text(id, {begin, end}).value() ==
              text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    if (begin < size) {
      const StoredPage at = library_->pageAt(id, begin).value();
      RC_ASSERT(at.byteStart <= begin);
      RC_ASSERT(begin < at.byteStart + static_cast<int64_t>(at.page.text.size()));
    }
  }));
  EXPECT_THAT(library_->checkDatabase()->problems, testing::IsEmpty());
}

}  // namespace
}  // namespace lectern
