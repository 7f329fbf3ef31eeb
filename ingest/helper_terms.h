// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper_client.h"
#include "ingest/importer.h"
#include "ingest/protocol.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace lectern {

// What the callers' limits mean to a helper, and its end in the callers' words.

/// "took longer than 20 seconds": what became of a page or a file.
std::string describe(HelperLoss loss, const HelperBudget& budget, const ExtractionLimits& limits);
/// A sentence for the user.
std::string_view remedyFor(HelperLoss loss);

HelperBudget openingBudget(const ExtractionLimits& limits);
HelperBudget pageBudget(const ExtractionLimits& limits);

/// To read from the first page on, with so much processor time in all.
protocol::Request makeRequest(const std::filesystem::path& path,
                              const ImportOptions& options,
                              std::chrono::seconds cpu);

}  // namespace lectern
