// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simt/traffic.h"

#include <algorithm>

namespace lectern::simt {
namespace {

constexpr uintptr_t kSectorBytes = 32;
constexpr uintptr_t kBankBytes = 4;
constexpr unsigned kBanks = 32;

/// Lanes that shared memory serves together: a wavefront carries 128 bytes.
unsigned lanesTogether(uint32_t bytes) {
  return bytes >= 16 ? 8 : bytes >= 8 ? 16 : 32;
}

size_t sortedUnique(uintptr_t* values, size_t count) {
  if (!std::is_sorted(values, values + count)) std::sort(values, values + count);
  return static_cast<size_t>(std::unique(values, values + count) - values);
}

}  // namespace

Traffic& Traffic::operator+=(const Traffic& other) {
  globalRequests += other.globalRequests;
  globalBytes += other.globalBytes;
  sectors += other.sectors;
  distinctSectors += other.distinctSectors;
  sharedRequests += other.sharedRequests;
  wavefronts += other.wavefronts;
  idealWavefronts += other.idealWavefronts;
  return *this;
}

void RequestCounter::reset(size_t warps) {
  warps_.clear();
  warps_.resize(warps);
  bySite_.clear();
}

void RequestCounter::add(
    size_t warp, unsigned lane, uint32_t site, uintptr_t address, uint32_t bytes, bool shared) {
  WarpRequests& requests = warps_[warp];
  if (requests.bySite.size() <= site) requests.bySite.resize(site + 1);
  if (requests.bySite[site] == nullptr) requests.bySite[site] = std::make_unique<Pending>();
  Pending& pending = *requests.bySite[site];
  pending.shared = shared;
  if (!pending.listed) {
    pending.listed = true;
    requests.open.push_back(site);
  }
  const uint32_t turn = pending.count[lane]++;
  if (turn >= pending.used) {
    if (pending.used == pending.requests.size()) pending.requests.emplace_back();
    Request& fresh = pending.requests[pending.used++];
    fresh.lanes = 0;
    fresh.bytes = bytes;
  }
  Request& request = pending.requests[turn];
  request.lanes |= 1U << lane;
  request.addresses[lane] = address;
}

int64_t RequestCounter::sectorsOf(const Request& request) {
  std::array<uintptr_t, 2 * kWarpLanes> sectors;
  size_t count = 0;
  for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
    if ((request.lanes >> lane & 1U) == 0) continue;
    const uintptr_t first = request.addresses[lane] / kSectorBytes;
    const uintptr_t last = (request.addresses[lane] + request.bytes - 1) / kSectorBytes;
    for (uintptr_t sector = first; sector <= last && count < sectors.size(); ++sector)
      sectors[count++] = sector;
  }
  return static_cast<int64_t>(sortedUnique(sectors.data(), count));
}

/// The lanes of a phase are served together; as many wavefronts as the busiest bank has different
/// words.
void RequestCounter::wavefrontsOf(const Request& request, Traffic* traffic) {
  const unsigned together = lanesTogether(request.bytes);
  for (unsigned phase = 0; phase < kWarpLanes; phase += together) {
    std::array<uintptr_t, kWarpLanes> words;
    size_t count = 0;
    for (unsigned lane = phase; lane < phase + together; ++lane) {
      if ((request.lanes >> lane & 1U) == 0) continue;
      const uintptr_t first = request.addresses[lane] / kBankBytes;
      const uintptr_t last = (request.addresses[lane] + request.bytes - 1) / kBankBytes;
      for (uintptr_t word = first; word <= last && count < words.size(); ++word)
        words[count++] = word;
    }
    if (count == 0) continue;
    count = sortedUnique(words.data(), count);
    std::array<int, kBanks> inBank{};
    int busiest = 0;
    for (size_t i = 0; i < count; ++i) busiest = std::max(busiest, ++inBank[words[i] % kBanks]);
    traffic->wavefronts += busiest;
    traffic->idealWavefronts += 1;
  }
}

void RequestCounter::complete(size_t warp) {
  WarpRequests& requests = warps_[warp];
  for (const uint32_t site : requests.open) {
    Pending& pending = *requests.bySite[site];
    if (bySite_.size() <= site) bySite_.resize(site + 1);
    Traffic& traffic = bySite_[site];
    for (size_t i = 0; i < pending.used; ++i) {
      if (pending.shared) {
        ++traffic.sharedRequests;
        wavefrontsOf(pending.requests[i], &traffic);
      } else {
        ++traffic.globalRequests;
        traffic.sectors += sectorsOf(pending.requests[i]);
      }
    }
    pending.used = 0;
    pending.count.fill(0);
    pending.listed = false;
  }
  requests.open.clear();
}

void RequestCounter::completeAll() {
  for (size_t warp = 0; warp < warps_.size(); ++warp) complete(warp);
}

}  // namespace lectern::simt
