// SPDX-License-Identifier: GPL-3.0-or-later
// lectern-extract itself on real files, good and bad.
#include "core/base/utf8.h"
#include "tests/ingest/import_fixture.h"
#include "tests/support/fixtures.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace lectern {
namespace {

using testing::HasSubstr;

class Extract : public ImportFixture {
 protected:
  Extract() : ImportFixture(LECTERN_EXTRACT) {}

  std::string refusalOf(std::string_view name, std::string_view bytes) {
    const auto done = import(write(name, bytes));
    if (done.has_value()) return "read";
    EXPECT_EQ(done.error().code, ErrorCode::InputRefused) << done.error().message;
    return done.error().message;
  }

  std::string text() const {
    std::string all;
    for (const Page& page : sink.pages) all += page.text;
    return all;
  }
};

std::string withoutSpaces(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') kept.push_back(c);
  }
  return kept;
}

TEST_F(Extract, ReadsAPlainText) {
  const auto done = import(write("a.txt", "Caf\xC3\xA9.\n\nSecond\nparagraph.\n"));
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(sink.info->mediaType, "text/plain");
  EXPECT_EQ(sink.info->extractor, "text/1");
  EXPECT_EQ(text(), "Café.\n\nSecond paragraph.\n\n");
}

TEST_F(Extract, ReadsMarkdownByItsName) {
  ASSERT_TRUE(import(write("a.MD", "# Title\n\n- *one*\n")).has_value());
  EXPECT_EQ(sink.info->mediaType, "text/markdown");
  EXPECT_EQ(sink.info->extractor, "markdown/1");
  EXPECT_EQ(sink.info->title, "Title");
  EXPECT_EQ(text(), "Title\n\n• one\n\n");
}

TEST_F(Extract, ReadsUtf16AndOldEncodings) {
  ASSERT_TRUE(import(write("a.txt", std::string_view("\xFF\xFEh\0i\0", 6))).has_value());
  EXPECT_EQ(text(), "hi\n\n");
  sink = CollectingSink();
  ASSERT_TRUE(import(write("b.txt", "na\xEFve caf\xE9")).has_value());
  EXPECT_EQ(text(), "naïve café\n\n");
  EXPECT_THAT(sink.info->notices, testing::Contains(HasSubstr("windows-1252")));
}

TEST_F(Extract, SaysWhatIsWrongWithFilesItCannotRead) {
  EXPECT_EQ(refusalOf("a.txt", ""), "a.txt is empty.");
  EXPECT_EQ(refusalOf("a.pdf", ""), "a.pdf is empty.");
  EXPECT_EQ(refusalOf("a.txt", " \n\n"), "a.txt holds no text.");
  EXPECT_EQ(refusalOf("a.txt", std::string_view("\x7F"
                                                "ELF\0\0",
                                                6)),
            "a.txt is not a text. Lectern reads PDF, plain text and Markdown.");
  EXPECT_EQ(refusalOf("a.docx", "PK\x03\x04rest"),
            "a.docx is an archive or an office document; save it as PDF first. Lectern reads PDF, "
            "plain text and Markdown.");
  std::string late(100'000, 'x');
  late[99'000] = '\0';
  EXPECT_EQ(refusalOf("a.txt", late), "a.txt is not a text: it holds zero bytes.");
}

TEST_F(Extract, ShowsANameWithControlsWithoutThem) {
  EXPECT_EQ(refusalOf("a\x1B[2J.txt", ""), "a[2J.txt is empty.");
}

TEST_F(Extract, RefusesATextThatMakesMarkdownNeedTooMuchMemory) {
  // Twice what the libraries' own mappings take, of which hardly anything is resident.
  options.limits.memoryBytes = int64_t{200} << 20;
  std::string stars;
  while (stars.size() < size_t{4} << 20) stars += "*a_";
  const auto done = import(write("a.md", stars));
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::OutOfMemory) << done.error().message;
}

// 20 MB in one line: its pages are counted in one pass, and come without waiting for the others.
TEST_F(Extract, ReadsTwentyMegabytesInOneLine) {
  std::string line;
  for (int i = 0; line.size() < size_t{20} << 20; ++i) line += fmt::format("word{} ", i);
  sink.afterPage = [](const Page& page) {
    return page.number == 20 ? Error{ErrorCode::Cancelled, "enough"} : Result<void>();
  };
  EXPECT_EQ(import(write("line.txt", line)).error().message, "enough");
  EXPECT_GT(sink.info->pageCount, 3000);
  EXPECT_TRUE(text().starts_with("word0 word1 "));
  EXPECT_EQ(sink.pages.size(), 20U);
}

TEST_F(Extract, GoesOnInTheMiddleOfALine) {
  std::string line;
  for (int i = 0; line.size() < 100'000; ++i) line += fmt::format("word{} ", i);
  const auto path = write("line.txt", line);
  ASSERT_TRUE(import(path).has_value());
  const std::vector<Page> whole = std::move(sink.pages);
  sink = CollectingSink();
  options.firstPage = 5;
  ASSERT_TRUE(import(path).has_value());
  ASSERT_EQ(sink.pages.size() + 4, whole.size());
  for (size_t i = 0; i < sink.pages.size(); ++i) EXPECT_EQ(sink.pages[i].text, whole[i + 4].text);
}

TEST_F(Extract, DrawsATextPageOnA4) {
  const auto image = render(write("a.txt", "word"), 1, 72);
  ASSERT_TRUE(image.has_value()) << image.error().message;
  EXPECT_EQ(image->width, 595);
  EXPECT_EQ(image->height, 842);
  EXPECT_EQ(image->pixels.front(), 0xFFFFFFFFU);
  EXPECT_TRUE(std::any_of(image->pixels.begin(), image->pixels.end(),
                          [](uint32_t pixel) { return pixel == 0xFF000000U; }));
}

TEST_F(Extract, GivesTheSamePagesEveryTime) {
  const auto path =
      write("a.md", "# One\n\nשלום עולם and *more*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
  ASSERT_TRUE(import(path).has_value());
  const std::vector<Page> first = std::move(sink.pages);
  sink = CollectingSink();
  ASSERT_TRUE(import(path).has_value());
  ASSERT_EQ(sink.pages.size(), first.size());
  EXPECT_EQ(sink.pages[0].text, first[0].text);
  EXPECT_EQ(sink.pages[0].runs, first[0].runs);
}

TEST_F(Extract, LosesNoLetterOfTheSampleTexts) {
  for (const char* language : {"en", "es", "fr", "pt", "it", "nl", "de", "ar", "he"}) {
    const auto path = test::sample(fmt::format("text/udhr-{}.txt", language));
    if (!path.has_value()) GTEST_SKIP() << "the sample texts are not here (LECTERN_SAMPLES)";
    sink = CollectingSink();
    const auto done = import(*path);
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_EQ(withoutSpaces(text()), withoutSpaces(*readFile(*path, 1 << 20))) << language;
  }
}

TEST_F(Extract, ReadsThePandocManual) {
  const auto path = test::sample("md/pandoc-manual.md");
  if (!path.has_value()) GTEST_SKIP() << "the sample documents are not here (LECTERN_SAMPLES)";
  const auto done = import(*path);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(sink.info->title, "Pandoc User's Guide");
  EXPECT_GT(sink.info->outline.size(), 200U);
  EXPECT_EQ(static_cast<int>(sink.pages.size()), sink.info->pageCount);
  EXPECT_THAT(text(), HasSubstr("Pandoc is a Haskell library for converting from one markup format "
                                "to another"));
}

TEST_F(Extract, ReadsTheSoundPagesAroundOneThatHangs) {
  options.limits.pageCpu = std::chrono::seconds(2);
  const auto path = test::fixture("pdf/hostile/hanging-page.pdf");
  const auto done = import(path);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  ASSERT_EQ(sink.pages.size(), 3U);
  EXPECT_EQ(sink.pages[0].state, PageState::Text);
  EXPECT_EQ(sink.pages[1].problem, "Page 2 took longer than 2 seconds and was skipped.");
  EXPECT_EQ(sink.pages[2].state, PageState::Text);
  EXPECT_THAT(render(path, 2, 72).error().message, HasSubstr("took longer than 2 seconds"));
  EXPECT_TRUE(render(path, 3, 72).has_value());
}

TEST_F(Extract, ReadsTheSoundPagesAroundOneThatSwells) {
  options.limits.memoryBytes = int64_t{400} << 20;
  const auto done = import(test::fixture("pdf/hostile/swelling-page.pdf"));
  ASSERT_TRUE(done.has_value()) << done.error().message;
  ASSERT_EQ(sink.pages.size(), 3U);
  EXPECT_EQ(sink.pages[0].state, PageState::Text);
  EXPECT_THAT(sink.pages[1].problem, HasSubstr("memory"));
  EXPECT_EQ(sink.pages[2].state, PageState::Text);
}

// Each ends in words, whatever it is: pages, some of them skipped, or a refusal that names the
// file.
TEST_F(Extract, ComesToAnEndWithEveryHostilePdf) {
  options.limits.pageCpu = options.limits.openWall = std::chrono::seconds(1);
  options.limits.memoryBytes = int64_t{400} << 20;
  for (const auto& entry : std::filesystem::directory_iterator(test::fixture("pdf/hostile"))) {
    if (entry.path().extension() != ".pdf") continue;
    sink = CollectingSink();
    const auto done = import(entry.path());
    const std::string name = entry.path().filename();
    if (done.has_value()) {
      EXPECT_EQ(static_cast<int>(sink.pages.size()), sink.info->pageCount) << name;
    } else {
      EXPECT_NE(done.error().code, ErrorCode::Internal) << name << ": " << done.error().message;
      EXPECT_THAT(done.error().message, HasSubstr(name));
    }
  }
}

// Poppler is under the GPL and parses foreign bytes: it may stand in one program only, the helper.
TEST_F(Extract, IsTheOnlyProgramWithPoppler) {
  int programs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LECTERN_BINARY_DIR)) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() || (name != "lectern" && !name.starts_with("lectern-")) ||
        entry.path().has_extension()) {
      continue;
    }
    const std::string command = "ldd '" + entry.path().string() + "' 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::array<char, 4096> buffer{};
    std::string libraries;
    while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
      libraries += buffer.data();
    }
    ASSERT_THAT(libraries, HasSubstr("libc.so")) << entry.path();
    ++programs;
    const bool isHelper = name == "lectern-extract";
    EXPECT_TRUE(isHelper || libraries.find("poppler") == std::string::npos) << name;
  }
  EXPECT_GE(programs, 1);
}

}  // namespace
}  // namespace lectern
