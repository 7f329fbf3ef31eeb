// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/library/library_fixture.h"

#include "core/base/utf8.h"

#include <unistd.h>

namespace lectern {

void LibraryTest::SetUp() {
  std::string pattern = testing::TempDir() + "lectern-library-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  reopen();
}

void LibraryTest::TearDown() {
  library_.reset();
  std::filesystem::remove_all(folder_);
}

void LibraryTest::reopen(Library::OpenMode mode) {
  library_.reset();
  Result<std::unique_ptr<Library>> opened = Library::open(folder_, mode);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  library_ = std::move(*opened);
}

namespace {

GlyphRun makeRun(std::string_view text, TextSpan span) {
  GlyphRun run;
  run.span = span;
  run.flags = GlyphRun::StartsLine;
  run.box = {100, 200, 60000, 300};
  const int64_t letters = utf8::length(text);
  for (int64_t i = 0; i <= letters; ++i) {
    run.edges.push_back(static_cast<uint16_t>(100 + 59900 * i / letters));
  }
  return run;
}

}  // namespace

Page makePage(int number, const std::vector<std::string>& sentences) {
  Page page;
  page.number = number;
  page.label = std::to_string(number);
  page.widthPt = 595.25;
  page.heightPt = 842;
  for (const std::string& sentence : sentences) {
    if (!page.text.empty()) page.text += ' ';
    const auto begin = static_cast<int64_t>(page.text.size());
    page.text += sentence;
    const TextSpan span{begin, static_cast<int64_t>(page.text.size())};
    page.runs.push_back(makeRun(sentence, span));
    page.blocks.push_back({BlockKind::Paragraph, 0, span});
  }
  if (page.text.empty()) {
    page.state = PageState::Blank;
  } else {
    page.text += "\n\n";
  }
  return page;
}

Result<RevisionId> addDocument(Library& library,
                               const std::vector<std::vector<std::string>>& pages,
                               std::string_view header) {
  std::string content;
  for (const auto& sentences : pages) {
    for (const std::string& sentence : sentences) content += sentence + "\n";
    content += "\f";
  }
  DocumentInfo info;
  info.title = pages.empty() || pages[0].empty() ? "" : pages[0][0];
  info.mediaType = "text/plain";
  info.extractor = "text/1";
  info.pageCount = static_cast<int>(pages.size());
  const auto bytes = static_cast<int64_t>(content.size());
  const RevisionId id = TRY(library.beginRevision(sha256(content), bytes, info));
  if (TRY(library.revision(id)).sealed) return id;

  std::vector<Segment> segments;
  std::vector<Passage> passages;
  int64_t start = 0;
  for (size_t i = 0; i < pages.size(); ++i) {
    const Page page = makePage(static_cast<int>(i + 1), pages[i]);
    TRY(library.addPage(id, page));
    const auto first = static_cast<int>(segments.size());
    for (const Block& block : page.blocks) {
      segments.push_back(
          {SegmentKind::Sentence, block.span.shifted(start), page.number, -1, false});
    }
    const auto last = static_cast<int>(segments.size()) - 1;
    if (last >= first) passages.push_back({first, last, std::string(header)});
    start += static_cast<int64_t>(page.text.size());
  }
  TRY(library.seal(id, segments, passages));
  return id;
}

MessageRecord makeAnswer(Library& library, RevisionId revision, TextSpan span) {
  const StoredPage page = library.pageAt(revision, span.begin).value();
  Citation citation;
  citation.revision = revision;
  citation.span = span;
  citation.quote = library.text(revision, span).value();
  citation.quoteSha256 = sha256(citation.quote);
  citation.page = page.page.number;
  citation.rects = rectsOf(page.page.runs, page.page.text, span.shifted(-page.byteStart));
  citation.prefix = "before";
  citation.suffix = "after";
  citation.coverage = 0.75;
  citation.score = 0.5;
  Claim claim;
  claim.span = {0, span.length()};
  claim.grade = Grade::Verbatim;
  claim.coverage = 0.75;
  claim.missing = {"\"never\""};
  claim.citations = {citation};
  MessageRecord answer;
  answer.role = MessageRecord::Role::Assistant;
  answer.text = citation.quote;
  answer.header = R"({"engine":"extractive"})";
  answer.claims = {claim};
  return answer;
}

}  // namespace lectern
