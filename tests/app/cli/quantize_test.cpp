// SPDX-License-Identifier: GPL-3.0-or-later
// models quantize: what it makes, what it says, and what each refusal leaves behind.
#include "tests/app/support/child_process.h"
#include "tests/app/support/model_folders.h"
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace lectern::cli {
namespace {

using test::bytesOf;
using test::Outcome;
using test::Terminal;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

class Quantize : public ::testing::Test {
 protected:
  void SetUp() override { writeMidi({}); }

  /// A model whose matrices have rows of whole blocks, dt_proj's apart.
  void writeMidi(const nlohmann::json& changes) {
    nlohmann::json config = tiny_model::midiConfig();
    config["vocab_size"] = 288;
    config["num_hidden_layers"] = 4;
    if (!changes.is_null()) config.update(changes);
    test::writeModel(source, config);
  }
  Outcome expect(ExitCode code, const std::vector<std::string>& arguments) {
    Outcome outcome = terminal.run(arguments);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(arguments) << outcome.out
                                  << outcome.err;
    return outcome;
  }
  std::vector<std::string> command(const std::string& type) const {
    return {"models", "quantize", source.string(), "--type", type, "--out", out.string()};
  }
  /// Expects that nothing but the model lies in the folder.
  std::string refusal(ExitCode code, const std::vector<std::string>& arguments) {
    const Outcome outcome = expect(code, arguments);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_FALSE(fs::exists(out));
    for (const auto& entry : fs::directory_iterator(out.parent_path())) {
      EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp")));
    }
    return outcome.err;
  }

  Terminal terminal;
  fs::path source = terminal.folder.path() / "midi";
  fs::path out = terminal.folder.path() / "small.gguf";
  fs::path models = terminal.options.dataFolder / "models";
};

TEST_F(Quantize, MakesAnImportedModelThatIsAskedByItsName) {
  ASSERT_TRUE(writeFileAtomically(
      source / "README.md", "---\nlicense: other\nlicense_name: \"open-licence\"\n---\nText\n"));
  const Outcome made =
      expect(ExitCode::Answered, {"models", "quantize", source.string(), "--type", "q4_k"});
  EXPECT_THAT(made.out,
              AllOf(HasSubstr("midi-Q4_K"), HasSubstr("bits a weight"), HasSubstr("output.weight"),
                    HasSubstr("Q6_K"), HasSubstr("blk.0.ssm_in.weight"), HasSubstr(" %"),
                    HasSubstr("without any error")));
  EXPECT_TRUE(fs::exists(models / "midi-Q4_K" / "midi-Q4_K.gguf"));
  EXPECT_TRUE(fs::exists(models / "midi-Q4_K" / "README.md"));
  fs::remove_all(source);
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "list"}).out,
              AllOf(HasSubstr("midi-Q4_K"), HasSubstr("licence: open-licence"),
                    HasSubstr("memory: "), HasSubstr("with 32768 tokens")));
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "verify"}).out, HasSubstr("is sound"));
  expect(ExitCode::Answered,
         {"generate", "--model", "midi-Q4_K", "--prompt", "ab", "--max-tokens", "3"});
  const std::string text = terminal.folder.write("a.txt", "The well is nine metres deep.\n");
  const Outcome asked = terminal.run({"ask", text, "--model", "midi-Q4_K", "How deep?"});
  EXPECT_THAT(asked.out, HasSubstr("midi-Q4_K")) << asked.err;
}

TEST_F(Quantize, WritesAFileWithAReportOfEachTensor) {
  std::vector<std::string> arguments = command("Q8_0");
  arguments.emplace_back("--json");
  const auto json = expect(ExitCode::Answered, arguments).json();
  EXPECT_EQ(json.at("file"), out.string());
  EXPECT_TRUE(json.at("name").is_null());
  EXPECT_EQ(json.at("type"), "Q8_0");
  EXPECT_EQ(json.at("expertsOnly"), false);
  EXPECT_EQ(json.at("bytes"), fs::file_size(out));
  int64_t elements = 0;
  for (const auto& tensor : json.at("tensors")) {
    elements += tensor.at("elements").get<int64_t>();
    const bool isExact = tensor.at("to") == "F32";
    EXPECT_EQ(tensor.at("relativeError") == 0, isExact) << tensor;
    EXPECT_LT(tensor.at("relativeError"), 0.01) << tensor;
  }
  EXPECT_EQ(json.at("parameters"), elements);
  expect(ExitCode::Answered, {"models", "import", out.string()});
}

TEST_F(Quantize, OfExpertsAloneIsCalledSo) {
  expect(ExitCode::Answered,
         {"models", "quantize", source.string(), "--type", "q8_0", "--experts-only"});
  EXPECT_TRUE(fs::exists(models / "midi-experts-Q8_0" / "midi-experts-Q8_0.gguf"));
  writeMidi({{"num_experts", 1}, {"num_experts_per_tok", 1}});
  std::vector<std::string> arguments = command("q8_0");
  arguments.emplace_back("--experts-only");
  EXPECT_THAT(refusal(ExitCode::Usage, arguments), HasSubstr("no experts"));
}

TEST_F(Quantize, TheSameModelGivesTheSameBytes) {
  expect(ExitCode::Answered, command("q4_0"));
  const std::string once = bytesOf(out);
  fs::remove(out);
  expect(ExitCode::Answered, command("q4_0"));
  EXPECT_TRUE(bytesOf(out) == once);
}

TEST_F(Quantize, WhatIsPutWronglyIsUsage) {
  EXPECT_THAT(refusal(ExitCode::Usage, command("q3_k")), HasSubstr("q3_k"));
  EXPECT_THAT(refusal(ExitCode::Usage, {"models", "quantize", source.string()}),
              HasSubstr("--type"));
  EXPECT_THAT(refusal(ExitCode::Usage, {"models", "quantize", source.string(), "--type", "q8_0",
                                        "--out", (source / "x.bin").string()}),
              HasSubstr(".gguf"));
  EXPECT_THAT(refusal(ExitCode::Usage,
                      {"models", "quantize", source.string(), "--type", "q8_0", "--name", "a b"}),
              HasSubstr("name"));
  ASSERT_TRUE(writeFileAtomically(out, "mine"));
  EXPECT_THAT(expect(ExitCode::Usage, command("q8_0")).err, HasSubstr("already"));
  EXPECT_EQ(bytesOf(out), "mine");
}

TEST_F(Quantize, ADamagedOrMissingModelIsRefused) {
  EXPECT_THAT(refusal(ExitCode::ModelUnusable,
                      {"models", "quantize", "nowhere", "--type", "q8_0", "--out", out.string()}),
              HasSubstr("nowhere"));
  test::writeSpoiltModel(source);
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, command("q8_0")),
              AllOf(HasSubstr(test::kSpoiltTensor), HasSubstr("[1, 3]")));
  writeMidi({});
  fs::resize_file(source / "model.safetensors", 100'000);
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, command("q8_0")), HasSubstr("ends inside tensor"));
}

TEST_F(Quantize, AStopLeavesNothing) {
  terminal.stop.request_stop();
  refusal(ExitCode::Cancelled, command("q8_0"));
  expect(ExitCode::Cancelled, {"models", "quantize", source.string(), "--type", "q8_0"});
  std::error_code none;
  EXPECT_TRUE(fs::is_empty(models, none) || !fs::exists(models));
}

TEST_F(Quantize, AFullDiskIsSaidBeforeAndWhileItIsWritten) {
  const fs::path disk = terminal.folder.path() / "disk";
  fs::create_directory(disk);
  out = disk / "small.gguf";
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") == 0) {
    EXPECT_THAT(refusal(ExitCode::Storage, command("q8_0")), HasSubstr("free"));
    ::umount2(disk.c_str(), MNT_DETACH);
  }
  // A limit on a file's size is met while it is written, as a disk that fills up meanwhile is.
  test::ChildProcess::Options options;
  options.maxFileBytes = 100'000;
  std::vector<std::string> arguments = command("q8_0");
  arguments.insert(arguments.begin(), LECTERN_CLI_PROGRAM);
  const auto outcome = test::ChildProcess(terminal.folder.path(), arguments, options).wait();
  EXPECT_EQ(outcome.code, 7) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("small.gguf could not be written"));
  EXPECT_TRUE(fs::is_empty(disk));
}

}  // namespace
}  // namespace lectern::cli
