// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/page_drawer.h"

#include "ingest/helper_terms.h"
#include "ingest/spawn_helper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <utility>

namespace lectern {

namespace {

using namespace std::chrono_literals;
using protocol::Frame;
using protocol::FrameType;
using Cause = HelperLoss::Cause;

// A page that nobody waits for any more may take so long before its helper is given up for it.
constexpr HelperBudget kPatience{300ms, 300ms};

// Trouble that need not be the page's own, where the helper has drawn others before.
bool mayBeOfEarlierPages(HelperLoss loss) {
  return loss.cause != Cause::Cpu && loss.cause != Cause::Idle;
}

}  // namespace

PageDrawer::PageDrawer(FileDescriptor file, std::filesystem::path path, ImportOptions options)
    : file_(std::move(file)), path_(std::move(path)), options_(std::move(options)) {}

Result<PageImage> PageDrawer::draw(int page, double dotsPerInch, const std::stop_token& stop) {
  if (owes_) TRY(settle(stop));
  // Its processor time is limited as a whole; nobody shall find the end of it in the middle.
  if (client_ && client_->cpuTime() > options_.limits.documentCpu / 2) client_.reset();
  const bool drewOthers = client_ != nullptr;
  const protocol::Wish wish{page, dotsPerInch};
  Outcome outcome = TRY(attempt(wish, stop));
  const auto* loss = std::get_if<HelperLoss>(&outcome);
  if (loss != nullptr && drewOthers && mayBeOfEarlierPages(*loss)) {
    outcome = TRY(attempt(wish, stop));
    loss = std::get_if<HelperLoss>(&outcome);
  }
  if (loss == nullptr) return takePicture(std::get<protocol::Rendered>(outcome));
  return Error{loss->cause == Cause::Memory ? ErrorCode::OutOfMemory : ErrorCode::InputRefused,
               fmt::format("Page {} of {} could not be drawn: it {}. {}", page, path_.string(),
                           describe(*loss, budget_, options_.limits), remedyFor(*loss))};
}

Result<void> PageDrawer::start() {
  FileDescriptor pixels =
      TRY(makeSharedMemory("lectern-page", protocol::kMaxPixels * int64_t{sizeof(uint32_t)}));
  protocol::Request request = makeRequest(path_, options_, options_.limits.documentCpu);
  request.draws = true;
  client_ = TRY(HelperClient::start(options_.helper, file_, request, pixels));
  pixels_ = std::move(pixels);
  isOpen_ = false;
  budget_ = openingBudget(options_.limits);
  client_->startPhase(budget_);
  return {};
}

// Waits until the helper is free for another page, or gives it up.
Result<void> PageDrawer::settle(const std::stop_token& stop) {
  if (isOpen_) client_->startPhase(budget_ = kPatience);
  const auto outcome = await(stop);
  if (!outcome && outcome.error().code == ErrorCode::Cancelled) return outcome.error();
  if (!outcome || std::holds_alternative<HelperLoss>(*outcome)) client_.reset();
  owes_ = false;
  return {};
}

// After anything but a picture the helper is gone, after Cancelled it works on.
Result<PageDrawer::Outcome> PageDrawer::attempt(const protocol::Wish& wish,
                                                const std::stop_token& stop) {
  if (!client_) TRY(start());
  if (isOpen_) client_->startPhase(budget_ = pageBudget(options_.limits));
  client_->wish(wish);
  auto outcome = await(stop);
  owes_ = !outcome && outcome.error().code == ErrorCode::Cancelled;
  const bool isDrawn = outcome && std::holds_alternative<protocol::Rendered>(*outcome);
  if (!isDrawn && !owes_) client_.reset();
  return outcome;
}

Result<PageDrawer::Outcome> PageDrawer::await(const std::stop_token& stop) {
  for (;;) {
    auto received = TRY(client_->receive(stop));
    if (const auto* loss = std::get_if<HelperLoss>(&received)) return Outcome(*loss);
    const auto& frame = std::get<Frame>(received);
    switch (frame.type) {
      case FrameType::Started:
        break;
      case FrameType::Working:
        // Another's page came to its work only now: it goes on being waited for.
        if (!isOpen_)
          client_->startPhase(budget_ = owes_ ? kPatience : pageBudget(options_.limits));
        isOpen_ = true;
        break;
      case FrameType::Rendered: {
        auto rendered = protocol::decodeRendered(frame.payload);
        if (!rendered) return Outcome(HelperLoss{Cause::Nonsense});
        return Outcome(*rendered);
      }
      case FrameType::Refused:
        return protocol::decodeRefused(frame.payload);
      default:
        return Outcome(HelperLoss{Cause::Nonsense});
    }
  }
}

// A helper in foreign hands may paint over what is copied; it stays a picture.
Result<PageImage> PageDrawer::takePicture(protocol::Rendered size) {
  PageImage image{size.width, size.height, {}};
  const auto count = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
  const size_t bytes = count * sizeof(uint32_t);
  void* memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, pixels_.get(), 0);
  if (memory == MAP_FAILED) {
    return Error{ErrorCode::OutOfMemory, "There is no memory left for the picture of a page."};
  }
  const auto* first = static_cast<const uint32_t*>(memory);
  image.pixels.assign(first, first + count);
  munmap(memory, bytes);
  // The next page is not as large for certain, and may be long in coming.
  fallocate(pixels_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
            static_cast<off_t>(bytes));
  return image;
}

}  // namespace lectern
