// SPDX-License-Identifier: GPL-3.0-or-later
// When the backend multiplies with cuBLAS and when not, on the substitute for the library. What the
// products give is tested by the suite, in the lane cuda/cublas.
#include "kernels/cuda/cublas.h"

#include "kernels/bfloat16.h"
#include "kernels/cuda/cuda_backend.h"
#include "tests/cublas/attach.h"
#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/kernels/op_data.h"
#include "tests/simt/simt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace lectern::kernels::cuda {
namespace {

using cublas_substitute::Control;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class CublasTest : public testing::Test {
 protected:
  CublasTest() : control_(*cublas_substitute::attach(LECTERN_CUBLAS_SUBSTITUTE)) {
    simt::reset();
    find(LECTERN_CUBLAS_SUBSTITUTE);
    Cublas::setLeast({});
    const cublas_substitute::Runtime runtime = control_.runtime;
    control_ = Control();
    control_.runtime = runtime;
  }
  ~CublasTest() override {
    EXPECT_EQ(cuda_runtime::findingsText(), "");
    EXPECT_EQ(control_.handles, 0);
  }
  static void find(const std::string& place) {
    ASSERT_EQ(::setenv("LECTERN_CUBLAS", place.c_str(), 1), 0);
  }
  static std::string whoMultiplies() { return CudaBackend::open(0).value()->properties().products; }

  Control& control_;
};

/// Products of one input on one card.
class Products {
 public:
  Products(int64_t rows, int64_t outs, int64_t inner)
      : backend_(CudaBackend::open(0).value()),
        stream_(backend_->newStream().value()),
        shape_{nullptr, DType::BF16, 1, outs, inner} {
    in_ = matrix(put(Matrix::random(rows, inner, 1)), DType::F32, rows, inner);
    out_ = matrix(put(Matrix::random(rows, outs, 2)), DType::F32, rows, outs);
    bias_ = vector(put(Matrix::random(1, outs, 3)), DType::F32, outs);
    first_ = weight(4);
    second_ = weight(5);
  }

  [[nodiscard]] Linear linear() const { return {first_, in_, {}, out_}; }
  [[nodiscard]] Linear biased() const { return {first_, in_, bias_, out_}; }
  [[nodiscard]] LinearGated gated() const { return {first_, second_, in_, out_}; }

  std::vector<float> run(const Operation& operation) {
    backend_->run(operation, *stream_);
    return result();
  }
  std::vector<float> result() {
    std::vector<float> values(static_cast<size_t>(out_.rows * out_.cols));
    stream_->copyOut(values.data(), out_.data, out_.bytes());
    EXPECT_TRUE(stream_->wait());
    return values;
  }
  [[nodiscard]] std::string whoMultiplies() const { return backend_->properties().products; }
  CudaBackend& backend() { return *backend_; }
  Stream& stream() { return *stream_; }

 private:
  void* put(Matrix values) {
    const auto bytes = static_cast<int64_t>(values.values().size() * sizeof(float));
    Buffer& buffer = buffers_.emplace_back(backend_->allocate(bytes, "a test").value());
    stream_->copyIn(buffer.data(), values.values().data(), bytes);
    EXPECT_TRUE(stream_->wait());
    return buffer.data();
  }
  Weight weight(uint32_t seed) {
    std::vector<BFloat16> narrow;
    Matrix values = Matrix::random(shape_.out, shape_.in, seed);
    for (const float value : values.values()) narrow.push_back(toBFloat16(value));
    Weight weight = shape_;
    const int64_t bytes = backend_->packedBytes(DType::BF16, 1, shape_.out, shape_.in);
    weight.data = buffers_.emplace_back(backend_->allocate(bytes, "a test").value()).data();
    EXPECT_TRUE(backend_->pack(shape_, 0, narrow.data(), const_cast<void*>(weight.data)));
    return weight;
  }

  std::unique_ptr<CudaBackend> backend_;
  std::unique_ptr<Stream> stream_;
  std::vector<Buffer> buffers_;
  Weight shape_;
  Weight first_, second_;
  Tensor in_, out_, bias_;
};

constexpr int64_t kInner = 1024;
constexpr int64_t kRounding = 512;  // outputs of a matrix that activations are rounded for
constexpr int64_t kKeeping = 256;   // and of one that they are not

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(double{a[i]} - b[i]));
  return worst;
}

TEST_F(CublasTest, SaysWhichVersionMultiplies) {
  EXPECT_EQ(whoMultiplies(), "cuBLAS 13.1.2");
  control_.version = 120805;
  EXPECT_EQ(whoMultiplies(), "cuBLAS 12.8.5");
}

TEST_F(CublasTest, IsFoundInAFolder) {
  find(std::filesystem::path(LECTERN_CUBLAS_SUBSTITUTE).parent_path());
  EXPECT_EQ(whoMultiplies(), "cuBLAS 13.1.2");
}

TEST_F(CublasTest, IsNotLookedForWhereItIsSwitchedOff) {
  find("off");
  EXPECT_EQ(whoMultiplies(), "Lectern's own (cuBLAS: switched off by LECTERN_CUBLAS)");
  Products products(64, kRounding, kInner);
  (void)products.run(products.linear());
  EXPECT_EQ(control_.creations, 0);
}

TEST_F(CublasTest, SaysWhereItIsNot) {
  find(testing::TempDir());
  EXPECT_THAT(whoMultiplies(),
              AllOf(StartsWith("Lectern's own (no cuBLAS: "), HasSubstr("libcublas.so.13")));
  const std::string file = testing::TempDir() + "no_library";
  std::ofstream(file) << "text";
  find(file);
  EXPECT_THAT(whoMultiplies(), AllOf(StartsWith("Lectern's own (no cuBLAS: "), HasSubstr(file)));
}

TEST_F(CublasTest, IsNotALibraryWithoutItsFunctions) {
  find("libm.so.6");
  EXPECT_EQ(whoMultiplies(), "Lectern's own (no cuBLAS: libm.so.6 has no cublasCreate_v2)");
}

TEST_F(CublasTest, IsNotUsedWhereItDoesNotStart) {
  control_.createStatus = cublas::kNotInitialised;
  Products products(64, kRounding, kInner);
  EXPECT_EQ(products.whoMultiplies(),
            "Lectern's own (cuBLAS: cublasCreate failed: not initialised (1))");
  (void)products.run(products.linear());
  EXPECT_EQ(control_.products, 0);
}

// The library itself, where CUDA is installed and no driver.
TEST_F(CublasTest, OfNvidiaSaysThatItDoesNotStartWithoutADriver) {
  if (!std::filesystem::exists(LECTERN_CUBLAS_INSTALLED)) GTEST_SKIP() << "no cuBLAS here";
  if (std::filesystem::exists("/dev/nvidiactl")) GTEST_SKIP() << "there is a driver";
  find(LECTERN_CUBLAS_INSTALLED);
  EXPECT_EQ(whoMultiplies(), "Lectern's own (cuBLAS: cublasCreate failed: not initialised (1))");
}

TEST_F(CublasTest, MultipliesManyRowsWithLargeMatrices) {
  struct Case {
    int64_t rows, outs;
    int64_t linear, gated;  // products
  };
  for (const Case& c :
       {Case{64, kRounding, 1, 2}, Case{8, kRounding, 1, 2}, Case{7, kRounding, 0, 0},
        Case{1, kRounding, 0, 0}, Case{64, kKeeping, 2, 4}, Case{8, kKeeping - 1, 0, 0}}) {
    SCOPED_TRACE(testing::Message() << c.rows << " × " << c.outs);
    Products products(c.rows, c.outs, kInner);
    control_.products = 0;
    (void)products.run(products.linear());
    EXPECT_EQ(control_.products, c.linear);
    control_.products = 0;
    (void)products.run(products.biased());
    EXPECT_EQ(control_.products, c.linear);
    control_.products = 0;
    (void)products.run(products.gated());
    EXPECT_EQ(control_.products, c.gated);
  }
}

// Each of the four products of a gate with two terms in turn.
TEST_F(CublasTest, ThatRefusesAProductIsNotAskedAgain) {
  find("off");
  Products own(64, kKeeping, kInner);
  const std::vector<float> expected = own.run(own.gated());
  find(LECTERN_CUBLAS_SUBSTITUTE);
  for (int k = 1; k <= 4; ++k) {
    SCOPED_TRACE(k);
    Products products(64, kKeeping, kInner);
    EXPECT_EQ(products.whoMultiplies(), "cuBLAS 13.1.2");
    control_.products = 0;
    control_.failProduct = k;
    EXPECT_EQ(products.run(products.gated()), expected);
    EXPECT_EQ(control_.products, k - 1);
    EXPECT_EQ(products.whoMultiplies(),
              "Lectern's own (cuBLAS 13.1.2: cublasGemmEx failed: execution failed (13))");
    EXPECT_EQ(products.run(products.gated()), expected);
    EXPECT_EQ(control_.products, k - 1);
  }
}

TEST_F(CublasTest, ThatRefusesABiasedProductLeavesNoTrace) {
  find("off");
  Products own(64, kKeeping, kInner);
  const std::vector<float> expected = own.run(own.biased());
  find(LECTERN_CUBLAS_SUBSTITUTE);
  Products products(64, kKeeping, kInner);
  control_.failProduct = 2;
  EXPECT_EQ(products.run(products.biased()), expected);
}

TEST_F(CublasTest, AgreesWithOurProducts) {
  for (const int64_t outs : {kKeeping, kRounding}) {
    find("off");
    Products own(64, outs, kInner);
    find(LECTERN_CUBLAS_SUBSTITUTE);
    Products theirs(64, outs, kInner);
    for (const bool isBiased : {false, true}) {
      const auto expected = own.run(isBiased ? own.biased() : own.linear());
      const auto found = theirs.run(isBiased ? theirs.biased() : theirs.linear());
      EXPECT_LT(largestDifference(expected, found), 1e-4);  // of some ten
    }
    EXPECT_LT(largestDifference(own.run(own.gated()), theirs.run(theirs.gated())), 1e-2);
  }
  EXPECT_GT(control_.products, 0);
}

TEST_F(CublasTest, IsCapturedAndAllocatesNothingThen) {
  Products products(64, kRounding, kInner);
  const auto recording =
      products.backend()
          .record([&](Stream& stream) { products.backend().run(products.gated(), stream); })
          .value();
  const std::vector<float> expected = products.run(products.gated());
  (void)products.run(products.linear());
  for (int i = 0; i < 2; ++i) products.stream().replay(*recording, 1);
  EXPECT_EQ(products.result(), expected);
  const int64_t allocations = cuda_runtime::callCount("cudaMalloc");
  const int64_t asked = control_.products;
  (void)products.run(products.linear());
  for (int i = 0; i < 3; ++i) products.stream().replay(*recording, 1);
  EXPECT_EQ(products.result(), expected);
  EXPECT_EQ(cuda_runtime::callCount("cudaMalloc"), allocations);
  EXPECT_EQ(control_.products, asked + 1);  // a graph's are its own
  EXPECT_EQ(control_.creations, 1);
}

// Each stream has a workspace of its own, or the engine would find a race over it.
TEST_F(CublasTest, ServesTwoStreamsAtOnce) {
  Products first(64, kRounding, kInner);
  const auto other = first.backend().newStream().value();
  const Buffer room = first.backend().allocate(64 * kRounding * 4, "a test").value();
  Linear op = first.linear();
  op.out.data = room.data();
  for (int i = 0; i < 3; ++i) {
    first.backend().run(first.linear(), first.stream());
    first.backend().run(op, *other);
  }
  std::vector<float> found(64 * kRounding);
  other->copyOut(found.data(), room.data(), static_cast<int64_t>(found.size()) * 4);
  const std::vector<float> expected = first.result();
  ASSERT_TRUE(other->wait());
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace lectern::kernels::cuda
