// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the parser that reads what stands between a function's braces.
#include "tests/ptx/parser_state.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

namespace lectern::ptx {

void Parser::body() {
  expect('{');
  const std::size_t outside = scopes_.size();
  scopes_.emplace_back();
  while (scopes_.size() > outside && !atEnd()) bodyItem();
  if (scopes_.size() > outside) fail("the function's closing brace is missing");
  for (const LabelUse& use : scopes_.back().uses) {
    fail(fmt::format("the label {} of line {} is not declared", use.name, use.line));
  }
}

void Parser::bodyItem() {
  if (takeIf('{')) {
    scopes_.emplace_back();
  } else if (takeIf('}')) {
    closeScope();
  } else if (takeIf(';')) {
    return;
  } else if (peek().kind == Token::Kind::Dotted) {
    bodyDirective();
  } else {
    statement();
  }
}

// What a scope's labels cannot answer is left to the scope around it: inline assembly that was
// inlined twice declares the same labels twice.
void Parser::closeScope() {
  resolveLabels();
  std::vector<LabelUse> open = std::move(scopes_.back().uses);
  scopes_.pop_back();
  std::vector<LabelUse>& outer = scopes_.back().uses;
  outer.insert(outer.end(), open.begin(), open.end());
}

void Parser::resolveLabels() {
  Scope& scope = scopes_.back();
  std::vector<LabelUse> open;
  for (const LabelUse& use : scope.uses) {
    const auto label = scope.labels.find(use.name);
    if (label == scope.labels.end()) {
      open.push_back(use);
      continue;
    }
    OperandText& operand = function_->statements[use.statement].operands[use.operand];
    operand.kind = OperandText::Kind::Label;
    operand.index = label->second;
  }
  scope.uses = std::move(open);
}

void Parser::bodyDirective() {
  if (takeIfDotted("reg")) return registers();
  if (takeIfDotted("loc")) return location();
  if (takeIfDotted("shared")) return scopedVariable(Space::Shared);
  if (takeIfDotted("local")) return scopedVariable(Space::Local);
  if (takeIfDotted("param")) return scopedVariable(Space::FunctionParam);
  if (takeIfDotted("pragma")) {
    take();
    return expect(';');
  }
  if (takeIfDotted("branchtargets")) {
    Statement list;
    list.opcode = ".branchtargets";
    do {
      list.operands.push_back(name());
    } while (takeIf(','));
    add(std::move(list));
    return expect(';');
  }
  fail("this directive is not known");
}

// .reg .b32 %r<20>, %temp;
void Parser::registers() {
  const std::optional<Type> type = typeNamed(take().text);
  if (!type) return fail("the registers' type is not known");
  const auto declare = [&](std::string name) {
    const int index = static_cast<int>(function_->registers.size());
    scopes_.back().names[name] = {Binding::Register, index};
    function_->registers.push_back({std::move(name), *type});
  };
  do {
    const std::string name = expectWord("a register's name");
    if (takeIf('<')) {
      const int64_t count = expectInteger("a count");
      for (int64_t i = 0; i < count && !error_; ++i) declare(name + std::to_string(i));
      expect('>');
    } else {
      declare(name);
    }
  } while (takeIf(','));
  expect(';');
}

void Parser::scopedVariable(Space space) {
  Variable declared = variable(space);
  const int index = static_cast<int>(function_->variables.size());
  scopes_.back().names[declared.name] = {Binding::Variable, index};
  function_->variables.push_back(std::move(declared));
  expect(';');
}

void Parser::guard(Statement& statement) {
  if (!takeIf('@')) return;
  statement.guardNegated = takeIf('!');
  const OperandText predicate = name();
  if (predicate.kind != OperandText::Kind::Register) fail("a predicate is expected");
  statement.guard = predicate.index;
}

void Parser::statement() {
  Statement read;
  guard(read);
  read.line = peek().line;
  const Token first = take();
  if (first.kind != Token::Kind::Word) return fail("an instruction is expected");
  read.opcode = std::string(first.text);
  if (takeIf(':')) {
    scopes_.back().labels[read.opcode] = static_cast<int>(function_->statements.size());
    return;
  }
  while (peek().kind == Token::Kind::Dotted) read.modifiers.emplace_back(take().text);
  while (!peek().is(';') && !atEnd()) {
    read.operands.push_back(operand());
    if (!takeIf(',')) break;
  }
  expect(';');
  add(std::move(read));
}

// A branch may go to a label further down.
void Parser::add(Statement statement) {
  statement.location = location_;
  const std::size_t index = function_->statements.size();
  const bool branches = statement.opcode == "bra" || statement.opcode == "brx" ||
                        statement.opcode == ".branchtargets";
  for (std::size_t i = 0; branches && i < statement.operands.size(); ++i) {
    const OperandText& operand = statement.operands[i];
    if (operand.kind == OperandText::Kind::Symbol) {
      scopes_.back().uses.push_back({operand.name, index, i, statement.line});
    }
  }
  function_->statements.push_back(std::move(statement));
}

// ---------------------------------------------------------------------------------------- operands

OperandText Parser::operand() {
  if (takeIf('[')) return address();
  if (takeIf('{')) return group(OperandText::Kind::Vector, '}');
  if (takeIf('(')) return group(OperandText::Kind::List, ')');
  if (takeIf('-')) return number(true);
  if (takeIf('!')) {
    OperandText read = name();
    read.negated = true;
    return read;
  }
  if (peek().kind == Token::Kind::Number) return number(false);
  OperandText read = name();
  if (takeIf('|')) {
    OperandText pair;
    pair.kind = OperandText::Kind::Pair;
    pair.parts.push_back(std::move(read));
    pair.parts.push_back(name());
    return pair;
  }
  if (takeIf('+')) {  // mov.u64 %rd, table+8
    read.bits = static_cast<uint64_t>(expectInteger("an offset"));
  }
  return read;
}

OperandText Parser::name() {
  OperandText read;
  read.name = expectWord("a register, a variable, a number or a label");
  if (read.name == "_") {
    read.kind = OperandText::Kind::Sink;
  } else if (const Bound* bound = lookUp(read.name)) {
    read.kind = bound->kind == Binding::Register ? OperandText::Kind::Register
                                                 : OperandText::Kind::Variable;
    read.index = bound->index;
  } else if (!read.name.empty() && read.name.front() == '%') {
    read.kind = OperandText::Kind::Special;
    if (peek().kind == Token::Kind::Dotted) read.name.append(".").append(take().text);
  } else {
    read.kind = OperandText::Kind::Symbol;
  }
  return read;
}

const Parser::Bound* Parser::lookUp(const std::string& name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    const auto found = scope->names.find(name);
    if (found != scope->names.end()) return &found->second;
  }
  return nullptr;
}

// 12, 0x1FU, 0b101, 0f3F800000, 0d3FF0000000000000, 1.5 (PTX ISA, 4.5)
OperandText Parser::number(bool negative) {
  OperandText read;
  if (peek().kind != Token::Kind::Number) {
    fail("a number is expected");
    return read;
  }
  std::string text(take().text);
  const char form = text.size() > 1 && text[0] == '0' ? text[1] : '\0';
  if (form == 'f' || form == 'F' || form == 'd' || form == 'D') {
    const bool isSingle = form == 'f' || form == 'F';
    read.kind = isSingle ? OperandText::Kind::Float32 : OperandText::Kind::Float64;
    read.bits = std::strtoull(text.c_str() + 2, nullptr, 16);
    if (negative) read.bits ^= isSingle ? uint64_t{1} << 31 : uint64_t{1} << 63;
    return read;
  }
  if (text.find('.') != std::string::npos) {
    const double value = std::strtod(text.c_str(), nullptr) * (negative ? -1 : 1);
    read.kind = OperandText::Kind::Float64;
    std::memcpy(&read.bits, &value, sizeof value);
    return read;
  }
  if (text.back() == 'U') text.pop_back();
  const bool isBinary = form == 'b' || form == 'B';
  char* end = nullptr;
  read.bits = std::strtoull(text.c_str() + (isBinary ? 2 : 0), &end, isBinary ? 2 : 0);
  if (*end != '\0') fail(fmt::format("{} is no number", text));
  if (negative) read.bits = 0 - read.bits;
  return read;
}

// [%rd1+4], [table], [param0+-8], [16]
OperandText Parser::address() {
  OperandText read;
  read.kind = OperandText::Kind::Address;
  if (peek().kind == Token::Kind::Number) {
    read.bits = number(false).bits;
  } else {
    read.parts.push_back(name());
    if (takeIf('+')) read.bits = static_cast<uint64_t>(expectInteger("an offset"));
    if (takeIf('-')) read.bits = 0 - static_cast<uint64_t>(expectInteger("an offset"));
  }
  expect(']');
  return read;
}

OperandText Parser::group(OperandText::Kind kind, char close) {
  OperandText read;
  read.kind = kind;
  while (!takeIf(close) && !atEnd()) {
    read.parts.push_back(operand());
    takeIf(',');
  }
  return read;
}

}  // namespace lectern::ptx
