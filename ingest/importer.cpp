// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/importer.h"

#include "ingest/helper_client.h"
#include "ingest/helper_terms.h"
#include "ingest/protocol.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace lectern {

namespace {

using protocol::Frame;
using protocol::FrameType;
using Cause = HelperLoss::Cause;

// So many pages in a row that each end a helper, and the rest is left: at 20 seconds each a file
// made for it would otherwise hold us for weeks.
constexpr int kMaxLossesInARow = 8;

constexpr HelperLoss kNonsense{Cause::Nonsense};

// Reads one document, with as many helpers as it takes.
//
//   next_    the page that is to come; all before it were given to the sink
//   info_    what the first helper said of the document
class Importing {
 public:
  Importing(const FileDescriptor& file,
            const std::filesystem::path& path,
            const ImportOptions& options,
            ImportSink& sink,
            std::stop_token stop)
      : file_(file),
        path_(path),
        options_(options),
        limits_(options.limits),
        sink_(sink),
        stop_(std::move(stop)),
        next_(options.firstPage) {}

  Result<void> run() {
    do {
      const std::optional<HelperLoss> loss = TRY(readWithOneHelper());
      if (loss.has_value()) TRY(skipPageAfter(*loss));
    } while (next_ <= info_->pageCount);
    return checkReadable();
  }

 private:
  // Gives what ended the helper early, nothing when it came to the end of the document.
  Result<std::optional<HelperLoss>> readWithOneHelper() {
    const auto cpuLeft =
        limits_.documentCpu - std::chrono::duration_cast<std::chrono::seconds>(spentCpu_);
    protocol::Request request = makeRequest(path_, options_, cpuLeft);
    request.firstPage = next_;
    const auto client = TRY(HelperClient::start(options_.helper, file_, request, FileDescriptor()));
    budget_ = openingBudget(limits_);
    client->startPhase(budget_);
    isOpen_ = false;
    const auto loss = TRY(takeFrames(*client));
    client->end();
    spentCpu_ += client->cpuTime();
    return loss;
  }

  Result<std::optional<HelperLoss>> takeFrames(HelperClient& client) {
    for (;;) {
      auto received = TRY(client.receive(stop_));
      if (const auto* loss = std::get_if<HelperLoss>(&received)) return *loss;
      const auto& frame = std::get<Frame>(received);
      switch (frame.type) {
        case FrameType::Started:
          if (isOpen_ || !take(protocol::decodeStarted(frame.payload), started_)) return kNonsense;
          break;
        case FrameType::Info:
          if (!TRY(takeInfo(frame))) return kNonsense;
          break;
        case FrameType::Working:
          if (!isNextPage(frame)) return kNonsense;
          budget_ = pageBudget(limits_);
          client.startPhase(budget_);
          break;
        case FrameType::Page:
          if (!TRY(takePage(frame))) return kNonsense;
          break;
        case FrameType::Done:
          if (!isOpen_ || next_ <= info_->pageCount) return kNonsense;
          return std::nullopt;
        case FrameType::Refused:
          return protocol::decodeRefused(frame.payload);
        case FrameType::Rendered:
          return kNonsense;
      }
    }
  }

  template <class T>
  static bool take(Result<T> decoded, T& target) {
    if (!decoded.has_value()) return false;
    target = std::move(*decoded);
    return true;
  }

  Result<bool> takeInfo(const Frame& frame) {
    DocumentInfo info;
    if (isOpen_ || !take(protocol::decodeInfo(frame.payload), info)) return false;
    if (info.pageCount > limits_.maxPages) return false;
    isOpen_ = true;
    if (info_.has_value()) return info.pageCount == info_->pageCount;
    if (!started_.sandboxNotice.empty()) info.notices.push_back(started_.sandboxNotice);
    info_ = std::move(info);
    TRY(sink_.onInfo(*info_));
    return true;
  }

  bool isNextPage(const Frame& frame) const {
    int page = 0;
    return isOpen_ && take(protocol::decodeWorking(frame.payload), page) && page == next_;
  }

  Result<bool> takePage(const Frame& frame) {
    Page page;
    if (!isOpen_ || !take(protocol::decodePage(frame.payload, limits_.pageTextBytes), page)) {
      return false;
    }
    if (page.number != next_ || page.number > info_->pageCount) return false;
    lossesInARow_ = 0;
    TRY(give(std::move(page)));
    return true;
  }

  Result<void> give(Page&& page) {
    if (page.state == PageState::Skipped) {
      if (firstProblem_.empty()) firstProblem_ = page.problem;
    } else {
      ++readable_;
    }
    ++next_;
    return sink_.onPage(std::move(page));
  }

  Result<void> giveSkipped(std::string problem) {
    Page page;
    page.number = next_;
    page.state = PageState::Skipped;
    page.problem = std::move(problem);
    return give(std::move(page));
  }

  Result<void> skipPageAfter(HelperLoss loss) {
    const std::string what = describe(loss, budget_, limits_);
    if (!info_.has_value()) {
      return Error{
          loss.cause == Cause::Memory ? ErrorCode::OutOfMemory : ErrorCode::InputRefused,
          fmt::format("{} could not be opened: it {}. {}", path_.string(), what, remedyFor(loss))};
    }
    if (next_ > info_->pageCount) return {};
    if (spentCpu_ >= limits_.documentCpu) {
      return skipRest(
          fmt::format("the document had used its {} seconds", limits_.documentCpu.count()));
    }
    // Nothing of the page's own ended its helper from outside, so it is tried once more.
    if (loss.cause == Cause::Killed && triedAgain_ != next_) {
      triedAgain_ = next_;
      return {};
    }
    TRY(giveSkipped(fmt::format("Page {} {} and was skipped.", next_, what)));
    ++lossesInARow_;
    if (lossesInARow_ >= kMaxLossesInARow) {
      return skipRest(fmt::format("each of the {} pages before it had failed", kMaxLossesInARow));
    }
    return {};
  }

  Result<void> skipRest(std::string_view reason) {
    TRY(checkReadable());
    while (next_ <= info_->pageCount) {
      if (stop_.stop_requested()) return Error{ErrorCode::Cancelled, "Reading was stopped."};
      TRY(giveSkipped(fmt::format("Page {} was not read, because {}.", next_, reason)));
    }
    return {};
  }

  // A document of which nothing came is no document. Of one that is continued something may be
  // there.
  Result<void> checkReadable() const {
    if (readable_ > 0 || options_.firstPage > 1) return {};
    return Error{ErrorCode::InputRefused,
                 fmt::format("No page of {} could be read ({} of {} were tried). {} The file is "
                             "probably damaged: save it anew with the program that made it.",
                             path_.string(), next_ - 1, info_->pageCount, firstProblem_)};
  }

  const FileDescriptor& file_;
  const std::filesystem::path& path_;
  const ImportOptions& options_;
  const ExtractionLimits& limits_;
  ImportSink& sink_;
  std::stop_token stop_;

  int next_;
  std::optional<DocumentInfo> info_;
  protocol::Started started_;
  bool isOpen_ = false;  // by the present helper
  HelperBudget budget_;
  std::chrono::nanoseconds spentCpu_{};
  int lossesInARow_ = 0;
  int triedAgain_ = 0;  // the page that had a second helper
  int readable_ = 0;
  std::string firstProblem_;
};

}  // namespace

Result<void> importDocument(const FileDescriptor& file,
                            const std::filesystem::path& path,
                            const ImportOptions& options,
                            ImportSink& sink,
                            std::stop_token stop) {
  return Importing(file, path, options, sink, std::move(stop)).run();
}

}  // namespace lectern
