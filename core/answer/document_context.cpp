// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/document_context.h"

#include "core/answer/shortlist.h"
#include "core/context/context_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace lectern {

namespace {

// More context than this does not make answers from retrieved text better (the inverted U of
// citations.md 3, point 5).
constexpr int64_t kShortlistTokens = 32'768;

Error cancelled() {
  return {ErrorCode::Cancelled, "The question was cancelled."};
}

PageText pageOf(const StoredPage& stored) {
  PageText page;
  page.name = stored.page.label.empty() ? std::to_string(stored.page.number) : stored.page.label;
  page.byteStart = stored.byteStart;
  page.text = stored.page.text;
  return page;
}

std::vector<int32_t> tokensOf(const text::Tokenizer& tokenizer,
                              const std::vector<text::PromptPart>& parts) {
  std::vector<int32_t> ids;
  for (const text::Token& token : text::encodePrompt(tokenizer, parts)) ids.push_back(token.id);
  return ids;
}

/// Hands the pages of a document that have text to `visit`, whole and in order, until it says that
/// it wants no more.
Result<void> visitPages(Library& library,
                        const RevisionInfo& document,
                        const std::function<bool(const PageText&)>& visit,
                        const std::stop_token& stop) {
  const std::vector<StoredSegment> segments =
      TRY(library.segments(document.id, 0, static_cast<int>(document.segments) - 1));
  auto segment = segments.begin();
  for (int number = 1; number <= document.pagesStored; ++number) {
    if (stop.stop_requested()) return cancelled();
    const StoredPage stored = TRY(library.page(document.id, number));
    if (stored.page.text.empty()) continue;
    PageText page = pageOf(stored);
    for (; segment != segments.end() && segment->segment.page == number; ++segment) {
      page.segments.push_back({segment->number, segment->segment});
    }
    if (!visit(page)) break;
  }
  return {};
}

DocumentContext finished(ContextWriter writer,
                         std::vector<int32_t> question,
                         ReadingReport reading,
                         int64_t pagesShown) {
  DocumentContext result;
  result.segmentTexts = writer.takeSegmentTexts();
  result.context = std::make_shared<const Context>(writer.take());
  result.question = std::move(question);
  result.reading = std::move(reading);
  result.reading.tokensShown = static_cast<int64_t>(result.context->tokens.size());
  result.reading.segmentsShown = static_cast<int64_t>(result.context->segments.size());
  result.reading.pagesShown = pagesShown;
  return result;
}

}  // namespace

// A page's tokens do not depend on what stands before it.
Result<int64_t> countTokens(Library& library,
                            const RevisionInfo& document,
                            std::shared_ptr<const text::Tokenizer> tokenizer,
                            const std::function<void(int page)>& page,
                            const std::stop_token& stop) {
  int64_t tokens = 0;
  int pages = 0;
  TRY(visitPages(
      library, document,
      [&](const PageText& text) {
        ContextWriter writer(tokenizer);
        writer.openItem(document.id);
        writer.wholePage(text);
        tokens += writer.tokens();
        if (page) page(++pages);
        return true;
      },
      stop));
  return tokens;
}

/// Segments of the documents of a scope, by their index in it.
struct ContextReader::Chosen {
  std::map<size_t, SegmentNumbers> ofDocument;
};

ContextReader::ContextReader(Library& library,
                             const Scope& scope,
                             std::shared_ptr<const text::Tokenizer> tokenizer,
                             ContextRequest request)
    : library_(library),
      scope_(scope),
      tokenizer_(std::move(tokenizer)),
      request_(std::move(request)) {}

Result<ContextReader::Pieces> ContextReader::pieces(const std::vector<std::string>& titles) const {
  return chatPrompt(request_.format, titles, request_.instructions, request_.question);
}

std::vector<std::string> ContextReader::sealedTitles() const {
  std::vector<std::string> titles;
  for (size_t i = 0; i < scope_.infos.size(); ++i) {
    if (scope_.infos[i].sealed) titles.push_back(scope_.titles[i]);
  }
  return titles;
}

// Tokens that documents may take; the question and the words around them are none.
int64_t ContextReader::room(const std::vector<int32_t>& question) const {
  return request_.windowTokens - static_cast<int64_t>(question.size()) - request_.answerTokens;
}

Result<DocumentContext> ContextReader::read(std::stop_token stop) const {
  const Pieces bare = TRY(pieces({}));
  const auto needed = static_cast<int64_t>(tokensOf(*tokenizer_, bare.front()).size());
  if (needed >= request_.windowTokens) {
    return Error{ErrorCode::DoesNotFit,
                 fmt::format("The question needs {} tokens, and the window of the model holds {}. "
                             "Ask a shorter question.",
                             needed, request_.windowTokens)};
  }
  if (sealedTitles().empty()) {
    return Error{ErrorCode::NotFound,
                 "None of the documents was read to its end. Add them again to finish."};
  }
  if (auto whole = TRY(readWhole(stop))) return std::move(*whole);
  return readShortlist(stop);
}

Result<std::optional<std::vector<int32_t>>> ContextReader::questionBehind(
    const DocumentContext& whole) const {
  std::vector<int32_t> question = tokensOf(*tokenizer_, TRY(pieces(sealedTitles())).back());
  std::optional<std::vector<int32_t>> fitting;
  if (static_cast<int64_t>(whole.context->tokens.size()) <= room(question)) {
    fitting = std::move(question);
  }
  return fitting;
}

Result<std::optional<DocumentContext>> ContextReader::readWhole(const std::stop_token& stop) const {
  const Pieces around = TRY(pieces(sealedTitles()));
  std::vector<int32_t> question = tokensOf(*tokenizer_, around.back());
  const int64_t limit = room(question);
  ContextWriter writer(tokenizer_);
  int64_t pagesShown = 0;
  size_t piece = 0;
  for (const RevisionInfo& info : scope_.infos) {
    if (!info.sealed) continue;
    writer.prompt(around[piece++]);
    writer.openItem(info.id);
    TRY(visitPages(
        library_, info,
        [&](const PageText& page) {
          writer.wholePage(page);
          ++pagesShown;
          return writer.tokens() <= limit;
        },
        stop));
    // No further than the window reaches, however long the documents are.
    if (writer.tokens() > limit) return std::optional<DocumentContext>();
    writer.closeItem();
  }
  return std::optional(
      finished(std::move(writer), std::move(question), scope_.reading, pagesShown));
}

Result<DocumentContext> ContextReader::write(const Chosen& chosen) const {
  std::vector<std::string> titles;
  titles.reserve(chosen.ofDocument.size());
  for (const auto& [document, numbers] : chosen.ofDocument) {
    titles.push_back(scope_.titles[document]);
  }
  const Pieces around = TRY(pieces(titles));
  ContextWriter writer(tokenizer_);
  int64_t pagesShown = 0;
  size_t piece = 0;
  for (const auto& [document, numbers] : chosen.ofDocument) {
    const RevisionId revision = scope_.revisions[document];
    writer.prompt(around[piece++]);
    writer.openItem(revision);
    std::map<int, PageText> pages;
    for (const int number : numbers) {
      for (const StoredSegment& stored : TRY(library_.segments(revision, number, number))) {
        const auto [page, isNew] = pages.try_emplace(stored.segment.page);
        if (isNew) page->second = pageOf(TRY(library_.page(revision, stored.segment.page)));
        page->second.segments.push_back({stored.number, stored.segment});
      }
    }
    for (const auto& [number, page] : pages) writer.partsOfPage(page);
    pagesShown += static_cast<int64_t>(pages.size());
    writer.closeItem();
  }
  ReadingReport reading = scope_.reading;
  reading.shortlisted = true;
  return finished(std::move(writer), tokensOf(*tokenizer_, around.back()), std::move(reading),
                  pagesShown);
}

Result<DocumentContext> ContextReader::readShortlist(const std::stop_token& stop) const {
  const Shortlist list = TRY(Shortlist::find(library_, request_.question, scope_.revisions));
  int64_t budget = std::min(kShortlistTokens, request_.windowTokens / 2);
  // Marks cost tokens too, more than was counted where the window is small.
  for (; budget > 0; budget = budget * 3 / 4) {
    if (stop.stop_requested()) return cancelled();
    Chosen chosen;
    for (const auto& [revision, numbers] : TRY(list.take(library_, *tokenizer_, budget))) {
      const auto at = std::find(scope_.revisions.begin(), scope_.revisions.end(), revision);
      chosen.ofDocument[static_cast<size_t>(at - scope_.revisions.begin())] = numbers;
    }
    if (chosen.ofDocument.empty()) break;
    DocumentContext written = TRY(write(chosen));
    if (static_cast<int64_t>(written.context->tokens.size()) <= room(written.question)) {
      return written;
    }
  }
  const Pieces bare = TRY(pieces({}));
  return Error{ErrorCode::DoesNotFit,
               fmt::format("The question needs {} tokens, and the window of the model holds {}: "
                           "nothing of the documents fits beside it. Ask a shorter question, or a "
                           "model with a larger window.",
                           tokensOf(*tokenizer_, bare.front()).size(), request_.windowTokens)};
}

}  // namespace lectern
