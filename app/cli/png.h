// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/page_image.h"

#include <string>

namespace lectern::cli {

/// The image as a PNG file: 8-bit RGB, deflated (ISO/IEC 15948).
std::string encodePng(const PageImage& image);

}  // namespace lectern::cli
