// SPDX-License-Identifier: GPL-3.0-or-later
// bench: what it measures and prints. How fast anything is, no test can say.
#include "tests/app/support/model_folders.h"
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BenchCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    nlohmann::json config = test::tinyConfig();
    config["max_position_embeddings"] = 2048;
    test::writeModel(model, config);
  }
  Outcome expect(ExitCode code, std::vector<std::string> options) {
    options.insert(options.begin(), {"bench", model.string()});
    Outcome outcome = terminal.run(options);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(options) << outcome.err;
    return outcome;
  }

  Terminal terminal;
  std::filesystem::path model = terminal.folder.path() / "model";
};

TEST_F(BenchCommand, MeasuresReadingAndWritingAtEachDepth) {
  const auto json = expect(ExitCode::Answered, {"--prompt", "64,600", "--depth", "700,0",
                                                "--generate", "8", "--threads", "2", "--json"})
                        .json();
  EXPECT_EQ(json.at("threads"), 2);
  ASSERT_EQ(json.at("reading").size(), 4U);
  ASSERT_EQ(json.at("writing").size(), 2U);
  const auto& shallow = json.at("reading").at(1);
  const auto& deep = json.at("reading").at(3);
  EXPECT_EQ(shallow.at("tokens"), 600);
  EXPECT_EQ(shallow.at("depth"), 0);
  EXPECT_EQ(deep.at("depth"), 700);
  EXPECT_GT(deep.at("flops"), shallow.at("flops")) << "attention goes over more";
  EXPECT_GT(json.at("writing").at(1).at("bytes"), json.at("writing").at(0).at("bytes"));
  EXPECT_THAT(json.at("readingProfiles"), IsEmpty());
  const auto& machine = json.at("machine");
  EXPECT_GT(machine.at("memoryBytesPerSecond"), 1e8);
  EXPECT_GE(machine.at("int8OperationsPerSecond"),
            0.5 * machine.at("float32OperationsPerSecond").get<double>());
  const auto& memory = json.at("memory");
  EXPECT_GT(memory.at("weightBytes"), 4 * 20'919);
  EXPECT_GT(memory.at("stateBytes"), 0);
  EXPECT_GT(memory.at("workingBytes"), 0);
  EXPECT_GT(memory.at("residentBytes"), 0);
}

TEST_F(BenchCommand, AProfileNamesTheOperations) {
  const auto json = expect(ExitCode::Answered, {"--prompt", "64", "--generate", "4", "--profile",
                                                "--backend", "reference", "--json"})
                        .json();
  EXPECT_EQ(json.at("backend"), "reference");
  EXPECT_EQ(json.at("whyNotBetter"), "");
  EXPECT_EQ(json.at("products"), "");  // the processor has no choice
  std::vector<std::string> names;
  double seconds = 0;
  for (const auto& operation : json.at("readingProfiles").at(0).at("operations")) {
    names.push_back(operation.at("name"));
    seconds += operation.at("seconds").get<double>();
  }
  EXPECT_THAT(names, AllOf(::testing::Contains("SelectiveScan"), ::testing::Contains("AttendMany"),
                           ::testing::Contains("Linear 64 × 16, 32 bits")));
  EXPECT_LE(seconds, json.at("readingProfiles").at(0).at("seconds"));
  const Outcome text = expect(ExitCode::Answered, {"--prompt", "64", "--generate", "4", "--profile",
                                                   "--backend", "reference"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("machine "), HasSubstr("planned"), HasSubstr("tokens/s"),
                              HasSubstr("MambaStep"), HasSubstr("around them")));
}

TEST_F(BenchCommand, KeysAndValuesAreKeptAsItIsAsked) {
  const auto kept = [&](const std::vector<std::string>& kv) {
    std::vector<std::string> options = {"--prompt", "0",         "--depth", "600",   "--generate",
                                        "1",        "--threads", "1",       "--json"};
    options.insert(options.end(), kv.begin(), kv.end());
    return expect(ExitCode::Answered, options).json();
  };
  const auto floats = kept({});
  const auto bytes = kept({"--kv", "int8"});
  EXPECT_EQ(floats.at("kv"), "f32") << "the usual type of so small a model";
  EXPECT_EQ(bytes.at("kv"), "int8");
  EXPECT_EQ(kept({"--kv", "bf16"}).at("kv"), "bf16");
  // Keys and values of one layer, two heads and four numbers each: 16 bytes as floats, else 4 + 4.
  constexpr int64_t kSaved = 2 * 2 * 8;
  const auto difference = [&](const nlohmann::json& a, const nlohmann::json& b) {
    return a.get<int64_t>() - b.get<int64_t>();
  };
  EXPECT_EQ(difference(floats.at("memory").at("stateBytes"), bytes.at("memory").at("stateBytes")),
            2 * 512 * kSaved)
      << "two pages";
  EXPECT_GT(
      difference(floats.at("writing").at(0).at("bytes"), bytes.at("writing").at(0).at("bytes")),
      600 * kSaved);
  const Outcome text = expect(
      ExitCode::Answered, {"--prompt", "0", "--generate", "1", "--threads", "1", "--kv", "int8"});
  EXPECT_THAT(text.out, HasSubstr("; keys and values in int8\n"));
}

TEST_F(BenchCommand, NothingIsMeasuredWhereNothingIsAskedFor) {
  const auto json =
      expect(ExitCode::Answered, {"--prompt", "0", "--generate", "0", "--json"}).json();
  EXPECT_THAT(json.at("reading"), IsEmpty());
  EXPECT_THAT(json.at("writing"), IsEmpty());
}

TEST_F(BenchCommand, WhatCannotBeIsRefused) {
  EXPECT_THAT(expect(ExitCode::DoesNotFit, {"--depth", "2000", "--prompt", "512"}).err,
              AllOf(HasSubstr("2048"), HasSubstr("2512")));
  expect(ExitCode::Usage, {"--prompt", "-1"});
  expect(ExitCode::Usage, {"--depth", "many"});
  expect(ExitCode::Usage, {"--backend", "abacus"});
  EXPECT_THAT(expect(ExitCode::Usage, {"--kv", "int4"}).err, HasSubstr("int8"));
  // No plug-in lies beside the test program.
  EXPECT_THAT(expect(ExitCode::Usage, {"--device", "cuda"}).err, HasSubstr("cannot be used: "));
  model = "nowhere";
  expect(ExitCode::ModelUnusable, {});
}

TEST_F(BenchCommand, AStopEndsIt) {
  terminal.stop.request_stop();
  expect(ExitCode::Cancelled, {});
}

}  // namespace
}  // namespace lectern::cli
