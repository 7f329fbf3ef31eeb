// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/document/block.h"

#include "core/base/byte_io.h"

namespace lectern {

namespace {

constexpr uint8_t kVersion = 1;
constexpr int64_t kMinBlockBytes = 4;

}  // namespace

std::string encodeBlocks(const std::vector<Block>& blocks) {
  ByteWriter writer;
  writer.u8(kVersion);
  writer.varint(blocks.size());
  int64_t end = 0;
  for (const Block& block : blocks) {
    writer.u8(static_cast<uint8_t>(block.kind));
    writer.u8(block.level);
    writer.varint(static_cast<uint64_t>(block.span.begin - end));
    writer.varint(static_cast<uint64_t>(block.span.length()));
    end = block.span.end;
  }
  return writer.take();
}

Result<std::vector<Block>> decodeBlocks(std::string_view bytes, int64_t textBytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) reader.fail();
  const int64_t count = reader.count(kMinBlockBytes);
  std::vector<Block> blocks;
  blocks.reserve(static_cast<size_t>(count));
  int64_t end = 0;
  for (int64_t i = 0; i < count && !reader.failed(); ++i) {
    Block block;
    const uint8_t kind = reader.u8();
    if (kind > static_cast<uint8_t>(BlockKind::Margin)) {
      reader.fail();
      break;
    }
    block.kind = static_cast<BlockKind>(kind);
    block.level = reader.u8();
    const uint64_t gap = reader.varint();
    const uint64_t length = reader.varint();
    const auto rest = static_cast<uint64_t>(textBytes - end);
    if (gap > rest || length > rest - gap) {
      reader.fail();
      break;
    }
    block.span.begin = end + static_cast<int64_t>(gap);
    block.span.end = end = block.span.begin + static_cast<int64_t>(length);
    blocks.push_back(block);
  }
  TRY(reader.finish("list of text blocks"));
  return blocks;
}

}  // namespace lectern
