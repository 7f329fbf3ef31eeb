// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/parser.h"

#include "tests/ptx/parser_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace lectern::ptx {

Result<Module> parseModule(std::string_view text) {
  return Parser(text).run();
}

Result<Module> Parser::run() {
  while (!atEnd()) moduleItem();
  if (error_) return *error_;
  nameInlineChains();
  return std::move(module_);
}

// ------------------------------------------------------------------------------------------ tokens

void Parser::fail(std::string_view what) {
  if (error_) return;
  const Token& token = lexer_.peek();
  error_ = Error{ErrorCode::InputRefused,
                 fmt::format("PTX line {}, at '{}': {}", token.line, token.text, what)};
}

bool Parser::takeIf(char punctuation) {
  if (!peek().is(punctuation)) return false;
  take();
  return true;
}

bool Parser::takeIfDotted(std::string_view name) {
  if (!peek().isDotted(name)) return false;
  take();
  return true;
}

void Parser::expect(char punctuation) {
  if (!takeIf(punctuation)) fail(fmt::format("'{}' is expected", punctuation));
}

std::string Parser::expectWord(std::string_view what) {
  if (peek().kind == Token::Kind::Word) return std::string(take().text);
  fail(fmt::format("{} is expected", what));
  return {};
}

int64_t Parser::expectInteger(std::string_view what) {
  const bool negative = takeIf('-');
  const OperandText value = number(negative);
  if (value.kind != OperandText::Kind::Integer) fail(fmt::format("{} is expected", what));
  return static_cast<int64_t>(value.bits);
}

// ------------------------------------------------------------------------------------ declarations

void Parser::moduleItem() {
  if (takeIfDotted("version")) {
    take();
  } else if (takeIfDotted("address_size")) {
    if (expectInteger("an address size") != 64) fail("only 64-bit addresses are modelled");
  } else if (takeIfDotted("target")) {
    module_.target = expectWord("a target");
    while (takeIf(',')) expectWord("a target option");
  } else if (takeIfDotted("file")) {
    file();
  } else if (takeIfDotted("loc")) {
    location();
  } else if (takeIfDotted("section")) {
    skipSection();
  } else if (takeIfDotted("pragma")) {
    take();
    expect(';');
  } else {
    const bool isExternal = takeIfDotted("extern");
    if (!isExternal && !takeIfDotted("visible") && !takeIfDotted("weak")) takeIfDotted("common");
    linkedItem(isExternal);
  }
}

void Parser::linkedItem(bool isExternal) {
  if (takeIfDotted("entry")) return function(true);
  if (takeIfDotted("func")) return function(false);
  if (takeIfDotted("global")) return moduleVariable(Space::Global, isExternal);
  if (takeIfDotted("const")) return moduleVariable(Space::Const, isExternal);
  if (takeIfDotted("shared")) return moduleVariable(Space::Shared, isExternal);
  fail("this directive is not known");
}

void Parser::function(bool isEntry) {
  Function declared;
  declared.isEntry = isEntry;
  function_ = &declared;
  scopes_.assign(1, Scope{});
  location_ = -1;
  if (peek().is('(')) parameterList(declared, declared.results);
  declared.name = expectWord("the function's name");
  if (peek().is('(')) parameterList(declared, declared.parameters);
  functionAttributes();
  if (!takeIf(';')) {
    declared.isDefined = true;
    body();
  }
  function_ = nullptr;
  // A declaration may stand before its definition, never take its place.
  Function& kept = module_.functions[declared.name];
  if (!kept.isDefined) kept = std::move(declared);
}

void Parser::functionAttributes() {
  while (peek().kind == Token::Kind::Dotted) {
    const Token attribute = take();
    if (attribute.text == "noreturn") continue;
    if (attribute.text != "maxntid" && attribute.text != "reqntid" &&
        attribute.text != "minnctapersm" && attribute.text != "maxnreg") {
      return fail(fmt::format("the attribute .{} is not known", attribute.text));
    }
    do {
      expectInteger("a limit");
    } while (takeIf(','));
  }
}

void Parser::parameterList(Function& function, std::vector<int>& indices) {
  expect('(');
  while (!takeIf(')') && !atEnd()) {
    if (!takeIfDotted("param")) fail(".param is expected");
    Variable parameter = variable(function.isEntry ? Space::KernelParam : Space::FunctionParam);
    const int index = static_cast<int>(function.variables.size());
    indices.push_back(index);
    scopes_.back().names[parameter.name] = {Binding::Variable, index};
    function.variables.push_back(std::move(parameter));
    takeIf(',');
  }
}

void Parser::moduleVariable(Space space, bool isExternal) {
  Variable declared = variable(space);
  expect(';');
  if (isExternal && space != Space::Shared && module_.variables.count(declared.name) == 0) {
    return fail("variables of other modules are not modelled: " + declared.name);
  }
  declared.dynamic = isExternal;
  module_.variables[declared.name] = std::move(declared);
}

// .align 4 .b8 table[16] = {0, 0, 128, 63}
Variable Parser::variable(Space space) {
  Variable declared;
  declared.space = space;
  Type type = Type::None;
  variableModifiers(declared, type);
  declared.name = expectWord("a variable's name");
  declared.alignment = std::max<int64_t>(declared.alignment, bytesOf(type));
  declared.sizeBytes = bytesOf(type);
  while (takeIf('[')) {
    declared.sizeBytes *= peek().is(']') ? 0 : expectInteger("a size");
    expect(']');
  }
  if (takeIf('=')) initializer(declared, bytesOf(type));
  return declared;
}

void Parser::variableModifiers(Variable& variable, Type& type) {
  while (peek().kind == Token::Kind::Dotted) {
    const Token modifier = take();
    if (const std::optional<Type> named = typeNamed(modifier.text)) {
      type = *named;
    } else if (modifier.text == "align") {
      variable.alignment = expectInteger("an alignment");
    } else if (modifier.text != "ptr" && modifier.text != "global" && modifier.text != "shared" &&
               modifier.text != "const" && modifier.text != "local") {
      // The spaces above say where a pointer parameter points; we check every access anyway.
      return fail(fmt::format("the variable's attribute .{} is not known", modifier.text));
    }
    // The alignment after .ptr is that of what it points to.
    if (modifier.text == "ptr") {
      while (peek().kind == Token::Kind::Dotted && peek().text != "align") take();
      if (takeIfDotted("align")) expectInteger("an alignment");
    }
  }
  if (type == Type::None || type == Type::Pred) fail("the variable has no type");
}

void Parser::initializer(Variable& variable, int elementBytes) {
  int64_t offset = 0;
  if (!takeIf('{')) return initializerElement(variable, elementBytes, offset);
  while (!takeIf('}') && !atEnd()) {
    initializerElement(variable, elementBytes, offset);
    takeIf(',');
  }
}

// A number, the name of a variable, or generic(name); each with an addend.
void Parser::initializerElement(Variable& variable, int elementBytes, int64_t& offset) {
  if (offset + elementBytes > variable.sizeBytes) return fail("the initialiser is too long");
  variable.initial.resize(static_cast<std::size_t>(offset + elementBytes));
  if (peek().kind == Token::Kind::Word) {
    if (elementBytes != 8) return fail("an address needs eight bytes");
    const bool isGeneric = peek().isWord("generic");
    if (isGeneric) {
      take();
      expect('(');
    }
    AddressInitializer address{offset, expectWord("a variable"), 0};
    if (isGeneric) expect(')');
    if (takeIf('+')) address.addend = expectInteger("an addend");
    variable.addresses.push_back(std::move(address));
  } else {
    const uint64_t bits = number(takeIf('-')).bits;
    std::memcpy(variable.initial.data() + offset, &bits, static_cast<std::size_t>(elementBytes));
  }
  offset += elementBytes;
}

// ------------------------------------------------------------------------------- line information

void Parser::skipSection() {
  take();
  expect('{');
  for (int depth = 1; depth > 0 && !atEnd();) {
    const Token token = take();
    depth += token.is('{') ? 1 : token.is('}') ? -1 : 0;
  }
}

void Parser::file() {
  const int index = static_cast<int>(expectInteger("a file's number"));
  module_.files[index] = std::string(take().text);
  while (takeIf(',')) expectInteger("a file's date or size");
}

// .loc 2 107 3, function_name $L__info_string0, inlined_at 1 26 3
void Parser::location() {
  const auto place = [this] {
    const int file = static_cast<int>(expectInteger("a file's number"));
    const int line = static_cast<int>(expectInteger("a line"));
    return std::tuple(file, line, static_cast<int>(expectInteger("a column")));
  };
  const auto [file, line, column] = place();
  std::tuple<int, int, int> inlinedAt{-1, -1, -1};
  while (takeIf(',')) {
    const std::string word = expectWord("function_name or inlined_at");
    if (word == "inlined_at") {
      inlinedAt = place();
    } else {
      expectWord("a label");
      if (takeIf('+')) expectInteger("an offset");
    }
  }
  const auto [siteFile, siteLine, siteColumn] = inlinedAt;
  const auto [found, isNew] =
      locationIndex_.try_emplace({file, line, column, siteFile, siteLine, siteColumn},
                                 static_cast<int>(module_.locations.size()));
  if (isNew) {
    module_.locations.push_back({file, line, column, -1});
    inlineSites_.push_back(inlinedAt);
  }
  location_ = found->second;
}

// A .loc names the place it was inlined at only as file, line and column. That place may be inlined
// itself; then some .loc of the module has these three and says where. Where several do, any of
// them gives the right lines of this step.
void Parser::nameInlineChains() {
  std::map<std::tuple<int, int, int>, int> byPlace;
  for (std::size_t i = 0; i < module_.locations.size(); ++i) {
    const Location& at = module_.locations[i];
    byPlace.try_emplace({at.file, at.line, at.column}, static_cast<int>(i));
  }
  const std::size_t count = inlineSites_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (std::get<0>(inlineSites_[i]) < 0) continue;
    const auto [file, line, column] = inlineSites_[i];
    const auto [found, isNew] =
        byPlace.try_emplace({file, line, column}, static_cast<int>(module_.locations.size()));
    if (isNew) module_.locations.push_back({file, line, column, -1});
    module_.locations[i].inlinedAt = found->second;
  }
}

}  // namespace lectern::ptx
