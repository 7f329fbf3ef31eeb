// SPDX-License-Identifier: GPL-3.0-or-later
// Included by each instruction set's file inside its own namespace and target region, after it has
// defined
//   V, I, kLanes         a register of floats, one of as many 32-bit integers, and how many
//   splat, load, store   one value everywhere; whole registers at any address
//   loadPart, storePart  the first n of a register's elements, 0 < n < kLanes; loads leave zeros
//   loadWide             bfloat16, widened
//   fma                  a b + c
//   minOf, maxOf         the second operand where either is NaN
//   zeroBelow            v, but 0 where x < limit
// and V has the operators + − × ÷ of its elements. Bodies call no inline function or template of
// another header that could be compiled here with wide instructions and then be kept by the linker
// for everybody.

inline V load(const float* p, int64_t count) {
  return count >= kLanes ? load(p) : loadPart(p, count);
}
inline void store(float* p, V v, int64_t count) {
  if (count >= kLanes) {
    store(p, v);
  } else {
    storePart(p, v, count);
  }
}
inline float numberOf(float x) {
  return x;
}
inline float numberOf(BFloat16 x) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(x.bits) << 16);
}
inline int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}
inline int64_t roundUp(int64_t count, int64_t step) {
  return (count + step - 1) / step * step;
}

constexpr float kNone = -__builtin_inff();

// The same tree for every width of what is summed up, so that a sum does not depend on its
// surroundings.
inline float sumOf(V v) {
  alignas(64) float lane[kLanes];
  store(lane, v);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) lane[i] += lane[i + half];
  }
  return lane[0];
}
inline float largestOf(V v) {
  alignas(64) float lane[kLanes];
  store(lane, v);
  float largest = lane[0];
  for (int64_t i = 1; i < kLanes; ++i) largest = lane[i] > largest ? lane[i] : largest;
  return largest;
}

// eˣ within 2 units of the last place; 0 below −87.3, e^88.3 above 88.3, NaN of NaN. x is split
// into n ln 2 + r with |r| ≤ ln 2 / 2 (Cody & Waite: ln 2 in two parts, the first exact times n),
// and eʳ is a polynomial with the coefficients of Cephes' expf.
inline V exponential(V x) {
  constexpr float kLow = -87.3F;
  constexpr float kHigh = 88.3F;
  constexpr float kRounder = 0x1.8p23F;  // its last place is 1
  const V clamped = maxOf(splat(kLow), minOf(splat(kHigh), x));
  const V rounded = fma(clamped, splat(1.44269504088896341F), splat(kRounder));
  const V n = rounded - splat(kRounder);
  V r = fma(n, splat(-0.693359375F), clamped);
  r = fma(n, splat(2.12194440e-4F), r);
  V p = splat(1.9875691500e-4F);
  p = fma(p, r, splat(1.3981999507e-3F));
  p = fma(p, r, splat(8.3334519073e-3F));
  p = fma(p, r, splat(4.1665795894e-2F));
  p = fma(p, r, splat(1.6666665459e-1F));
  p = fma(p, r, splat(5.0000001201e-1F));
  p = fma(p, r * r, r) + splat(1.0F);
  // The last bits of `rounded` are n, and a float is 2ⁿ with n + 127 in bits 23 to 30.
  const V power = (V)(((I)rounded << 23) + (127 << 23));
  return zeroBelow(x, splat(kLow), p * power);
}

inline float exponentialOf(float x) {
  alignas(64) float lane[kLanes];
  store(lane, exponential(splat(x)));
  return lane[0];
}

// x / (1 + e⁻ˣ), within 4 units of the last place.
inline V silu(V x) {
  return x / (splat(1.0F) + exponential(splat(0.0F) - x));
}

// log(1 + eˣ), within 4 units of the last place: max(x, 0) + log(1 + e) with e = exp(−|x|), and
// log(1 + e) = 2 artanh(e / (2 + e)), whose series in s ≤ 1/3 ends after eight terms
// (s¹⁶ / 17 < 2e−9).
inline V softplus(V x) {
  const V positive = maxOf(splat(0.0F), x);
  const V e = exponential(x - positive - positive);
  const V s = e / (splat(2.0F) + e);
  const V square = s * s;
  V p = splat(1.0F / 15);
  p = fma(p, square, splat(1.0F / 13));
  p = fma(p, square, splat(1.0F / 11));
  p = fma(p, square, splat(1.0F / 9));
  p = fma(p, square, splat(1.0F / 7));
  p = fma(p, square, splat(1.0F / 5));
  p = fma(p, square, splat(1.0F / 3));
  p = fma(p, square, splat(1.0F));
  return fma(p, s + s, positive);
}

// Carries out the items of a job, on this thread alone where they are too little work to share.
// Work is counted in multiply-adds: the pool's hand over takes about as long as kShareFrom of them
// on one core, some three microseconds.
template <class Body>
void forEachItem(Workspace& workspace, int64_t items, int64_t work, const Body& body) {
  constexpr int64_t kShareFrom = kLanes << 13;
  if (items < 2 || work < kShareFrom) {
    for (int64_t item = 0; item < items; ++item) body(item, 0);
    return;
  }
  workspace.pool.run(
      items,
      [](const void* context, int64_t item, int worker) {
        (*static_cast<const Body*>(context))(item, worker);
      },
      &body);
}
