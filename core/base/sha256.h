// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lectern {

/// A SHA-256 sum (FIPS 180-4): the identity of a file's content and of a quotation.
using Sha256 = std::array<uint8_t, 32>;

/// Sums bytes that arrive in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;

  void update(std::string_view bytes);
  /// The sum of everything so far; the hasher is spent afterwards.
  Sha256 finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Sha256 sha256(std::string_view bytes);

/// 64 lower-case hexadecimal digits.
std::string toHex(const Sha256& sum);
/// The sum that such digits stand for; none where they are not these.
std::optional<Sha256> fromHex(std::string_view digits);

}  // namespace lectern
