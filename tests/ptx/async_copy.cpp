// SPDX-License-Identifier: GPL-3.0-or-later
// cp.async, its groups and its waits (PTX ISA 9.7.9.25). Bulk copies are not modelled.
#include "tests/ptx/block.h"
#include "tests/ptx/decoding.h"
#include "tests/ptx/warp.h"

namespace lectern::ptx {
namespace {

// slots: shared address, global address, source size or predicate to ignore the source.
// `offset` is the shared address's, `target` the global one's; `count` the bytes; `flag`: slot 2 is
// the predicate.
void executeCopy(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  Instruction source = instruction;
  source.space = Space::Global;
  source.offset = instruction.target;
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    PendingCopy copy;
    copy.bytes = instruction.count;
    copy.sourceBytes = instruction.count;
    copy.statement = instruction.statement;
    const Slot size = instruction.slots[2];
    if (size.exists() && instruction.flag) {
      if ((warp.predicate(size) >> lane & 1) != 0) copy.sourceBytes = 0;
    } else if (size.exists()) {
      copy.sourceBytes = static_cast<int>(warp.bits(size, lane));
    }
    if (copy.sourceBytes > copy.bytes) {
      return warp.fault(instruction, lane, cuda_runtime::FindingKind::OutOfBounds,
                        "a source that is larger than its copy");
    }
    copy.shared = warp.address(instruction, instruction.slots[0], lane);
    if (warp.access(instruction, lane, copy.shared, copy.bytes, AccessKind::Write) == nullptr)
      return;
    copy.source = warp.address(source, instruction.slots[1], lane);
    if (copy.source % copy.bytes != 0) {
      return warp.misaligned(instruction, lane, copy.source, copy.bytes, AccessKind::Read);
    }
    // Nothing is read of a source of no bytes, so it may point anywhere.
    if (copy.sourceBytes > 0 && !warp.readable(source, lane, copy.source, copy.sourceBytes)) return;
    warp.beginCopy(lane, copy);
  }
}

void executeCommit(const Instruction& /*instruction*/, Warp& warp, uint32_t lanes) {
  warp.commitCopies(lanes);
}

void executeWait(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  warp.waitForCopies(lanes, static_cast<std::size_t>(instruction.offset), instruction.flag);
}

void decodeTransfer(Decoding& decoding) {
  Instruction& instruction = decoding.instruction;
  if (!decoding.take("ca")) decoding.need("cg");
  if (!decoding.take("shared::cta")) decoding.need("shared");
  decoding.need("global");
  for (const std::string_view hint : {"L2::64B", "L2::128B", "L2::256B"}) decoding.take(hint);
  instruction.execute = executeCopy;
  instruction.space = Space::Global;
  decoding.address(1, 1);
  instruction.target = static_cast<int32_t>(instruction.offset);
  instruction.space = Space::Shared;
  decoding.address(0, 0);
  const uint64_t bytes = decoding.immediate(2);
  if (bytes != 4 && bytes != 8 && bytes != 16) decoding.fail("4, 8 or 16 bytes are expected");
  instruction.count = static_cast<uint8_t>(bytes);
  if (!decoding.hasOperand(3)) return;
  const OperandText& last = decoding.operand(3);
  instruction.flag = last.kind == OperandText::Kind::Register &&
                     decoding.layout().registerSlot(last.index).bytes == 0;
  instruction.slots[2] = decoding.source(3, instruction.flag ? Type::Pred : Type::U32);
}

void decodeCopy(Decoding& decoding) {
  decoding.need("async");
  if (decoding.take("commit_group")) {
    decoding.instruction.execute = executeCommit;
  } else if (decoding.take("wait_group")) {
    decoding.instruction.execute = executeWait;
    decoding.instruction.offset = static_cast<int64_t>(decoding.immediate(0));
  } else if (decoding.take("wait_all")) {
    decoding.instruction.execute = executeWait;
    decoding.instruction.flag = true;
  } else {
    decodeTransfer(decoding);
  }
}

}  // namespace

void addAsyncCopy(DecoderTable& table) {
  table["cp"] = decodeCopy;
}

}  // namespace lectern::ptx
