// SPDX-License-Identifier: GPL-3.0-or-later
// models list, import and verify: what is taken in, and that it appears whole or not at all.
#include "app/workspace/paths.h"
#include "tests/app/support/child_process.h"
#include "tests/app/support/model_folders.h"
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <string>
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
using ::testing::UnorderedElementsAre;

namespace fs = std::filesystem;

class Models : public ::testing::Test {
 protected:
  void SetUp() override { test::writeModel(source); }

  Outcome expect(ExitCode code, const std::vector<std::string>& arguments) {
    const Outcome outcome = terminal.run(arguments);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(arguments) << outcome.out
                                  << outcome.err;
    return outcome;
  }
  /// Imports and expects a refusal that leaves nothing behind.
  std::string refusal(ExitCode code, const fs::path& folder) {
    const Outcome outcome = expect(code, {"models", "import", folder.string()});
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(namesIn(models), IsEmpty());
    return outcome.err;
  }
  static std::vector<std::string> namesIn(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }

  Terminal terminal;
  fs::path source = terminal.folder.path() / "tiny";
  fs::path models = terminal.options.dataFolder / "models";
};

TEST_F(Models, AnImportedModelIsListedAndRunsByItsName) {
  EXPECT_THAT(terminal.run({"models", "list"}).err, HasSubstr("models import"));
  EXPECT_FALSE(fs::exists(terminal.options.dataFolder)) << "looking makes nothing";

  const Outcome imported = expect(ExitCode::Answered, {"models", "import", source.string()});
  EXPECT_THAT(imported.out, AllOf(HasSubstr("tiny"), HasSubstr("4 layers: 1 attention, 3 Mamba; "
                                                               "2 with 4 experts, 2 at a time")));
  fs::remove_all(source);
  const auto listed = expect(ExitCode::Answered, {"models", "list", "--json"}).json().at("models");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].at("name"), "tiny");
  EXPECT_EQ(listed[0].at("vocabulary"), 288);
  EXPECT_EQ(listed[0].at("windowTokens"), 96);
  EXPECT_EQ(listed[0].at("family"), "none");
  EXPECT_EQ(listed[0].at("parameters"), 20'919 + 2 * (288 - 32) * 16);
  expect(ExitCode::Answered, {"generate", "--model", "tiny", "--prompt", "ab"});
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "verify"}).out,
              HasSubstr("tiny is sound: 3 files"));
}

TEST_F(Models, TheListSaysWhatAWindowTakesWithKeysAndValuesInFewerBits) {
  expect(ExitCode::Answered, {"models", "import", source.string()});
  const auto bytes = [&](const std::vector<std::string>& kv) {
    std::vector<std::string> arguments = {"models", "list", "--json"};
    arguments.insert(arguments.end(), kv.begin(), kv.end());
    const auto listed = expect(ExitCode::Answered, arguments).json().at("models");
    return listed.at(0).at("memory").at(0).at("bytes").get<int64_t>();
  };
  // One page of one layer: two key/value heads of four numbers, which as int8 have a scale.
  EXPECT_EQ(bytes({}), bytes({"--kv", "f32"}));
  EXPECT_EQ(bytes({"--kv", "f32"}) - bytes({"--kv", "bf16"}), 512 * 2 * 2 * (16 - 8));
  EXPECT_EQ(bytes({"--kv", "f32"}) - bytes({"--kv", "int8"}), 512 * 2 * 2 * (16 - 8));
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "list", "--kv", "int8"}).out,
              HasSubstr("memory, keys and values in int8: "));
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "list"}).out, HasSubstr("memory: "));
  expect(ExitCode::Usage, {"models", "list", "--kv", "int4"});
}

TEST_F(Models, AnImportPacksForThisMachineAndARemovalForgetsIt) {
  const fs::path packed = terminal.options.dataFolder / "packed";
  expect(ExitCode::Answered, {"models", "import", source.string()});
  const std::vector<std::string> names = namesIn(packed);
  ASSERT_THAT(names, UnorderedElementsAre(HasSubstr(".packed"), "CACHEDIR.TAG"));
  const fs::path file = packed / (names[0] == "CACHEDIR.TAG" ? names[1] : names[0]);
  const auto written = fs::last_write_time(file);
  expect(ExitCode::Answered, {"generate", "--model", "tiny", "--prompt", "ab"});
  EXPECT_EQ(namesIn(packed), names);
  EXPECT_EQ(fs::last_write_time(file), written) << "what is packed is not packed again";
  expect(ExitCode::Answered, {"models", "remove", "tiny"});
  EXPECT_THAT(namesIn(packed), ElementsAre("CACHEDIR.TAG"));
}

TEST_F(Models, WhatCannotBePackedIsImportedAllTheSame) {
  ASSERT_TRUE(makePrivateFolder(terminal.options.dataFolder));
  ASSERT_TRUE(writeFileAtomically(terminal.options.dataFolder / "packed", "no folder"));
  const Outcome imported = expect(ExitCode::Answered, {"models", "import", source.string()});
  EXPECT_THAT(imported.err, HasSubstr("could not be kept"));
  const Outcome written =
      expect(ExitCode::Answered, {"generate", "--model", "tiny", "--prompt", "ab"});
  EXPECT_THAT(written.err, HasSubstr("could not be kept"));
}

TEST_F(Models, TheRecordHasEveryFilesSizeAndSum) {
  ASSERT_TRUE(writeFileAtomically(source / "LICENSE", "Apache\n"));
  ASSERT_TRUE(writeFileAtomically(source / "pytorch_model.bin", "pickle"));
  expect(ExitCode::Answered, {"models", "import", source.string(), "--name", "mine"});
  EXPECT_THAT(namesIn(models / "mine"), ElementsAre("LICENSE", "config.json", "lectern-model.json",
                                                    "model.safetensors", "tokenizer.json"));
  const auto record = nlohmann::json::parse(bytesOf(models / "mine" / "lectern-model.json"));
  for (const auto& file : record.at("files")) {
    const std::string bytes = bytesOf(models / "mine" / file.at("name").get<std::string>());
    EXPECT_EQ(file.at("bytes"), bytes.size());
    EXPECT_EQ(file.at("sha256"), toHex(sha256(bytes)));
    EXPECT_EQ(bytes, bytesOf(source / file.at("name").get<std::string>()));
  }
  EXPECT_EQ(fs::status(models / "mine").permissions(), fs::perms::owner_all);
}

TEST_F(Models, AThinkingModelIsToldByItsTemplate) {
  nlohmann::json tokenizer = tinyTokenizer();
  auto& vocab = tokenizer["model"]["vocab"];
  for (int id = 274; id < 519; ++id) vocab["<|reserved_" + std::to_string(id) + "|>"] = id;
  vocab.erase("<|reserved_518|>");
  vocab["<|im_start|>"] = 518;
  nlohmann::json config = test::tinyConfig();
  config["vocab_size"] = 519;
  test::writeModel(source, config);
  ASSERT_TRUE(writeFileAtomically(source / "tokenizer.json", tokenizer.dump()));
  const auto family = [&](const std::string& name) -> std::string {
    return expect(ExitCode::Answered,
                  {"models", "import", source.string(), "--name", name, "--json"})
        .json()
        .at("model")
        .at("family");
  };
  EXPECT_EQ(family("plain"), "jamba2");
  ASSERT_TRUE(writeFileAtomically(
      source / "tokenizer_config.json",
      R"({"chat_template": "{{ 'Begin by thinking about the reasoning process in the mind' }}"})"));
  EXPECT_EQ(family("thinker"), "jamba2-thinking");
}

TEST_F(Models, NamesAreTakenOnceAndMustBePlain) {
  expect(ExitCode::Answered, {"models", "import", source.string()});
  EXPECT_THAT(expect(ExitCode::Usage, {"models", "import", source.string()}).err,
              HasSubstr("There is a model tiny already"));
  for (const char* name : {"..", "a/b", ".hidden", "-x", "two words"}) {
    expect(ExitCode::Usage, {"models", "import", source.string(), std::string("--name=") + name});
  }
  expect(ExitCode::Answered, {"models", "import", source.string() + "/", "--name", "tiny-2"});
  EXPECT_THAT(namesIn(models), ElementsAre("tiny", "tiny-2"));
}

TEST_F(Models, WhatIsNoModelIsRefusedWithTheCause) {
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, "/nowhere"),
              HasSubstr("is no folder and no GGUF file"));
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, source / "config.json"),
              HasSubstr("is no folder and no GGUF file"));
  const fs::path gguf = terminal.folder.path() / "gguf";
  fs::create_directory(gguf);
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, gguf), HasSubstr("config.json"));
  ASSERT_TRUE(writeFileAtomically(gguf / "model.gguf", "GGUF"));
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, gguf), HasSubstr("not a sound GGUF file"));
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, gguf / "model.gguf"),
              HasSubstr("not a sound GGUF file"));
}

TEST_F(Models, AGgufFileIsImportedAndVerified) {
  const fs::path file = terminal.folder.path() / "tiny-F32.gguf";
  test::writeGgufModel(file);
  ASSERT_TRUE(writeFileAtomically(terminal.folder.path() / "README.md", "of something else"));
  expect(ExitCode::Answered, {"models", "import", file.string()});
  EXPECT_THAT(namesIn(models), ElementsAre("tiny-F32"));
  EXPECT_THAT(namesIn(models / "tiny-F32"), ElementsAre("lectern-model.json", "tiny-F32.gguf"));
  fs::remove(file);
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "verify", "tiny-F32"}).out, HasSubstr("sound"));
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "list"}).out, HasSubstr("tiny-F32"));
  EXPECT_THAT(expect(ExitCode::Answered, {"tokenize", "--model", "tiny-F32", "--ids",
                                          terminal.folder.write("text", "abab").string()})
                  .out,
              Not(IsEmpty()));
}

TEST_F(Models, ADamagedModelIsRefusedAndLeavesNothing) {
  test::writeSpoiltModel(source);
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, source),
              AllOf(HasSubstr(test::kSpoiltTensor), HasSubstr("[1, 3]")));
  test::writeModel(source);
  fs::resize_file(source / "model.safetensors", fs::file_size(source / "model.safetensors") - 1);
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, source), HasSubstr("ends inside tensor"));
  test::writeModel(source);
  ASSERT_TRUE(writeFileAtomically(source / "tokenizer.json", "{}"));
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, source), HasSubstr("tokenizer.json"));
  fs::remove(source / "tokenizer.json");
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, source), HasSubstr("has no tokenizer.json"));
}

TEST_F(Models, ATokenizerOfAnotherModelIsRefused) {
  nlohmann::json config = test::tinyConfig();
  config["vocab_size"] = 270;
  test::writeModel(source, config);
  EXPECT_THAT(refusal(ExitCode::ModelUnusable, source),
              AllOf(HasSubstr("274 pieces"), HasSubstr("only 270")));
}

TEST_F(Models, AStoppedImportLeavesNothing) {
  terminal.stop.request_stop();
  refusal(ExitCode::Cancelled, source);
}

TEST_F(Models, AFullDiskIsSaidBeforeAndDuringTheCopy) {
  const fs::path disk = terminal.folder.path() / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "a small disk cannot be mounted here";
  }
  terminal.options.dataFolder = disk / "data";
  models = disk / "data" / "models";
  EXPECT_THAT(refusal(ExitCode::Storage, source), AllOf(HasSubstr("free"), HasSubstr("disk")));
  ::umount2(disk.c_str(), MNT_DETACH);

  // A limit on a file's size is met while it is written, as a disk that fills up meanwhile is.
  terminal.options.dataFolder = terminal.folder.path() / "data";
  models = terminal.options.dataFolder / "models";
  test::ChildProcess::Options options;
  options.environment["LECTERN_DATA_DIR"] = terminal.options.dataFolder.string();
  options.maxFileBytes = 20'000;
  const auto outcome =
      test::ChildProcess(terminal.folder.path(),
                         {LECTERN_CLI_PROGRAM, "models", "import", source.string()}, options)
          .wait();
  EXPECT_EQ(outcome.code, 7) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("model.safetensors"));
  EXPECT_THAT(namesIn(models), IsEmpty());
}

TEST_F(Models, AKilledImportIsClearedByTheNext) {
  fs::create_directories(models / ".import-abc123");
  ASSERT_TRUE(writeFileAtomically(models / ".import-abc123" / "config.json", "{}"));
  EXPECT_THAT(terminal.run({"models", "list"}).out, IsEmpty()) << "what is unfinished is not shown";
  expect(ExitCode::Answered, {"models", "import", source.string()});
  EXPECT_THAT(namesIn(models), ElementsAre("tiny"));
}

TEST_F(Models, VerifySaysPerFileWhatIsWrong) {
  expect(ExitCode::Answered, {"models", "import", source.string(), "--name", "good"});
  expect(ExitCode::Answered, {"models", "import", source.string(), "--name", "bad"});
  {
    std::fstream weights(models / "bad" / "model.safetensors",
                         std::ios::in | std::ios::out | std::ios::binary);
    weights.seekp(-5, std::ios::end);
    weights.put('\x7f');
  }
  fs::resize_file(models / "bad" / "tokenizer.json", 100);
  fs::remove(models / "bad" / "config.json");

  const Outcome verified = expect(ExitCode::ModelUnusable, {"models", "verify"});
  EXPECT_THAT(verified.out,
              AllOf(HasSubstr("good is sound"), HasSubstr("bad is not sound"),
                    HasSubstr("config.json: "), HasSubstr("tokenizer.json: It has 100 bytes"),
                    HasSubstr("model.safetensors: It was changed or damaged")));
  expect(ExitCode::Answered, {"models", "verify", "good"});
  expect(ExitCode::ModelUnusable, {"models", "verify", "unknown"});
  const auto listed = terminal.run({"models", "list", "--json"}).json().at("models");
  EXPECT_EQ(listed[0].at("usable"), false);
  EXPECT_EQ(listed[1].at("usable"), true);
}

TEST_F(Models, ARecordThatLiesIsNotFollowed) {
  expect(ExitCode::Answered, {"models", "import", source.string()});
  const fs::path record = models / "tiny" / "lectern-model.json";
  for (const char* bad :
       {"", "[]", "{\"schema\": \"lectern-model/2\", \"files\": []}",
        R"({"schema": "lectern-model/1", "files": [{"name": "../x", "bytes": 1, "sha256": "aa"}]})",
        R"({"schema": "lectern-model/1", "files": [{"name": "config.json", "bytes": -1}]})"}) {
    ASSERT_TRUE(writeFileAtomically(record, bad));
    EXPECT_THAT(expect(ExitCode::ModelUnusable, {"models", "verify"}).out,
                HasSubstr("lectern-model.json"))
        << bad;
    EXPECT_THAT(expect(ExitCode::Answered, {"models", "list"}).out, HasSubstr("Cannot be used"));
  }
}

TEST_F(Models, AnImportedNameGoesBeforeAFolder) {
  expect(ExitCode::Answered, {"models", "import", source.string()});
  const fs::path before = fs::current_path();
  fs::current_path(terminal.folder.path());
  fs::remove(source / "model.safetensors");
  expect(ExitCode::Answered, {"generate", "--model", "tiny", "--prompt", "ab"});
  expect(ExitCode::ModelUnusable, {"generate", "--model", "./tiny", "--prompt", "ab"});
  fs::current_path(before);
}

TEST_F(Models, ARemovedOneIsOffTheListAndItsFilesAreKept) {
  expect(ExitCode::Answered, {"models", "import", source.string()});
  const std::string weights = bytesOf(models / "tiny" / "model.safetensors");
  const fs::path kept = terminal.options.dataFolder / "removed-models" / "tiny";
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "remove", "tiny"}).out,
              HasSubstr("kept in " + kept.string()));
  EXPECT_THAT(namesIn(models), IsEmpty());
  EXPECT_EQ(bytesOf(kept / "model.safetensors"), weights);
  expect(ExitCode::ModelUnusable, {"models", "remove", "tiny"});
  expect(ExitCode::Answered, {"models", "import", kept.string()});
  expect(ExitCode::Answered, {"models", "remove", "tiny"});
  EXPECT_TRUE(fs::exists(kept.parent_path() / "tiny-2")) << "what is there is not written over";
}

TEST_F(Models, ARemovedOneGoesWithItsFilesWhereAnImportWroteThem) {
  expect(ExitCode::Answered, {"models", "import", source.string()});
  expect(ExitCode::Answered, {"models", "remove", "tiny", "--delete-files"});
  EXPECT_THAT(namesIn(models), IsEmpty());
  EXPECT_TRUE(fs::exists(source / "model.safetensors")) << "the original is not touched";

  fs::create_directories(models);
  fs::create_directory_symlink(source, models / "linked");
  fs::copy(source, models / "copied", fs::copy_options::recursive);
  expect(ExitCode::Usage, {"models", "remove", "linked", "--delete-files"});
  expect(ExitCode::Usage, {"models", "remove", "copied", "--delete-files"});
  expect(ExitCode::ModelUnusable, {"models", "remove", "../models/copied", "--delete-files"});
  EXPECT_THAT(namesIn(models), ElementsAre("copied", "linked"));
  expect(ExitCode::Answered, {"models", "remove", "linked"});
  EXPECT_TRUE(fs::exists(source / "model.safetensors"));
}

TEST_F(Models, TheOneThatWasToAnswerAnswersNoMore) {
  expect(ExitCode::Answered, {"models", "import", source.string()});
  expect(ExitCode::Answered, {"config", "set", "answers.engine", "tiny"});
  EXPECT_THAT(expect(ExitCode::Answered, {"models", "remove", "tiny"}).err,
              HasSubstr("The built-in Finder answers"));
  EXPECT_EQ(expect(ExitCode::Answered, {"config", "get", "answers.engine"}).out, "pocket\n");
}

}  // namespace
}  // namespace lectern::cli
