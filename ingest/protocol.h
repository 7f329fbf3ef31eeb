// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/document_info.h"
#include "core/document/page.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What program and helper say to each other; README.md shows it byte by byte. The program trusts
/// nothing that it decodes here: every decoder checks sizes, text and order, and fails with
/// InputRefused.
namespace lectern::protocol {

constexpr uint8_t kVersion = 2;

// The helper's descriptors. It gets no others, and opens nothing by a name that it was given.
constexpr int kRequestFd = 0;  ///< a sealed piece of memory that holds the request
constexpr int kFileFd = 3;     ///< the document, open for reading
constexpr int kFramesFd = 4;   ///< the pipe that the frames go to
constexpr int kPixelsFd = 5;   ///< the shared memory that pages are drawn into
constexpr int kWishesFd = 6;   ///< a socket that brings the pages to draw

/// The most pixels that a page is drawn with: 256 MiB of shared memory.
constexpr int64_t kMaxPixels = int64_t{64} << 20;

/// What the program asks of a helper.
struct Request {
  std::string fileName;  ///< for messages, titles and the choice of the format; never opened
  std::string password;
  int firstPage = 1;
  int maxPages = 0;
  int64_t pageTextBytes = 0;
  int64_t memoryBytes = 0;
  int64_t cpuSeconds = 0;
  /// Instead of reading, draw what is wished for, into the shared memory, until nobody can wish any
  /// more.
  bool draws = false;

  friend bool operator==(const Request&, const Request&) = default;
};

std::string encodeRequest(const Request& request);
Result<Request> decodeRequest(std::string_view bytes);

/// A page to draw. Always `kWishBytes` long.
struct Wish {
  int page = 1;
  double dotsPerInch = 72;
  friend bool operator==(const Wish&, const Wish&) = default;
};
constexpr size_t kWishBytes = 12;
std::string encodeWish(const Wish& wish);
Result<Wish> decodeWish(std::string_view bytes);

/// A frame is its type, the payload's length (u32) and the payload.
enum class FrameType : uint8_t {
  Started = 1,   ///< the first: version, and what of the sandbox is missing
  Info = 2,      ///< the document is open
  Working = 3,   ///< what follows is the work of one page; its limits count from here
  Page = 4,      ///< one page
  Done = 5,      ///< the last page was sent
  Refused = 6,   ///< the last frame instead: the document cannot be read
  Rendered = 7,  ///< the page that was wished for is drawn
};

struct Frame {
  FrameType type = FrameType::Done;
  std::string payload;
};

std::string encodeFrame(FrameType type, std::string_view payload);

/// Cuts arriving bytes into frames. Holds at most one unfinished frame and what came with it, and
/// never more memory than bytes have arrived.
class FrameCutter {
 public:
  explicit FrameCutter(int64_t maxPayloadBytes) : maxPayloadBytes_(maxPayloadBytes) {}

  void append(std::string_view bytes);
  /// The next whole frame; nothing while it is still on its way.
  /// Errors: InputRefused for an unknown type or a payload larger than allowed.
  Result<std::optional<Frame>> next();

 private:
  int64_t maxPayloadBytes_;
  std::string buffer_;
  size_t consumed_ = 0;
};

/// The largest payload that a page of at most `pageTextBytes` of text needs: a run takes up to
/// eight times the bytes of a one-letter word.
int64_t maxPayloadBytes(int64_t pageTextBytes);

struct Started {
  std::string sandboxNotice;  ///< a sentence; empty where the whole sandbox is in force
  friend bool operator==(const Started&, const Started&) = default;
};
std::string encodeStarted(const Started& started);
Result<Started> decodeStarted(std::string_view payload);

std::string encodeInfo(const DocumentInfo& info);
/// Errors: also for a page count of nought, and for outline entries that lead outside.
Result<DocumentInfo> decodeInfo(std::string_view payload);

std::string encodeWorking(int page);
Result<int> decodeWorking(std::string_view payload);

std::string encodePage(const Page& page);
/// Errors: also where text, state, blocks and runs contradict each other, or break what page.h
/// promises of them.
Result<Page> decodePage(std::string_view payload, int64_t pageTextBytes);

std::string encodeRefused(const Error& error);
/// What the helper says: InputRefused, PasswordNeeded, DoesNotFit, OutOfMemory, or Internal where
/// it could not shut itself in. Bytes that say something else come out as InputRefused.
Error decodeRefused(std::string_view payload);

struct Rendered {
  int width = 0;
  int height = 0;
  friend bool operator==(const Rendered&, const Rendered&) = default;
};
std::string encodeRendered(const Rendered& rendered);
Result<Rendered> decodeRendered(std::string_view payload);

/// True for characters that are neither shown nor spoken and confuse terminals: C0 and C1 controls
/// but tab and line feed, and the bidirectional controls.
bool isForbidden(char32_t codePoint);

}  // namespace lectern::protocol
