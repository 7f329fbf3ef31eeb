// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/block_writer.h"

#include "core/base/check.h"
#include "core/model_file/elements.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace lectern {

namespace {

constexpr float kMaxHalf = 65504;

// The nearest whole number of magnitude below 2²², ties to even: adding 1.5 · 2²³ leaves no bits
// behind the point.
template <class Value>
Value nearest(Value value) {
  constexpr float kShift = 12'582'912;
  return (value + kShift) - kShift;
}

// The search goes through every block some forty times: four sums side by side are what a compiler
// may not make of one sum by itself.
using Four = float __attribute__((vector_size(16)));

Four load(const float* x) {
  Four value;
  std::memcpy(&value, x, sizeof value);
  return value;
}

Four clamped(Four value, float low, float high) {
  const Four most = Four{} + high;
  const Four least = Four{} + low;
  value = value < most ? value : most;
  return value > least ? value : least;
}

float sumOf(Four value) {
  return (value[0] + value[1]) + (value[2] + value[3]);
}

// A scale as the file can hold it.
float halfRounded(float scale) {
  return halfToFloat(floatToHalf(std::clamp(scale, -kMaxHalf, kMaxHalf)));
}

void put(char*& out, uint16_t bits) {
  std::memcpy(out, &bits, sizeof bits);
  out += sizeof bits;
}

template <int N>
float largestMagnitude(const float* x) {
  float largest = 0;
  for (int i = 0; i < N; ++i) largest = std::max(largest, std::abs(x[i]));
  return largest;
}

// x ≈ scale · q with q from `least` to −least − 1, in whole numbers.
struct Symmetric {
  int least;

  [[nodiscard]] float quant(float value, float inverse) const {
    const auto low = static_cast<float>(least);
    return std::clamp(nearest(value * inverse), low, -low - 1);
  }
  [[nodiscard]] Four quant(Four value, float inverse) const {
    const auto low = static_cast<float>(least);
    return clamped(nearest(value * inverse), low, -low - 1);
  }
  template <int N>
  [[nodiscard]] float squaredError(const float* x, float scale) const {
    const float inverse = scale == 0 ? 0 : 1 / scale;
    Four sum{};
    for (int i = 0; i < N; i += 4) {
      const Four difference = load(x + i) - scale * quant(load(x + i), inverse);
      sum += difference * difference;
    }
    return sumOf(sum);
  }

  // The scale of least squared error. Candidates put the largest value at steps around the ends of
  // the range, on either side, for the range has one more value below zero than above; to what each
  // quantises to, the scale is fitted: Σ x q / Σ q².
  template <int N>
  [[nodiscard]] float bestScale(const float* x) const {
    constexpr int kSteps = 9;
    const float largest = largestMagnitude<N>(x);
    if (largest == 0) return 0;
    float best = 0;
    float leastError = INFINITY;
    for (const float end : {static_cast<float>(least), -static_cast<float>(least)}) {
      for (int step = -kSteps; step <= kSteps; ++step) {
        const float inverse = end * (1 + 0.015F * static_cast<float>(step)) / largest;
        Four xq{};
        Four qq{};
        for (int i = 0; i < N; i += 4) {
          const Four value = load(x + i);
          const Four q = quant(value, inverse);
          xq += value * q;
          qq += q * q;
        }
        if (sumOf(qq) == 0) continue;
        const float scale = sumOf(xq) / sumOf(qq);
        const float error = squaredError<N>(x, scale);
        if (error < leastError) {
          leastError = error;
          best = scale;
        }
      }
    }
    return best;
  }
};

// Quantised to so fine steps that the ends of the range decide.
void writeQ8_0(const float* x, char* out) {
  const float scale = halfRounded(largestMagnitude<32>(x) / 127);
  const float inverse = scale == 0 ? 0 : 1 / scale;
  put(out, floatToHalf(scale));
  for (int i = 0; i < 32; ++i) {
    const auto q = static_cast<int8_t>(std::clamp(nearest(x[i] * inverse), -127.0F, 127.0F));
    std::memcpy(out + i, &q, 1);
  }
}

void writeQ4_0(const float* x, char* out) {
  constexpr Symmetric kRange{-8};
  const float scale = halfRounded(kRange.bestScale<32>(x));
  const float inverse = scale == 0 ? 0 : 1 / scale;
  put(out, floatToHalf(scale));
  for (int i = 0; i < 16; ++i) {
    const int low = static_cast<int>(kRange.quant(x[i], inverse)) + 8;
    const int high = static_cast<int>(kRange.quant(x[i + 16], inverse)) + 8;
    out[i] = static_cast<char>(low | high << 4);
  }
}

void writeQ5_0(const float* x, char* out) {
  constexpr Symmetric kRange{-16};
  const float scale = halfRounded(kRange.bestScale<32>(x));
  const float inverse = scale == 0 ? 0 : 1 / scale;
  put(out, floatToHalf(scale));
  uint32_t fifth = 0;
  for (int i = 0; i < 16; ++i) {
    const auto low = static_cast<uint32_t>(kRange.quant(x[i], inverse) + 16);
    const auto high = static_cast<uint32_t>(kRange.quant(x[i + 16], inverse) + 16);
    out[4 + i] = static_cast<char>((low & 15U) | (high & 15U) << 4U);
    fifth |= (low >> 4U) << i | (high >> 4U) << (i + 16);
  }
  std::memcpy(out, &fifth, sizeof fifth);
}

// Sixteen sub-blocks of 16, whose scales are whole multiples, −128 to 127, of the block's.
void writeQ6_K(const float* x, char* out) {
  constexpr Symmetric kRange{-32};
  constexpr int kParts = 16;
  std::array<float, kParts> wanted{};
  for (int part = 0; part < kParts; ++part) wanted[part] = kRange.bestScale<16>(x + 16L * part);
  const float scale = halfRounded(largestMagnitude<kParts>(wanted.data()) / 127);

  std::array<int, 256> quants{};
  char* scales = out + 192;
  for (int part = 0; part < kParts; ++part) {
    const float* own = x + 16L * part;
    const float centre = scale == 0 ? 0 : nearest(wanted[part] / scale);
    int best = 0;
    float leastError = INFINITY;
    for (int step = -1; step <= 1; ++step) {
      const int candidate = std::clamp(static_cast<int>(centre) + step, -128, 127);
      const float error = kRange.squaredError<16>(own, scale * static_cast<float>(candidate));
      if (error < leastError) {
        leastError = error;
        best = candidate;
      }
    }
    scales[part] = static_cast<char>(best);
    const float product = scale * static_cast<float>(best);
    const float inverse = product == 0 ? 0 : 1 / product;
    for (int i = 0; i < 16; ++i) {
      quants[16 * static_cast<size_t>(part) + static_cast<size_t>(i)] =
          static_cast<int>(kRange.quant(own[i], inverse)) + 32;
    }
  }
  // 128 elements: their low four bits in 64 bytes, their high two in 32, as readQ6_K has them.
  for (int half = 0; half < 2; ++half) {
    const int* q = quants.data() + 128L * half;
    char* low = out + 64L * half;
    char* high = out + 128 + 32L * half;
    for (int i = 0; i < 64; ++i) low[i] = static_cast<char>((q[i] & 15) | (q[i + 64] & 15) << 4);
    for (int i = 0; i < 32; ++i) {
      high[i] = static_cast<char>(q[i] >> 4 | q[i + 32] >> 4 << 2 | q[i + 64] >> 4 << 4 |
                                  q[i + 96] >> 4 << 6);
    }
  }
  char* end = out + 208;
  put(end, floatToHalf(scale));
}

// x ≈ scale · q − least, q from 0 to 15, neither number below zero.
struct Affine {
  float scale = 0;
  float least = 0;

  [[nodiscard]] float inverse() const { return scale == 0 ? 0 : 1 / scale; }
  [[nodiscard]] float quant(float value, float inverse) const {
    return std::clamp(nearest((value + least) * inverse), 0.0F, 15.0F);
  }
  [[nodiscard]] Four quant(Four value, float inverse) const {
    return clamped(nearest((value + least) * inverse), 0, 15);
  }
};

constexpr int kSub = 32;

float squaredError(const float* x, Affine a) {
  const float inverse = a.inverse();
  Four sum{};
  for (int i = 0; i < kSub; i += 4) {
    const Four value = load(x + i);
    const Four difference = value - (a.scale * a.quant(value, inverse) - a.least);
    sum += difference * difference;
  }
  return sumOf(sum);
}

// The pair of least squared error for what `a` quantises to: the line through (q, x).
Affine fitted(const float* x, Affine a) {
  const float inverse = a.inverse();
  Four q1{};
  Four q2{};
  Four x1{};
  Four xq{};
  for (int i = 0; i < kSub; i += 4) {
    const Four value = load(x + i);
    const Four q = a.quant(value, inverse);
    q1 += q;
    q2 += q * q;
    x1 += value;
    xq += value * q;
  }
  const float sumQ = sumOf(q1);
  const float sumQq = sumOf(q2);
  const float sumX = sumOf(x1);
  const float sumXq = sumOf(xq);
  const float spread = kSub * sumQq - sumQ * sumQ;
  if (spread <= 0) return a;
  Affine line{(kSub * sumXq - sumQ * sumX) / spread, 0};
  line.least = (line.scale * sumQ - sumX) / kSub;
  if (line.least < 0) line = {sumQq > 0 ? sumXq / sumQq : 0, 0};
  return line.scale > 0 ? line : a;
}

Affine bestAffine(const float* x) {
  const auto [low, high] = std::minmax_element(x, x + kSub);
  const float least = std::max(0.0F, -*low);
  const float range = *high + least;
  if (range <= 0) return {0, least};
  Affine best;
  float leastError = INFINITY;
  for (int step = -12; step <= 8; ++step) {
    const float levels = 15 + 0.125F * static_cast<float>(step);
    // Fitting moves what is quantised to what; a second time is worth a tenth of the error.
    Affine a = fitted(x, {range / levels, least});
    a = fitted(x, a);
    const float error = squaredError(x, a);
    if (error < leastError) {
      leastError = error;
      best = a;
    }
  }
  return best;
}

// Eight pairs of six bits in twelve bytes; elements.cpp, pairAt.
void putPairs(const std::array<int, 8>& scales, const std::array<int, 8>& leasts, char* out) {
  std::array<int, 12> bytes{};
  for (size_t t = 0; t < 4; ++t) {
    bytes[t] = scales[t] | scales[t + 4] >> 4 << 6;
    bytes[t + 4] = leasts[t] | leasts[t + 4] >> 4 << 6;
    bytes[t + 8] = (scales[t + 4] & 15) | (leasts[t + 4] & 15) << 4;
  }
  for (size_t i = 0; i < bytes.size(); ++i) out[i] = static_cast<char>(bytes[i]);
}

// Eight sub-blocks of 32, whose scales and minima are 0 to 63 times the block's two.
void writeQ4_K(const float* x, char* out) {
  constexpr int kParts = 8;
  constexpr float kMost = 63;
  std::array<Affine, kParts> wanted{};
  Affine block;
  for (size_t t = 0; t < kParts; ++t) {
    wanted[t] = bestAffine(x + kSub * t);
    block.scale = std::max(block.scale, wanted[t].scale);
    block.least = std::max(block.least, wanted[t].least);
  }
  block = {halfRounded(block.scale / kMost), halfRounded(block.least / kMost)};

  std::array<int, kParts> scales{};
  std::array<int, kParts> leasts{};
  const auto steps = [&](float value, float unit) {
    return unit == 0 ? 0.0F : std::min(nearest(value / unit), kMost);
  };
  const auto pairOf = [&](float scale, float least) {
    return Affine{block.scale * scale, block.least * least};
  };
  for (size_t t = 0; t < kParts; ++t) {
    const float* own = x + kSub * t;
    const float centreScale = steps(wanted[t].scale, block.scale);
    const float centreLeast = steps(wanted[t].least, block.least);
    float leastError = INFINITY;
    for (int s = -1; s <= 1; ++s) {
      for (int m = -1; m <= 1; ++m) {
        const float scale = std::clamp(centreScale + static_cast<float>(s), 0.0F, kMost);
        const float least = std::clamp(centreLeast + static_cast<float>(m), 0.0F, kMost);
        const float error = squaredError(own, pairOf(scale, least));
        if (error < leastError) {
          leastError = error;
          scales[t] = static_cast<int>(scale);
          leasts[t] = static_cast<int>(least);
        }
      }
    }
  }
  put(out, floatToHalf(block.scale));
  put(out, floatToHalf(block.least));
  putPairs(scales, leasts, out);
  out += 12;
  for (size_t t = 0; t < kParts; t += 2, out += kSub) {
    const Affine low = pairOf(static_cast<float>(scales[t]), static_cast<float>(leasts[t]));
    const Affine high =
        pairOf(static_cast<float>(scales[t + 1]), static_cast<float>(leasts[t + 1]));
    for (size_t i = 0; i < kSub; ++i) {
      const int first = static_cast<int>(low.quant(x[kSub * t + i], low.inverse()));
      const int second = static_cast<int>(high.quant(x[kSub * (t + 1) + i], high.inverse()));
      out[i] = static_cast<char>(first | second << 4);
    }
  }
}

void writeF32(const float* x, char* out) {
  std::memcpy(out, x, sizeof *x);
}

void writeF16(const float* x, char* out) {
  put(out, floatToHalf(*x));
}

void writeBF16(const float* x, char* out) {
  const auto bits = std::bit_cast<uint32_t>(*x);
  put(out, static_cast<uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16));
}

using WriteBlock = void (*)(const float* x, char* out);

WriteBlock writerOf(StoredType type) {
  switch (type) {
    case StoredType::F32:
      return writeF32;
    case StoredType::F16:
      return writeF16;
    case StoredType::BF16:
      return writeBF16;
    case StoredType::Q8_0:
      return writeQ8_0;
    case StoredType::Q4_0:
      return writeQ4_0;
    case StoredType::Q5_0:
      return writeQ5_0;
    case StoredType::Q4_K:
      return writeQ4_K;
    case StoredType::Q6_K:
      return writeQ6_K;
    default:
      return nullptr;
  }
}

}  // namespace

uint16_t floatToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000U);
  const float magnitude = std::abs(value);
  if (!(magnitude < 65520)) {
    return static_cast<uint16_t>(sign | (std::isnan(value) ? 0x7E00U : 0x7C00U));
  }
  // Below 2⁻¹⁴ the steps are 2⁻²⁴; the sum with 0.5, whose steps those are, rounds to them.
  if (magnitude < 0x1p-14F) {
    const auto rounded = std::bit_cast<uint32_t>(magnitude + 0.5F) - std::bit_cast<uint32_t>(0.5F);
    return static_cast<uint16_t>(sign | rounded);
  }
  uint32_t rest = bits & 0x7FFF'FFFFU;
  rest += 0xFFFU + (rest >> 13 & 1U);
  return static_cast<uint16_t>(sign | (rest - (112U << 23)) >> 13);
}

void writeElements(StoredType type, std::span<const float> values, char* out) {
  const WriteBlock write = writerOf(type);
  LECTERN_CHECK(write != nullptr);
  const BlockShape shape = blockShape(type);
  const auto step = static_cast<size_t>(shape.elements);
  LECTERN_CHECK(values.size() % step == 0);
  for (size_t at = 0; at < values.size(); at += step, out += shape.bytes) {
    write(values.data() + at, out);
  }
}

}  // namespace lectern
