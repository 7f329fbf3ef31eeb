// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace lectern::cuda_runtime {

/// The blocks of a launch that an engine runs, rising: all `count`, or of more than `wanted` the
/// first, the last, and a random one of each of as many equal runs of blocks between them; so a
/// sample also has its share of those that have more to do than others. `wanted` 0 runs all;
/// `below(n)` is a random number smaller than n.
template <class Below>
std::vector<uint32_t> sampledBlocks(uint32_t count, uint32_t wanted, const Below& below) {
  std::vector<uint32_t> blocks(wanted == 0 || wanted >= count ? count : wanted);
  std::iota(blocks.begin(), blocks.end(), 0U);
  if (blocks.size() == count) return blocks;
  const auto startOf = [&](uint32_t run) {
    return static_cast<uint32_t>(uint64_t{run} * count / wanted);
  };
  for (uint32_t i = 1; i < wanted; ++i) {
    blocks[i] = startOf(i) + below(startOf(i + 1) - startOf(i));
  }
  blocks.back() = count - 1;
  return blocks;
}

}  // namespace lectern::cuda_runtime
