// SPDX-License-Identifier: GPL-3.0-or-later
// A helper in foreign hands may send anything. What the program accepts of it must be sound, and
// come out the same when it is sent on.
#include "core/base/check.h"
#include "core/base/utf8.h"
#include "ingest/protocol.h"

#include <algorithm>

namespace {

using namespace lectern;

constexpr int64_t kPageTextBytes = 1 << 16;

void takePage(const std::string& payload) {
  const auto page = protocol::decodePage(payload, kPageTextBytes);
  if (!page.has_value()) return;
  LECTERN_CHECK(utf8::isValid(page->text));
  for (const GlyphRun& run : page->runs) rectsOf(page->runs, page->text, run.span);
  const auto again = protocol::decodePage(protocol::encodePage(*page), kPageTextBytes);
  LECTERN_CHECK(again.has_value() && again->text == page->text && again->runs == page->runs &&
                again->blocks == page->blocks);
}

void takeInfo(const std::string& payload) {
  const auto info = protocol::decodeInfo(payload);
  if (!info.has_value()) return;
  const auto again = protocol::decodeInfo(protocol::encodeInfo(*info));
  LECTERN_CHECK(again.has_value() && again->outline == info->outline);
}

void take(const protocol::Frame& frame) {
  switch (frame.type) {
    case protocol::FrameType::Page:
      return takePage(frame.payload);
    case protocol::FrameType::Info:
      return takeInfo(frame.payload);
    case protocol::FrameType::Started:
      return static_cast<void>(protocol::decodeStarted(frame.payload));
    case protocol::FrameType::Working:
      return static_cast<void>(protocol::decodeWorking(frame.payload));
    case protocol::FrameType::Refused:
      LECTERN_CHECK(utf8::isValid(protocol::decodeRefused(frame.payload).message));
      return;
    case protocol::FrameType::Rendered:
      return static_cast<void>(protocol::decodeRendered(frame.payload));
    case protocol::FrameType::Done:
      return;
  }
}

}  // namespace

// The first byte says in which pieces the rest arrives.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = size_t{data[0]} + 1;
  std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  protocol::FrameCutter cutter(protocol::maxPayloadBytes(kPageTextBytes));
  while (!stream.empty()) {
    cutter.append(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    for (;;) {
      const auto frame = cutter.next();
      if (!frame.has_value()) return 0;
      if (!frame->has_value()) break;
      take(**frame);
    }
  }
  return 0;
}
