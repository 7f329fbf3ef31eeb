// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/text/charset.h"

#include "core/base/utf8.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

namespace lectern::helper {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Long enough for a guess from the frequencies of letters (about a hundred).
constexpr std::string_view kHebrew =
    "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה "
    "עליהם לנהוג איש ברעהו ברוח של אחוה. כל אדם זכאי לזכויות ולחרויות שנקבעו בהכרזה זו ללא "
    "הפליה כלשהי מטעמי גזע, צבע, מין, לשון, דת, דעה פוליטית או דעה בבעיות אחרות.";
constexpr std::string_view kArabic =
    "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل "
    "بعضهم "
    "بعضا بروح الإخاء. لكل إنسان حق التمتع بكافة الحقوق والحريات الواردة في هذا الإعلان، دون أي "
    "تمييز، كالتمييز بسبب العنصر أو اللون أو الجنس أو اللغة أو الدين أو الرأي السياسي.";
constexpr std::string_view kFrench =
    "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de "
    "raison et de conscience et doivent agir les uns envers les autres dans un esprit de "
    "fraternité — “l’œuvre” coûte 5 €.";

std::string encode(std::string_view text, const char* encoding) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString wide =
      icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
  std::string bytes(text.size() * 4 + 8, '\0');
  UConverter* converter = ucnv_open(encoding, &status);
  bytes.resize(static_cast<size_t>(ucnv_fromUChars(converter, bytes.data(),
                                                   static_cast<int32_t>(bytes.size()),
                                                   wide.getBuffer(), wide.length(), &status)));
  ucnv_close(converter);
  EXPECT_TRUE(U_SUCCESS(status)) << encoding;
  return bytes;
}

DecodedText decode(std::string_view bytes) {
  auto decoded = decodeText(bytes, "a.txt");
  EXPECT_TRUE(decoded.has_value()) << decoded.error().message;
  return decoded.has_value() ? *std::move(decoded) : DecodedText();
}

std::string refusalOf(std::string_view bytes) {
  const auto decoded = decodeText(bytes, "a.txt");
  return decoded.has_value() ? "accepted" : decoded.error().message;
}

TEST(Charset, TakesUtf8AsItIs) {
  const DecodedText decoded = decode("é שלום\n");
  EXPECT_EQ(decoded.text, "é שלום\n");
  EXPECT_THAT(decoded.notices, IsEmpty());
}

TEST(Charset, FollowsAByteOrderMark) {
  EXPECT_EQ(decode("\xEF\xBB\xBFé").text, "é");
  EXPECT_EQ(decode(std::string("\xFF\xFE") + encode("é שלום", "UTF-16LE")).text, "é שלום");
  EXPECT_EQ(decode(std::string("\xFE\xFF") + encode("é שלום", "UTF-16BE")).text, "é שלום");
  EXPECT_EQ(decode(std::string("\xFF\xFE\0\0", 4) + encode("é 😀", "UTF-32LE")).text, "é 😀");
}

TEST(Charset, SeesUtf16WithoutAMark) {
  EXPECT_EQ(decode(encode("plain words", "UTF-16LE")).text, "plain words");
  EXPECT_EQ(decode(encode("plain words", "UTF-16BE")).text, "plain words");
}

TEST(Charset, GuessesHebrewArabicAndWesternEncodings) {
  for (const auto& [text, encoding] :
       {std::pair(kHebrew, "windows-1255"), std::pair(kArabic, "windows-1256"),
        std::pair(kFrench, "windows-1252")}) {
    const DecodedText decoded = decode(encode(text, encoding));
    EXPECT_EQ(decoded.text, text) << encoding;
    EXPECT_THAT(decoded.notices, ElementsAre(HasSubstr("it was read as "))) << encoding;
  }
}

TEST(Charset, ReadsAWesternTextOfAFewWords) {
  EXPECT_EQ(decode("caf\xE9").text, "café");
}

TEST(Charset, RepairsDamagedUtf8AndSaysSo) {
  std::string damaged(kArabic);
  damaged[100] = '\xFF';
  const DecodedText decoded = decode(damaged);
  EXPECT_TRUE(utf8::isValid(decoded.text));
  EXPECT_THAT(decoded.text, HasSubstr("\uFFFD"));
  EXPECT_THAT(decoded.notices, ElementsAre(HasSubstr("not valid UTF-8")));
}

TEST(Charset, RepairsATextThatEndsInsideACharacter) {
  const DecodedText decoded = decode(kHebrew.substr(0, 22));
  EXPECT_THAT(decoded.text, testing::EndsWith("\uFFFD"));
}

TEST(Charset, MakesEveryLineEndTheSame) {
  EXPECT_EQ(decode("a\r\nb\rc\vd\u0085e\u2028f").text, "a\nb\nc\nd\ne\nf");
  EXPECT_EQ(decode("a\fb\u2029c").text, "a\n\nb\n\nc");
}

TEST(Charset, RefusesWhatIsNoText) {
  EXPECT_EQ(refusalOf(""), "a.txt is empty.");
  EXPECT_EQ(refusalOf(std::string_view("a text\0with a zero", 18)),
            "a.txt is not a text: it holds zero bytes.");
  EXPECT_FALSE(
      looksLikeText(std::string_view("\x7F"
                                     "ELF\0\0\0",
                                     7)));
  EXPECT_FALSE(looksLikeText("\x01\x02\x03 words \x04\x05"));
  EXPECT_TRUE(looksLikeText("words\n"));
}

TEST(Charset, RefusesMoreThanItCanHold) {
  const std::string bytes(static_cast<size_t>(kMaxTextBytes) + 1, 'x');
  const auto decoded = decodeText(bytes, "a.txt");
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, ErrorCode::DoesNotFit);
}

RC_GTEST_PROP(Charset, GivesWellFormedTextForAnyBytes, (const std::string& bytes)) {
  const auto decoded = decodeText(bytes, "a.txt");
  if (decoded.has_value()) RC_ASSERT(utf8::isValid(decoded->text));
}

}  // namespace
}  // namespace lectern::helper
