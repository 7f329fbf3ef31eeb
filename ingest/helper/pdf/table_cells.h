// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/reading_order.h"

#include <vector>

namespace lectern::helper::pdf {

/// Parts the pieces of rows that follow one another as a table: numbers may stand closer than the
/// gap that shows a cell's border in a row by itself, but a narrow gap that runs through three rows
/// or more does. `boxes` are the words' boxes in the reading view.
void partCells(std::vector<Row>& rows, const std::vector<BoxPt>& boxes);

}  // namespace lectern::helper::pdf
