// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/retrieval.h"
#include "core/library/library.h"

#include <cstdint>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace lectern::test {

/// Reads a file through the helper into the library; gives its number of pages.
Result<int> importInto(Library& library,
                       const std::filesystem::path& helper,
                       const std::filesystem::path& file);

/// A sentence of a document with its content words as they stand, each once.
struct CorpusSentence {
  StoredSegment segment;
  std::vector<std::string> words;
};

/// All sentences of a library that can be quoted.
class Corpus {
 public:
  static Result<Corpus> read(Library& library);

  /// Whether one sentence has all of the words.
  [[nodiscard]] bool anyHasAll(const std::vector<std::string>& words) const;

  std::vector<RevisionId> scope;
  std::vector<CorpusSentence> sentences;

 private:
  std::unordered_map<std::string, std::set<size_t>> having_;
};

/// A question and the sentence that it was made of; none where no sentence answers.
struct Posed {
  std::string text;
  const CorpusSentence* gold = nullptr;
};

/// Makes questions of random sentences with six or more content words. The same seed makes the
/// same questions.
class Asker {
 public:
  Asker(const Corpus& corpus, uint32_t seed) : corpus_(corpus), random_(seed) {}

  /// Three random content words of a sentence, in random order.
  Posed present();
  /// The same, but one of the words is of another sentence, and no sentence has all three.
  Posed absent();
  /// "Who", "When" or "How many" for a name, a year or a number that the sentence has, and two
  /// other words of it.
  Posed typed();
  std::string anyWord();

 private:
  const CorpusSentence& any();

  const Corpus& corpus_;
  std::mt19937 random_;
};

/// Whether it is the sentence, has it as a part, or has the same words.
bool isRight(const Found& found, const CorpusSentence& gold);

}  // namespace lectern::test
