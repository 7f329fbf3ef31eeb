// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/operations.h"

#include <type_traits>

namespace lectern::kernels {

template <class Op, class Visitor>
void forEachTensor(Op&& op, Visitor&& visit) {
  using Plain = std::remove_cvref_t<Op>;
  if constexpr (std::is_same_v<Plain, Operation>) {
    std::visit([&](auto& inner) { forEachTensor(inner, visit); }, op);
  } else if constexpr (std::is_same_v<Plain, EmbedRows>) {
    visit("ids", op.ids, Access::Read);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, AddNorm>) {
    visit("residual", op.residual, Access::ReadWrite);
    visit("delta", op.delta, Access::Read);
    visit("weight", op.weight, Access::Read);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, Linear>) {
    visit("in", op.in, Access::Read);
    visit("bias", op.bias, Access::Read);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, LinearGated>) {
    visit("in", op.in, Access::Read);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, ConvSilu>) {
    visit("in", op.in, Access::Read);
    visit("weight", op.weight, Access::Read);
    visit("bias", op.bias, Access::Read);
    visit("state", op.state, Access::ReadWrite);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, SplitNorm>) {
    visit("in", op.in, Access::Read);
    visit("deltaWeight", op.deltaWeight, Access::Read);
    visit("bWeight", op.bWeight, Access::Read);
    visit("cWeight", op.cWeight, Access::Read);
    visit("delta", op.delta, Access::Write);
    visit("b", op.b, Access::Write);
    visit("c", op.c, Access::Write);
  } else if constexpr (std::is_same_v<Plain, SelectiveScan>) {
    visit("u", op.u, Access::Read);
    visit("delta", op.delta, Access::Read);
    visit("deltaBias", op.deltaBias, Access::Read);
    visit("a", op.a, Access::Read);
    visit("b", op.b, Access::Read);
    visit("c", op.c, Access::Read);
    visit("skip", op.skip, Access::Read);
    visit("z", op.z, Access::Read);
    visit("h", op.h, Access::ReadWrite);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, MambaStep>) {
    visit("xz", op.xz, Access::Read);
    visit("convWeight", op.convWeight, Access::Read);
    visit("convBias", op.convBias, Access::Read);
    visit("convState", op.convState, Access::ReadWrite);
    visit("deltaNorm", op.deltaNorm, Access::Read);
    visit("bNorm", op.bNorm, Access::Read);
    visit("cNorm", op.cNorm, Access::Read);
    visit("deltaBias", op.deltaBias, Access::Read);
    visit("a", op.a, Access::Read);
    visit("skip", op.skip, Access::Read);
    visit("h", op.h, Access::ReadWrite);
    visit("scratch", op.scratch, Access::Write);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, AppendKv>) {
    visit("k", op.k, Access::Read);
    visit("v", op.v, Access::Read);
  } else if constexpr (std::is_same_v<Plain, AttendMany>) {
    visit("q", op.q, Access::Read);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, AttendOne>) {
    visit("q", op.q, Access::Read);
    visit("headWeight", op.headWeight, Access::Read);
    visit("mass", op.mass, Access::Write);
    visit("out", op.out, Access::Write);
  } else if constexpr (std::is_same_v<Plain, Route>) {
    visit("logits", op.logits, Access::Read);
    visit("experts", op.experts, Access::Write);
    visit("weights", op.weights, Access::Write);
  } else if constexpr (std::is_same_v<Plain, Experts>) {
    visit("in", op.in, Access::Read);
    visit("experts", op.experts, Access::Read);
    visit("weights", op.weights, Access::Read);
    visit("scratch", op.scratch, Access::Write);
    visit("out", op.out, Access::Write);
  } else {
    static_assert(std::is_same_v<Plain, TopLogits>);
    visit("logits", op.logits, Access::Read);
    visit("mask", op.mask, Access::Read);
    visit("values", op.values, Access::Write);
    visit("ids", op.ids, Access::Write);
  }
}

}  // namespace lectern::kernels
