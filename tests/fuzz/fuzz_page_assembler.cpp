// SPDX-License-Identifier: GPL-3.0-or-later
// Any words with any boxes, as a broken PDF gives them: what is made of them must be a page that
// the program accepts. The input is a list of words, each of
//   u8 bits: 0–2 letters less one, 3 space after, 4 boxes of their own, 5–6 quarter turns, 7 bold
//   u16 × 2 place of the first letter, in tenths of a point; u8 font size
//   per letter u16 code point (from 0xE000 on: that minus 0xE000 beyond U+10000), and with boxes of
//   their own four u16, of which 0xFFFF is infinite and 0xFFFE no number
#include "core/base/byte_io.h"
#include "core/base/check.h"
#include "ingest/helper/pdf/page_assembler.h"
#include "ingest/protocol.h"

#include <cmath>
#include <limits>

namespace {

using namespace lectern;
using namespace lectern::helper::pdf;

constexpr size_t kMaxWords = 400;

double coordinate(uint16_t value) {
  if (value == 0xFFFF) return std::numeric_limits<double>::infinity();
  if (value == 0xFFFE) return std::nan("");
  return (value - 8192) / 10.0;
}

PlacedWord readWord(ByteReader& reader) {
  PlacedWord word;
  const uint8_t bits = reader.u8();
  const int letters = (bits & 7) + 1;
  word.spaceAfter = (bits & 8) != 0;
  word.quarterTurns = (bits >> 5) & 3;
  word.font = (bits & 0x80) != 0 ? "Serif-Bold" : "Serif";
  double x = coordinate(reader.u16());
  const double y = coordinate(reader.u16());
  word.fontSize = reader.u8() / 4.0;
  for (int i = 0; i < letters; ++i) {
    const uint16_t letter = reader.u16();
    word.text.push_back(letter < 0xE000 ? letter : char32_t{0x10000} + letter - 0xE000);
    BoxPt box{x, y, x + 6, y + 10};
    if ((bits & 16) != 0) {
      box = {coordinate(reader.u16()), coordinate(reader.u16()), coordinate(reader.u16()),
             coordinate(reader.u16())};
    }
    word.boxes.push_back(box);
    x += 6;
  }
  return word;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader({reinterpret_cast<const char*>(data), size});
  PageContent content{600, 800, {}};
  while (reader.remaining() > 0 && content.words.size() < kMaxWords) {
    content.words.push_back(readWord(reader));
  }
  PageText text = assemblePage(content);

  Page page;
  page.number = 1;
  page.widthPt = content.widthPt;
  page.heightPt = content.heightPt;
  page.state = text.text.empty() ? PageState::Blank : PageState::Text;
  page.text = std::move(text.text);
  page.runs = std::move(text.runs);
  page.blocks = std::move(text.blocks);
  const auto bytes = static_cast<int64_t>(page.text.size());
  LECTERN_CHECK(protocol::decodePage(protocol::encodePage(page), bytes).has_value());
  return 0;
}
