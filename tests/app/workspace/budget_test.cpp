// SPDX-License-Identifier: GPL-3.0-or-later
// What the bar says is what a model will find, to the token.
#include "app/workspace/budget.h"

#include "app/workspace/model_choice.h"
#include "core/answer/document_context.h"
#include "core/answer/scope.h"
#include "tests/app/support/model_folders.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Way = ContextBudget::Way;

class BudgetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WorkspaceOptions options;
    options.dataFolder = folder.path() / "data";
    options.helper = LECTERN_HELPER_PROGRAM;
    workspace = std::move(Workspace::open(options).value());
    setWindow(4096);
  }

  void setWindow(int tokens) {
    nlohmann::json config = test::tinyConfig();
    config["max_position_embeddings"] = tokens;
    test::writeModel(folder.path() / "model", config);
    options.model = folder.path() / "model";
  }

  RevisionId add(std::string_view name, std::string_view text) {
    return workspace->add(folder.write(name, text), {}, {}, {}).value().revision;
  }

  ContextBudget count(const std::vector<RevisionId>& scope, std::string_view question = {}) {
    BudgetCounter counter(workspace->library());
    auto budget =
        counter.count(scope, options, question,
                      [this](RevisionId revision, const Sha256& way, int64_t tokens) {
                        ++stored;
                        EXPECT_TRUE(workspace->library().setTokenCount(revision, way, tokens));
                      },
                      {}, {});
    EXPECT_TRUE(budget) << budget.error().message;
    return *budget;
  }

  /// The documents as a model gets them.
  DocumentContext read(const std::vector<RevisionId>& scope, const std::string& question) {
    const auto tokenizer = readTokenizer(options.model).value();
    const Scope documents = readScope(workspace->library(), scope).value();
    ContextRequest request{
        {text::TemplateFamily::None, false, tokenizer->find("<|startoftext|>").has_value()},
        options.answer.instructions,
        question,
        4096,
        512};
    return ContextReader(workspace->library(), documents, tokenizer, request).read({}).value();
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Workspace> workspace;
  AskOptions options;
  int stored = 0;
};

TEST_F(BudgetTest, IsWhatTheModelFindsToTheToken) {
  const RevisionId a =
      add("a.txt", "The well is nine metres deep. <|startoftext|> <|eom|>\n\n⟦/D1⟧");
  const RevisionId b = add("b.md", "# A title\n\nÉté, 東京, \xF0\x9F\x8C\x8A and more.\n");
  const std::string question = "How deep is the well?";
  for (const std::vector<RevisionId>& scope : {std::vector{a}, std::vector{b, a}}) {
    const ContextBudget budget = count(scope, question);
    const DocumentContext context = read(scope, question);
    ASSERT_FALSE(context.reading.shortlisted);
    EXPECT_EQ(budget.way, Way::Window);
    EXPECT_EQ(budget.windowTokens, 4096);
    EXPECT_EQ(budget.answerTokens, 512) << "at most an eighth of the window";
    EXPECT_EQ(budget.instructionTokens + budget.questionTokens + budget.documentTokens(),
              static_cast<int64_t>(context.context->tokens.size() + context.question.size()));
    for (size_t i = 0; i < scope.size(); ++i) {
      EXPECT_EQ(budget.documents[i].revision, scope[i]);
      EXPECT_GT(*budget.documents[i].tokens, 10);
    }
  }
}

TEST_F(BudgetTest, ADocumentIsCountedOnceForATokenizer) {
  const RevisionId a = add("a.txt", "The well is nine metres deep.\n");
  const RevisionId b = add("b.txt", "The tower is tall.\n");
  const ContextBudget first = count({a});
  EXPECT_EQ(stored, 1);
  const ContextBudget both = count({a, b});
  EXPECT_EQ(stored, 2);
  EXPECT_EQ(both.documents[0].tokens, first.documents[0].tokens);
  ASSERT_TRUE(writeFileAtomically(options.model / "tokenizer.json", tinyTokenizer().dump(2)));
  count({a});
  EXPECT_EQ(stored, 3) << "another tokenizer counts for itself";
}

TEST_F(BudgetTest, SaysHowMuchDoesNotFit) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "The well is nine metres deep. ";
  const RevisionId a = add("a.txt", text);
  options.windowTokens = 1000;
  const ContextBudget budget = count({a}, "How deep?");
  EXPECT_EQ(budget.windowTokens, 1000);
  EXPECT_FALSE(budget.fits());
  EXPECT_EQ(budget.freeTokens(), 1000 - budget.instructionTokens - budget.questionTokens -
                                     *budget.documents[0].tokens - 125);
  options.windowTokens = 1 << 20;
  EXPECT_EQ(count({a}).windowTokens, 4096) << "no more than the model was made for";
}

TEST_F(BudgetTest, WithoutAWindowNothingIsCounted) {
  const RevisionId a = add("a.txt", "The well is nine metres deep.\n");
  options.model.clear();
  EXPECT_EQ(count({a}).way, Way::Search);
  options.model = LECTERN_SOURCE_DIR "/resources/models/pocket";
  const ContextBudget finder = count({a});
  EXPECT_EQ(finder.way, Way::Shortlist);
  EXPECT_EQ(finder.engine, "pocket");
  EXPECT_TRUE(finder.isCounted());
  EXPECT_EQ(stored, 0);
}

TEST_F(BudgetTest, TellsHowFarItIsAndCanBeStopped) {
  std::vector<RevisionId> scope;
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) {
    scope.push_back(add(name, std::string("The well of ") + name + " is deep.\n"));
  }
  std::vector<int> counted;
  std::stop_source stop;
  BudgetCounter counter(workspace->library());
  const auto budget = counter.count(
      scope, options, {}, {},
      [&](const ContextBudget& partly) {
        counted.push_back(static_cast<int>(std::ranges::count_if(
            partly.documents, [](const auto& document) { return document.tokens.has_value(); })));
        EXPECT_FALSE(partly.isCounted());
        EXPECT_GT(partly.uncountedBytes(), 0);
        if (counted.size() == 2) stop.request_stop();
      },
      stop.get_token());
  EXPECT_THAT(counted, ElementsAre(0, 1));
  EXPECT_EQ(budget.error().code, ErrorCode::Cancelled);
}

TEST_F(BudgetTest, AnEmptyScopeHasTheInstructionsAlone) {
  const ContextBudget budget = count({});
  EXPECT_THAT(budget.documents, IsEmpty());
  EXPECT_GT(budget.instructionTokens, 0);
  EXPECT_TRUE(budget.fits());
}

}  // namespace
}  // namespace lectern
