// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/document/page.h"
#include "core/library/library.h"

#include <string>

namespace lectern {

/// A limit of time or memory ended the page, so that higher ones may read it.
bool wasEndedByLimit(const Page& page);

/// Under which extractor the library has that content: the reader's own name, or that with the
/// higher limits behind it with which its skipped pages were read again ("pdf/1+80s").
Result<std::string> presentExtractor(Library& library,
                                     const Sha256& content,
                                     const std::string& extractor);

}  // namespace lectern
