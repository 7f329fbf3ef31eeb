// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/fit_estimate.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace lectern {

namespace {

// Fewer bytes of either tell of nothing but themselves.
constexpr int64_t kTellingBytes = 10'000;

bool isPdf(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".pdf";
}

}  // namespace

TextRates textRates(const std::vector<RevisionInfo>& documents, const ContextBudget& budget) {
  TextRates rates;
  int64_t pdfBytes = 0;
  int64_t pdfText = 0;
  for (const RevisionInfo& info : documents) {
    if (!info.sealed || info.document.mediaType != "application/pdf") continue;
    pdfBytes += info.contentBytes;
    pdfText += info.textBytes;
  }
  if (pdfText >= kTellingBytes) {
    rates.pdfText = static_cast<double>(pdfText) / static_cast<double>(pdfBytes);
  }
  int64_t text = 0;
  int64_t tokens = 0;
  for (const ContextBudget::Document& document : budget.documents) {
    if (!document.tokens) continue;
    text += document.textBytes;
    tokens += *document.tokens;
  }
  if (text >= kTellingBytes) rates.tokens = static_cast<double>(tokens) / static_cast<double>(text);
  return rates;
}

FitEstimate estimateFit(const std::vector<CountedFile>& files,
                        int64_t freeTokens,
                        const TextRates& rates,
                        const std::vector<RevisionInfo>& documents) {
  FitEstimate estimate;
  for (const CountedFile& file : files) {
    double text = static_cast<double>(file.stamp.sizeBytes);
    const auto known = std::ranges::find_if(
        documents, [&file](const RevisionInfo& info) { return file.known == info.id; });
    if (known != documents.end()) {
      text = static_cast<double>(known->textBytes);
    } else if (isPdf(file.path)) {
      text *= rates.pdfText;
    }
    const auto tokens = static_cast<int64_t>(std::ceil(text * rates.tokens));
    estimate.tokens += tokens;
    const bool fits = tokens <= freeTokens;
    if (fits) freeTokens -= tokens;
    (fits ? estimate.fit : estimate.rest).push_back(file.path);
  }
  return estimate;
}

}  // namespace lectern
