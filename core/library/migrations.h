// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <string_view>
#include <vector>

namespace lectern {

class Database;

/// The files of schema/ in their order; script n brings a database from version n - 1 to n.
const std::vector<std::string_view>& schemaScripts();

/// That the file is a library of ours and not of a newer program; gives its version, 0 for an empty
/// file. Changes nothing. Errors: Storage.
Result<int> readSchemaVersion(Database& database);

/// Applies the scripts that are missing, in one transaction, so that a reader never meets a half of
/// them; makes a backup before, but of a database that is only now made.
Result<void> migrate(Database& database, const std::vector<std::string_view>& scripts);

}  // namespace lectern
