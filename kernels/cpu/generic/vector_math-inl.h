// SPDX-License-Identifier: GPL-3.0-or-later
// Included by each instruction set's file inside its own namespace and target region, after it has
// defined
//   V, I, kLanes         a register of floats, one of as many 32-bit integers, and how many
//   splat, load, store   one value everywhere; whole registers at any address
//   loadPart, storePart  the first n of a register's elements, 0 < n < kLanes; loads leave zeros
//   loadWide             bfloat16, widened
//   fma                  a b + c
//   minOf, maxOf         the second operand where either is NaN
//   transpose            of kLanes registers, in place
//   sumOf, largestOf     of a register's elements: upper half to lower, until one is left
//   zeroBelow            v, but 0 where x < limit
//   splatInt, loadInts, storeInts          the same of I, memory being bytes
//   widenBytes, widenSigned, storeBytes    of kLanes bytes, unsigned and signed; of the lowest
//                        byte of each element
//   loadHalves           kLanes numbers of binary16
//   dotSmall             sum + four bytes of the first, unsigned and below 64, × four of the
//                        second, signed, in each element
//   dotBytes             the same of any bytes; where kSignsBytes, of bytes − 128
//   dotPairs             sum + two × two of bfloat16; only where kHasDotPairs
//   storeNarrow          rounded to bfloat16; only where kHasDotPairs
//   powerOfTwo           2ˣ, 0 below −126; only where LECTERN_POWER_OF_TWO is defined
//   kTileRows, kByteTileRows          tokens × two registers whose sums fit into the registers, of
//                        floats and of bytes
// and V and I have the operators of their elements. Bodies call no inline function or template of
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
inline float numberOf(int8_t x) {
  return static_cast<float>(x);
}
inline int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}
inline int64_t greatest(int64_t a, int64_t b) {
  return a > b ? a : b;
}
inline int64_t roundUp(int64_t count, int64_t step) {
  return (count + step - 1) / step * step;
}

constexpr float kNone = -__builtin_inff();

constexpr float kRounder = 0x1.8p23F;  // its last place is 1: adding it rounds to a whole number
constexpr float kLog2E = 1.44269504088896341F;

// 2 ^ (fraction + n), n ≥ −126 being the last bits of `rounded` = n + kRounder. The polynomial is
// the one of degree 6 that errs least, relatively, for |fraction| ≤ 1/2: 0.14 units of the last
// place.
inline V twoToThe(V fraction, V rounded) {
  V p = splat(1.5353362e-4F);
  p = fma(p, fraction, splat(1.33988739e-3F));
  p = fma(p, fraction, splat(9.61843692e-3F));
  p = fma(p, fraction, splat(5.55033237e-2F));
  p = fma(p, fraction, splat(2.40226477e-1F));
  p = fma(p, fraction, splat(6.93147182e-1F));
  p = fma(p, fraction, splat(1.0F));
  // A float is 2ⁿ where n + 127 stands in bits 23 to 30.
  return p * (V)(((I)rounded << 23) + (127 << 23));
}

// eˣ within 2 units of the last place; 0 below −87.3, e^88.3 above 88.3, NaN of NaN. Cody & Waite:
// x = n ln 2 + r with ln 2 in two parts, the first of which is exact times n.
inline V exponential(V x) {
  const V low = splat(-87.3F);
  const V clamped = maxOf(low, minOf(splat(88.3F), x));
  const V rounded = fma(clamped, splat(kLog2E), splat(kRounder));
  const V n = rounded - splat(kRounder);
  const V r = fma(n, splat(2.12194440e-4F), fma(n, splat(-0.693359375F), clamped));
  return zeroBelow(x, low, twoToThe(r * splat(kLog2E), rounded));
}

// 2ˣ of x ≤ 0, exact to 2 units for the x it is given; 0 below −126.
inline V decay(V x) {
#ifdef LECTERN_POWER_OF_TWO
  return powerOfTwo(x);
#else
  const V low = splat(-126.0F);
  const V clamped = maxOf(low, x);
  const V rounded = clamped + splat(kRounder);
  return zeroBelow(x, low, twoToThe(clamped - (rounded - splat(kRounder)), rounded));
#endif
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
// Work is counted in multiply-adds. A worker that is looking out is there after 0.7 microseconds,
// and kShareFrom of them take one core two; to wake one that sleeps costs ten times as much.
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
