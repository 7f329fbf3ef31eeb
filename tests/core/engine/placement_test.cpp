// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/placement.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace lectern {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Eight layers of 10 with 1 of states; every second one has experts of 100 besides.
ModelNeeds someModel() {
  ModelNeeds needs;
  for (int i = 0; i < 8; ++i) needs.layers.push_back({10, i % 2 == 1 ? 100 : 0, 1});
  needs.embedding = 20;
  needs.head = 21;
  needs.working = 5;
  return needs;
}
constexpr int64_t kLayers = 8 * 11;
constexpr int64_t kAll = 20 + 21 + 5 + kLayers + 4 * 100;

std::vector<LayerRange> rangesOf(const Placement& placement) {
  std::vector<LayerRange> ranges;
  for (const Placement::Part& part : placement.parts) ranges.push_back(part.layers);
  return ranges;
}
std::vector<bool> staying(std::vector<int> layers) {
  std::vector<bool> list(8);
  for (const int layer : layers) list[static_cast<size_t>(layer)] = true;
  return list;
}

TEST(Placement, PutsAllOnTheFirstDeviceThatHoldsIt) {
  const ModelNeeds needs = someModel();
  EXPECT_EQ(needs.bytes(), kAll);
  const auto placement = place(needs, std::vector<int64_t>{kAll - 1, kAll, kAll}).value();
  EXPECT_TRUE(placement.isWhole());
  EXPECT_EQ(placement.parts.front().device, 1U);
  EXPECT_EQ(placement.parts.front().layers, (LayerRange{0, 8}));
}

TEST(Placement, SpreadsRangesOfLayersWhereNoDeviceHoldsAll) {
  const auto placement = place(someModel(), std::vector<int64_t>{300, 400}).value();
  EXPECT_EQ(placement.stayingLayers(), 0);
  // 5 + 20 + 5 · 11 + 2 · 100 = 280, and 391 with the sixth.
  EXPECT_THAT(rangesOf(placement), ElementsAre(LayerRange{0, 5}, LayerRange{5, 8}));
}

TEST(Placement, KeepsTheExpertsOfAsManyLayersAsTheDeviceHolds) {
  const ModelNeeds needs = someModel();
  const int64_t without = kAll - 400;
  // With room for one layer's that are sent.
  auto placement = place(needs, std::vector<int64_t>{without + 300}).value();
  EXPECT_TRUE(placement.streams);
  EXPECT_EQ(placement.expertsStay, staying({5, 7}));
  EXPECT_EQ(bytesOf(needs, placement, placement.parts.front()), without + 300);
  placement = place(needs, std::vector<int64_t>{without + 299}).value();
  EXPECT_EQ(placement.expertsStay, staying({3, 5, 7}));
  placement = place(needs, std::vector<int64_t>{without + 100}).value();
  EXPECT_EQ(placement.expertsStay, staying({1, 3, 5, 7}));
  EXPECT_TRUE(placement.streams);
}

TEST(Placement, SendsNoneWhereThereIsNoRoomForThemOrTheyMayNot) {
  const ModelNeeds needs = someModel();
  const int64_t without = kAll - 400;
  auto placement = place(needs, std::vector<int64_t>{without + 99}).value();
  EXPECT_FALSE(placement.streams);
  EXPECT_EQ(placement.stayingLayers(), 4);
  placement = place(needs, std::vector<int64_t>{without + 300}, false).value();
  EXPECT_FALSE(placement.streams);
  EXPECT_EQ(placement.expertsStay, staying({7}));
  EXPECT_FALSE(place(needs, std::vector<int64_t>{without - 1}));
}

TEST(Placement, LeavesOutWhatOneDeviceAloneWouldNotHoldWithoutExperts) {
  ModelNeeds dense = someModel();
  for (LayerNeeds& layer : dense.layers) layer.experts = 0;
  EXPECT_FALSE(place(dense, std::vector<int64_t>{100}));
  EXPECT_TRUE(place(dense, std::vector<int64_t>{70, 80}));
  EXPECT_FALSE(place(dense, std::vector<int64_t>{70, 10}));
}

TEST(Placement, CountsTheEmbeddingTwiceWhereItIsTheHeadOfAnotherDevice) {
  ModelNeeds needs = someModel();
  needs.headIsEmbedding = true;
  Placement placement;
  placement.expertsStay.resize(8);
  EXPECT_EQ(bytesOf(needs, placement, {0, {4, 8}}), 5 + 44 + 200 + 21 + 20);
  EXPECT_EQ(needs.bytes(), kAll);
}

// Whatever the sizes: the ranges are contiguous and whole, no device gets more than it has, and
// experts stay only where there are some.
RC_GTEST_PROP(Placement, NeverPutsMoreOnADeviceThanItHas, ()) {
  const auto bytes = [](int64_t end) { return rc::gen::inRange<int64_t>(0, end); };
  ModelNeeds needs;
  const int layers = *rc::gen::inRange(1, 12);
  for (int i = 0; i < layers; ++i) {
    needs.layers.push_back(
        {*bytes(50), *rc::gen::element(true, false) ? *bytes(300) : 0, *bytes(9)});
  }
  needs.embedding = *bytes(60);
  needs.head = *bytes(60);
  needs.headIsEmbedding = *rc::gen::arbitrary<bool>();
  needs.working = *bytes(20);
  const auto free = *rc::gen::nonEmpty(rc::gen::container<std::vector<int64_t>>(bytes(1500)));
  const auto placement = place(needs, free);
  if (!placement) {
    for (const int64_t one : free) RC_ASSERT(needs.bytes() > one);
    return;
  }
  int64_t at = 0;
  size_t device = 0;
  for (const Placement::Part& part : placement->parts) {
    RC_ASSERT(part.layers.first == at);
    RC_ASSERT(part.layers.end > at);
    RC_ASSERT(at == 0 || part.device > device);
    RC_ASSERT(bytesOf(needs, *placement, part) <= free[part.device]);
    at = part.layers.end;
    device = part.device;
  }
  RC_ASSERT(at == layers);
  for (size_t i = 0; i < needs.layers.size(); ++i) {
    RC_ASSERT(!placement->expertsStay[i] || needs.layers[i].experts > 0);
  }
}

TEST(Placement, SaysWhatComputesWhatAndWhy) {
  ModelNeeds needs = someModel();
  for (LayerNeeds& layer : needs.layers) {
    layer = {layer.weights * 100'000'000, layer.experts * 100'000'000, layer.states};
  }
  const std::vector<DeviceWords> devices = {{"cuda:0", 24'000'000'000}, {"cuda:1", 16'000'000'000}};
  Placement placement;
  placement.expertsStay.resize(8);
  placement.parts = {{0, {0, 8}}};
  EXPECT_THAT(describe(needs, placement, devices, ""), IsEmpty());

  placement.parts = {{0, {0, 5}}, {1, {5, 8}}};
  EXPECT_THAT(describe(needs, placement, devices, ""),
              AllOf(HasSubstr("layers 1 to 5 on cuda:0, layers 6 to 8 on cuda:1"),
                    HasSubstr("48.0 GB"), Not(HasSubstr("experts"))));

  placement.parts = {{0, {0, 8}}};
  placement.expertsStay = staying({5, 7});
  placement.streams = true;
  EXPECT_THAT(describe(needs, placement, devices, "cpu-avx2"),
              AllOf(HasSubstr("The experts of 2 of 4 layers stay in the computer's memory"),
                    HasSubstr("24.0 GB free on cuda:0"), HasSubstr("needs 48.0 GB"),
                    HasSubstr("cpu-avx2 computes them when it writes")));
  placement.streams = false;
  EXPECT_THAT(describe(needs, placement, devices, "cpu-avx2"), HasSubstr("no room to send them"));
}

}  // namespace
}  // namespace lectern
