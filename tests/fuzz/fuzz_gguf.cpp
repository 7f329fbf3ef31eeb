// SPDX-License-Identifier: GPL-3.0-or-later
// A GGUF file is mapped and believed in nothing. The tensors that are handed out must lie in it,
// one behind the other, and have exactly the bytes of their shape; each of their values can be
// read.
#include "core/base/check.h"
#include "core/base/utf8.h"
#include "core/model_file/elements.h"
#include "core/model_file/finite.h"
#include "core/model_file/gguf.h"
#include "core/model_file/gguf_jamba.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lectern;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto content = readGguf(bytes, "model.gguf");
  if (!content.has_value()) {
    LECTERN_CHECK(content.error().code == ErrorCode::ModelUnusable);
    LECTERN_CHECK(utf8::isValid(content.error().message));
    return 0;
  }
  std::set<std::string> names;
  const char* end = bytes.data();
  for (const StoredTensor& tensor : content->tensors) {
    LECTERN_CHECK(names.insert(tensor.name).second);
    LECTERN_CHECK(tensor.data.data() >= end);
    end = tensor.data.data() + tensor.data.size();
    LECTERN_CHECK(end <= bytes.data() + bytes.size());
    const BlockShape block = blockShape(tensor.type);
    LECTERN_CHECK(tensor.elements() % block.elements == 0);
    LECTERN_CHECK(tensor.elements() / block.elements * block.bytes ==
                  static_cast<int64_t>(tensor.data.size()));
    std::vector<float> values(static_cast<size_t>(tensor.elements()));
    readElements(tensor, 0, values);
    bool finite = true;
    for (const float value : values) finite = finite && std::isfinite(value);
    LECTERN_CHECK(finite || firstNotFinite(tensor) >= 0);
  }
  const auto jamba = jambaOfGguf(content->metadata, content->tensors, "model.gguf");
  if (!jamba.has_value()) {
    LECTERN_CHECK(jamba.error().code == ErrorCode::ModelUnusable);
    LECTERN_CHECK(utf8::isValid(jamba.error().message));
  }
  return 0;
}
