// SPDX-License-Identifier: GPL-3.0-or-later
// Floating-point arithmetic in f32, f64, f16, bf16 and their pairs (PTX ISA 9.7.3 to 9.7.5).
#include "tests/ptx/floating.h"

#include "tests/ptx/float_format.h"
#include "tests/ptx/lanewise.h"

#include <cmath>

namespace lectern::ptx {
namespace {

// Minimum and maximum give the number where one is NaN, and NaN where both are; −0 is less than +0.
template <class T>
T smaller(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) ? b : a;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class T>
T larger(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) ? b : a;
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

// Each operation twice: `run` in the type itself, rounded to nearest by the machine; `exact` in
// double, exactly or rounded to odd, to be narrowed by the instruction's own rounding. The results
// of the approximate functions are as good as the C library's, better than a GPU's.
struct AddFloats {
  static constexpr auto run = [](auto a, auto b) { return a + b; };
  static double exact(double a, double b) { return addToOdd(a, b); }
};
struct SubtractFloats {
  static constexpr auto run = [](auto a, auto b) { return a - b; };
  static double exact(double a, double b) { return addToOdd(a, -b); }
};
struct MultiplyFloats {
  static constexpr auto run = [](auto a, auto b) { return a * b; };
  static double exact(double a, double b) { return a * b; }
};
struct MultiplyAddFloats {
  static constexpr auto run = [](auto a, auto b, auto c) { return std::fma(a, b, c); };
  static double exact(double a, double b, double c) { return addToOdd(a * b, c); }
};
struct DivideFloats {
  static constexpr auto run = [](auto a, auto b) { return a / b; };
  static double exact(double a, double b) { return a / b; }
};
struct MinimumOfFloats {
  static constexpr auto run = [](auto a, auto b) { return smaller(a, b); };
  static double exact(double a, double b) { return smaller(a, b); }
};
struct MaximumOfFloats {
  static constexpr auto run = [](auto a, auto b) { return larger(a, b); };
  static double exact(double a, double b) { return larger(a, b); }
};
// .NaN: one NaN is enough.
struct MinimumOrNan {
  static constexpr auto run = [](auto a, auto b) {
    return std::isnan(a) || std::isnan(b) ? static_cast<decltype(a)>(NAN) : smaller(a, b);
  };
  static double exact(double a, double b) { return run(a, b); }
};
struct MaximumOrNan {
  static constexpr auto run = [](auto a, auto b) {
    return std::isnan(a) || std::isnan(b) ? static_cast<decltype(a)>(NAN) : larger(a, b);
  };
  static double exact(double a, double b) { return run(a, b); }
};
struct NegateFloat {
  static constexpr auto run = [](auto a) { return -a; };
  static double exact(double a) { return -a; }
};
struct AbsoluteFloat {
  static constexpr auto run = [](auto a) { return std::fabs(a); };
  static double exact(double a) { return std::fabs(a); }
};
struct CopySignFloat {
  static constexpr auto run = [](auto sign, auto magnitude) {
    return std::copysign(magnitude, sign);
  };
  static double exact(double sign, double magnitude) { return std::copysign(magnitude, sign); }
};
struct SquareRootFloat {
  static constexpr auto run = [](auto a) { return std::sqrt(a); };
  static double exact(double a) { return std::sqrt(a); }
};
struct ReciprocalFloat {
  static constexpr auto run = [](auto a) { return 1 / a; };
  static double exact(double a) { return 1 / a; }
};
struct ReciprocalRootFloat {
  static constexpr auto run = [](auto a) { return 1 / std::sqrt(a); };
  static double exact(double a) { return 1 / std::sqrt(a); }
};
struct Exp2Float {
  static constexpr auto run = [](auto a) { return std::exp2(a); };
  static double exact(double a) { return std::exp2(a); }
};
struct Log2Float {
  static constexpr auto run = [](auto a) { return std::log2(a); };
  static double exact(double a) { return std::log2(a); }
};
struct SineFloat {
  static constexpr auto run = [](auto a) { return std::sin(a); };
  static double exact(double a) { return std::sin(a); }
};
struct CosineFloat {
  static constexpr auto run = [](auto a) { return std::cos(a); };
  static double exact(double a) { return std::cos(a); }
};
struct TanhFloat {
  static constexpr auto run = [](auto a) { return std::tanh(a); };
  static double exact(double a) { return std::tanh(a); }
};

// How one register holds floating-point values: how many, in which format.
struct HalfLanes {
  using Lane = uint16_t;
  static constexpr int kCount = 1;
  static constexpr FloatFormat kFormat = kHalf;
};
struct HalfPairLanes {
  using Lane = uint32_t;
  static constexpr int kCount = 2;
  static constexpr FloatFormat kFormat = kHalf;
};
struct BfloatLanes {
  using Lane = uint16_t;
  static constexpr int kCount = 1;
  static constexpr FloatFormat kFormat = kBfloat;
};
struct BfloatPairLanes {
  using Lane = uint32_t;
  static constexpr int kCount = 2;
  static constexpr FloatFormat kFormat = kBfloat;
};
struct SingleLanes {
  using Lane = uint32_t;
  static constexpr int kCount = 1;
  static constexpr FloatFormat kFormat = kSingle;
};
struct SinglePairLanes {
  using Lane = uint64_t;
  static constexpr int kCount = 2;
  static constexpr FloatFormat kFormat = kSingle;
};

// What a modifier does to a result. `flag` of the instruction is .ftz.
enum class Clamp : uint8_t { None, Saturate, Relu };

template <class Lanes>
double element(typename Lanes::Lane raw, int index, bool flush) {
  constexpr int kWidth = 1 + Lanes::kFormat.exponentBits + Lanes::kFormat.mantissaBits;
  const auto bits = static_cast<uint32_t>(raw >> (index * (kWidth % 64)));
  const double value = widen(bits, Lanes::kFormat);
  const bool isSubnormal = std::fabs(value) < 0x1p-126 && Lanes::kFormat.exponentBits == 8;
  return flush && isSubnormal ? std::copysign(0.0, value) : value;
}

template <class Lanes>
uint32_t finished(double exact, const Instruction& instruction) {
  const auto clamp = static_cast<Clamp>(instruction.mode);
  if (clamp == Clamp::Saturate)
    exact = std::isnan(exact) ? 0.0 : std::fmin(1.0, std::fmax(0.0, exact));
  if (clamp == Clamp::Relu && exact <= 0) exact = 0.0;
  if (instruction.flag && std::fabs(exact) < 0x1p-126) exact = std::copysign(0.0, exact);
  return narrow(exact, Lanes::kFormat, instruction.rounding);
}

// The general way: exact in double, then one rounding.
template <class Operation, class Lanes, std::size_t... kSource>
void runExactly(const Instruction& instruction,
                Warp& warp,
                uint32_t lanes,
                std::index_sequence<kSource...> /*sources*/) {
  using Lane = typename Lanes::Lane;
  constexpr int kWidth = 1 + Lanes::kFormat.exponentBits + Lanes::kFormat.mantissaBits;
  forLanes(lanes, [&](int lane) {
    Lane result = 0;
    for (int i = 0; i < Lanes::kCount; ++i) {
      const double exact = Operation::exact(element<Lanes>(
          warp.lanes<Lane>(instruction.slots[kSource + 1])[lane], i, instruction.flag)...);
      result |= static_cast<Lane>(static_cast<Lane>(finished<Lanes>(exact, instruction))
                                  << (i * (kWidth % 64)));
    }
    warp.lanes<Lane>(instruction.slots[0])[lane] = result;
  });
}

template <class Operation, class Lanes, int kSources>
void exactly(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  runExactly<Operation, Lanes>(instruction, warp, lanes, std::make_index_sequence<kSources>{});
}

// The quick way for what kernels do most: f32 and f64, to nearest, nothing flushed.
template <class Operation>
struct Quick {
  template <class... T>
  static auto run(T... values) {
    return Operation::run(values...);
  }
};

// A fused multiply-add in one machine instruction where the processor has it, which the compiler
// may only assume in a function that says so; elsewhere the C library's.
__attribute__((target_clones("arch=x86-64-v3", "default"))) void multiplyAddSingles(
    float* to, const float* a, const float* b, const float* c) {
#pragma GCC ivdep
  for (int lane = 0; lane < kWarpLanes; ++lane) {
    to[lane] = __builtin_fmaf(a[lane], b[lane], c[lane]);
  }
}

void quickMultiplyAdd(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  float* to = warp.lanes<float>(instruction.slots[0]);
  float result[kWarpLanes];
  multiplyAddSingles(result, warp.lanes<float>(instruction.slots[1]),
                     warp.lanes<float>(instruction.slots[2]),
                     warp.lanes<float>(instruction.slots[3]));
  forLanes(lanes, [&](int lane) { to[lane] = result[lane]; });
}

template <class Operation, int kSources>
Instruction::Execute choose(Type type, bool plain) {
  switch (type) {
    case Type::F64:
      return plain ? sameType<Quick<Operation>, double, kSources>() : nullptr;
    case Type::F32:
      return plain ? sameType<Quick<Operation>, float, kSources>()
                   : exactly<Operation, SingleLanes, kSources>;
    case Type::F32x2:
      return exactly<Operation, SinglePairLanes, kSources>;
    case Type::F16:
      return exactly<Operation, HalfLanes, kSources>;
    case Type::F16x2:
      return exactly<Operation, HalfPairLanes, kSources>;
    case Type::Bf16:
      return exactly<Operation, BfloatLanes, kSources>;
    case Type::Bf16x2:
      return exactly<Operation, BfloatPairLanes, kSources>;
    default:
      return nullptr;
  }
}

int sourcesOf(FloatOperation operation) {
  if (operation == FloatOperation::MultiplyAdd) return 3;
  return operation <= FloatOperation::Maximum || operation == FloatOperation::CopySign ? 2 : 1;
}

Instruction::Execute executorOf(FloatOperation operation, Type type, bool plain, bool orNan) {
  using Op = FloatOperation;
  switch (operation) {
    case Op::Add:
      return choose<AddFloats, 2>(type, plain);
    case Op::Subtract:
      return choose<SubtractFloats, 2>(type, plain);
    case Op::Multiply:
      return choose<MultiplyFloats, 2>(type, plain);
    case Op::MultiplyAdd:
      if (type == Type::F32 && plain) return quickMultiplyAdd;
      return choose<MultiplyAddFloats, 3>(type, plain);
    case Op::Divide:
      return choose<DivideFloats, 2>(type, plain);
    case Op::Minimum:
      return orNan ? choose<MinimumOrNan, 2>(type, plain) : choose<MinimumOfFloats, 2>(type, plain);
    case Op::Maximum:
      return orNan ? choose<MaximumOrNan, 2>(type, plain) : choose<MaximumOfFloats, 2>(type, plain);
    case Op::Negate:
      return choose<NegateFloat, 1>(type, plain);
    case Op::Absolute:
      return choose<AbsoluteFloat, 1>(type, plain);
    case Op::CopySign:
      return choose<CopySignFloat, 2>(type, plain);
    case Op::SquareRoot:
      return choose<SquareRootFloat, 1>(type, plain);
    case Op::Reciprocal:
      return choose<ReciprocalFloat, 1>(type, plain);
    case Op::ReciprocalSquareRoot:
      return choose<ReciprocalRootFloat, 1>(type, plain);
    case Op::Exp2:
      return choose<Exp2Float, 1>(type, plain);
    case Op::Log2:
      return choose<Log2Float, 1>(type, plain);
    case Op::Sine:
      return choose<SineFloat, 1>(type, plain);
    case Op::Cosine:
      return choose<CosineFloat, 1>(type, plain);
    case Op::Tanh:
      return choose<TanhFloat, 1>(type, plain);
  }
  return nullptr;
}

template <FloatOperation kOperation>
void decodeOne(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (!decodeFloating(decoding, kOperation, type)) decoding.unsupportedType(type);
}

}  // namespace

bool decodeFloating(Decoding& decoding, FloatOperation operation, Type type) {
  const bool isPair = type == Type::F16x2 || type == Type::Bf16x2 || type == Type::F32x2;
  if ((!isFloat(type) && !isPair) || type == Type::Tf32) return false;
  Instruction& instruction = decoding.instruction;
  // .full is div.approx with a wider range; both are exact enough here.
  const bool approximate = decoding.take("approx") || decoding.take("full");
  instruction.rounding = decoding.takeRounding();
  instruction.flag = decoding.take("ftz");
  const Clamp clamp = decoding.take("sat")    ? Clamp::Saturate
                      : decoding.take("relu") ? Clamp::Relu
                                              : Clamp::None;
  instruction.mode = static_cast<uint8_t>(clamp);
  const bool orNan =
      (operation == FloatOperation::Minimum || operation == FloatOperation::Maximum) &&
      decoding.take("NaN");
  if (instruction.flag && type == Type::F64) decoding.fail("f64 is never flushed");
  if (approximate && instruction.rounding != Rounding::Nearest) {
    decoding.fail("an approximation has no rounding");
  }
  // Quotients and roots are not exact in double; narrowing them again is right to nearest only.
  const bool isInexact =
      operation == FloatOperation::Divide || operation >= FloatOperation::SquareRoot;
  if (isInexact && instruction.rounding != Rounding::Nearest) {
    decoding.fail("directed rounding is not modelled for this instruction");
  }
  const bool plain =
      instruction.rounding == Rounding::Nearest && !instruction.flag && clamp == Clamp::None;
  instruction.execute = executorOf(operation, type, plain, orNan);
  if (instruction.execute == nullptr) decoding.unsupportedType(type);
  instruction.slots[0] = decoding.destination(0, type);
  for (int i = 1; i <= sourcesOf(operation); ++i) {
    const auto index = static_cast<std::size_t>(i);
    instruction.slots[index] = decoding.source(index, type);
  }
  return true;
}

void addFloating(DecoderTable& table) {
  table["fma"] = decodeOne<FloatOperation::MultiplyAdd>;
  table["copysign"] = decodeOne<FloatOperation::CopySign>;
  table["sqrt"] = decodeOne<FloatOperation::SquareRoot>;
  table["rcp"] = decodeOne<FloatOperation::Reciprocal>;
  table["rsqrt"] = decodeOne<FloatOperation::ReciprocalSquareRoot>;
  table["ex2"] = decodeOne<FloatOperation::Exp2>;
  table["lg2"] = decodeOne<FloatOperation::Log2>;
  table["sin"] = decodeOne<FloatOperation::Sine>;
  table["cos"] = decodeOne<FloatOperation::Cosine>;
  table["tanh"] = decodeOne<FloatOperation::Tanh>;
}

}  // namespace lectern::ptx
