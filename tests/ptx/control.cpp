// SPDX-License-Identifier: GPL-3.0-or-later
// Branches, returns, barriers and fences (PTX ISA 9.7.12, 9.7.13). Calls and lists of branch
// targets become several instructions and are made by the linker (program.cpp).
#include "tests/ptx/block.h"
#include "tests/ptx/decoding.h"

namespace lectern::ptx {
namespace {

void doNothing(const Instruction& /*instruction*/, Warp& /*warp*/, uint32_t /*lanes*/) {}

int labelOf(Decoding& decoding, std::size_t index) {
  const OperandText& label = decoding.operand(index);
  if (label.kind != OperandText::Kind::Label) decoding.fail("a label is expected");
  return label.index;
}

// The linker turns the statement's index into an instruction's.
void decodeBranch(Decoding& decoding) {
  decoding.take("uni");
  decoding.instruction.kind = Instruction::Kind::Branch;
  decoding.instruction.execute = doNothing;
  decoding.instruction.target = labelOf(decoding, 0);
}

void decodeIndexedBranch(Decoding& decoding) {
  decoding.need("idx");
  decoding.take("uni");
  Instruction& instruction = decoding.instruction;
  instruction.kind = Instruction::Kind::IndexedBranch;
  instruction.execute = doNothing;
  instruction.slots[0] = decoding.source(0, Type::U32);
  instruction.target = labelOf(decoding, 1);
  const auto& statements = decoding.layout().function().statements;
  const auto list = static_cast<std::size_t>(instruction.target);
  if (list >= statements.size() || statements[list].opcode != ".branchtargets") {
    return decoding.fail("a list of branch targets is expected");
  }
  instruction.offset = static_cast<int64_t>(statements[list].operands.size());
}

void decodeReturn(Decoding& decoding) {
  decoding.take("uni");
  decoding.instruction.kind = Instruction::Kind::Return;
  decoding.instruction.execute = doNothing;
}

void decodeExit(Decoding& decoding) {
  decoding.instruction.kind = Instruction::Kind::Exit;
  decoding.instruction.execute = doNothing;
}

void executeTrap(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  warp.fault(instruction, std::countr_zero(lanes), cuda_runtime::FindingKind::Runtime, "trap");
}

void decodeTrap(Decoding& decoding) {
  decoding.instruction.execute = executeTrap;
}

// ---------------------------------------------------------------------------------------- barriers

void executeWarpBarrier(const Instruction& /*instruction*/, Warp& warp, uint32_t lanes) {
  warp.passWarpBarrier(lanes);
}

void decodeWarpBarrier(Decoding& decoding) {
  decoding.need("sync");
  decoding.instruction.kind = Instruction::Kind::Collective;
  decoding.instruction.execute = executeWarpBarrier;
  decoding.instruction.slots[Instruction::kMembers] = decoding.source(0, Type::B32);
}

// bar.sync a{, b}; bar.red.op d, a{, b}, c
void decodeBarrier(Decoding& decoding) {
  if (decoding.take("warp")) return decodeWarpBarrier(decoding);
  decoding.take("cta");
  decoding.take("aligned");
  Instruction& instruction = decoding.instruction;
  instruction.kind = Instruction::Kind::BlockBarrier;
  instruction.execute = doNothing;
  if (decoding.take("sync")) {
    instruction.slots[0] = decoding.source(0, Type::U32);
    if (decoding.hasOperand(1)) instruction.slots[1] = decoding.source(1, Type::U32);
    return;
  }
  decoding.need("red");
  const std::optional<BarrierReduction> reduction =
      decoding.takeOneOf<BarrierReduction>({{"popc", BarrierReduction::Count},
                                            {"and", BarrierReduction::And},
                                            {"or", BarrierReduction::Or}});
  if (!reduction) return decoding.fail("a reduction is expected");
  const Type type = *reduction == BarrierReduction::Count ? Type::U32 : Type::Pred;
  decoding.need(nameOf(type));
  instruction.mode = static_cast<uint8_t>(*reduction);
  instruction.slots[2] = decoding.destination(0, type);
  instruction.slots[0] = decoding.source(1, Type::U32);
  const bool hasCount = decoding.hasOperand(3);
  if (hasCount) instruction.slots[1] = decoding.source(2, Type::U32);
  instruction.slots[3] = decoding.source(hasCount ? 3 : 2, Type::Pred);
}

// Memory is seen at once by all threads of the interpreter: a fence orders what is ordered already.
void decodeFence(Decoding& decoding) {
  for (const std::string_view word :
       {"sc", "acq_rel", "acquire", "release", "cta", "gl", "gpu", "sys"}) {
    decoding.take(word);
  }
  decoding.instruction.execute = doNothing;
}

void decodeSleep(Decoding& decoding) {
  decoding.need("u32");
  decoding.instruction.execute = doNothing;
  decoding.instruction.slots[0] = decoding.source(0, Type::U32);
}

}  // namespace

void addControl(DecoderTable& table) {
  table["bra"] = decodeBranch;
  table["brx"] = decodeIndexedBranch;
  table["ret"] = decodeReturn;
  table["exit"] = decodeExit;
  table["trap"] = decodeTrap;
  table["bar"] = decodeBarrier;
  table["barrier"] = decodeBarrier;
  table["membar"] = decodeFence;
  table["fence"] = decodeFence;
  table["nanosleep"] = decodeSleep;
}

}  // namespace lectern::ptx
