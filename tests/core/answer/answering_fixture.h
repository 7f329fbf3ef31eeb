// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/library/library.h"
#include "tests/support/library_builder.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lectern::test {

/// All that an answer said, in order.
struct Heard {
  std::string text;
  std::vector<Claim> claims;
  std::vector<int64_t> prefilled;
  int64_t thoughts = 0;
  std::optional<Finished> finished;
  std::optional<Error> failed;
  int events = 0;
  int ends = 0;

  void take(const AnswerEvent& event) {
    EXPECT_EQ(ends, 0) << "an event behind the last one";
    ++events;
    if (const auto* reading = std::get_if<Prefilling>(&event)) prefilled.push_back(reading->done);
    if (const auto* thinking = std::get_if<Thinking>(&event)) thoughts = thinking->tokens;
    if (const auto* more = std::get_if<Text>(&event)) text += more->utf8;
    if (const auto* cited = std::get_if<Cited>(&event)) {
      EXPECT_LE(cited->claim.span.end, static_cast<int64_t>(text.size()));
      claims.push_back(cited->claim);
    }
    if (const auto* end = std::get_if<Finished>(&event)) finished = *end, ++ends;
    if (const auto* end = std::get_if<Failed>(&event)) failed = end->error, ++ends;
  }

  [[nodiscard]] std::string wordsOf(const Claim& claim) const {
    return text.substr(static_cast<size_t>(claim.span.begin),
                       static_cast<size_t>(claim.span.length()));
  }
};

/// A library with two documents, of which the first has two pages.
class AnsweringTest : public ::testing::Test {
 protected:
  AnsweringTest() {
    library = Library::open(folder.path(), Library::OpenMode::ReadWrite).value();
    lease = addDocument(
        *library,
        DocumentBuilder("Lease")
            .heading("Notice")
            .paragraph("The tenant may end the lease with three months of notice. The notice must "
                       "be written on paper and signed by every tenant of the flat.")
            .newPage()
            .heading("Deposit")
            .paragraph("The deposit is 1,720 crowns. It is paid back within sixty days after the "
                       "tenant has moved out of the flat."));
    manual =
        addDocument(*library, DocumentBuilder("Manual").heading("Filter").paragraph(
                                  "Wash the filter of the dehumidifier every two weeks in lukewarm "
                                  "water. Never put it into the dishwasher."));
  }

  TemporaryFolder folder;
  std::unique_ptr<Library> library;
  RevisionId lease{};
  RevisionId manual{};
};

}  // namespace lectern::test
