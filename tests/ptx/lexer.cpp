// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/lexer.h"

#include <algorithm>
#include <cctype>

namespace lectern::ptx {
namespace {

bool isWordStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '%' || c == '$';
}

bool isWordPart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

bool isDigit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

std::size_t wordLength(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && isWordPart(text[length])) ++length;
  return length;
}

// ".L2::128B" is one word to us.
std::size_t dottedLength(std::string_view text) {
  std::size_t length = wordLength(text);
  while (text.substr(length, 2) == "::") length += 1 + wordLength(text.substr(length + 1));
  return length;
}

std::size_t numberLength(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (isWordPart(text[length]) || text[length] == '.')) ++length;
  return length;
}

}  // namespace

void Lexer::skipBlanks() {
  while (!rest_.empty()) {
    if (rest_.substr(0, 2) == "//") {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    } else if (rest_.substr(0, 2) == "/*") {
      const std::size_t end = rest_.find("*/");
      const std::string_view comment = rest_.substr(0, end);
      line_ += static_cast<int>(std::count(comment.begin(), comment.end(), '\n'));
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 2);
    } else if (std::isspace(static_cast<unsigned char>(rest_.front())) != 0 || rest_[0] == '\0') {
      line_ += rest_.front() == '\n' ? 1 : 0;
      rest_.remove_prefix(1);
    } else {
      return;
    }
  }
}

Token Lexer::cut(Token::Kind kind, std::size_t length) {
  const Token token{kind, rest_.substr(0, length), line_};
  rest_.remove_prefix(std::min(length, rest_.size()));
  return token;
}

Token Lexer::read() {
  skipBlanks();
  if (rest_.empty()) return {Token::Kind::End, "end of text", line_};
  const char first = rest_.front();
  if (isWordStart(first)) return cut(Token::Kind::Word, wordLength(rest_));
  if (isDigit(first)) return cut(Token::Kind::Number, numberLength(rest_));
  if (first == '.' && rest_.size() > 1 && isWordPart(rest_[1])) {
    Token token = cut(Token::Kind::Dotted, dottedLength(rest_));
    token.text.remove_prefix(1);
    return token;
  }
  if (first == '"') {
    rest_.remove_prefix(1);
    const Token token = cut(Token::Kind::String, std::min(rest_.find('"'), rest_.size()));
    if (!rest_.empty()) rest_.remove_prefix(1);
    return token;
  }
  return cut(Token::Kind::Punctuation, 1);
}

}  // namespace lectern::ptx
