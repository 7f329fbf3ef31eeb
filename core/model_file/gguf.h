// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model_file/stored_tensor.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lectern {

/// A value of a GGUF file's metadata. Whole numbers of any width become int64_t (an unsigned one
/// beyond its range is refused), float32 and float64 double. Strings live as long as the file.
using GgufValue = std::variant<bool,
                               int64_t,
                               double,
                               std::string_view,
                               std::vector<bool>,
                               std::vector<int64_t>,
                               std::vector<double>,
                               std::vector<std::string_view>>;

using GgufMetadata = std::map<std::string, GgufValue, std::less<>>;

/// A key with the bytes of its kind and value, as they stand in the file: what another file takes
/// over to the byte. They live as long as the file.
struct GgufKey {
  std::string name;
  std::string_view encoded;
};

struct GgufContent {
  GgufMetadata metadata;
  std::vector<GgufKey> keys;          ///< the same in the order of the file
  std::vector<StoredTensor> tensors;  ///< in the order of their data
};

/// Reads a GGUF file of version 2 or 3 (llama.cpp, ggml/src/gguf.cpp). Nothing the file says is
/// trusted: counts and lengths are held against the bytes that are left before anything is
/// reserved, products are checked, a key and a name may stand once, tensors follow each other
/// without holes but for the padding, inside the file. `fileName` serves messages. Errors:
/// ModelUnusable, naming the file, the key or tensor, and the rule.
Result<GgufContent> readGguf(std::string_view bytes, std::string_view fileName);

/// The format's number of a type that holds weights, and its name.
int32_t ggufTypeId(StoredType type);
std::string_view ggufTypeName(StoredType type);

}  // namespace lectern
