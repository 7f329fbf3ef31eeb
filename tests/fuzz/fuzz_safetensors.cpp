// SPDX-License-Identifier: GPL-3.0-or-later
// A file of weights is mapped and believed in nothing. The tensors that are handed out must lie in
// it one behind the other and have exactly the bytes of their shape.
#include "core/base/check.h"
#include "core/base/utf8.h"
#include "core/model_file/safetensors.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lectern;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tensors = readSafetensors(bytes, "model.safetensors");
  if (!tensors.has_value()) {
    LECTERN_CHECK(tensors.error().code == ErrorCode::ModelUnusable);
    LECTERN_CHECK(utf8::isValid(tensors.error().message));
    return 0;
  }
  std::set<std::string> names;
  const char* end = nullptr;
  for (const StoredTensor& tensor : *tensors) {
    LECTERN_CHECK(names.insert(tensor.name).second);
    LECTERN_CHECK(tensor.data.data() >= bytes.data() + 8);
    LECTERN_CHECK(tensor.data.data() + tensor.data.size() <= bytes.data() + bytes.size());
    LECTERN_CHECK(end == nullptr || tensor.data.data() == end);
    end = tensor.data.data() + tensor.data.size();
    for (const int64_t side : tensor.shape) LECTERN_CHECK(side >= 0);
    if (tensor.type != StoredType::Other) {
      const int64_t each = tensor.type == StoredType::F32 ? 4 : 2;
      LECTERN_CHECK(tensor.elements() * each == static_cast<int64_t>(tensor.data.size()));
    }
  }
  LECTERN_CHECK(end == nullptr || end == bytes.data() + bytes.size());
  return 0;
}
