// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/contract.h"

#include "kernels/backend.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

namespace lectern::kernels {
namespace {

class ContractTest : public testing::Test {
 protected:
  Matrix u_{3, 8}, delta_{3, 8}, bias_{1, 8}, a_{4, 8}, b_{3, 4}, c_{3, 4}, skip_{1, 8}, z_{3, 8},
      h_{4, 8}, out_{3, 8};
  SelectiveScan scan_{u_.view(), delta_.view(), bias_.view(), a_.view(), b_.view(),
                      c_.view(), skip_.view(),  z_.view(),    h_.view(), out_.view()};
};

TEST_F(ContractTest, HasNothingAgainstASoundOperation) {
  EXPECT_EQ(contractBreach(scan_), "");
}

TEST_F(ContractTest, NamesTheOperandAndBothNumbers) {
  Matrix wrong(2, 8);
  scan_.delta = wrong.view();
  EXPECT_EQ(contractBreach(scan_), "SelectiveScan: delta has 2 rows, not 3.");
}

TEST_F(ContractTest, AsksForEveryOperandThatIsNotOptional) {
  scan_.z = {};
  EXPECT_EQ(contractBreach(scan_), "");
  scan_.skip = {};
  EXPECT_EQ(contractBreach(scan_), "SelectiveScan: skip is missing.");
}

TEST_F(ContractTest, AsksForWholeBlocksOfOneType) {
  Matrix in(3, 48), out(3, 8);
  const std::vector<char> blocks = randomBlocks(DType::Q4_0, 8 * 64, 1);
  Weight weight{blocks.data(), DType::Q4_0, 1, 8, 48};
  EXPECT_EQ(contractBreach(Linear{weight, in.view(), {}, out.view()}),
            "Linear: weight has 48 columns, not whole blocks of 32.");
  weight.in = 64;
  Matrix wide(3, 64);
  Weight up = weight;
  EXPECT_EQ(contractBreach(LinearGated{weight, up, wide.view(), out.view()}), "");
  up.dtype = DType::Q8_0;
  EXPECT_EQ(contractBreach(LinearGated{weight, up, wide.view(), out.view()}),
            "LinearGated: gate and up have different element types.");
}

TEST_F(ContractTest, RefusesOutputsThatOverlapInputs) {
  scan_.out = scan_.u;
  EXPECT_EQ(contractBreach(scan_), "SelectiveScan: out and u overlap.");
}

TEST_F(ContractTest, AllowsTheTwoHalvesOfOneMatrix) {
  Matrix xz(3, 16);
  scan_.out = xz.view().colRange(0, 8);
  scan_.z = xz.view().colRange(8, 8);
  EXPECT_EQ(contractBreach(scan_), "");
  scan_.z = xz.view().colRange(7, 8);
  EXPECT_EQ(contractBreach(scan_), "SelectiveScan: out and z overlap.");
}

TEST_F(ContractTest, RefusesHalfATap) {
  Matrix q(1, 8);
  Matrix weights(1, 2);
  std::vector<float> page(2 * 64 * 4);
  void* pages[] = {page.data()};
  int32_t position = 0;
  AttendOne op{q.view(),
               KvCache{pages, 64, 1, 1, 4, DType::F32},
               2,
               out_.view().rowRange(0, 1),
               weights.view(),
               {},
               Step{&position}};
  EXPECT_EQ(contractBreach(op), "AttendOne: headWeight and mass must both be there or neither.");
}

TEST_F(ContractTest, KnowsTheTypesOfACache) {
  Matrix q(3, 8);
  std::vector<float> page(2 * 64 * 4);
  void* pages[] = {page.data()};
  int32_t position = 0;
  AttendMany op{q.view(), KvCache{pages, 64, 1, 1, 4, DType::F32}, 2, out_.view(), Step{&position}};
  for (const DType dtype : {DType::F32, DType::BF16, DType::I8}) {
    op.cache.dtype = dtype;
    EXPECT_EQ(contractBreach(op), "");
  }
  for (const DType dtype : {DType::I32, DType::Q8_0}) {
    op.cache.dtype = dtype;
    EXPECT_EQ(contractBreach(op), "AttendMany: the cache has an element type it cannot have.");
  }
}

TEST_F(ContractTest, HasNoWeightsOfBytesAlone) {
  Weight weight{a_.values().data(), DType::I8, 1, 8, 8};
  EXPECT_EQ(contractBreach(Linear{weight, u_.view(), {}, out_.view()}),
            "Linear: weight has an element type that weights have not.");
}

TEST_F(ContractTest, EndsTheProgramWithTheWords) {
  scan_.skip = {};
  const auto backend = openBackend("reference", 1).value();
  const auto stream = backend->newStream().value();
  EXPECT_DEATH(backend->run(scan_, *stream), "SelectiveScan: skip is missing");
}

}  // namespace
}  // namespace lectern::kernels
