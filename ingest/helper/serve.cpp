// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/serve.h"

#include "core/base/utf8.h"
#include "ingest/helper/open_document.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <exception>
#include <new>
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

Result<DocumentInfo> describe(DocumentReader& reader, const Request& request) {
  DocumentInfo info = reader.info();
  if (info.pageCount < 1) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} has no pages.", cleaned(request.fileName))};
  }
  if (info.pageCount > request.maxPages) {
    return Error{ErrorCode::DoesNotFit,
                 fmt::format("{} has {} pages, more than the {} that are read. Split it.",
                             cleaned(request.fileName), info.pageCount, request.maxPages)};
  }
  info.title = cleaned(info.title);
  for (OutlineItem& item : info.outline) {
    item.title = cleaned(item.title);
    item.level = std::clamp(item.level, 1, 255);
    if (item.page < 0 || item.page > info.pageCount) item.page = 0;
  }
  for (std::string& notice : info.notices) notice = cleaned(notice);
  return info;
}

Result<protocol::Rendered> draw(DocumentReader& reader, const Request& request) {
  const int number = request.firstPage;
  const PageSize size = TRY(reader.pageSize(number));
  const double width = std::max(1.0, std::round(size.widthPt * request.dotsPerInch / 72));
  const double height = std::max(1.0, std::round(size.heightPt * request.dotsPerInch / 72));
  if (!(width * height <= static_cast<double>(protocol::kMaxPixels))) {
    return Error{ErrorCode::DoesNotFit,
                 fmt::format("Page {} would have {:.0f} × {:.0f} pixels. Draw it smaller.", number,
                             width, height)};
  }
  const protocol::Rendered drawn{static_cast<int>(width), static_cast<int>(height)};
  const auto count = static_cast<size_t>(drawn.width) * static_cast<size_t>(drawn.height);
  void* memory = mmap(nullptr, count * sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED,
                      protocol::kPixelsFd, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  TRY(reader.renderPage(number, drawn.width, drawn.height,
                        {static_cast<uint32_t*>(memory), count}));
  return drawn;
}

Result<void> sendAll(const Request& request, std::string_view bytes, FrameWriter& frames) {
  const auto reader = TRY(guarded(cleaned(request.fileName), request, [&] {
    return openDocument(bytes, request.fileName, request.password);
  }));
  const DocumentInfo info =
      TRY(guarded(cleaned(request.fileName), request, [&] { return describe(*reader, request); }));
  frames.send(FrameType::Info, protocol::encodeInfo(info));
  if (request.dotsPerInch > 0) {
    const int number = request.firstPage;
    if (number > info.pageCount) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} has no page {}, only {}.", cleaned(request.fileName), number,
                               info.pageCount)};
    }
    frames.send(FrameType::Working, protocol::encodeWorking(number));
    const auto drawn = TRY(
        guarded(fmt::format("Page {}", number), request, [&] { return draw(*reader, request); }));
    frames.send(FrameType::Rendered, protocol::encodeRendered(drawn));
    return {};
  }
  for (int number = request.firstPage; number <= info.pageCount; ++number) {
    frames.send(FrameType::Working, protocol::encodeWorking(number));
    frames.send(FrameType::Page, protocol::encodePage(readPage(*reader, number, request)));
  }
  frames.send(FrameType::Done, {});
  return {};
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
  auto sent = sendAll(request, bytes, frames);
  if (sent.has_value()) return;
  Error error = std::move(sent).error();
  error.message = cleaned(error.message);
  frames.send(FrameType::Refused, protocol::encodeRefused(error));
}

}  // namespace lectern::helper
