// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/serve.h"

#include "core/base/utf8.h"
#include "ingest/helper/open_document.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <exception>
#include <new>
#include <optional>
#include <span>

namespace lectern::helper {

namespace {

using protocol::FrameType;
using protocol::Request;

constexpr size_t kMaxLineBytes = 2000;

// Titles, labels and messages come from the file: made fit to be shown, on one line.
std::string cleaned(std::string_view text) {
  std::string line;
  for (int64_t at = 0; at < static_cast<int64_t>(text.size()) && line.size() < kMaxLineBytes;) {
    const utf8::Decoded decoded = utf8::decode(text, at);
    const bool isBreak = decoded.codePoint == '\n' || decoded.codePoint == '\t';
    if (isBreak) line.push_back(' ');
    if (!isBreak && !protocol::isForbidden(decoded.codePoint)) {
      utf8::append(line, decoded.codePoint);
    }
    at += decoded.length;
  }
  return line;
}

// Fonts with a broken map give control characters for letters. Each becomes a space of as many
// bytes, so that every span stays right.
void blankControls(std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F) text[i] = ' ';
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      text[i + 1] = static_cast<char>(0xA0);
    }
  }
}

Page skipped(int number, std::string_view problem) {
  Page page;
  page.number = number;
  page.state = PageState::Skipped;
  page.problem = cleaned(problem);
  if (page.problem.empty()) page.problem = fmt::format("Page {} could not be read.", number);
  return page;
}

std::string memorySentence(std::string_view what, const Request& request) {
  return fmt::format("{} needs more than the {} MB of memory that a document may take.", what,
                     request.memoryBytes >> 20);
}

// A third party's exception and memory that is refused are troubles of this page like any other.
template <class Function>
auto guarded(std::string_view what, const Request& request, Function function)
    -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, memorySentence(what, request)};
  } catch (const std::exception& exception) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} could not be read ({}).", what, exception.what())};
  }
}

Page readPage(DocumentReader& reader, int number, const Request& request) {
  auto read = guarded(fmt::format("Page {}", number), request,
                      [&]() -> Result<Page> { return reader.readPage(number); });
  if (!read.has_value()) return skipped(number, read.error().message);
  Page page = std::move(*read);
  if (static_cast<int64_t>(page.text.size()) > request.pageTextBytes) {
    return skipped(number, fmt::format("Page {} holds more than {} MB of text and was skipped.",
                                       number, request.pageTextBytes >> 20));
  }
  page.number = number;
  page.label = cleaned(page.label);
  page.problem = cleaned(page.problem);
  blankControls(page.text);
  return page;
}

Result<int> countPages(DocumentReader& reader, const Request& request) {
  const int pages = reader.pageCount();
  if (pages < 1) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} has no pages.", cleaned(request.fileName))};
  }
  if (pages > request.maxPages) {
    return Error{ErrorCode::DoesNotFit,
                 fmt::format("{} has {} pages, more than the {} that are read. Split it.",
                             cleaned(request.fileName), pages, request.maxPages)};
  }
  return pages;
}

Result<DocumentInfo> describe(DocumentReader& reader, const Request& request) {
  TRY(countPages(reader, request));
  DocumentInfo info = reader.info();
  info.title = cleaned(info.title);
  for (OutlineItem& item : info.outline) {
    item.title = cleaned(item.title);
    item.level = std::clamp(item.level, 1, 255);
    if (item.page < 0 || item.page > info.pageCount) item.page = 0;
  }
  for (std::string& notice : info.notices) notice = cleaned(notice);
  return info;
}

Result<protocol::Rendered> draw(DocumentReader& reader, const protocol::Wish& wish) {
  const PageSize size = TRY(reader.pageSize(wish.page));
  const double width = std::max(1.0, std::round(size.widthPt * wish.dotsPerInch / 72));
  const double height = std::max(1.0, std::round(size.heightPt * wish.dotsPerInch / 72));
  if (!(width * height <= static_cast<double>(protocol::kMaxPixels))) {
    return Error{ErrorCode::DoesNotFit,
                 fmt::format("Page {} would have {:.0f} × {:.0f} pixels. Draw it smaller.",
                             wish.page, width, height)};
  }
  const protocol::Rendered drawn{static_cast<int>(width), static_cast<int>(height)};
  const auto count = static_cast<size_t>(drawn.width) * static_cast<size_t>(drawn.height);
  void* memory = mmap(nullptr, count * sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED,
                      protocol::kPixelsFd, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  Result<void> rendered = reader.renderPage(wish.page, drawn.width, drawn.height,
                                                  {static_cast<uint32_t*>(memory), count});
  munmap(memory, count * sizeof(uint32_t));
  TRY(rendered);
  return drawn;
}

// Nothing once nobody can wish any more.
Result<std::optional<protocol::Wish>> readWish() {
  std::array<char, protocol::kWishBytes> bytes{};
  for (size_t taken = 0; taken < bytes.size();) {
    const ssize_t size = read(protocol::kWishesFd, bytes.data() + taken, bytes.size() - taken);
    if (size == 0 || (size < 0 && errno != EINTR)) return std::nullopt;
    if (size > 0) taken += static_cast<size_t>(size);
  }
  return TRY(protocol::decodeWish({bytes.data(), bytes.size()}));
}

Result<void> drawAll(DocumentReader& reader, const Request& request, FrameWriter& frames) {
  const std::string name = cleaned(request.fileName);
  const int pages = TRY(guarded(name, request, [&] { return countPages(reader, request); }));
  while (const std::optional<protocol::Wish> wish = TRY(readWish())) {
    if (wish->page > pages) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} has no page {}, only {}.", name, wish->page, pages)};
    }
    frames.send(FrameType::Working, protocol::encodeWorking(wish->page));
    const auto drawn = TRY(
        guarded(fmt::format("Page {}", wish->page), request, [&] { return draw(reader, *wish); }));
    frames.send(FrameType::Rendered, protocol::encodeRendered(drawn));
  }
  return {};
}

Result<void> sendAll(DocumentReader& reader, const Request& request, FrameWriter& frames) {
  const DocumentInfo info =
      TRY(guarded(cleaned(request.fileName), request, [&] { return describe(reader, request); }));
  frames.send(FrameType::Info, protocol::encodeInfo(info));
  for (int number = request.firstPage; number <= info.pageCount; ++number) {
    frames.send(FrameType::Working, protocol::encodeWorking(number));
    frames.send(FrameType::Page, protocol::encodePage(readPage(reader, number, request)));
  }
  frames.send(FrameType::Done, {});
  return {};
}

Result<void> openAndServe(const Request& request, std::string_view bytes, FrameWriter& frames) {
  const auto reader = TRY(guarded(cleaned(request.fileName), request, [&] {
    return openDocument(bytes, request.fileName, request.password);
  }));
  if (request.draws) return drawAll(*reader, request, frames);
  return sendAll(*reader, request, frames);
}

}  // namespace

void FrameWriter::send(FrameType type, std::string_view payload) {
  const std::string frame = protocol::encodeFrame(type, payload);
  for (size_t sent = 0; sent < frame.size();) {
    const ssize_t written = write(fd_, frame.data() + sent, frame.size() - sent);
    if (written < 0 && errno != EINTR) _exit(1);
    if (written > 0) sent += static_cast<size_t>(written);
  }
}

void serve(const Request& request, std::string_view bytes, FrameWriter& frames) {
  auto served = openAndServe(request, bytes, frames);
  if (served.has_value()) return;
  Error error = std::move(served).error();
  error.message = cleaned(error.message);
  frames.send(FrameType::Refused, protocol::encodeRefused(error));
}

}  // namespace lectern::helper
