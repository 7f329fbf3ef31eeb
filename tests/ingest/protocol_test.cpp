// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/protocol.h"

#include "core/base/utf8.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace lectern::protocol {
namespace {

constexpr int64_t kPageTextBytes = 1 << 20;

// Words of one to four bytes a letter, a run and a block each, as a page has them.
Page somePage(const std::vector<std::vector<char32_t>>& words) {
  Page page;
  page.number = 3;
  page.label = "iii";
  page.widthPt = 595;
  page.heightPt = 842;
  for (const auto& letters : words) {
    GlyphRun run;
    run.flags = page.runs.empty() ? GlyphRun::StartsLine : 0;
    run.span.begin = static_cast<int64_t>(page.text.size());
    for (const char32_t letter : letters) utf8::append(page.text, letter);
    run.span.end = static_cast<int64_t>(page.text.size());
    run.box = {100, 200, static_cast<uint16_t>(100 + 10 * letters.size()), 300};
    for (size_t i = 0; i <= letters.size(); ++i) {
      run.edges.push_back(static_cast<uint16_t>(100 + 10 * i));
    }
    page.blocks.push_back({BlockKind::ListItem, 2, run.span});
    page.runs.push_back(std::move(run));
    page.text += "\n\n";
  }
  return page;
}

rc::Gen<std::vector<std::vector<char32_t>>> genWords() {
  const auto letter = rc::gen::oneOf(
      rc::gen::inRange<char32_t>('a', 'z'), rc::gen::inRange<char32_t>(0x5D0, 0x5EA),
      rc::gen::inRange<char32_t>(0x4E00, 0x9FFF), rc::gen::inRange<char32_t>(0x1F600, 0x1F640));
  return rc::gen::nonEmpty(rc::gen::container<std::vector<std::vector<char32_t>>>(
      rc::gen::nonEmpty(rc::gen::container<std::vector<char32_t>>(letter))));
}

bool samePage(const Page& a, const Page& b) {
  return a.number == b.number && a.label == b.label && a.widthPt == b.widthPt &&
         a.heightPt == b.heightPt && a.rotation == b.rotation && a.state == b.state &&
         a.problem == b.problem && a.text == b.text && a.runs == b.runs && a.blocks == b.blocks;
}

bool isRefused(const Page& page) {
  const auto decoded = decodePage(encodePage(page), kPageTextBytes);
  return !decoded.has_value() && decoded.error().code == ErrorCode::InputRefused;
}

RC_GTEST_PROP(Protocol, CarriesAPageUnchanged, ()) {
  const Page page = somePage(*genWords());
  const auto decoded = decodePage(encodePage(page), kPageTextBytes);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(samePage(*decoded, page));
}

// A damaged payload is refused or is another sound page; it never brings the reader down.
RC_GTEST_PROP(Protocol, SurvivesADamagedPage, ()) {
  std::string payload = encodePage(somePage(*genWords()));
  const auto at = *rc::gen::inRange<size_t>(0, payload.size());
  if (*rc::gen::arbitrary<bool>()) {
    payload[at] = *rc::gen::arbitrary<char>();
  } else {
    payload.resize(at);
  }
  const auto decoded = decodePage(payload, kPageTextBytes);
  if (decoded.has_value()) {
    RC_ASSERT(utf8::isValid(decoded->text));
    for (const GlyphRun& run : decoded->runs) rectsOf(decoded->runs, decoded->text, run.span);
  }
}

RC_GTEST_PROP(Protocol, CutsFramesHoweverTheyArrive, (const std::vector<std::string>& payloads)) {
  std::string stream;
  for (const std::string& payload : payloads) stream += encodeFrame(FrameType::Page, payload);
  FrameCutter cutter(1 << 20);
  std::vector<std::string> received;
  while (!stream.empty()) {
    const auto size = *rc::gen::inRange<size_t>(1, stream.size() + 1);
    cutter.append(std::string_view(stream).substr(0, size));
    stream.erase(0, size);
    for (;;) {
      const auto frame = cutter.next();
      RC_ASSERT(frame.has_value());
      if (!frame->has_value()) break;
      received.push_back((*frame)->payload);
    }
  }
  RC_ASSERT(received == payloads);
}

TEST(Protocol, RefusesUnknownAndOversizedFrames) {
  FrameCutter cutter(10);
  cutter.append(encodeFrame(FrameType::Done, "0123456789"));
  EXPECT_TRUE(cutter.next().has_value());
  cutter.append(encodeFrame(FrameType::Done, "0123456789+"));
  EXPECT_FALSE(cutter.next().has_value());
  FrameCutter other(10);
  other.append(encodeFrame(static_cast<FrameType>(99), ""));
  EXPECT_FALSE(other.next().has_value());
}

TEST(Protocol, CarriesRequestInfoAndTheSmallFrames) {
  const Request request{"a name.pdf", "geheim", 7, 100'000, 1 << 24, 1 << 30, 1800, true};
  EXPECT_EQ(*decodeRequest(encodeRequest(request)), request);

  DocumentInfo info;
  info.title = "Title";
  info.mediaType = "text/plain";
  info.extractor = "text/1";
  info.pageCount = 12;
  info.outline = {{1, "One", 3, 70}, {2, "Nowhere", 0, 0}};
  info.notices = {"A notice."};
  const auto decoded = decodeInfo(encodeInfo(info));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->title, info.title);
  EXPECT_EQ(decoded->mediaType, info.mediaType);
  EXPECT_EQ(decoded->extractor, info.extractor);
  EXPECT_EQ(decoded->pageCount, 12);
  EXPECT_EQ(decoded->outline, info.outline);
  EXPECT_EQ(decoded->notices, info.notices);

  EXPECT_EQ(*decodeWish(encodeWish({2415, 150.5})), (Wish{2415, 150.5}));
  EXPECT_EQ(encodeWish({}).size(), kWishBytes);
  EXPECT_FALSE(decodeWish(encodeWish({0, 72})).has_value());
  EXPECT_FALSE(decodeWish(encodeWish({1, -72})).has_value());
  EXPECT_EQ(*decodeStarted(encodeStarted({"No Landlock."})), Started{"No Landlock."});
  EXPECT_EQ(*decodeWorking(encodeWorking(300)), 300);
  EXPECT_EQ(*decodeRendered(encodeRendered({400, 300})), (Rendered{400, 300}));
  EXPECT_EQ(decodeRefused(encodeRefused({ErrorCode::PasswordNeeded, "Locked."})).code,
            ErrorCode::PasswordNeeded);
}

// What a helper in foreign hands could send.
TEST(Protocol, RefusesPagesThatContradictThemselves) {
  const Page sound = somePage({{'a', 'b'}, {0x5E9, 0x5DC}});
  ASSERT_FALSE(isRefused(sound));
  const auto broken = [&](const auto& change) {
    Page page = sound;
    change(page);
    return isRefused(page);
  };
  EXPECT_TRUE(broken([](Page& page) { page.number = 0; }));
  EXPECT_TRUE(broken([](Page& page) { page.widthPt = -1; }));
  EXPECT_TRUE(broken([](Page& page) { page.heightPt = 1e300; }));
  EXPECT_TRUE(broken([](Page& page) { page.widthPt = 0; }));
  EXPECT_TRUE(broken([](Page& page) { page.rotation = 45; }));
  EXPECT_TRUE(broken([](Page& page) { page.rotation = 360; }));
  EXPECT_TRUE(broken([](Page& page) { page.state = PageState::Blank; }));
  EXPECT_TRUE(broken([](Page& page) { page.state = static_cast<PageState>(9); }));
  EXPECT_TRUE(broken([](Page& page) { page.problem = "but it has text"; }));
  EXPECT_TRUE(broken([](Page& page) { page.label = "\x1B[2J"; }));
  EXPECT_TRUE(broken([](Page& page) { page.text[0] = '\x01'; }));
  EXPECT_TRUE(broken([](Page& page) { page.text[0] = '\xFF'; }));
  EXPECT_TRUE(broken([](Page& page) { page.text.pop_back(); }));
  EXPECT_TRUE(broken([](Page& page) { page.text.assign(kPageTextBytes + 1, 'a'); }));
  EXPECT_TRUE(broken([](Page& page) { page.runs[1].span.begin += 1; }));  // inside a letter
  EXPECT_TRUE(broken([](Page& page) { page.runs[1].edges.pop_back(); }));
  EXPECT_TRUE(broken([](Page& page) { page.runs[1].edges[1] = 9; }));  // outside its box
  EXPECT_TRUE(broken([](Page& page) { page.blocks[1].span.end -= 1; }));
  EXPECT_TRUE(broken([](Page& page) { page.blocks[1].span.end = 1000; }));
}

TEST(Protocol, RefusesASkippedPageWithoutAReason) {
  Page page;
  page.number = 1;
  page.state = PageState::Skipped;
  EXPECT_TRUE(isRefused(page));
  page.problem = "It is broken.";
  EXPECT_FALSE(isRefused(page));
}

TEST(Protocol, RefusesDescriptionsThatLeadOutside) {
  DocumentInfo info;
  info.pageCount = 0;
  EXPECT_FALSE(decodeInfo(encodeInfo(info)).has_value());
  info.pageCount = 2;
  info.outline = {{1, "Three", 3, 0}};
  EXPECT_FALSE(decodeInfo(encodeInfo(info)).has_value());
  info.outline = {{1, std::string("\xC3", 1), 1, 0}};
  EXPECT_FALSE(decodeInfo(encodeInfo(info)).has_value());
}

TEST(Protocol, RefusesPicturesOfAbsurdSize) {
  EXPECT_FALSE(decodeRendered(encodeRendered({0, 5})).has_value());
  EXPECT_FALSE(decodeRendered(encodeRendered({1 << 20, 1 << 20})).has_value());
}

TEST(Protocol, TakesAnythingElseForARefusal) {
  EXPECT_EQ(decodeRefused("").code, ErrorCode::InputRefused);
  EXPECT_EQ(decodeRefused(encodeRefused({ErrorCode::Storage, "x"})).code, ErrorCode::InputRefused);
  EXPECT_EQ(decodeRefused(encodeRefused({ErrorCode::Internal, "no seccomp"})).message,
            "no seccomp");
}

// The bytes that ingest/README.md shows.
TEST(Protocol, WritesWhatItsPageShows) {
  Page page;
  page.number = 1;
  page.widthPt = 595;
  page.heightPt = 842;
  page.text = "Hi\n\n";
  page.runs = {{{0, 2}, GlyphRun::StartsLine, {6168, 4359, 7500, 5400}, {6168, 7030, 7500}}};
  page.blocks = {{BlockKind::Paragraph, 0, {0, 2}}};
  const std::string frame = encodeFrame(FrameType::Page, encodePage(page));
  std::string hex;
  for (const char byte : frame) hex += fmt::format("{:02x} ", static_cast<uint8_t>(byte));
  EXPECT_EQ(hex,
            "04 36 00 00 00 "
            "01 00 "
            "00 00 00 00 00 98 82 40 00 00 00 00 00 50 8a 40 "
            "00 00 00 00 "
            "04 48 69 0a 0a "
            "13 01 01 00 02 01 18 18 07 11 4c 1d 18 15 03 00 bc 0d ac 07 "
            "06 01 01 00 00 00 02 ");
}

}  // namespace
}  // namespace lectern::protocol
