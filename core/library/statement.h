// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace lectern {

/// Bytes that are bound as a BLOB; text is bound as a string_view.
struct Blob {
  std::string_view bytes;
};

inline Blob blobOf(const Sha256& sum) {
  return {{reinterpret_cast<const char*>(sum.data()), sum.size()}};
}

/// A prepared statement. Bound text and blobs are borrowed and must live until the next `bind` or
/// the end of the statement; columns are borrowed until the next `step`. Must not outlive its
/// Database.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, std::shared_ptr<const std::filesystem::path> database);

  /// Starts the statement anew with these values for ?1, ?2, …
  template <class... Values>
  Statement& bind(const Values&... values) {
    restart();
    int index = 0;
    (bindOne(++index, values), ...);
    return *this;
  }

  /// True: a row is there to be read. False: there are no more.
  Result<bool> step();
  /// Steps to the end; for statements whose rows do not matter.
  Result<void> run();

  [[nodiscard]] bool isNull(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] int number(int column) const { return static_cast<int>(integer(column)); }
  [[nodiscard]] double real(int column) const;
  /// The bytes of a TEXT or BLOB column.
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::string string(int column) const { return std::string(bytes(column)); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  void restart();
  void bindOne(int index, int64_t value);
  void bindOne(int index, int value) { bindOne(index, int64_t{value}); }
  void bindOne(int index, double value);
  void bindOne(int index, std::string_view text);
  void bindOne(int index, Blob blob);
  template <class Value>
  void bindOne(int index, const std::optional<Value>& value) {
    if (value) bindOne(index, *value);  // what is not bound is NULL
  }

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::shared_ptr<const std::filesystem::path> database_;
  int bindFault_ = 0;
};

}  // namespace lectern
