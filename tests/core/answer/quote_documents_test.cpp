// SPDX-License-Identifier: GPL-3.0-or-later
// Real documents, real engine steps, and models without any sense: whatever they want, every
// quotation is a contiguous range of its document. $LECTERN_QUOTATIONS says how many are made.
#include "core/answer/quote_constraint.h"
#include "core/context/context_writer.h"
#include "core/engine/engine.h"
#include "core/library/library.h"
#include "tests/bench/question_maker.h"
#include "tests/support/fixtures.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace lectern {
namespace {

using test::TemporaryFolder;

constexpr const char* kDocuments[] = {"pdf/manual-en.pdf", "pdf/paper-two-columns.pdf",
                                      "pdf/hebrew.pdf"};

// The documents whole, as a model that can reads them.
std::shared_ptr<const Context> readContext(Library& library,
                                           std::shared_ptr<const text::Tokenizer> tokenizer) {
  ContextWriter writer(std::move(tokenizer));
  const std::vector<RevisionInfo> revisions = library.revisions().value();
  for (const RevisionInfo& info : revisions) {
    const std::vector<StoredSegment> segments =
        library.segments(info.id, 0, static_cast<int>(info.segments)).value();
    writer.openItem(info.id);
    for (int number = 1; number <= info.document.pageCount; ++number) {
      const StoredPage stored = library.page(info.id, number).value();
      PageText page{std::to_string(number), stored.byteStart, stored.page.text, {}};
      for (const StoredSegment& segment : segments) {
        if (segment.segment.page == number)
          page.segments.push_back({segment.number, segment.segment});
      }
      writer.wholePage(page);
    }
    writer.closeItem();
  }
  return std::make_shared<const Context>(writer.take());
}

int64_t wantedQuotations() {
  const char* wanted = std::getenv("LECTERN_QUOTATIONS");
  return wanted != nullptr ? std::atoll(wanted) : 100;
}

struct Case {
  const char* name;
  nlohmann::json config;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  QuoteOptions options;
  int64_t readTokens = 0;  ///< of the context, before the answers
};

class QuotedDocuments : public testing::Test {
 protected:
  void SetUp() override {
    library_ = Library::open(folder_.path() / "library", Library::OpenMode::ReadWrite).value();
    for (const char* name : kDocuments) {
      const auto path = test::sample(name);
      if (!path) GTEST_SKIP() << name << " is not there: set LECTERN_SAMPLES";
      ASSERT_TRUE(test::importInto(*library_, LECTERN_EXTRACT, *path)) << name;
    }
    const std::vector<RevisionInfo> revisions = library_->revisions().value();
    for (const RevisionInfo& info : revisions)
      texts_.push_back(library_->text(info.id, {0, info.textBytes}).value());
  }

  // Nothing of the constraint is trusted here: tokens, bytes and text must agree by themselves.
  void expectContiguous(const Case& c,
                        const Context& context,
                        const Quotation& quotation,
                        const std::vector<int32_t>& copied) {
    const auto item = static_cast<size_t>(quotation.item);
    ASSERT_EQ(quotation.tokens.length(), static_cast<int64_t>(copied.size()));
    ASSERT_TRUE(context.items[item].tokens.contains(quotation.tokens));
    const std::string shown = library_->text(context.items[item].revision, quotation.bytes).value();
    ASSERT_EQ(texts_[item].substr(static_cast<size_t>(quotation.bytes.begin), shown.size()), shown);
    const auto from = context.tokens.begin() + quotation.tokens.begin;
    const std::vector<int32_t> tokens(from, from + quotation.tokens.length());
    // The first one may have been written without the space that it has in the document.
    ASSERT_TRUE(std::equal(copied.begin() + 1, copied.end(), tokens.begin() + 1));
    const auto trimmed = [&](const std::vector<int32_t>& list) {
      const std::string text = c.tokenizer->decode(list, false);
      return text.substr(std::min(text.size(), text.find_first_not_of(" \n")));
    };
    ASSERT_EQ(trimmed(tokens), shown);
    ASSERT_EQ(trimmed(copied), shown);
    for (int64_t t = quotation.tokens.begin + 1; t < quotation.tokens.end; ++t) {
      ASSERT_EQ(context.bytes[static_cast<size_t>(t)].begin,
                context.bytes[static_cast<size_t>(t) - 1].end);
    }
    const auto isEdge = [&](int64_t byte, auto edge) {
      return std::any_of(context.segments.begin(), context.segments.end(), [&](const auto& s) {
        return s.item == quotation.item && edge(s) == byte;
      });
    };
    ASSERT_TRUE(isEdge(quotation.bytes.begin, [](const auto& s) { return s.bytes.begin; }));
    ASSERT_TRUE(isEdge(quotation.bytes.end, [](const auto& s) { return s.bytes.end; }));
  }

  void quote(const Case& c) {
    ASSERT_TRUE(tiny_model::write(folder_.path() / c.name, c.config));
    const auto engine =
        Engine::open(folder_.path() / c.name, {.threads = 2, .windowTokens = 8192}, {}).value();
    const auto context = readContext(*library_, c.tokenizer);
    const auto source = std::make_shared<const QuoteSource>(context, *c.tokenizer);
    States reading = engine->newStates().value();
    ASSERT_TRUE(engine->prefill(
        reading, std::span(context->tokens).first(static_cast<size_t>(c.readTokens)), {}, {}));

    std::mt19937 random(1);
    const int64_t wanted = wantedQuotations();
    int64_t complete = 0;
    int64_t abandoned = 0;
    int64_t tokens = 0;
    std::set<int64_t> begins;
    for (uint64_t seed = 1; complete < wanted; ++seed) {
      QuoteOptions options = c.options;
      // A model without any sense would give up and say nothing nearly always: three in four may
      // not.
      if (seed % 4 != 0) {
        options.leaveMass = options.abandonMass = 0;
        options.leaveBest = 1;
        options.notFound.clear();
      }
      QuoteConstraint constraint(source, options);
      States states = reading.fork().value();
      std::vector<int32_t> question;
      for (int i = 0; i < 8; ++i) question.push_back(static_cast<int32_t>(random() % 256));
      ASSERT_TRUE(engine->prefill(states, question, {}, {}));
      GenerateOptions generate;
      generate.sampler = {.temperature = 2, .seed = seed};
      generate.maxTokens = 1000;
      generate.stopTokens = options.endTokens;
      generate.constraint = &constraint;
      std::vector<int32_t> copied;
      size_t checked = 0;
      const auto onToken = [&](const GeneratedToken& token) -> Result<void> {
        ++tokens;
        if (constraint.part() == AnswerPart::Open) copied.clear();
        if (constraint.part() == AnswerPart::Quotation) copied.push_back(token.token);
        for (; checked < constraint.quotations().size(); ++checked) {
          const Quotation& quotation = constraint.quotations()[checked];
          ++(quotation.abandoned ? abandoned : complete);
          if (quotation.abandoned) continue;
          begins.insert(quotation.tokens.begin);
          expectContiguous(c, *context, quotation, copied);
        }
        return {};
      };
      ASSERT_TRUE(engine->generate(states, generate, onToken, {}));
      ASSERT_FALSE(HasFatalFailure());
    }
    fmt::print("{}: {} quotations from {} beginnings, {} given up, {} tokens; context of {}\n",
               c.name, complete, begins.size(), abandoned, tokens, context->tokens.size());
    EXPECT_GT(begins.size(), static_cast<size_t>(wanted) / 10);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Library> library_;
  std::vector<std::string> texts_;  // of each document, whole
};

// The midi model reads bytes; what is above them are marks.
TEST_F(QuotedDocuments, AreQuotedInContiguousRangesByTheMidiModel) {
  Case c{"midi", tiny_model::midiConfig(), text::Tokenizer::ofBytes(), {}, 1500};
  c.options.open = {257, 258};
  c.options.close = {259};
  c.options.notFound = {260};
  c.options.endTokens = {261};
  quote(c);
}

// The vocabulary of the Jamba models, where a quotation stands in quotation marks and the text
// around it is free.
TEST_F(QuotedDocuments, AreQuotedInContiguousRangesWithTheJambaVocabulary) {
  const auto path = test::sample("tokenizer/jamba2/tokenizer.json");
  if (!path) GTEST_SKIP() << "the Jamba vocabulary is not there: set LECTERN_SAMPLES";
  Case c{"jamba", tiny_model::miniConfig(), text::Tokenizer::fromFile(*path).value(), {}, 400};
  c.config["vocab_size"] = 65'536;
  for (const text::Token& token : c.tokenizer->encode("\"")) c.options.open.push_back(token.id);
  c.options.close = c.options.open;
  c.options.maxLeadTokens = 3;
  quote(c);
}

}  // namespace
}  // namespace lectern
