// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/library/library.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A library in a folder of its own, and documents made of plain sentences for it.
class LibraryTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Closes the library and opens it again.
  void reopen(Library::OpenMode mode = Library::OpenMode::ReadWrite);
  [[nodiscard]] std::filesystem::path database() const { return folder_ / "library.db"; }

  std::filesystem::path folder_;
  std::unique_ptr<Library> library_;
};

/// A page whose text is the sentences, a space between them, one run and one block a sentence.
Page makePage(int number, const std::vector<std::string>& sentences);

/// Stores and seals a document: a sentence is a segment, a page a passage with the header given.
/// Its content sum is that of its sentences.
Result<RevisionId> addDocument(Library& library,
                               const std::vector<std::vector<std::string>>& pages,
                               std::string_view header = "");

/// A verbatim claim with one citation of `span`.
MessageRecord makeAnswer(Library& library, RevisionId revision, TextSpan span);

/// The message of the failed Result, or a test failure.
template <class T>
std::string messageOf(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? std::string() : result.error().message;
}

}  // namespace lectern
