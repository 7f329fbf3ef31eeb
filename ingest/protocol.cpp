// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/protocol.h"

#include "core/base/byte_io.h"
#include "core/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lectern::protocol {

namespace {

constexpr size_t kFrameHeaderBytes = 5;
constexpr int64_t kMaxSentenceBytes = 4096;
constexpr int64_t kMaxTitleBytes = 16384;
constexpr double kMaxPagePt = 1e6;

// Text that people will see: well-formed, of bounded length, without controls.
std::string readText(ByteReader& reader, int64_t maxBytes) {
  const std::string_view text = reader.string();
  if (static_cast<int64_t>(text.size()) > maxBytes || !utf8::isValid(text)) {
    reader.fail();
    return {};
  }
  for (int64_t at = 0; at < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, at);
    if (isForbidden(decoded.codePoint)) reader.fail();
    at += decoded.length;
  }
  return reader.failed() ? std::string() : std::string(text);
}

int readInt(ByteReader& reader, int64_t min, int64_t max) {
  const uint64_t value = reader.varint();
  if (value > static_cast<uint64_t>(max) || value < static_cast<uint64_t>(min)) {
    reader.fail();
    return static_cast<int>(min);
  }
  return static_cast<int>(value);
}

int64_t readSize(ByteReader& reader) {
  const uint64_t value = reader.varint();
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) reader.fail();
  return reader.failed() ? 0 : static_cast<int64_t>(value);
}

double readLength(ByteReader& reader, double max) {
  const double value = reader.f64();
  if (!std::isfinite(value) || value < 0 || value > max) reader.fail();
  return reader.failed() ? 0 : value;
}

bool onBoundaries(std::string_view text, TextSpan span) {
  return utf8::isBoundary(text, span.begin) && utf8::isBoundary(text, span.end);
}

bool areSound(const std::vector<GlyphRun>& runs, std::string_view text) {
  return std::all_of(runs.begin(), runs.end(), [&](const GlyphRun& run) {
    if (!onBoundaries(text, run.span)) return false;
    const bool vertical = (run.flags & GlyphRun::Vertical) != 0;
    const int low = vertical ? run.box.top : run.box.left;
    const int high = vertical ? run.box.bottom : run.box.right;
    const std::string_view word =
        text.substr(static_cast<size_t>(run.span.begin), static_cast<size_t>(run.span.length()));
    return static_cast<int64_t>(run.edges.size()) == utf8::length(word) + 1 &&
           std::all_of(run.edges.begin(), run.edges.end(),
                       [&](int edge) { return low <= edge && edge <= high; });
  });
}

bool areSound(const std::vector<Block>& blocks, std::string_view text) {
  return std::all_of(blocks.begin(), blocks.end(),
                     [&](const Block& block) { return onBoundaries(text, block.span); });
}

bool isConsistent(const Page& page) {
  if (page.rotation % 90 != 0) return false;
  if (page.state == PageState::Text) {
    return page.widthPt > 0 && page.heightPt > 0 && page.text.ends_with("\n\n") &&
           page.problem.empty();
  }
  return page.text.empty() && page.runs.empty() && page.blocks.empty() &&
         page.problem.empty() == (page.state != PageState::Skipped);
}

}  // namespace

std::string encodeRequest(const Request& request) {
  ByteWriter writer;
  writer.u8(kVersion);
  writer.string(request.fileName);
  writer.string(request.password);
  writer.varint(static_cast<uint64_t>(request.firstPage));
  writer.varint(static_cast<uint64_t>(request.maxPages));
  writer.varint(static_cast<uint64_t>(request.pageTextBytes));
  writer.varint(static_cast<uint64_t>(request.memoryBytes));
  writer.varint(static_cast<uint64_t>(request.cpuSeconds));
  writer.u8(request.draws ? 1 : 0);
  return writer.take();
}

Result<Request> decodeRequest(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) reader.fail();
  Request request;
  request.fileName = reader.string();
  request.password = reader.string();
  request.firstPage = readInt(reader, 1, std::numeric_limits<int>::max());
  request.maxPages = readInt(reader, 0, std::numeric_limits<int>::max());
  request.pageTextBytes = readSize(reader);
  request.memoryBytes = readSize(reader);
  request.cpuSeconds = readSize(reader);
  request.draws = reader.u8() != 0;
  TRY(reader.finish("helper's request"));
  return request;
}

std::string encodeWish(const Wish& wish) {
  ByteWriter writer;
  writer.u32(static_cast<uint32_t>(wish.page));
  writer.f64(wish.dotsPerInch);
  return writer.take();
}

Result<Wish> decodeWish(std::string_view bytes) {
  ByteReader reader(bytes);
  Wish wish;
  const uint32_t page = reader.u32();
  if (page < 1 || page > uint32_t{std::numeric_limits<int>::max()}) reader.fail();
  wish.page = reader.failed() ? 1 : static_cast<int>(page);
  wish.dotsPerInch = readLength(reader, 1e6);
  TRY(reader.finish("wish for a page"));
  return wish;
}

std::string encodeFrame(FrameType type, std::string_view payload) {
  ByteWriter writer;
  writer.u8(static_cast<uint8_t>(type));
  writer.u32(static_cast<uint32_t>(payload.size()));
  return writer.take().append(payload);
}

void FrameCutter::append(std::string_view bytes) {
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  buffer_.append(bytes);
}

Result<std::optional<Frame>> FrameCutter::next() {
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < kFrameHeaderBytes) return std::nullopt;
  ByteReader reader(rest);
  const uint8_t type = reader.u8();
  const uint32_t length = reader.u32();
  if (type < static_cast<uint8_t>(FrameType::Started) ||
      type > static_cast<uint8_t>(FrameType::Rendered) || length > maxPayloadBytes_) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("The helper sent a frame of type {} and {} bytes.", type, length)};
  }
  if (rest.size() - kFrameHeaderBytes < length) return std::nullopt;
  consumed_ += kFrameHeaderBytes + length;
  return Frame{static_cast<FrameType>(type), std::string(rest.substr(kFrameHeaderBytes, length))};
}

int64_t maxPayloadBytes(int64_t pageTextBytes) {
  constexpr int64_t kInfoBytes = int64_t{4} << 20;
  constexpr int64_t kMax = std::numeric_limits<uint32_t>::max();
  return std::min(kMax, kInfoBytes + 10 * std::min(pageTextBytes, kMax / 10));
}

std::string encodeStarted(const Started& started) {
  ByteWriter writer;
  writer.u8(kVersion);
  writer.string(started.sandboxNotice);
  return writer.take();
}

Result<Started> decodeStarted(std::string_view payload) {
  ByteReader reader(payload);
  if (reader.u8() != kVersion) reader.fail();
  Started started;
  started.sandboxNotice = readText(reader, kMaxSentenceBytes);
  TRY(reader.finish("start of the helper"));
  return started;
}

std::string encodeInfo(const DocumentInfo& info) {
  ByteWriter writer;
  writer.string(info.title);
  writer.string(info.mediaType);
  writer.string(info.extractor);
  writer.varint(static_cast<uint64_t>(info.pageCount));
  writer.varint(info.outline.size());
  for (const OutlineItem& item : info.outline) {
    writer.varint(static_cast<uint64_t>(item.level));
    writer.string(item.title);
    writer.varint(static_cast<uint64_t>(item.page));
    writer.u16(static_cast<uint16_t>(item.top));
  }
  writer.varint(info.notices.size());
  for (const std::string& notice : info.notices) writer.string(notice);
  return writer.take();
}

Result<DocumentInfo> decodeInfo(std::string_view payload) {
  ByteReader reader(payload);
  DocumentInfo info;
  info.title = readText(reader, kMaxTitleBytes);
  info.mediaType = readText(reader, kMaxSentenceBytes);
  info.extractor = readText(reader, kMaxSentenceBytes);
  info.pageCount = readInt(reader, 1, std::numeric_limits<int>::max());
  const int64_t items = reader.count(5);
  for (int64_t i = 0; i < items && !reader.failed(); ++i) {
    OutlineItem item;
    item.level = readInt(reader, 1, 255);
    item.title = readText(reader, kMaxTitleBytes);
    item.page = readInt(reader, 0, info.pageCount);
    item.top = reader.u16();
    info.outline.push_back(std::move(item));
  }
  const int64_t notices = reader.count(1);
  for (int64_t i = 0; i < notices && !reader.failed(); ++i) {
    info.notices.push_back(readText(reader, kMaxSentenceBytes));
  }
  TRY(reader.finish("description of a document"));
  return info;
}

std::string encodeWorking(int page) {
  ByteWriter writer;
  writer.varint(static_cast<uint64_t>(page));
  return writer.take();
}

Result<int> decodeWorking(std::string_view payload) {
  ByteReader reader(payload);
  const int page = readInt(reader, 1, std::numeric_limits<int>::max());
  TRY(reader.finish("page number"));
  return page;
}

std::string encodePage(const Page& page) {
  ByteWriter writer;
  writer.varint(static_cast<uint64_t>(page.number));
  writer.string(page.label);
  writer.f64(page.widthPt);
  writer.f64(page.heightPt);
  writer.u16(static_cast<uint16_t>(page.rotation));
  writer.u8(static_cast<uint8_t>(page.state));
  writer.string(page.problem);
  writer.string(page.text);
  writer.string(encodeRuns(page.runs));
  writer.string(encodeBlocks(page.blocks));
  return writer.take();
}

Result<Page> decodePage(std::string_view payload, int64_t pageTextBytes) {
  ByteReader reader(payload);
  Page page;
  page.number = readInt(reader, 1, std::numeric_limits<int>::max());
  page.label = readText(reader, kMaxSentenceBytes);
  page.widthPt = readLength(reader, kMaxPagePt);
  page.heightPt = readLength(reader, kMaxPagePt);
  page.rotation = reader.u16();
  if (page.rotation > 270) reader.fail();
  const uint8_t state = reader.u8();
  if (state <= static_cast<uint8_t>(PageState::Skipped)) {
    page.state = static_cast<PageState>(state);
  } else {
    reader.fail();
  }
  page.problem = readText(reader, kMaxSentenceBytes);
  page.text = readText(reader, pageTextBytes);
  const std::string_view runs = reader.string();
  const std::string_view blocks = reader.string();
  TRY(reader.finish("page"));

  const auto textBytes = static_cast<int64_t>(page.text.size());
  page.runs = TRY(decodeRuns(runs, textBytes));
  page.blocks = TRY(decodeBlocks(blocks, textBytes));
  if (!isConsistent(page) || !areSound(page.runs, page.text) || !areSound(page.blocks, page.text)) {
    return Error{ErrorCode::InputRefused, "The page contradicts itself."};
  }
  return page;
}

std::string encodeRefused(const Error& error) {
  ByteWriter writer;
  writer.u8(static_cast<uint8_t>(error.code));
  writer.string(error.message);
  return writer.take();
}

Error decodeRefused(std::string_view payload) {
  ByteReader reader(payload);
  const auto code = static_cast<ErrorCode>(reader.u8());
  if (code != ErrorCode::InputRefused && code != ErrorCode::PasswordNeeded &&
      code != ErrorCode::DoesNotFit && code != ErrorCode::OutOfMemory &&
      code != ErrorCode::Internal) {
    reader.fail();
  }
  std::string message = readText(reader, kMaxSentenceBytes);
  auto finished = reader.finish("refusal");
  if (!finished.has_value()) return std::move(finished).error();
  return {code, std::move(message)};
}

std::string encodeRendered(const Rendered& rendered) {
  ByteWriter writer;
  writer.u32(static_cast<uint32_t>(rendered.width));
  writer.u32(static_cast<uint32_t>(rendered.height));
  return writer.take();
}

Result<Rendered> decodeRendered(std::string_view payload) {
  ByteReader reader(payload);
  const uint32_t width = reader.u32();
  const uint32_t height = reader.u32();
  if (width == 0 || height == 0 || width > kMaxPixels || height > kMaxPixels ||
      int64_t{width} * height > kMaxPixels) {
    reader.fail();
  }
  TRY(reader.finish("size of a picture"));
  return Rendered{static_cast<int>(width), static_cast<int>(height)};
}

bool isForbidden(char32_t codePoint) {
  return (codePoint < 0x20 && codePoint != '\t' && codePoint != '\n') ||
         (codePoint >= 0x7F && codePoint < 0xA0) || codePoint == 0x061C || codePoint == 0x200E ||
         codePoint == 0x200F || (codePoint >= 0x202A && codePoint <= 0x202E) ||
         (codePoint >= 0x2066 && codePoint <= 0x2069);
}

}  // namespace lectern::protocol
