// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "tests/ptx/lexer.h"
#include "tests/ptx/module.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace lectern::ptx {

/// A recursive-descent reader of one module; parser.cpp reads declarations, body_parser.cpp what
/// stands between a function's braces. The first mistake is kept, and from then on only the end of
/// the text is read, so that every loop ends by itself.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}
  Result<Module> run();

 private:
  // Tokens.
  const Token& peek() const { return error_ ? end_ : lexer_.peek(); }
  Token take() { return error_ ? end_ : lexer_.take(); }
  bool takeIf(char punctuation);
  bool takeIfDotted(std::string_view name);
  void expect(char punctuation);
  std::string expectWord(std::string_view what);
  int64_t expectInteger(std::string_view what);
  bool atEnd() const { return peek().kind == Token::Kind::End; }
  void fail(std::string_view what);

  // Declarations.
  void moduleItem();
  void linkedItem(bool isExternal);
  void function(bool isEntry);
  void functionAttributes();
  void parameterList(Function& function, std::vector<int>& indices);
  void moduleVariable(Space space, bool isExternal);
  Variable variable(Space space);
  void variableModifiers(Variable& variable, Type& type);
  void initializer(Variable& variable, int elementBytes);
  void initializerElement(Variable& variable, int elementBytes, int64_t& offset);
  void skipSection();
  void file();
  void location();
  void nameInlineChains();

  // Bodies.
  enum class Binding : uint8_t { Register, Variable };
  struct Bound {
    Binding kind = Binding::Register;
    int index = -1;
  };
  struct LabelUse {
    std::string name;
    std::size_t statement = 0;
    std::size_t operand = 0;
    int line = 0;
  };
  struct Scope {
    std::map<std::string, Bound> names;
    std::map<std::string, int> labels;
    std::vector<LabelUse> uses;
  };
  void body();
  void bodyItem();
  void closeScope();
  void resolveLabels();
  void bodyDirective();
  void registers();
  void scopedVariable(Space space);
  void guard(Statement& statement);
  void statement();
  void add(Statement statement);
  OperandText operand();
  OperandText name();
  OperandText number(bool negative);
  OperandText address();
  OperandText group(OperandText::Kind kind, char close);
  const Bound* lookUp(const std::string& name) const;

  Lexer lexer_;
  Token end_{Token::Kind::End, "end of text", 0};
  std::optional<Error> error_;
  Module module_;
  std::map<std::tuple<int, int, int, int, int, int>, int> locationIndex_;
  std::vector<std::tuple<int, int, int>> inlineSites_;  ///< beside module_.locations
  Function* function_ = nullptr;
  std::vector<Scope> scopes_;
  int location_ = -1;
};

}  // namespace lectern::ptx
