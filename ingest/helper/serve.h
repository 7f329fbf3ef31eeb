// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/protocol.h"

#include <string>
#include <string_view>

namespace lectern::helper {

/// Writes frames to a descriptor. A reader that is gone ends this process (SIGPIPE).
class FrameWriter {
 public:
  explicit FrameWriter(int fd) : fd_(fd) {}
  void send(protocol::FrameType type, std::string_view payload);

 private:
  int fd_;
};

/// Opens the document with `openDocument` and does what the request asks: sends its pages, or draws
/// those that are wished for. Whatever goes wrong ends in a frame: a skipped page, or Refused.
void serve(const protocol::Request& request, std::string_view bytes, FrameWriter& frames);

}  // namespace lectern::helper
