// SPDX-License-Identifier: GPL-3.0-or-later
//
// The selective scan against two other ways to compute it, in double, on every backend.
#include "kernels/backend.h"
#include "tests/kernels/op_data.h"
#include "tests/support/backends.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lectern::kernels {
namespace {

constexpr double kBound = 1e-5;

struct ScanData {
  Matrix u, delta, bias, a, b, c, skip, h, out;

  ScanData(int64_t tokens, int64_t inner, int64_t state, uint32_t seed)
      : u(Matrix::random(tokens, inner, seed)),
        delta(Matrix::random(tokens, inner, seed + 1, -3, 1)),
        bias(Matrix::random(1, inner, seed + 2)),
        a(Matrix::random(state, inner, seed + 3, -4, -0.1F)),
        b(Matrix::random(tokens, state, seed + 4)),
        c(Matrix::random(tokens, state, seed + 5)),
        skip(Matrix::random(1, inner, seed + 6)),
        h(Matrix::random(state, inner, seed + 7)),
        out(tokens, inner) {}

  SelectiveScan operation() {
    return {u.view(), delta.view(), bias.view(), a.view(), b.view(),
            c.view(), skip.view(),  {},          h.view(), out.view()};
  }
  double step(int64_t t, int64_t channel) {
    return std::log1p(std::exp(double{delta.at(t, channel)} + double{bias.at(0, channel)}));
  }
};

void runOn(const std::string& name, const Operation& op) {
  static std::map<std::string, std::unique_ptr<Backend>> open;
  if (!open.contains(name)) open[name] = openBackend(name, 2).value();
  const auto stream = open[name]->newStream().value();
  open[name]->run(op, *stream);
  RC_ASSERT(stream->wait().has_value());
}

double largestOf(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

// max|Δ| / max|expected|
double error(const std::vector<float>& values, const std::vector<double>& expected) {
  std::vector<double> differences(expected);
  for (size_t i = 0; i < expected.size(); ++i) differences[i] -= double{values[i]};
  return largestOf(differences) / largestOf(expected);
}

// With parameters that do not change from token to token the scan is linear and time-invariant, so
// it must equal the convolution of its input with the kernel K[t] = C exp(Δ A t) Δ B (the S4 view;
// Gu et al. 2021, section 2.4).
RC_GTEST_PROP(SelectiveScan, WithConstantParametersEqualsADirectConvolution, ()) {
  const int64_t tokens = *rc::gen::inRange<int64_t>(1, 80);
  const int64_t inner = *rc::gen::inRange<int64_t>(1, 40);
  const int64_t state = *rc::gen::inRange<int64_t>(1, 18);
  ScanData data(tokens, inner, state, *rc::gen::arbitrary<uint16_t>());
  for (int64_t t = 1; t < tokens; ++t) {
    for (int64_t c = 0; c < inner; ++c) data.delta.at(t, c) = data.delta.at(0, c);
    for (int64_t s = 0; s < state; ++s) {
      data.b.at(t, s) = data.b.at(0, s);
      data.c.at(t, s) = data.c.at(0, s);
    }
  }
  std::vector<double> expected(static_cast<size_t>(tokens * inner));
  for (int64_t c = 0; c < inner; ++c) {
    std::vector<double> kernel(static_cast<size_t>(tokens));
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t s = 0; s < state; ++s) {
        kernel[static_cast<size_t>(t)] +=
            double{data.c.at(0, s)} *
            std::exp(data.step(0, c) * double{data.a.at(s, c)} * static_cast<double>(t)) *
            data.step(0, c) * double{data.b.at(0, s)};
      }
    }
    for (int64_t t = 0; t < tokens; ++t) {
      double y = double{data.skip.at(0, c)} * double{data.u.at(t, c)};
      for (int64_t past = 0; past <= t; ++past)
        y += kernel[static_cast<size_t>(t - past)] * double{data.u.at(past, c)};
      expected[static_cast<size_t>(t * inner + c)] = y;
    }
  }
  for (const std::string& backend : test::backendNames()) {
    std::fill(data.h.values().begin(), data.h.values().end(), 0.0F);
    runOn(backend, data.operation());
    RC_ASSERT(error(data.out.values(), expected) < kBound);
  }
}

// The recurrence unrolled over chunks: with Δ summed up inside a chunk, S[t] = Σ_{r ≤ t} Δ[r],
//   h[t] = exp(A S[t]) h[before] + Σ_{r ≤ t} exp(A (S[t] − S[r])) Δ[r] B[r] u[r],
// every token straight from the chunk's first state (Dao & Gu 2024, section 6).
RC_GTEST_PROP(SelectiveScan, EqualsItsChunkedForm, ()) {
  const int64_t tokens = *rc::gen::inRange<int64_t>(1, 80);
  const int64_t inner = *rc::gen::inRange<int64_t>(1, 40);
  const int64_t state = *rc::gen::inRange<int64_t>(1, 18);
  const int64_t chunk = *rc::gen::inRange<int64_t>(1, 33);
  ScanData data(tokens, inner, state, *rc::gen::arbitrary<uint16_t>());
  std::vector<double> expected(static_cast<size_t>(tokens * inner));
  std::vector<double> finalState(static_cast<size_t>(state * inner));
  for (int64_t c = 0; c < inner; ++c) {
    for (int64_t t = 0; t < tokens; ++t) {
      expected[static_cast<size_t>(t * inner + c)] =
          double{data.skip.at(0, c)} * double{data.u.at(t, c)};
    }
    for (int64_t s = 0; s < state; ++s) {
      double before = double{data.h.at(s, c)};
      const double a = double{data.a.at(s, c)};
      for (int64_t first = 0; first < tokens; first += chunk) {
        const int64_t end = std::min(first + chunk, tokens);
        std::vector<double> sums;
        double h = 0;
        for (int64_t t = first; t < end; ++t) {
          sums.push_back((sums.empty() ? 0 : sums.back()) + data.step(t, c));
          h = std::exp(a * sums.back()) * before;
          for (int64_t r = first; r <= t; ++r) {
            h += std::exp(a * (sums.back() - sums[static_cast<size_t>(r - first)])) *
                 data.step(r, c) * double{data.b.at(r, s)} * double{data.u.at(r, c)};
          }
          expected[static_cast<size_t>(t * inner + c)] += double{data.c.at(t, s)} * h;
        }
        before = h;
      }
      finalState[static_cast<size_t>(s * inner + c)] = before;
    }
  }
  const std::vector<float> start = data.h.values();
  for (const std::string& backend : test::backendNames()) {
    data.h.values() = start;
    runOn(backend, data.operation());
    RC_ASSERT(error(data.out.values(), expected) < kBound);
    RC_ASSERT(error(data.h.values(), finalState) < kBound);
  }
}

}  // namespace
}  // namespace lectern::kernels
