// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

namespace lectern {

class Database;

/// Makes the SQL function page_cut(page, first, end) known to a connection: the bytes from `first`
/// to `end` of a revision's text, which lie in the page with that row; NULL where they do not. It
/// keeps the page it cut from last, because SQLite's substr copies the whole text for each of its
/// segments: a page of 2 MB then takes half a minute to check. A page never changes, so what is
/// kept is true.
Result<void> registerPageCut(Database& database);

}  // namespace lectern
