// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <string>

namespace lectern {

class Database;

/// Makes FTS5's tokenizer 'lectern' known to a connection. Its tokens are the folded words of
/// `unicode::words`, with their places in the original text, which therefore stays what it is in
/// every table. At the same place as a word stand the parts of a compound and the forms of an
/// Arabic or Hebrew word without its prefixes. A query's word stands for itself and its forms
/// without prefixes, but not for its parts: who asks for "apt-get" does not mean every "get".
Result<void> registerTokenizer(Database& database);

/// Names what the tokenizer makes of a text in nine languages. An index made under another name (an
/// other version of ICU or of the rules) must be rebuilt.
std::string tokenizerFingerprint();

}  // namespace lectern
