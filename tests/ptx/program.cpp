// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/program.h"

#include "tests/ptx/decoding.h"
#include "tests/ptx/layout.h"
#include "tests/ptx/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace lectern::ptx {
namespace {

const DecoderTable& decoders() {
  static const DecoderTable kTable = [] {
    DecoderTable table;
    addArithmetic(table);
    addAsyncCopy(table);
    addAtomics(table);
    addBitFields(table);
    addComparison(table);
    addControl(table);
    addConversion(table);
    addFloating(table);
    addLogic(table);
    addMatrix(table);
    addMemory(table);
    addWarpExchange(table);
    return table;
  }();
  return kTable;
}

void doNothing(const Instruction& /*instruction*/, Warp& /*warp*/, uint32_t /*lanes*/) {}

// `offset` is the first of `count` entries of Program::copies.
void executeCopies(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const Program& program = warp.program();
  forLanes(lanes, [&](int lane) {
    std::byte* memory = warp.parameterMemory(lane);
    for (int i = 0; i < instruction.count; ++i) {
      const auto index = static_cast<std::size_t>(instruction.offset + i);
      const ParameterCopy& copy = program.copies[index];
      std::memcpy(memory + copy.to, memory + copy.from, static_cast<std::size_t>(copy.bytes));
    }
  });
}

/// Links one kernel: decodes it and, after it, every function that it calls.
class Linker {
 public:
  Linker(const Module& module, const SymbolTable& symbols)
      : module_(module), layout_(module, symbols, program_) {}

  Result<Program> link(const std::string& name) {
    const auto kernel = module_.functions.find(name);
    if (kernel == module_.functions.end() || !kernel->second.isEntry) {
      return Error{ErrorCode::NotFound, fmt::format("no kernel {} in this module", name)};
    }
    program_.name = name;
    TRY(emit(kernel->second));
    for (const auto& [instruction, callee] : calls_) {
      program_.code[instruction].target = starts_.at(callee);
    }
    return std::move(program_);
  }

 private:
  Result<void> emit(const Function& function);
  Result<void> emitStatement(const Function& function, const Statement& statement);
  Result<void> emitCall(const Function& function, const Statement& statement);
  Result<void> copyBetween(const Function& from,
                           const OperandText& caller,
                           const Function& callee,
                           const std::vector<int>& formal,
                           bool isResult);
  void emitBranchTargets(const Statement& statement);
  void append(Instruction instruction);
  Error mistake(const Function& function, const Statement& statement, std::string_view what);

  const Module& module_;
  Program program_;
  Layout layout_;
  std::map<const Function*, int32_t> starts_;
  std::vector<std::pair<std::size_t, const Function*>> calls_;
  std::set<const Function*> open_;  ///< being emitted: a call of one of them is recursion
};

Error Linker::mistake(const Function& function, const Statement& statement, std::string_view what) {
  const std::string place = module_.describe(statement.location);
  return {ErrorCode::InputRefused,
          fmt::format("{}, PTX line {}{}{}, in {}: {}", statement.fullName(), statement.line,
                      place.empty() ? "" : " at ", place, function.name, what)};
}

Result<void> Linker::emit(const Function& function) {
  open_.insert(&function);
  const auto start = static_cast<int32_t>(program_.code.size());
  const std::size_t firstCall = calls_.size();
  starts_[&function] = start;
  layout_.enter(function);
  std::vector<int32_t> firstOf;  // of each statement, its first instruction
  for (const Statement& statement : function.statements) {
    firstOf.push_back(static_cast<int32_t>(program_.code.size()));
    const std::string place = module_.describe(statement.location);
    program_.statements.push_back({statement.fullName(), statement.line, place});
    TRY(emitStatement(function, statement));
  }
  // A label may stand behind the last statement.
  firstOf.push_back(static_cast<int32_t>(program_.code.size()));
  if (!program_.statements.empty()) {
    Instruction end;
    end.kind = Instruction::Kind::Return;
    end.execute = doNothing;
    append(end);
  }
  const auto isJump = [](Instruction::Kind kind) {
    return kind == Instruction::Kind::Branch || kind == Instruction::Kind::IndexedBranch ||
           kind == Instruction::Kind::Nothing;
  };
  for (auto code = program_.code.begin() + start; code != program_.code.end(); ++code) {
    if (isJump(code->kind) && code->target >= 0) {
      code->target = firstOf[static_cast<std::size_t>(code->target)];
    }
  }
  // Only now the functions it calls, so that its own instructions lie together.
  const std::size_t endOfCalls = calls_.size();
  for (std::size_t i = firstCall; i < endOfCalls; ++i) {
    const Function* callee = calls_[i].second;
    if (open_.count(callee) != 0) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} calls itself, by way of {}", callee->name, function.name)};
    }
    if (starts_.count(callee) == 0) TRY(emit(*callee));
  }
  open_.erase(&function);
  return {};
}

void Linker::append(Instruction instruction) {
  instruction.statement = static_cast<int32_t>(program_.statements.size()) - 1;
  program_.code.push_back(instruction);
}

Result<void> Linker::emitStatement(const Function& function, const Statement& statement) {
  if (statement.opcode == "call") return emitCall(function, statement);
  if (statement.opcode == ".branchtargets") {
    emitBranchTargets(statement);
    return {};
  }
  const auto decoder = decoders().find(statement.opcode);
  if (decoder == decoders().end()) {
    return mistake(function, statement, "this instruction is not modelled");
  }
  Decoding decoding(layout_, statement);
  decoder->second(decoding);
  if (const std::optional<std::string> what = decoding.finish()) {
    return mistake(function, statement, *what);
  }
  append(decoding.instruction);
  return {};
}

void Linker::emitBranchTargets(const Statement& statement) {
  for (const OperandText& label : statement.operands) {
    Instruction entry;
    entry.kind = Instruction::Kind::Nothing;
    entry.execute = doNothing;
    entry.target = label.index;
    append(entry);
  }
}

// call (results), function, (arguments): one instruction that copies the arguments and jumps, one
// behind it that copies the result.
Result<void> Linker::emitCall(const Function& function, const Statement& statement) {
  const std::vector<OperandText>& operands = statement.operands;
  const OperandText none{OperandText::Kind::List, -1, 0, false, {}, {}};
  std::size_t next = 0;
  const auto isList = [&] {
    return next < operands.size() && operands[next].kind == OperandText::Kind::List;
  };
  const OperandText& results = isList() ? operands[next++] : none;
  if (next >= operands.size() || operands[next].kind != OperandText::Kind::Symbol) {
    return mistake(function, statement, "only calls of a named function are modelled");
  }
  const auto callee = module_.functions.find(operands[next].name);
  ++next;
  const OperandText& arguments = isList() ? operands[next++] : none;
  if (callee == module_.functions.end() || !callee->second.isDefined || next != operands.size()) {
    return mistake(function, statement, "the function that is called is not in this module");
  }
  Instruction call;
  call.kind = Instruction::Kind::Call;
  call.execute = executeCopies;
  if (statement.guard >= 0) {
    call.guard = layout_.registerSlot(statement.guard);
    call.guard.negated = statement.guardNegated;
  }
  call.offset = static_cast<int64_t>(program_.copies.size());
  TRY(copyBetween(function, arguments, callee->second, callee->second.parameters, false));
  call.count = static_cast<uint8_t>(program_.copies.size() - static_cast<std::size_t>(call.offset));
  calls_.emplace_back(program_.code.size(), &callee->second);
  append(call);
  Instruction back;
  back.kind = Instruction::Kind::Nothing;
  back.execute = executeCopies;
  back.guard = call.guard;
  back.offset = static_cast<int64_t>(program_.copies.size());
  TRY(copyBetween(function, results, callee->second, callee->second.results, true));
  back.count = static_cast<uint8_t>(program_.copies.size() - static_cast<std::size_t>(back.offset));
  append(back);
  return {};
}

Result<void> Linker::copyBetween(const Function& from,
                                 const OperandText& caller,
                                 const Function& callee,
                                 const std::vector<int>& formal,
                                 bool isResult) {
  if (caller.parts.size() != formal.size()) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} is called with {} values where it declares {}", callee.name,
                             caller.parts.size(), formal.size())};
  }
  for (std::size_t i = 0; i < formal.size(); ++i) {
    const OperandText& actual = caller.parts[i];
    if (actual.kind != OperandText::Kind::Variable) {
      return Error{ErrorCode::InputRefused,
                   fmt::format("{} is called with something else than a .param", callee.name)};
    }
    const int64_t outside = layout_.parameterOffset(from, actual.index);
    const int64_t inside = layout_.parameterOffset(callee, formal[i]);
    const int64_t bytes = callee.variables[static_cast<std::size_t>(formal[i])].sizeBytes;
    program_.copies.push_back(isResult ? ParameterCopy{inside, outside, bytes}
                                       : ParameterCopy{outside, inside, bytes});
  }
  return {};
}

}  // namespace

Result<Program> linkProgram(const Module& module,
                            const std::string& name,
                            const SymbolTable& symbols) {
  return Linker(module, symbols).link(name);
}

}  // namespace lectern::ptx
