// SPDX-License-Identifier: GPL-3.0-or-later
// What the interpreter does not know, it must say; nothing may be ignored. Also the text itself:
// scopes, labels, tables of branch targets, initialised variables.
#include "tests/ptx/engine.h"
#include "tests/ptx/fat_binary.h"
#include "tests/ptx/host_memory.h"
#include "tests/ptx/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace lectern::ptx {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string kernelOf(const std::string& body, const std::string& before = {}) {
  return ".version 9.0\n.target sm_80\n.address_size 64\n" + before +
         ".visible .entry k(.param .u64 out)\n{\n.reg .pred %p<4>;\n.reg .b16 %h<4>;\n"
         ".reg .b32 %r<8>;\n.reg .b64 %d<8>;\n" +
         body + "\nret;\n}\n";
}

std::string mistakeIn(const std::string& body) {
  HostMemory memory;
  const auto loaded = LoadedModule::load(kernelOf(body), memory);
  if (!loaded) return loaded.error().message;
  const auto program = (*loaded)->program("k");
  return program ? std::string("nothing") : program.error().message;
}

TEST(PtxRefusals, NameTheInstructionAndWhatIsNotKnown) {
  EXPECT_THAT(mistakeIn("wgmma.fence.sync.aligned;"),
              AllOf(HasSubstr("wgmma.fence"), HasSubstr("line 10"), HasSubstr("not modelled")));
  EXPECT_THAT(mistakeIn("add.sat.s32 %r0, %r1, %r2;"), HasSubstr(".sat is not modelled"));
  EXPECT_THAT(mistakeIn("ld.global.L9::magic.u32 %r0, [%d0];"), HasSubstr("L9::magic"));
  EXPECT_THAT(mistakeIn("add.u16x2 %r0, %r1, %r2;"), HasSubstr("a type is expected"));
  EXPECT_THAT(mistakeIn("mov.u64 %d0, %clock64;"), HasSubstr("%clock64"));
  EXPECT_THAT(
      mistakeIn("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%d0}, {%d1}, {%d2}, {%d3};"),
      HasSubstr("shape"));
  EXPECT_THAT(mistakeIn("atom.global.add.f16 %h0, [%d0], %h1;"), HasSubstr(".f16"));
  EXPECT_THAT(mistakeIn("max.s32 %r0, %r1, %r2, %r3;"), HasSubstr("more operands"));
  EXPECT_THAT(mistakeIn("add.s32 %r0, %r1;"), HasSubstr("missing"));
  EXPECT_THAT(mistakeIn("add.s32 %d0, %r1, %r2;"), HasSubstr("%d0"));
  EXPECT_THAT(mistakeIn("cvt.s32.f32 %r0, %r1;"), HasSubstr("rounding"));
  EXPECT_THAT(mistakeIn("sqrt.rz.f32 %r0, %r1;"), HasSubstr("rounding"));
  EXPECT_THAT(mistakeIn("call other, (%r0);"), HasSubstr("not in this module"));
  EXPECT_THAT(mistakeIn("bra NOWHERE;"), HasSubstr("NOWHERE"));
  EXPECT_THAT(mistakeIn(".tex .u64 t;"), HasSubstr("directive"));
  EXPECT_EQ(mistakeIn("add.s32 %r0, %r1, %r2;"), "nothing");
}

TEST(PtxRefusals, RefuseRecursion) {
  const std::string functions =
      ".func b;\n.func a\n{\ncall b;\nret;\n}\n.func b\n{\ncall a;\nret;\n}\n";
  HostMemory memory;
  const auto loaded = LoadedModule::load(kernelOf("call a;", functions), memory);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  const auto program = (*loaded)->program("k");
  ASSERT_FALSE(program.has_value());
  EXPECT_THAT(program.error().message, HasSubstr("calls itself"));
}

class PtxText : public ::testing::Test {
 protected:
  std::vector<int> run(const std::string& body, const std::string& before = {}) {
    const auto loaded = LoadedModule::load(kernelOf(body, before), memory_);
    if (!loaded) {
      ADD_FAILURE() << loaded.error().message;
      return {};
    }
    std::byte* out = memory_.allocate(32 * sizeof(int));
    const void* arguments[] = {&out};
    auto parameters = (*loaded)->parameters("k", arguments);
    if (!parameters) {
      ADD_FAILURE() << parameters.error().message;
      return {};
    }
    LaunchOptions options;
    options.threads[0] = 32;
    const auto report = (*loaded)->launch("k", options, std::move(*parameters));
    if (!report || !report->findings.empty()) {
      ADD_FAILURE() << (report ? report->findings[0].text : report.error().message);
      return {};
    }
    std::vector<int> values(32);
    std::memcpy(values.data(), out, 32 * sizeof(int));
    return values;
  }
  HostMemory memory_;
};

constexpr const char* kStore =
    "ld.param.u64 %d0, [out];\nmov.u32 %r1, %tid.x;\nmul.wide.u32 %d1, %r1, 4;\n"
    "add.s64 %d2, %d0, %d1;\nst.global.u32 [%d2], %r0;\n";

TEST_F(PtxText, ScopesHideRegistersAndLabels) {
  const std::string block =
      "{ .reg .b32 %r1; .reg .pred p; mov.u32 %r1, %tid.x; setp.lt.u32 p, %r1, 7;\n"
      "@p bra SKIP; add.s32 %r0, %r0, 100; SKIP: }\n";
  const std::vector<int> values = run("mov.b32 %r0, 1;\n" + block + block + kStore);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], i < 7 ? 1 : 201);
}

TEST_F(PtxText, BranchTablesJumpByIndex) {
  const std::vector<int> values =
      run(std::string(
              "mov.u32 %r1, %tid.x;\nand.b32 %r2, %r1, 3;\nTABLE: .branchtargets A, B, A, C;\n"
              "brx.idx %r2, TABLE;\nA: mov.b32 %r0, 10; bra END;\nB: mov.b32 %r0, 20; bra END;\n"
              "C: mov.b32 %r0, 30;\nEND:\n") +
          kStore);
  constexpr int kExpected[] = {10, 20, 10, 30};
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], kExpected[i & 3]);
}

TEST_F(PtxText, VariablesBeginAsWritten) {
  const std::string variables =
      ".global .align 4 .u32 second = 7;\n.const .align 4 .b8 bytes[8] = {1, 2, 3};\n"
      ".global .align 8 .u64 pointers[2] = {0, generic(second)};\n";
  const std::vector<int> values =
      run(std::string(
              "ld.global.u64 %d3, [pointers+8];\nld.u32 %r0, [%d3];\nld.const.u32 %r2, [bytes];\n"
              "mad.lo.s32 %r0, %r0, 1000000, %r2;\n") +
              kStore,
          variables);
  EXPECT_EQ(values[0], 7 * 1000000 + 0x030201);
}

TEST_F(PtxText, CallsPassArgumentsByValueInEveryLane) {
  const std::string functions =
      ".func (.param .b32 result) twice(.param .b32 x)\n{\n.reg .b32 %r<3>;\n"
      "ld.param.b32 %r0, [x];\nadd.s32 %r1, %r0, %r0;\nst.param.b32 [result], %r1;\nret;\n}\n";
  const std::vector<int> values =
      run(std::string(
              "mov.u32 %r1, %tid.x;\nmov.b32 %r0, %r1;\nsetp.gt.u32 %p0, %r1, 15;\n@!%p0 bra NO;\n"
              "{ .param .b32 a; .param .b32 r;\nst.param.b32 [a], %r1;\n"
              "call.uni (r), twice, (a);\nld.param.b32 %r0, [r]; }\nNO:\n") +
              kStore,
          functions);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], static_cast<int>(i > 15 ? 2 * i : i));
  }
}

TEST(PtxLines, KnowWhereInlinedCodeStands) {
  const auto module = parseModule(
      ".version 9.0\n.target sm_80\n.address_size 64\n.visible .entry k()\n{\n.loc 1 40 3\n"
      ".loc 2 12 5, function_name $L__info_string0, inlined_at 1 40 3\n"
      ".loc 3 50 7, function_name $L__info_string1, inlined_at 2 12 5\ntrap;\nret;\n}\n"
      ".file 1 \"/x/norm.cu\"\n.file 2 \"/x/norm.cuh\"\n.file 3 \"/x/gpu.h\"\n");
  ASSERT_TRUE(module.has_value()) << module.error().message;
  const Statement& trap = module->functions.at("k").statements[0];
  EXPECT_EQ(module->describe(trap.location),
            "gpu.h:50, inlined at norm.cuh:12, inlined at norm.cu:40");
}

TEST(PtxFatBinary, RefusesWhatItIsNot) {
  std::vector<char> bytes(256, 0);
  EXPECT_FALSE(ptxTexts(bytes.data()).has_value());
  const auto put = [&](std::size_t at, auto value) {
    std::memcpy(&bytes[at], &value, sizeof value);
  };
  put(0, uint32_t{0xBA55ED50});
  put(4, uint16_t{1});
  put(6, uint16_t{16});
  put(8, uint64_t{70});
  put(16, uint16_t{1});
  put(20, uint32_t{64});
  put(24, uint64_t{6});
  std::memcpy(&bytes[80], "hello\n", 6);
  const auto texts = ptxTexts(bytes.data());
  ASSERT_TRUE(texts.has_value());
  ASSERT_EQ(texts->size(), 1U);
  EXPECT_EQ((*texts)[0], "hello\n");
  put(56, uint64_t{0x8000});
  EXPECT_THAT(ptxTexts(bytes.data()).error().message, HasSubstr("-no-compress"));
  put(24, uint64_t{7});
  EXPECT_THAT(ptxTexts(bytes.data()).error().message, HasSubstr("past its end"));
}

}  // namespace
}  // namespace lectern::ptx
