// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/fit_estimate.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using ::testing::ElementsAre;

CountedFile file(const char* path, int64_t bytes, std::optional<RevisionId> known = std::nullopt) {
  return {path, {bytes, 0, 0}, known};
}

RevisionInfo document(int id, const char* type, int64_t contentBytes, int64_t textBytes) {
  RevisionInfo info;
  info.id = RevisionId{id};
  info.document.mediaType = type;
  info.contentBytes = contentBytes;
  info.textBytes = textBytes;
  info.sealed = true;
  return info;
}

TEST(FitEstimate, FillsInOrderAndLeavesTheRest) {
  const TextRates rates{0.5, 0.25};
  const FitEstimate estimate =
      estimateFit({file("a.txt", 400), file("b.pdf", 8000), file("c.md", 400), file("d.txt", 40)},
                  210, rates, {});
  EXPECT_EQ(estimate.tokens, 100 + 1000 + 100 + 10);
  EXPECT_THAT(estimate.fit, ElementsAre("a.txt", "c.md", "d.txt"));
  EXPECT_THAT(estimate.rest, ElementsAre("b.pdf"));
}

TEST(FitEstimate, TakesTheTextOfWhatTheLibraryHas) {
  const FitEstimate estimate =
      estimateFit({file("a.pdf", 1'000'000, RevisionId{1})}, 0, {0.5, 0.25},
                  {document(1, "application/pdf", 1'000'000, 400)});
  EXPECT_EQ(estimate.tokens, 100);
}

TEST(FitEstimate, LearnsFromWhatWasReadAndCounted) {
  ContextBudget budget;
  budget.documents.push_back({RevisionId{1}, "", 1, 20'000, 8'000});
  budget.documents.push_back({RevisionId{2}, "", 1, 90'000, std::nullopt});
  const TextRates rates = textRates(
      {document(1, "application/pdf", 100'000, 20'000), document(2, "text/plain", 9, 9)}, budget);
  EXPECT_DOUBLE_EQ(rates.pdfText, 0.2);
  EXPECT_DOUBLE_EQ(rates.tokens, 0.4);
  const TextRates unknown = textRates({document(1, "application/pdf", 100, 20)}, {});
  EXPECT_DOUBLE_EQ(unknown.pdfText, TextRates{}.pdfText);
  EXPECT_DOUBLE_EQ(unknown.tokens, TextRates{}.tokens);
}

}  // namespace
}  // namespace lectern
