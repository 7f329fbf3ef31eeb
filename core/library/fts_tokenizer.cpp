// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/fts_tokenizer.h"

#include "core/base/sha256.h"
#include "core/base/utf8.h"
#include "core/library/database.h"
#include "core/library/storage_error.h"
#include "core/unicode/words.h"

#include <sqlite3.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <vector>

namespace lectern {

namespace {

using Emit = int (*)(void*, int, const char*, int, int, int);

// Hands tokens to FTS5, each token once a place: its integrity check takes a second one for damage.
class TokenSink {
 public:
  TokenSink(Emit emit, void* context) : emit_(emit), context_(context) {}

  void beginPlace(TextSpan span) {
    span_ = span;
    tokensHere_.clear();
  }
  void put(const std::string& token) {
    if (code_ != SQLITE_OK) return;
    if (std::ranges::find(tokensHere_, token) != tokensHere_.end()) return;
    const int flags = tokensHere_.empty() ? 0 : FTS5_TOKEN_COLOCATED;
    code_ = emit_(context_, flags, token.data(), static_cast<int>(token.size()),
                  static_cast<int>(span_.begin), static_cast<int>(span_.end));
    tokensHere_.push_back(token);
  }
  [[nodiscard]] int code() const { return code_; }

 private:
  Emit emit_;
  void* context_;
  TextSpan span_;
  std::vector<std::string> tokensHere_;
  int code_ = SQLITE_OK;
};

void putWords(std::string_view text, bool isQuery, TokenSink& sink) {
  for (const unicode::Word& word : unicode::words(text)) {
    if (word.part && isQuery) continue;
    if (!word.part) sink.beginPlace(word.span);
    sink.put(word.folded);
    for (const std::string& form : unicode::withoutPrefixes(word.folded)) sink.put(form);
  }
}

int createTokenizer(void* /*context*/, const char** /*args*/, int /*count*/, Fts5Tokenizer** out) {
  static char stateless;
  *out = reinterpret_cast<Fts5Tokenizer*>(&stateless);
  return SQLITE_OK;
}

void deleteTokenizer(Fts5Tokenizer* /*tokenizer*/) {}

int tokenize(Fts5Tokenizer* /*tokenizer*/,
             void* context,
             int flags,
             const char* text,
             int bytes,
             Emit emit) {
  TokenSink sink(emit, context);
  const std::string_view given(text, static_cast<size_t>(bytes));
  const bool isQuery = (flags & FTS5_TOKENIZE_QUERY) != 0;
  // No exception may pass through SQLite.
  try {
    // A damaged database may hold anything.
    if (utf8::isValid(given)) {
      putWords(given, isQuery, sink);
    } else {
      putWords(utf8::repaired(given), isQuery, sink);
    }
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
  return sink.code();
}

// The way FTS5 documents: a pointer handed out by its own SQL function.
fts5_api* findApi(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

}  // namespace

Result<void> registerTokenizer(Database& database) {
  fts5_api* api = findApi(database.handle());
  if (api == nullptr) {
    return Error{ErrorCode::Internal,
                 "This SQLite library has no full-text search (FTS5). Install the one of your "
                 "distribution."};
  }
  fts5_tokenizer tokenizer = {createTokenizer, deleteTokenizer, tokenize};
  const int code = api->xCreateTokenizer(api, "lectern", nullptr, &tokenizer, nullptr);
  if (code != SQLITE_OK) return storageError(code, database.handle(), database.path());
  return {};
}

std::string tokenizerFingerprint() {
  constexpr std::string_view kProbe =
      "The naïve “ﬁle-system” of C++17, v1.2-rc3: it's 3.14 m². ¿Cómo está el niño? L’État, c’est "
      "moi. À às açãos. Perché no? ’s Avonds 'n fiets. Straßenbahn Ǆ ſ. שָׁלוֹם וְהַבַּיִת עו״ד. "
      "وَالْكِتَابُ أحمد مدرسة على ٣٫١٤ کتاب یک. user@host apt-get foo_bar 漢字 ﷺ";
  Sha256Hasher hasher;
  for (const unicode::Word& word : unicode::words(kProbe)) {
    hasher.update(word.folded);
    hasher.update(word.part ? "+" : " ");
    for (const std::string& form : unicode::withoutPrefixes(word.folded)) hasher.update(form + "-");
  }
  return toHex(hasher.finish()).substr(0, 16);
}

}  // namespace lectern
