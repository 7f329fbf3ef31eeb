// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace lectern::ptx {

/// One word of PTX text.
struct Token {
  enum class Kind : uint8_t {
    Word,         ///< ld, %r12, $L__BB0_3, my_kernel
    Dotted,       ///< a dot and what follows it: .global, .L2::128B; `text` is without the dot
    Number,       ///< 12, 0x1F, 0f3F800000, 0d…, 1.5
    String,       ///< "a/b.cu"; `text` is without the quotes
    Punctuation,  ///< one character
    End,
  };
  Kind kind = Kind::End;
  std::string_view text;
  int line = 0;

  bool is(char c) const { return kind == Kind::Punctuation && text.front() == c; }
  bool isDotted(std::string_view name) const { return kind == Kind::Dotted && text == name; }
  bool isWord(std::string_view name) const { return kind == Kind::Word && text == name; }
};

/// Cuts PTX text into tokens, one ahead of the reader. Comments and white space vanish. The text
/// must outlive the lexer and its tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) { next_ = read(); }

  const Token& peek() const { return next_; }
  Token take() {
    const Token token = next_;
    next_ = read();
    return token;
  }

 private:
  Token read();
  void skipBlanks();
  Token cut(Token::Kind kind, std::size_t length);

  std::string_view rest_;
  int line_ = 1;
  Token next_;
};

}  // namespace lectern::ptx
