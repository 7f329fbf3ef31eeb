// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/password_forms.h"
#include "ingest/helper/pdf/pdf_title.h"
#include "tests/ingest/pdf/open_pdf.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <vector>

namespace lectern::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A PDF of one page with this content stream.
std::string onePage(const std::string& content, const std::string& catalogMore = "") {
  const std::vector<std::string> objects = {
      fmt::format("<< /Type /Catalog /Pages 2 0 R {} >>", catalogMore),
      "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources << /Font << "
      "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >> >> "
      ">>",
      fmt::format("<< /Length {} >>\nstream\n{}\nendstream", content.size(), content)};
  std::string file = "%PDF-1.4\n";
  std::string table;
  for (size_t i = 0; i < objects.size(); ++i) {
    table += fmt::format("{:010} 00000 n \n", file.size());
    file += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
  }
  const size_t start = file.size();
  file += fmt::format("xref\n0 {}\n0000000000 65535 f \n{}trailer\n<< /Size {} /Root 1 0 R >>\n",
                      objects.size() + 1, table, objects.size() + 1);
  return file + fmt::format("startxref\n{}\n%%EOF\n", start);
}

std::string bytesOf(const std::string& name) {
  return readFile(fixture("pdf/" + name), int64_t{1} << 30).value_or(std::string());
}

TEST(PdfReader, TellsWhatIsOnAPage) {
  const OpenPdf text = openPdfBytes(onePage("BT /F1 12 Tf 20 50 Td (Two words) Tj ET"));
  ASSERT_TRUE(text.reader.has_value()) << text.reader.error().message;
  const Page page = pageOf(text, 1);
  EXPECT_EQ(page.state, PageState::Text);
  EXPECT_EQ(page.text, "Two words\n\n");
  EXPECT_EQ(page.number, 1);
  EXPECT_EQ(pageOf(openPdfBytes(onePage("")), 1).state, PageState::Blank);
  EXPECT_EQ(pageOf(openPdfBytes(onePage("0 g 20 20 50 50 re f")), 1).state, PageState::ImageOnly);
}

TEST(PdfReader, SaysWhichDocumentAndReaderItIs) {
  const DocumentInfo info = openPdfBytes(onePage("BT /F1 12 Tf 20 50 Td (Text) Tj ET"))->info();
  EXPECT_EQ(info.mediaType, "application/pdf");
  EXPECT_EQ(info.extractor, "pdf/1");
  EXPECT_EQ(info.pageCount, 1);
  EXPECT_THAT(info.title, "");
  EXPECT_TRUE(info.notices.empty());
}

TEST(PdfReader, KnowsNoPageBeyondTheLast) {
  const OpenPdf pdf = openPdfBytes(onePage(""));
  for (const int number : {-1, 0, 2}) {
    const auto page = pdf->readPage(number);
    ASSERT_FALSE(page.has_value());
    EXPECT_EQ(page.error().code, ErrorCode::InputRefused);
  }
}

TEST(PdfReader, AsksForThePasswordOfAnEncryptedFile) {
  const std::string bytes = bytesOf("hostile/encrypted-saslprep.pdf");
  const OpenPdf closed = openPdfBytes(bytes);
  ASSERT_FALSE(closed.reader.has_value());
  EXPECT_EQ(closed.reader.error().code, ErrorCode::PasswordNeeded);
  EXPECT_EQ(closed.reader.error().message,
            "document.pdf is encrypted: it opens with its password.");
  const OpenPdf wrong = openPdfBytes(bytes, "wrong");
  ASSERT_FALSE(wrong.reader.has_value());
  EXPECT_EQ(wrong.reader.error().code, ErrorCode::PasswordNeeded);
  EXPECT_THAT(wrong.reader.error().message, HasSubstr("the password given does not open it"));
}

// The same password in the letters a person may type; only the prepared form opens the file.
TEST(PdfReader, PreparesAPasswordAsTheStandardSays) {
  const std::string bytes = bytesOf("hostile/encrypted-saslprep.pdf");
  const OpenPdf stored = openPdfBytes(bytes, "Strandgut IX-\u00F6");
  ASSERT_TRUE(stored.reader.has_value()) << stored.reader.error().message;
  EXPECT_EQ(pageOf(stored, 1).state, PageState::Text);
  const OpenPdf typed = openPdfBytes(bytes, "Strand\u00ADgut\u00A0\u2168-o\u0308");
  EXPECT_TRUE(typed.reader.has_value());
}

TEST(PasswordForms, AreTheTypedThePreparedAndThoseOfOlderFiles) {
  EXPECT_THAT(helper::pdf::passwordForms("plain"), ElementsAre("plain"));
  EXPECT_THAT(helper::pdf::passwordForms(""), ElementsAre());
  EXPECT_THAT(helper::pdf::passwordForms("o\u0308"), ElementsAre("o\u0308", "\u00F6", "\xF6"));
  EXPECT_THAT(helper::pdf::passwordForms("\xFF"), ElementsAre("\xFF"));
}

TEST(PdfReader, RepairsAPageTreeThatPopplerRefuses) {
  for (const char* name : {"hostile/count-negative.pdf", "hostile/count-too-high.pdf"}) {
    const OpenPdf pdf = openPdfBytes(bytesOf(name));
    ASSERT_TRUE(pdf.reader.has_value()) << pdf.reader.error().message;
    EXPECT_EQ(pdf->info().pageCount, 1) << name;
    EXPECT_THAT(pdf->info().notices, Contains(HasSubstr("damaged and was repaired"))) << name;
    EXPECT_EQ(pageOf(pdf, 1).text, "The only page.\n\n");
  }
}

TEST(PdfReader, NoticesThatPopplerHadToReconstructAFile) {
  const OpenPdf pdf = openPdfBytes(bytesOf("hostile/truncated-99.pdf"));
  ASSERT_TRUE(pdf.reader.has_value()) << pdf.reader.error().message;
  EXPECT_EQ(pdf->info().pageCount, 3);
  EXPECT_THAT(pdf->info().notices, Contains(HasSubstr("damaged and was repaired")));
}

TEST(PdfReader, RefusesWhatCannotBeReadAndSaysWhy) {
  for (const char* name :
       {"hostile/zero-pages.pdf", "hostile/random-bytes.pdf", "hostile/truncated-10.pdf",
        "hostile/truncated-40.pdf", "hostile/truncated-70.pdf", "hostile/truncated-90.pdf",
        "hostile/pages-loop.pdf", "hostile/object-stream-junk.pdf"}) {
    const std::string bytes = bytesOf(name);
    ASSERT_FALSE(bytes.empty()) << name;
    const OpenPdf pdf = openPdfBytes(bytes);
    ASSERT_FALSE(pdf.reader.has_value()) << name;
    EXPECT_EQ(pdf.reader.error().code, ErrorCode::InputRefused) << name;
    EXPECT_THAT(pdf.reader.error().message, HasSubstr("document.pdf cannot be read: ")) << name;
    EXPECT_THAT(pdf.reader.error().message, HasSubstr("Get a fresh copy")) << name;
  }
  for (const char* bytes : {"", "hello", "PK\x03\x04 not a PDF"}) {
    const OpenPdf pdf = openPdfBytes(bytes);
    ASSERT_FALSE(pdf.reader.has_value());
    EXPECT_THAT(pdf.reader.error().message, HasSubstr("it is not a PDF file"));
  }
}

TEST(PdfReader, GoesOnBehindPagesThatAreMissing) {
  const OpenPdf pdf = openPdfBytes(bytesOf("hostile/count-wrong.pdf"));
  ASSERT_TRUE(pdf.reader.has_value()) << pdf.reader.error().message;
  EXPECT_EQ(pageOf(pdf, 2).state, PageState::Text);
  EXPECT_FALSE(pdf->readPage(3).has_value());
}

// Two entries that are each other's child and successor took qpdf's helper 2^50 steps.
TEST(PdfReader, LeavesALoopInTheOutline) {
  const OpenPdf pdf = openPdfBytes(bytesOf("hostile/outline-loop.pdf"));
  ASSERT_TRUE(pdf.reader.has_value()) << pdf.reader.error().message;
  const auto outline = pdf->info().outline;
  ASSERT_EQ(outline.size(), 2U);
  EXPECT_EQ(outline[0].title, "One");
  EXPECT_EQ(outline[1].title, "Two");
}

TEST(PdfReader, DrawsOnWhitePaperInTheSizeAskedFor) {
  const OpenPdf pdf = openPdfBytes(onePage("1 0 0 rg 0 50 100 50 re f"));  // top left quarter
  constexpr int kWidth = 61;
  constexpr int kHeight = 33;
  std::vector<uint32_t> pixels(size_t{kWidth} * kHeight, 0);
  ASSERT_TRUE(pdf->renderPage(1, kWidth, kHeight, pixels).has_value());
  EXPECT_EQ(pixels.front(), 0xffff0000);
  EXPECT_EQ(pixels[kWidth - 1], 0xffffffff);
  EXPECT_EQ(pixels.back(), 0xffffffff);
  EXPECT_EQ(pixels[size_t{kWidth} * 10 + 20], 0xffff0000);
}

TEST(PdfTitle, IsCleanedAndTakenFromXmp) {
  EXPECT_EQ(helper::pdf::cleanTitle("  A\n\ttitle \x01 "), "A title");
  EXPECT_EQ(helper::pdf::cleanTitle("\xFF"), "\uFFFD");
  EXPECT_EQ(helper::pdf::titleOfXmp("<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">Salt &amp; "
                                    "&lt;light&gt;</rdf:li></rdf:Alt></dc:title>"),
            "Salt & <light>");
  EXPECT_EQ(helper::pdf::titleOfXmp("<dc:title><rdf:li"), "");
  EXPECT_EQ(helper::pdf::titleOfXmp(""), "");
}

}  // namespace
}  // namespace lectern::test
