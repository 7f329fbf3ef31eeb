// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/sha256.h"

#include "core/base/check.h"

#include <openssl/evp.h>

namespace lectern {

struct Sha256Hasher::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256Hasher::Sha256Hasher() : context_(std::make_unique<Context>()) {
  LECTERN_CHECK(context_->md != nullptr);
  LECTERN_CHECK(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1);
}

Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::update(std::string_view bytes) {
  LECTERN_CHECK(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Hasher::finish() {
  Sha256 sum{};
  unsigned int size = 0;
  LECTERN_CHECK(EVP_DigestFinal_ex(context_->md, sum.data(), &size) == 1 && size == sum.size());
  return sum;
}

Sha256 sha256(std::string_view bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::string toHex(const Sha256& sum) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(sum.size() * 2);
  for (const uint8_t byte : sum) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::optional<Sha256> fromHex(std::string_view digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Sha256 sum{};
  if (digits.size() != sum.size() * 2) return std::nullopt;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t value = kDigits.find(digits[i]);
    if (value == std::string_view::npos) return std::nullopt;
    sum[i / 2] = static_cast<uint8_t>((sum[i / 2] << 4) | value);
  }
  return sum;
}

}  // namespace lectern
