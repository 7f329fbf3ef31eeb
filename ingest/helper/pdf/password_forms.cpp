// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/password_forms.h"

#include "core/base/utf8.h"

#include <qpdf/QUtil.hh>

#include <unicode/unistr.h>
#include <unicode/usprep.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace lectern::helper::pdf {

namespace {

struct Close {
  void operator()(UStringPrepProfile* profile) const { usprep_close(profile); }
};

std::optional<std::string> saslPrepared(std::string_view typed) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UStringPrepProfile, Close> profile(
      usprep_openByType(USPREP_RFC4013_SASLPREP, &status));
  const icu::UnicodeString source = icu::UnicodeString::fromUTF8(
      icu::StringPiece(typed.data(), static_cast<int32_t>(typed.size())));
  std::u16string prepared(static_cast<size_t>(source.length()) * 4 + 16, u'\0');
  const int32_t length = usprep_prepare(profile.get(), source.getBuffer(), source.length(),
                                        prepared.data(), static_cast<int32_t>(prepared.size()),
                                        USPREP_ALLOW_UNASSIGNED, nullptr, &status);
  if (U_FAILURE(status) != 0) return std::nullopt;
  std::string bytes;
  icu::UnicodeString(prepared.data(), length).toUTF8String(bytes);
  return bytes;
}

}  // namespace

std::vector<std::string> passwordForms(std::string_view typed) {
  constexpr size_t kLongest = 4096;
  std::vector<std::string> forms;
  const auto add = [&](const std::string& form) {
    if (form.empty() || std::find(forms.begin(), forms.end(), form) != forms.end()) return;
    forms.push_back(form);
  };
  if (typed.size() > kLongest) return forms;
  add(std::string(typed));
  if (!utf8::isValid(typed)) return forms;
  if (const auto prepared = saslPrepared(typed)) add(*prepared);
  for (const std::string& form : std::vector(forms)) {
    std::string encoded;
    if (QUtil::utf8_to_pdf_doc(form, encoded)) add(encoded);
  }
  return forms;
}

}  // namespace lectern::helper::pdf
