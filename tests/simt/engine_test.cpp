// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simt/kernels/smoke.h"
#include "tests/simt/simt.h"

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <vector>

namespace lectern::simt {
namespace {

TEST(Engine, AddsTwoVectors) {
  reset();
  const int n = 1000;
  std::vector<float> a(n, 1.5F);
  std::vector<float> b(n, 2.0F);
  float *da, *db, *ds;
  ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&da), n * 4), cudaSuccess);
  ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&db), n * 4), cudaSuccess);
  ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&ds), n * 4), cudaSuccess);
  cudaMemcpy(da, a.data(), n * 4, cudaMemcpyHostToDevice);
  cudaMemcpy(db, b.data(), n * 4, cudaMemcpyHostToDevice);
  ASSERT_EQ(launchAdd(da, db, ds, n, nullptr), cudaSuccess);
  std::vector<float> sum(n);
  ASSERT_EQ(cudaMemcpy(sum.data(), ds, n * 4, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(sum[999], 3.5F);
  EXPECT_EQ(cuda_runtime::findingsText(), "");
  EXPECT_EQ(launches().at(0).kernel, "addKernel");
  EXPECT_EQ(launches().at(0).traffic.sectors, 3 * 125);
}

}  // namespace
}  // namespace lectern::simt
