// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/probe.h"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lectern::kernels::cuda {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

const CardFacts kGoodCard{"NVIDIA GeForce RTX 4060", 8, 9, 24, int64_t{8} << 30, false};

TEST(Probe, SaysThatThereIsNoDriver) {
  EXPECT_EQ(whyNoCard({cudaErrorInsufficientDriver, 0, 13000, 0}),
            "No NVIDIA driver is installed.");
}

TEST(Probe, SaysWhichDriverIsNeededWhereItIsTooOld) {
  EXPECT_THAT(whyNoCard({cudaErrorInsufficientDriver, 12040, 13000, 0}),
              AllOf(HasSubstr("too old"), HasSubstr("CUDA 12.4"), HasSubstr("needs 13.0"),
                    HasSubstr("580")));
}

TEST(Probe, TakesAnyDriverOfTheRuntimesOwnMajorVersionAndNewerOnes) {
  EXPECT_THAT(whyNoCard({cudaSuccess, 13000, 13010, 1}), IsEmpty());
  EXPECT_THAT(whyNoCard({cudaSuccess, 14020, 13000, 1}), IsEmpty());
}

TEST(Probe, SaysThatTheDriverFindsNoCard) {
  EXPECT_THAT(whyNoCard({cudaErrorNoDevice, 13000, 13000, 0}), HasSubstr("no graphics card"));
  EXPECT_THAT(whyNoCard({cudaSuccess, 13000, 13000, 0}), HasSubstr("no graphics card"));
}

TEST(Probe, PassesOnWhatADriverAnswersThatDoesNotStart) {
  EXPECT_THAT(whyNoCard({cudaErrorSystemDriverMismatch, 13000, 13000, 0}),
              HasSubstr(cudaGetErrorString(cudaErrorSystemDriverMismatch)));
}

TEST(Probe, SaysOfACardWhatIsAmissWithIt) {
  EXPECT_THAT(whyNotUsable(kGoodCard), IsEmpty());
  CardFacts card = kGoodCard;
  card.name = "NVIDIA GeForce RTX 2080";
  card.major = 7;
  card.minor = 5;
  EXPECT_THAT(whyNotUsable(card),
              AllOf(HasSubstr("RTX 2080 is too old"), HasSubstr("7.5"), HasSubstr("needs 8.0")));
  card = kGoodCard;
  card.memoryBytes = int64_t{1} << 30;
  EXPECT_THAT(whyNotUsable(card),
              AllOf(HasSubstr("too little memory: 1024 MiB"), HasSubstr("needs 2048")));
  card = kGoodCard;
  card.isProhibited = true;
  EXPECT_THAT(whyNotUsable(card), HasSubstr("compute for nobody"));
}

TEST(Probe, TakesTheOldestCardsWithTheInstructionsWeUse) {
  CardFacts card = kGoodCard;
  card.major = 8;
  card.minor = 0;
  EXPECT_THAT(whyNotUsable(card), IsEmpty());
  card.major = 12;
  EXPECT_THAT(whyNotUsable(card), IsEmpty());
}

}  // namespace
}  // namespace lectern::kernels::cuda
