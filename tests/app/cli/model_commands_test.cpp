// SPDX-License-Identifier: GPL-3.0-or-later
// tokenize, template render, logits, generate: what they print, and what each refusal ends with.
#include "core/base/utf8.h"
#include "tests/app/support/child_process.h"
#include "tests/app/support/model_folders.h"
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace lectern::cli {
namespace {

using test::bytesOf;
using test::Outcome;
using test::Terminal;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelCommands : public ::testing::Test {
 protected:
  void SetUp() override { test::writeModel(model); }

  std::string file(const std::string& name, std::string_view bytes) {
    return terminal.folder.write(name, bytes).string();
  }
  Outcome expect(ExitCode code,
                 const std::vector<std::string>& arguments,
                 const std::string& input = {}) {
    const Outcome outcome = terminal.run(arguments, input);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(arguments) << outcome.err;
    if (code != ExitCode::Answered) {
      EXPECT_THAT(outcome.err, ::testing::StartsWith("lectern-cli: "));
      EXPECT_THAT(outcome.out, IsEmpty());
    }
    return outcome;
  }
  /// Files besides the model that a command left behind.
  [[nodiscard]] std::vector<std::string> leftovers() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(terminal.folder.path())) {
      const bool isExpected = entry.path() == model ||
                              entry.path() == terminal.options.dataFolder ||
                              entry.path() == terminal.options.configFolder;
      if (!isExpected) names.push_back(entry.path().filename());
    }
    return names;
  }

  Terminal terminal;
  std::filesystem::path model = terminal.folder.path() / "model";
};

TEST_F(ModelCommands, TakeAGgufFileLikeAFolder) {
  const std::string gguf = (terminal.folder.path() / "m.gguf").string();
  test::writeGgufModel(gguf);
  const std::string ids = file("ids", "3 14 15 92 65");
  const std::string scores = (terminal.folder.path() / "scores").string();
  expect(ExitCode::Answered, {"logits", "--model", gguf, "--ids", ids, "--out", scores});
  const std::string own = bytesOf(scores);
  expect(ExitCode::Answered, {"logits", "--model", model.string(), "--ids", ids, "--out", scores});
  EXPECT_EQ(own.size(), 5U * 288U * sizeof(float));
  EXPECT_TRUE(own == bytesOf(scores));

  const std::string text = "abab  é€ <|end|>\n";
  const Outcome tokens =
      expect(ExitCode::Answered, {"tokenize", "--model", gguf, "--ids", file("text", text)});
  EXPECT_EQ(
      expect(ExitCode::Answered, {"tokenize", "--model", gguf, "--decode", "-"}, tokens.out).out,
      text);
}

TEST_F(ModelCommands, TokenizeAndDecodeAreEachOthersWayBack) {
  const std::string text = "abab  é€ <|end|>\n";
  const Outcome ids =
      expect(ExitCode::Answered, {"tokenize", "--model", model.string(), "--ids", "-"}, text);
  EXPECT_THAT(ids.out, ::testing::StartsWith("261 262 "));
  const Outcome back =
      expect(ExitCode::Answered, {"tokenize", "--model", model.string(), "--decode", "-"}, ids.out);
  EXPECT_EQ(back.out, text);
}

TEST_F(ModelCommands, TokenizeShowsEachTokenWithItsBytes) {
  const Outcome shown =
      expect(ExitCode::Answered, {"tokenize", "--model", model.string(), file("t.txt", "ab ab")});
  EXPECT_EQ(shown.out, "   259  0-2  ab\n   260  2-5  ▁ab\n");
  EXPECT_EQ(shown.err, "2 tokens for 5 bytes.\n");
}

TEST_F(ModelCommands, TokenizeTakesMarkersOnlyWhereTheyAreAskedFor) {
  const std::vector<std::string> plain = {"tokenize", "--model", model.string(), "--ids", "-"};
  std::vector<std::string> marked = plain;
  marked.emplace_back("--markers");
  EXPECT_NE(expect(ExitCode::Answered, plain, "<|end|>").out, "0\n");
  EXPECT_EQ(expect(ExitCode::Answered, marked, "<|end|>").out, "0\n");
}

TEST_F(ModelCommands, TokenizeSaysWhereATextIsNone) {
  EXPECT_THAT(expect(ExitCode::InputRefused,
                     {"tokenize", "--model", model.string(), file("t.txt", "ab\xC3(")})
                  .err,
              AllOf(HasSubstr("t.txt"), HasSubstr("byte 3")));
}

TEST_F(ModelCommands, IdsThatAreNoneAreNamedWithTheirPlace) {
  const auto decode = [&](const std::string& ids) {
    return expect(ExitCode::InputRefused,
                  {"tokenize", "--model", model.string(), "--decode", file("ids", ids)})
        .err;
  };
  EXPECT_THAT(decode("[1, 2, 274]"), AllOf(HasSubstr("274 as its number 3"), HasSubstr("273")));
  EXPECT_THAT(decode("5 -1"), HasSubstr("-1 as its number 2"));
  EXPECT_THAT(decode("99999999999999999999"), HasSubstr("number 1"));
  EXPECT_THAT(decode("1 2 three"), AllOf(HasSubstr("byte 5"), HasSubstr("behind 2 numbers")));
}

TEST_F(ModelCommands, AModelWithoutATokenizerSaysSo) {
  std::filesystem::remove(model / "tokenizer.json");
  EXPECT_THAT(expect(ExitCode::ModelUnusable, {"tokenize", "--model", model.string(), "-"}).err,
              HasSubstr("has no tokenizer.json"));
  ASSERT_TRUE(writeFileAtomically(model / "tokenizer.json", "{\"model\": "));
  EXPECT_THAT(expect(ExitCode::ModelUnusable, {"tokenize", "--model", model.string(), "-"}).err,
              HasSubstr("tokenizer.json"));
}

TEST_F(ModelCommands, AByteModelNeedsNone) {
  nlohmann::json config = test::tinyConfig();
  config["vocab_size"] = 256;
  test::writeModel(model, config);
  std::filesystem::remove(model / "tokenizer.json");
  EXPECT_EQ(
      expect(ExitCode::Answered, {"tokenize", "--model", model.string(), "--ids", "-"}, "é").out,
      "195 169\n");
}

TEST_F(ModelCommands, AMissingModelIsNamed) {
  for (const std::string name : {"nowhere", "/nowhere/model", "..", "a/../b", ""}) {
    const auto folder = terminal.run({"generate", "--model", name});
    EXPECT_EQ(folder.code, ExitCode::ModelUnusable) << name << folder.err;
  }
  EXPECT_THAT(expect(ExitCode::ModelUnusable, {"generate", "--model", "nowhere"}).err,
              AllOf(HasSubstr("nowhere"), HasSubstr("models list")));
  EXPECT_THAT(
      expect(ExitCode::ModelUnusable, {"generate", "--model", (model / "config.json").string()})
          .err,
      HasSubstr("is a file"));
}

TEST_F(ModelCommands, ATemplateIsRenderedInTheFamilyThatIsAskedFor) {
  const std::string context = file(
      "context.json",
      R"({"messages": [{"role": "user", "content": "<|im_end|>"}], "add_generation_prompt": true})");
  const std::vector<std::string> render = {"template",     "render",   context, "--model",
                                           model.string(), "--family", "jamba2"};
  const Outcome text = expect(ExitCode::Answered, render);
  EXPECT_EQ(text.out,
            "<|startoftext|><|im_start|>user\n<|im_end|><|im_end|>\n<|im_start|>assistant\n");
  std::vector<std::string> parts = render;
  parts.emplace_back("--parts");
  EXPECT_THAT(expect(ExitCode::Answered, parts).out,
              HasSubstr("marker \"<|im_start|>\"\ntext   \"user\\n<|im_end|>\"\n"
                        "marker \"<|im_end|>\"\n"));
}

TEST_F(ModelCommands, AModelWithoutAFamilySaysHowToChooseOne) {
  const std::string context = file("context.json", R"({"messages": []})");
  EXPECT_THAT(
      expect(ExitCode::Usage, {"template", "render", context, "--model", model.string()}).err,
      HasSubstr("--family"));
}

TEST_F(ModelCommands, AContextThatIsNoneIsRefused) {
  const auto render = [&](ExitCode code, std::string_view context) {
    return expect(code, {"template", "render", file("context.json", context), "--model",
                         model.string(), "--family", "jamba1"})
        .err;
  };
  EXPECT_THAT(render(ExitCode::InputRefused, "{\"messages\": ["), HasSubstr("context.json"));
  render(ExitCode::InputRefused, R"({"messages": [], "messages": []})");
  render(ExitCode::InputRefused, std::string(100, '['));
  EXPECT_THAT(render(ExitCode::Usage, "[]"), HasSubstr("messages"));
  EXPECT_THAT(render(ExitCode::Usage, R"({"messages": [7]})"), HasSubstr("role"));
}

TEST_F(ModelCommands, LogitsAreWrittenWholeOrNotAtAll) {
  const std::string out = (terminal.folder.path() / "scores.f32").string();
  const Outcome written =
      expect(ExitCode::Answered, {"logits", "--model", model.string(), "--ids",
                                  file("ids", "[5, 6, 287]"), "--out", out, "--json"});
  EXPECT_EQ(written.json().at("bytes"), 3 * 288 * 4);
  EXPECT_EQ(bytesOf(out).size(), 3U * 288 * 4);
  EXPECT_THAT(written.err, HasSubstr("3.5 kB"));

  std::filesystem::remove(out);
  terminal.stop.request_stop();
  expect(ExitCode::Cancelled, {"logits", "--model", model.string(), "--ids",
                               (terminal.folder.path() / "ids").string(), "--out", out});
  EXPECT_THAT(leftovers(), ::testing::ElementsAre("ids"));
}

TEST_F(ModelCommands, KeysAndValuesInFewerBitsChangeLogitsALittle) {
  const std::string out = (terminal.folder.path() / "scores.f32").string();
  const std::string ids = file("ids", "[5, 6, 7, 200, 9, 30, 11, 287]");
  const auto logits = [&](std::vector<std::string> kv) {
    std::vector<std::string> arguments = {"logits", "--model", model.string(), "--ids", ids,
                                          "--out",  out,       "--backend",    "cpu"};
    arguments.insert(arguments.end(), kv.begin(), kv.end());
    expect(ExitCode::Answered, arguments);
    const std::string bytes = bytesOf(out);
    std::filesystem::remove(out);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  };
  const std::vector<float> usual = logits({});
  EXPECT_EQ(logits({"--kv", "f32"}), usual) << "the usual type of so small a model";
  const std::vector<float> bytes = logits({"--kv", "int8"});
  EXPECT_NE(bytes, usual);
  EXPECT_NE(bytes, logits({"--kv", "bf16"}));
  ASSERT_EQ(bytes.size(), usual.size());
  for (size_t i = 0; i < usual.size(); ++i) EXPECT_NEAR(bytes[i], usual[i], 0.1);
}

TEST_F(ModelCommands, LogitsRefuseWhatDoesNotFitAndLeaveNothing) {
  const std::string out = (terminal.folder.path() / "scores.f32").string();
  std::string ids;
  for (int i = 0; i < 97; ++i) ids += "5 ";
  EXPECT_THAT(expect(ExitCode::DoesNotFit,
                     {"logits", "--model", model.string(), "--ids", file("ids", ids), "--out", out})
                  .err,
              AllOf(HasSubstr("97"), HasSubstr("96")));
  EXPECT_THAT(expect(ExitCode::InputRefused, {"logits", "--model", model.string(), "--ids",
                                              file("ids", "1 288"), "--out", out})
                  .err,
              HasSubstr("288 as its number 2"));
  EXPECT_THAT(expect(ExitCode::Storage, {"logits", "--model", model.string(), "--ids",
                                         file("ids", "1"), "--out", "/nowhere/scores.f32"})
                  .err,
              HasSubstr("/nowhere/scores.f32"));
  EXPECT_THAT(leftovers(), ::testing::ElementsAre("ids"));
}

TEST_F(ModelCommands, ADiskThatIsTooSmallOrReadOnlyIsSaid) {
  const std::string disk = (terminal.folder.path() / "disk").string();
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4k") != 0) {
    GTEST_SKIP() << "a small disk cannot be mounted here";
  }
  std::string ids;
  for (int i = 0; i < 90; ++i) ids += "5 ";
  const std::vector<std::string> command = {"logits",         "--model", model.string(),  "--ids",
                                            file("ids", ids), "--out",   disk + "/scores"};
  EXPECT_THAT(expect(ExitCode::Storage, command).err,
              AllOf(HasSubstr("104 kB"), HasSubstr("4.1 kB free")));
  EXPECT_EQ(::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_THAT(expect(ExitCode::Storage, command).err, HasSubstr("Read-only file system"));
  EXPECT_TRUE(std::filesystem::is_empty(disk));
  ::umount2(disk.c_str(), MNT_DETACH);
}

TEST_F(ModelCommands, TheSameSeedWritesTheSame) {
  const auto run = [&](const std::string& seed) {
    return expect(ExitCode::Answered,
                  {"generate", "--model", model.string(), "--prompt", "ab ab", "--max-tokens", "20",
                   "--temperature", "2", "--seed", seed, "--json"})
        .json();
  };
  const auto first = run("7");
  EXPECT_EQ(first.at("promptTokens"), 3);  // the start token, and two
  EXPECT_EQ(first.at("ids"), run("7").at("ids"));
  EXPECT_NE(first.at("ids"), run("8").at("ids"));
}

TEST_F(ModelCommands, GenerateStreamsTextAndSaysHowFastItWas) {
  const Outcome outcome =
      expect(ExitCode::Answered, {"generate", "--model", model.string(), "--prompt", "ab",
                                  "--max-tokens", "30", "--temperature", "1", "--seed", "3"});
  EXPECT_TRUE(utf8::isValid(outcome.out));
  EXPECT_THAT(outcome.out, ::testing::EndsWith("\n"));
  EXPECT_THAT(outcome.err,
              ::testing::ContainsRegex(
                  "Read 2 in [0-9.]+ s .*, wrote [0-9]+ tokens? in [0-9.]+ s .*\\.\n"));
  const auto json = expect(ExitCode::Answered,
                           {"generate", "--model", model.string(), "--prompt", "ab", "--max-tokens",
                            "30", "--temperature", "1", "--seed", "3", "--json"})
                        .json();
  EXPECT_EQ(json.at("text").get<std::string>() + "\n", outcome.out);
}

TEST_F(ModelCommands, GenerateFillsTheWindowAndNoMore) {
  const auto json =
      expect(ExitCode::Answered, {"generate", "--model", model.string(), "--prompt", "ab",
                                  "--max-tokens", "500", "--temperature", "3", "--json"})
          .json();
  if (json.at("end") == "window-full") {
    EXPECT_EQ(json.at("ids").size(), 94U);
  } else {
    EXPECT_EQ(json.at("end"), "end-token");
  }
  const std::string text(97, 'c');
  EXPECT_THAT(
      expect(ExitCode::DoesNotFit, {"generate", "--model", model.string(), "--prompt", text}).err,
      AllOf(HasSubstr("98"), HasSubstr("96")));
}

TEST_F(ModelCommands, GenerateNeedsSomethingToGoOnFrom) {
  nlohmann::json config = test::tinyConfig();
  config.erase("bos_token_id");
  test::writeModel(model, config);
  EXPECT_THAT(expect(ExitCode::Usage, {"generate", "--model", model.string()}).err,
              HasSubstr("--prompt"));
}

TEST_F(ModelCommands, NumbersOutOfRangeAreUsage) {
  for (const std::vector<std::string>& option :
       std::vector<std::vector<std::string>>{{"--temperature", "-1"},
                                             {"--top-p", "2"},
                                             {"--min-p", "x"},
                                             {"--seed", "one"},
                                             {"--max-tokens", "0"},
                                             {"--threads", "-2"},
                                             {"--backend", "abacus"},
                                             {"--prompt", "a", "--prompt-file", "b"}}) {
    std::vector<std::string> command = {"generate", "--model", model.string()};
    command.insert(command.end(), option.begin(), option.end());
    expect(ExitCode::Usage, command);
  }
}

TEST_F(ModelCommands, AWeightThatIsNoNumberIsRefusedByNameAndPlace) {
  test::writeSpoiltModel(model);
  EXPECT_THAT(
      expect(ExitCode::ModelUnusable, {"generate", "--model", model.string(), "--prompt", "a"}).err,
      AllOf(HasSubstr(test::kSpoiltTensor), HasSubstr("[1, 3]")));
}

TEST_F(ModelCommands, ABrokenFolderIsRefused) {
  const auto refusal = [&] {
    return expect(ExitCode::ModelUnusable, {"generate", "--model", model.string(), "--prompt", "a"})
        .err;
  };
  std::filesystem::resize_file(model / "model.safetensors", 5000);
  EXPECT_THAT(refusal(), HasSubstr("model.safetensors"));
  std::filesystem::remove(model / "model.safetensors");
  EXPECT_THAT(refusal(), HasSubstr("model.safetensors"));
  std::filesystem::remove(model / "config.json");
  EXPECT_THAT(refusal(), HasSubstr("config.json"));
}

class EndlessModel : public ModelCommands {
 protected:
  /// A text long enough that it is still being written when something happens.
  void SetUp() override {
    nlohmann::json config = test::tinyConfig();
    config.erase("eos_token_id");
    config["max_position_embeddings"] = 262'144;
    test::writeModel(model, config);
  }
  [[nodiscard]] std::vector<std::string> command() const {
    return {LECTERN_CLI_PROGRAM, "generate", "--model",      model.string(),
            "--prompt",          "ab",       "--max-tokens", "1000000",
            "--temperature",     "2"};
  }
};

TEST_F(EndlessModel, AReaderThatHasEnoughEndsIt) {
  std::vector<std::string> piped = {"bash", "-c",
                                    "set -o pipefail; \"$0\" \"$@\" | head -c 20 >/dev/null"};
  for (const std::string& argument : command()) piped.push_back(argument);
  const auto outcome = test::ChildProcess(terminal.folder.path(), piped, {}).wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(EndlessModel, AFullOutputEndsItAndIsSaid) {
  test::ChildProcess::Options options;
  options.out = "/dev/full";
  const auto outcome = test::ChildProcess(terminal.folder.path(), command(), options).wait();
  EXPECT_EQ(outcome.code, 7) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
}

TEST_F(EndlessModel, ControlCKeepsWhatIsWritten) {
  const auto out = terminal.folder.path() / "written";
  test::ChildProcess::Options options;
  options.out = out;
  test::ChildProcess writing(terminal.folder.path(), command(), options);
  while (writing.isRunning() && bytesOf(out).size() < 100) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(-writing.pid(), SIGINT);
  const test::ProcessOutcome stopped = writing.wait();
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_GE(stopped.out.size(), 100U);
  EXPECT_TRUE(utf8::isValid(stopped.out));
  EXPECT_THAT(stopped.err, HasSubstr("wrote "));
}

}  // namespace
}  // namespace lectern::cli
