// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/simt/engine.h"
#include "tests/simt/simt.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace lectern::simt {

/// Puts the accesses of a warp's lanes together to requests, as the hardware does: the n-th time
/// that each lane comes to an instruction since they were last all at the same place. Counts what
/// the requests cost, by instruction.
class RequestCounter {
 public:
  /// Forgets everything; `warps` is the number in a block.
  void reset(size_t warps);

  /// `site` numbers the instruction; one that touches both memories has a number for each.
  void add(
      size_t warp, unsigned lane, uint32_t site, uintptr_t address, uint32_t bytes, bool shared);

  /// The lanes are together (again): nothing that follows belongs to a request from before.
  void complete(size_t warp);
  void completeAll();

  /// By site. Bytes and distinct sectors are not counted here.
  const std::vector<Traffic>& bySite() const { return bySite_; }

 private:
  struct Request {
    unsigned lanes = 0;
    uint32_t bytes = 0;
    std::array<uintptr_t, kWarpLanes> addresses{};
  };
  struct Pending {
    bool shared = false;
    bool listed = false;
    std::array<uint32_t, kWarpLanes> count{};
    std::vector<Request> requests;
    size_t used = 0;
  };
  struct WarpRequests {
    std::vector<std::unique_ptr<Pending>> bySite;
    std::vector<uint32_t> open;
  };

  static int64_t sectorsOf(const Request& request);
  static void wavefrontsOf(const Request& request, Traffic* traffic);

  std::vector<WarpRequests> warps_;
  std::vector<Traffic> bySite_;
};

}  // namespace lectern::simt
