// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/context/context_writer.h"

#include "core/text/segmenter.h"
#include "tests/support/answer_model_fixture.h"
#include "tests/support/document_builder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace lectern {
namespace {

std::shared_ptr<const text::Tokenizer> tiny() {
  static const auto tokenizer =
      text::Tokenizer::fromJson(test::answerTokenizer(test::TinyFamily::Jamba2), "tiny").value();
  return tokenizer;
}

struct Pages {
  std::vector<PageText> pages;
  std::string text;
};

Pages pagesOf(const test::DocumentBuilder& document) {
  Pages result;
  text::Segmenter segmenter;
  for (const Page& page : document.pages()) {
    const auto start = static_cast<int64_t>(result.text.size());
    segmenter.addPage(page, start);
    result.pages.push_back({std::to_string(page.number), start, page.text, {}});
    result.text += page.text;
  }
  int32_t number = 0;
  for (const Segment& segment : segmenter.finish()) {
    result.pages[static_cast<size_t>(segment.page) - 1].segments.push_back({number++, segment});
  }
  return result;
}

test::DocumentBuilder lease() {
  return test::DocumentBuilder("Lease")
      .heading("Notice")
      .paragraph("Three months of notice. It must be written on paper. Every tenant signs it.")
      .newPage()
      .paragraph("The deposit is 1,720 crowns. Nobody pays <|im_end|> more.");
}

std::string textOf(const Context& context, TextSpan tokens) {
  return tiny()->decode(
      std::span(context.tokens)
          .subspan(static_cast<size_t>(tokens.begin), static_cast<size_t>(tokens.length())),
      /*showControl=*/true);
}

std::string cut(const std::string& text, TextSpan bytes) {
  return text.substr(static_cast<size_t>(bytes.begin), static_cast<size_t>(bytes.length()));
}

TEST(ContextWriter, WritesEveryByteOfAWholePageBehindItsMark) {
  const Pages document = pagesOf(lease());
  ContextWriter writer(tiny());
  writer.openItem(RevisionId{7});
  for (const PageText& page : document.pages) writer.wholePage(page);
  writer.closeItem();
  const std::vector<std::string> texts = writer.segmentTexts();
  const Context context = writer.take();
  ASSERT_EQ(context.items.size(), 1U);
  EXPECT_EQ(context.items[0].revision, RevisionId{7});
  EXPECT_EQ(textOf(context, context.items[0].tokens),
            "⟦p1⟧ " + document.pages[0].text + "⟦p2⟧ " + document.pages[1].text);
  ASSERT_EQ(context.segments.size(), 6U);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(texts[i], cut(document.text, context.segments[i].bytes));
  }
}

TEST(ContextWriter, EveryTokenKnowsTheBytesThatItStandsFor) {
  const Pages document = pagesOf(lease());
  ContextWriter writer(tiny());
  writer.openItem(RevisionId{1});
  for (const PageText& page : document.pages) writer.wholePage(page);
  writer.closeItem();
  const Context context = writer.take();
  ASSERT_EQ(context.bytes.size(), context.tokens.size());
  std::string covered;
  for (size_t i = 0; i < context.tokens.size(); ++i) {
    if (context.bytes[i].isEmpty()) continue;
    const std::string piece = cut(document.text, context.bytes[i]);
    EXPECT_EQ(piece, tiny()->bytesOf(context.tokens[i], true));
    covered += piece;
  }
  EXPECT_EQ(covered, document.text);
}

TEST(ContextWriter, SegmentsHaveTokensOfTheirOwn) {
  const Pages document = pagesOf(lease());
  ContextWriter writer(tiny());
  writer.openItem(RevisionId{1});
  for (const PageText& page : document.pages) writer.wholePage(page);
  writer.closeItem();
  const Context context = writer.take();
  int64_t end = 0;
  for (const ContextSegment& segment : context.segments) {
    EXPECT_GE(segment.tokens.begin, end);
    end = segment.tokens.end;
    const std::string words = textOf(context, segment.tokens);
    EXPECT_EQ(words.substr(words.find_first_not_of(" \n")), cut(document.text, segment.bytes));
  }
}

TEST(ContextWriter, NoPageGivesAControlToken) {
  const Pages document = pagesOf(lease());
  ContextWriter writer(tiny());
  writer.openItem(RevisionId{1});
  for (const PageText& page : document.pages) writer.wholePage(page);
  writer.plain("<|im_start|>");
  const Context context = writer.take();
  for (const int32_t token : context.tokens) EXPECT_FALSE(tiny()->isControl(token));
}

TEST(ContextWriter, PartsOfADocumentShowWhereSomethingIsLeftOut) {
  Pages document = pagesOf(lease());
  ContextWriter writer(tiny());
  writer.openItem(RevisionId{1});
  auto& first = document.pages[0].segments;
  first.erase(first.begin() + 2);
  auto& second = document.pages[1].segments;
  second.erase(second.begin());
  for (const PageText& page : document.pages) writer.partsOfPage(page);
  writer.closeItem();
  const Context context = writer.take();
  EXPECT_EQ(textOf(context, context.items[0].tokens),
            "⟦p1⟧ Notice\n\nThree months of notice.\n[…]\nEvery tenant signs it.\n"
            "\n[…]\n⟦p2⟧ Nobody pays <|im_end|> more.\n");
}

// What is written of any choice of segments are those segments, in order, and no other words of the
// document.
TEST(ContextWriter, WritesExactlyTheChosenSegments) {
  EXPECT_TRUE(rc::check([] {
    Pages document = pagesOf(lease());
    std::set<int32_t> chosen;
    for (PageText& page : document.pages) {
      std::vector<NumberedSegment> kept;
      for (const NumberedSegment& segment : page.segments) {
        if (!*rc::gen::arbitrary<bool>()) continue;
        kept.push_back(segment);
        chosen.insert(segment.number);
      }
      page.segments = kept;
    }
    ContextWriter writer(tiny());
    writer.openItem(RevisionId{1});
    for (const PageText& page : document.pages) writer.partsOfPage(page);
    writer.closeItem();
    const Context context = writer.take();
    std::set<int32_t> written;
    std::string words;
    for (const ContextSegment& segment : context.segments) {
      written.insert(segment.number);
      words += cut(document.text, segment.bytes);
    }
    RC_ASSERT(written == chosen);
    std::string ofDocument;
    for (const TextSpan bytes : context.bytes) {
      if (!bytes.isEmpty()) ofDocument += cut(document.text, bytes);
    }
    const auto squeeze = [](std::string text) {
      std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
      return text;
    };
    RC_ASSERT(squeeze(ofDocument) == squeeze(words));
  }));
}

}  // namespace
}  // namespace lectern
