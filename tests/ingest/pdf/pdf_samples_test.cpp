// SPDX-License-Identifier: GPL-3.0-or-later
// Real documents, against what is known of them independently: plain texts of the same content, and
// pdftotext for pages that are read from left to right.
#include "core/unicode/fold.h"
#include "tests/ingest/pdf/open_pdf.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <map>
#include <regex>

namespace lectern::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

#define OPEN_SAMPLE(variable, name, ...)                                            \
  const auto variable##Path = sample(name);                                         \
  if (!variable##Path) GTEST_SKIP() << "the sample " << (name) << " is missing";    \
  const OpenPdf variable = openPdfFile(*variable##Path __VA_OPT__(, ) __VA_ARGS__); \
  ASSERT_TRUE(variable.reader.has_value()) << variable.reader.error().message

// Words as search would compare them.
std::vector<std::string> foldedWords(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& word : splitAtSpace(unicode::fold(text))) {
    std::string letters;
    for (const char c : word) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0) letters += c;
    }
    if (!letters.empty()) words.push_back(letters);
  }
  return words;
}

// The share of `expected` that `read` has too, each word as often as it comes.
double recall(const std::vector<std::string>& expected, const std::vector<std::string>& read) {
  std::map<std::string, int> left;
  for (const std::string& word : read) ++left[word];
  int found = 0;
  for (const std::string& word : expected) found += left[word]-- > 0 ? 1 : 0;
  return static_cast<double>(found) / static_cast<double>(expected.size());
}

size_t longestCommonSubsequence(const std::vector<std::string>& a,
                                const std::vector<std::string>& b) {
  std::vector<size_t> row(b.size() + 1, 0);
  for (const std::string& word : a) {
    size_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = word == b[j - 1] ? diagonal + 1 : std::max(row[j], row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

std::string runTool(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[65536];
  for (size_t size = 0; (size = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    output.append(buffer, size);
  }
  return pclose(pipe) == 0 ? output : std::string();
}

bool hasPdftotext() {
  return !runTool("command -v pdftotext").empty();
}

TEST(PdfSamples, HebrewEqualsItsPlainText) {
  OPEN_SAMPLE(pdf, "pdf/hebrew.pdf");
  const auto plain = sample("text/udhr-he.txt");
  ASSERT_TRUE(plain.has_value());
  const auto expected = foldedWords(readFile(*plain, 1 << 20).value_or(std::string()));
  const auto read = foldedWords(textOf(pdf, 1, pdf->info().pageCount));
  const auto share = [&](size_t count) {
    return static_cast<double>(count) / static_cast<double>(expected.size());
  };
  const double order = share(longestCommonSubsequence(expected, read));
  RecordProperty("recall", fmt::format("{:.4f}", recall(expected, read)));
  RecordProperty("order", fmt::format("{:.4f}", order));
  EXPECT_GE(recall(expected, read), 0.99);
  EXPECT_GE(order, 0.99);
  EXPECT_LE(read.size(), expected.size() * 101 / 100);  // and nothing is made up
}

// The plain text of this document is not at hand. These sentences were read off its drawn pages.
TEST(PdfSamples, ArabicIsReadInLogicalOrder) {
  OPEN_SAMPLE(pdf, "pdf/arabic.pdf");
  const std::string text = unicode::fold(textOf(pdf, 1, pdf->info().pageCount));
  for (const char* sentence :
       {"٢٩ سبتمبر ٢٠١٩",
        "الخط الأميري خط نسخي موجه لطباعة الكتب و النصوص الطويلة، و هو إحياء و محاكاة للخط الطباعي "
        "الجميل الذي تميزت به مطبعة بولاق منذ أوائل القرن العشرين.",
        "يهدف مشروع الخط الأميري إلى إحياء تقاليد و جماليات الطباعة العربية و موائمتها لتقنيات عصر "
        "الحواسيب، مع إتاحتها للعموم.",
        "يأخذ التتابع لله شكل لفظ الجلالة في الحالات التالية:",
        "(أي أرقام أكثر من هذا العدد ستكون خارج العلامة)"}) {
    EXPECT_THAT(text, HasSubstr(unicode::fold(sentence)));
  }
  // Read backwards, Arabic words begin with ta marbuta, which is never first, and end in the
  // article.
  int backward = 0;
  for (const std::string& word : splitAtSpace(textOf(pdf, 2, 8))) {
    backward += word.starts_with("ة") ? 1 : 0;
  }
  EXPECT_EQ(backward, 0);
}

TEST(PdfSamples, TwoColumnsAreReadOneAfterTheOther) {
  OPEN_SAMPLE(pdf, "pdf/paper-two-columns.pdf");
  const std::string text = textOf(pdf, 1, 5);
  // Each goes on from the foot of one column to the head of the next, or over a broken line.
  for (const char* sentence :
       {"Additionally, we find that (1) a closed-book model (generating answers without accessing "
        "any retrieved documents) with post-hoc citing achieves good correctness",
        "for example, “Which films have Gong Li as a member of their cast?”",
        "Large language models (LLMs) have emerged as a widely-used tool for information seeking, "
        "but their generated outputs are prone to hallucination.",
        "This makes it harder for users to trust and verify LLMs’ generated outputs without any "
        "supporting evidence.",
        "We experiment on multiple systems with state-of-the-art LLMs and retrievers"}) {
    EXPECT_THAT(text, HasSubstr(sentence));
  }
  // What stands beside one another in the two columns of page 2 is far apart in the text.
  const std::string page = textOf(pdf, 2, 2);
  EXPECT_LT(page.find("We present ALCE, the first reproducible benchmark"),
            page.find("Our extensive analyses highlight three major challenges"));
}

struct BoxedWord {
  std::string text;
  TrueRect rect;
};

std::string unescaped(std::string text) {
  for (const auto& [entity, sign] :
       std::vector<std::pair<std::string, std::string>>{{"&lt;", "<"},
                                                        {"&gt;", ">"},
                                                        {"&quot;", "\""},
                                                        {"&apos;", "'"},
                                                        {"&#39;", "'"},
                                                        {"&amp;", "&"}}) {
    for (size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at) {
      text.replace(at, entity.size(), sign);
    }
  }
  return text;
}

std::vector<std::vector<BoxedWord>> boxedWords(const std::filesystem::path& path,
                                               int first,
                                               int last) {
  const std::string html =
      runTool(fmt::format("pdftotext -f {} -l {} -bbox '{}' -", first, last, path.string()));
  static const std::regex kWord(
      R"re(<page|<word xMin="([-0-9.]+)" yMin="([-0-9.]+)" xMax="([-0-9.]+)" yMax="([-0-9.]+)">([^<]*)</word>)re");
  std::vector<std::vector<BoxedWord>> pages;
  for (std::sregex_iterator it(html.begin(), html.end(), kWord); it != std::sregex_iterator();
       ++it) {
    if (!(*it)[5].matched) {
      pages.emplace_back();
      continue;
    }
    pages.back().push_back(
        {unescaped((*it)[5]),
         {std::stod((*it)[1]), std::stod((*it)[2]), std::stod((*it)[3]), std::stod((*it)[4])}});
  }
  return pages;
}

// Every word that pdftotext boxes has a run, or runs beside one another, with its text and place.
TEST(PdfSamples, WordsStandWherePdftotextPutsThem) {
  OPEN_SAMPLE(pdf, "pdf/manual-en.pdf");
  if (!hasPdftotext()) GTEST_SKIP() << "pdftotext (package poppler-utils) is missing";
  constexpr int kPages = 20;
  const auto pages = boxedWords(*pdfPath, 1, kPages);
  ASSERT_EQ(pages.size(), size_t{kPages});
  std::vector<double> overlaps;
  int unmatched = 0;
  for (int number = 1; number <= kPages; ++number) {
    const Page page = pageOf(pdf, number);
    std::vector<bool> used(page.runs.size());
    for (const BoxedWord& word : pages[static_cast<size_t>(number) - 1]) {
      double best = 0;
      size_t bestRun = 0;
      for (size_t i = 0; i < page.runs.size(); ++i) {
        const double share = overlap(inPoints(page.runs[i].box, page), word.rect);
        if (share > best) best = share, bestRun = i;
      }
      const TextSpan span = page.runs.empty() ? TextSpan{} : page.runs[bestRun].span;
      std::string text =
          page.text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
      if (text != word.text && text + "-" != word.text) {
        ++unmatched;
        ADD_FAILURE() << "page " << number << ": \"" << word.text << "\" against \"" << text << '"';
        continue;
      }
      EXPECT_FALSE(used[bestRun]) << word.text;
      used[bestRun] = true;
      overlaps.push_back(best);
    }
    EXPECT_EQ(std::count(used.begin(), used.end(), false), 0) << "page " << number;
  }
  ASSERT_GT(overlaps.size(), 3000U);
  std::sort(overlaps.begin(), overlaps.end());
  RecordProperty("words", static_cast<int>(overlaps.size()));
  RecordProperty("medianOverlap", fmt::format("{:.4f}", overlaps[overlaps.size() / 2]));
  RecordProperty("leastOverlap", fmt::format("{:.4f}", overlaps.front()));
  EXPECT_GE(overlaps[overlaps.size() / 2], 0.95);
  EXPECT_EQ(unmatched, 0);
}

class Manual : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(PdfSamples,
                         Manual,
                         ::testing::Values("en", "de", "es", "fr", "it", "nl", "pt"),
                         [](const auto& info) { return std::string(info.param); });

// The words of pdftotext's output; those it leaves broken at a line's end are joined.
std::string withoutBrokenWords(const std::string& text) {
  std::string joined;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-' && i + 1 < text.size() && text[i + 1] == '\n') {
      while (i + 1 < text.size() && std::isspace(static_cast<unsigned char>(text[i + 1])) != 0) ++i;
    } else {
      joined += text[i];
    }
  }
  return joined;
}

TEST_P(Manual, HasAllWordsOfPdftotext) {
  OPEN_SAMPLE(pdf, fmt::format("pdf/manual-{}.pdf", GetParam()));
  if (!hasPdftotext()) GTEST_SKIP() << "pdftotext (package poppler-utils) is missing";
  constexpr int kPages = 60;
  const auto expected = foldedWords(withoutBrokenWords(
      runTool(fmt::format("pdftotext -l {} '{}' -", kPages, pdfPath->string()))));
  const auto read = foldedWords(textOf(pdf, 1, kPages));
  ASSERT_GT(expected.size(), 15'000U);
  RecordProperty("words", static_cast<int>(expected.size()));
  RecordProperty("recall", fmt::format("{:.4f}", recall(expected, read)));
  RecordProperty("precision", fmt::format("{:.4f}", recall(read, expected)));
  EXPECT_GE(recall(expected, read), 0.99);
  EXPECT_GE(recall(read, expected), 0.99);
}

TEST(PdfSamples, EncryptedFilesOpenWithEitherPassword) {
  {
    const auto path = sample("pdf/encrypted-aes256.pdf");
    if (!path) GTEST_SKIP() << "the sample pdf/encrypted-aes256.pdf is missing";
    EXPECT_EQ(openPdfFile(*path).reader.error().code, ErrorCode::PasswordNeeded);
    EXPECT_EQ(openPdfFile(*path, "wrong").reader.error().code, ErrorCode::PasswordNeeded);
  }
  OPEN_SAMPLE(user, "pdf/encrypted-aes256.pdf", "lectern-user");
  OPEN_SAMPLE(owner, "pdf/encrypted-aes256.pdf", "lectern-owner");
  OPEN_SAMPLE(plain, "pdf/simple-en.pdf");
  EXPECT_EQ(textOf(user, 1, 1), textOf(plain, 1, 1));
  EXPECT_EQ(textOf(owner, 1, 1), textOf(plain, 1, 1));
  OPEN_SAMPLE(restricted, "pdf/encrypted-rc4-no-extract.pdf");
  EXPECT_EQ(textOf(restricted, 1, 1), textOf(plain, 1, 1));
  EXPECT_THAT(restricted->info().notices, Contains("Its author forbids copying text."));
}

TEST(PdfSamples, DamagedFilesAreReadOrRefusedInWords) {
  OPEN_SAMPLE(shifted, "pdf/damaged-prefix.pdf");
  OPEN_SAMPLE(plain, "pdf/simple-en.pdf");
  EXPECT_EQ(textOf(shifted, 1, 1), textOf(plain, 1, 1));
  const OpenPdf cut = openPdfFile(*sample("pdf/damaged-cut.pdf"));
  ASSERT_FALSE(cut.reader.has_value());  // its page tree is in the part that is gone
  EXPECT_EQ(cut.reader.error().code, ErrorCode::InputRefused);
  EXPECT_THAT(cut.reader.error().message, HasSubstr("Get a fresh copy"));
}

TEST(PdfSamples, AScannedPageIsAnImage) {
  OPEN_SAMPLE(pdf, "pdf/scanned-page.pdf");
  const Page page = pageOf(pdf, 1);
  EXPECT_EQ(page.state, PageState::ImageOnly);
  EXPECT_TRUE(page.text.empty());
}

TEST(PdfSamples, TurnedPagesAreReadAsTheyWereWritten) {
  OPEN_SAMPLE(turned, "pdf/rotated.pdf");
  OPEN_SAMPLE(manual, "pdf/manual-en.pdf");
  for (int number = 1; number <= turned->info().pageCount; ++number) {
    const Page page = pageOf(turned, number);
    EXPECT_EQ(page.text, pageOf(manual, number + 9).text) << "page " << number;
    if (page.rotation % 180 == 0) continue;
    EXPECT_GT(page.widthPt, page.heightPt);
    for (const GlyphRun& run : page.runs) EXPECT_NE(run.flags & GlyphRun::Vertical, 0);
  }
}

}  // namespace
}  // namespace lectern::test
