// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/page_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto reader = lectern::helper::openMarkdown(bytes, "a.md");
  if (reader.has_value()) lectern::fuzz::checkReader(**reader);
  return 0;
}
