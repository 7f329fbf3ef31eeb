// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace lectern::kernels {

/// What the suite of operations must know of the device that it runs on. The suite is linked into
/// one program a lane, each with its own definition of what is declared here: cpu/lane.cpp,
/// cuda/*_lane.cpp.
struct Lane {
  /// A backend computes with threads, whose number changes no bit.
  bool hasThreads = true;
  /// In how many orders the threads of the device itself are run.
  int orders = 1;
  /// A token has the same bits alone and among others; without it, the same within the bound.
  bool keepsBits = true;
  /// Products with bfloat16 weights of so many elements round their activations to bfloat16.
  int64_t roundsFrom = std::numeric_limits<int64_t>::max();
  /// So do those with quantised ones, which are rounded, too, where there are several tokens; a
  /// token alone meets them as they are.
  bool roundsQuantised = false;
  /// What the activations of smaller ones may be off by, relatively, because they are taken as sums
  /// of bfloat16.
  double halvesError = 0;
  /// Attention over a cache of bfloat16 or bytes may round its queries and weights, too.
  bool attentionRounds = false;
  /// What exp, silu and softplus may be off by, in units of the last place for each unit of the
  /// exponent and at least.
  double unitsPerExponent = 1.5;
  double unitsOfFunctions = 4;
  /// Multiply-adds of a case that are worth their time; larger cases are left out.
  int64_t mostWork = std::numeric_limits<int64_t>::max();
};

/// What the suite is run on. Their names are known without the device.
std::vector<std::string> testedBackends();
Lane laneOf(const std::string& backend);
/// And with which weights: mostly all_weights.cpp's.
std::vector<DType> testedWeights();
/// "reference", or one of testedBackends.
std::unique_ptr<Backend> openTested(const std::string& name, int threads);
/// Why there is nothing to run on; empty where there is.
std::string whySkipped();
/// Before and after each test, and between the orders of one, while nothing of the device lives;
/// `endCase` tells what was found wrong on the way, empty for nothing.
void beginCase(const std::string& backend, int order);
std::string endCase();

/// A test of the suite, on the backend that its parameter names.
template <class Parameter>
class LaneTest : public testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    if (const std::string why = whySkipped(); !why.empty()) GTEST_SKIP() << why;
    beginCase(backend(), 0);
  }
  void TearDown() override { EXPECT_EQ(endCase(), ""); }

  [[nodiscard]] std::string backend() const {
    if constexpr (std::is_same_v<Parameter, std::string>) {
      return this->GetParam();
    } else {
      return std::get<0>(this->GetParam());
    }
  }
  [[nodiscard]] Lane lane() const { return laneOf(backend()); }
};

}  // namespace lectern::kernels
