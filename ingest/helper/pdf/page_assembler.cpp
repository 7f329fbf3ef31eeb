// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/page_assembler.h"

#include "ingest/helper/pdf/block_drafts.h"
#include "ingest/helper/pdf/clean_words.h"
#include "ingest/helper/pdf/page_writer.h"
#include "ingest/helper/pdf/reading_order.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace lectern::helper::pdf {

PageText assemblePage(const PageContent& content) {
  const bool hasSize = std::isfinite(content.widthPt) && std::isfinite(content.heightPt) &&
                       content.widthPt > 0 && content.heightPt > 0;
  if (!hasSize) return {};

  // The rotation of most words comes first; what is set across it (a stamp at the side, the name of
  // an axis) follows.
  std::array<size_t, 4> wordsOfTurn{};
  for (const PlacedWord& word : content.words)
    ++wordsOfTurn[static_cast<size_t>(word.quarterTurns & 3)];
  std::array<int, 4> turns{};
  std::iota(turns.begin(), turns.end(), 0);
  std::stable_sort(turns.begin(), turns.end(), [&](int a, int b) {
    return wordsOfTurn[static_cast<size_t>(a)] > wordsOfTurn[static_cast<size_t>(b)];
  });

  PageWriter writer;
  for (const int turn : turns) {
    const Frame frame{content.widthPt, content.heightPt, turn};
    const std::vector<Word> words = cleanWords(content, frame);
    writer.write(words, frame, draftBlocks(words, findReadingOrder(words, frame)));
  }
  return writer.take();
}

}  // namespace lectern::helper::pdf
