// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// One tensor of a file that a test makes: any header entry, also a lying one.
struct TensorToWrite {
  std::string name;
  std::string type;
  std::vector<int64_t> shape;
  std::string data;
};

/// The eight bytes of length, a header and data, none of which need agree.
inline std::string safetensorsFile(std::string_view header, std::string_view data) {
  std::string file;
  for (int shift = 0; shift < 64; shift += 8) {
    file.push_back(static_cast<char>(static_cast<uint64_t>(header.size()) >> shift));
  }
  return file.append(header).append(data);
}

/// A sound file of these tensors, in their order.
inline std::string safetensorsFile(const std::vector<TensorToWrite>& tensors) {
  std::string header = "{";
  std::string data;
  for (const TensorToWrite& tensor : tensors) {
    header.append(header.size() > 1 ? ",\"" : "\"").append(tensor.name);
    header.append(R"(":{"dtype":")").append(tensor.type).append(R"(","shape":[)");
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      header.append(i > 0 ? "," : "").append(std::to_string(tensor.shape[i]));
    }
    header += "],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + tensor.data.size()) + "]}";
    data += tensor.data;
  }
  return safetensorsFile(header + "}", data);
}

}  // namespace lectern
