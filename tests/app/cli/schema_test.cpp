// SPDX-License-Identifier: GPL-3.0-or-later
// What --json prints is what app/cli/schema says it is: real outputs, judged by python3-jsonschema.
#include "app/workspace/workspace.h"
#include "tests/app/support/child_process.h"
#include "tests/app/support/model_folders.h"
#include "tests/app/support/terminal.h"
#include "tests/support/answer_model_fixture.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lectern::cli {
namespace {

using test::ChildProcess;
using test::Outcome;
using test::Terminal;

class Schema : public ::testing::Test {
 protected:
  void SetUp() override {
    if (python({"-c", "import jsonschema"}).code != 0) {
      GTEST_SKIP() << "python3-jsonschema is not installed";
    }
  }

  test::ProcessOutcome python(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "python3");
    return ChildProcess(terminal.folder.path(), arguments, {}).wait();
  }

  /// Runs the command and holds its output against the schema of that name.
  nlohmann::json check(const std::string& schema, std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const Outcome outcome = terminal.run(arguments);
    const std::string file = terminal.folder.write("value.json", outcome.out).string();
    const auto judged =
        python({"-c",
                "import json, sys, jsonschema\n"
                "schema = json.load(open(sys.argv[1]))\n"
                "jsonschema.Draft202012Validator.check_schema(schema)\n"
                "jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))\n",
                LECTERN_SOURCE_DIR "/app/cli/schema/" + schema + ".schema.json", file});
    EXPECT_EQ(judged.code, 0) << schema << '\n' << judged.err << outcome.out << outcome.err;
    return outcome.json();
  }

  Terminal terminal;
};

TEST_F(Schema, HoldsForTheOutputOfEveryCommand) {
  const std::string shelf = LECTERN_SOURCE_DIR "/resources/sample/";
  check("list", {"list"});
  check("add", {"add", shelf + "tenancy-agreement.pdf", shelf + "notice-he.pdf", "/nowhere.pdf",
                "--shelf", "house"});
  check("list", {"list"});
  check("text", {"text", shelf + "tenancy-agreement.pdf", "--boxes"});
  check("text", {"text", shelf + "dehumidifier-manual.md"});
  const auto answer = check("ask", {"ask", "--shelf", "house", "How long is the notice period?"});
  EXPECT_EQ(answer.at("found"), true);
  const auto nothing = check("ask", {"ask", "--shelf", "house", "Who found the moons of Jupiter?"});
  EXPECT_EQ(nothing.at("found"), false);
  check("show", {"show", answer.at("claims").at(0).at("citations").at(0).at("id")});
  check("context", {"context"});
  check("summarize", {"summarize", "--shelf", "house"});
  check("conversations-list", {"conversations"});
  for (const char* talk : {"t1", "t2", "t3"}) {
    check("conversations-show", {"conversations", "show", talk});
  }
  check("conversations-rename", {"conversations", "rename", "t1", "Notice"});
  check("conversations-search", {"conversations", "search", "notice"});
  check("conversations-search", {"conversations", "search", "nothing of the kind"});
  check("conversations-delete", {"conversations", "delete", "t2"});
  check("verify", {"verify", "--database"});
  check("remove", {"remove", "d2"});
}

TEST_F(Schema, HoldsForReadings) {
  check("readings-list", {"readings"});
  check("add", {"add", terminal.folder.write("a.txt", "The fan is quiet.").string()});
  {
    const test::TinyAnswerModel model(test::TinyFamily::Jamba2);
    AskOptions options;
    options.model = model.path();
    options.readings.worthMs = 0;
    options.answer.maxTokens = 1;
    const auto workspace = Workspace::open(terminal.options).value();
    ASSERT_TRUE(workspace->ask("How loud is it?", {RevisionId{1}}, options, {}, {}));
  }
  const auto readings = check("readings-list", {"readings", "list"}).at("readings");
  ASSERT_EQ(readings.size(), 1U);
  check("readings-remove", {"readings", "remove", readings.at(0).at("id")});
}

TEST_F(Schema, HoldsForTheCommandsOfModels) {
  const std::string model = (terminal.folder.path() / "model").string();
  test::writeModel(model);
  const std::string text = terminal.folder.write("text", "ab ab é").string();
  const std::string ids = terminal.folder.write("ids", "5 260 1").string();
  check("tokenize", {"tokenize", "--model", model, text});
  check("tokenize", {"tokenize", "--model", model, "--ids", text});
  check("tokenize", {"tokenize", "--model", model, "--decode", ids});
  check("template-render",
        {"template", "render", "--model", model, "--family", "jamba1",
         terminal.folder.write("c.json", R"({"messages": [{"role": "user", "content": "Q"}]})")
             .string()});
  check("logits", {"logits", "--model", model, "--ids", ids, "--out",
                   (terminal.folder.path() / "scores").string()});
  check("generate", {"generate", "--model", model, "--prompt", "ab", "--max-tokens", "5"});
  const std::string tasks = LECTERN_SOURCE_DIR "/tests/fixtures/finder/tasks.jsonl";
  const auto pocket = check("eval-pocket", {"eval", "pocket", "--tasks", tasks, "--model",
                                            LECTERN_SOURCE_DIR "/resources/models/pocket"});
  EXPECT_EQ(pocket.at("sets").size(), 2U) << "with a shortlist and without";
  check("error", {"eval", "pocket", "--model", model, "--tasks", tasks});
  check("context", {"context", "--model", model, text});
  check("models-list", {"models", "list"});
  check("models-import", {"models", "import", model});
  check("models-quantize", {"models", "quantize", model, "--type", "q8_0"});
  check("models-quantize", {"models", "quantize", model, "--type", "q4_k", "--out",
                            (terminal.folder.path() / "small.gguf").string()});
  check("bench", {"bench", model, "--prompt", "32", "--generate", "4", "--profile"});
  check("self-test", {"self-test", model});
  check("models-verify", {"models", "verify"});
  std::filesystem::remove(terminal.options.dataFolder / "models/model/config.json");
  check("models-list", {"models", "list"});
  check("models-verify", {"models", "verify"});
  check("models-remove", {"models", "remove", "model"});
  check("error", {"generate", "--model", "/nowhere"});
}

TEST_F(Schema, HoldsForTheCommandsOfSettings) {
  check("config-list", {"config", "list"});
  check("config-set", {"config", "set", "answers.temperature", "0.5"});
  EXPECT_EQ(check("config-get", {"config", "get", "answers.temperature"})["setting"]["value"], 0.5);
  check("config-set", {"config", "set", "answers.temperature", "--default"});
  check("error", {"config", "set", "answers.colour", "red"});
}

TEST_F(Schema, HoldsForErrors) {
  check("error", {"add", "/nowhere.pdf"});
  check("error", {"show", "c99"});
  check("error", {"ask"});
  check("error", {"list", "--colour"});
}

TEST_F(Schema, RefusesWhatItShould) {
  const std::string file =
      terminal.folder.write("value.json", R"({"schema": "lectern-cli/verify/1"})").string();
  const auto judged =
      python({"-c",
              "import json, sys, jsonschema\n"
              "jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))\n",
              LECTERN_SOURCE_DIR "/app/cli/schema/verify.schema.json", file});
  EXPECT_NE(judged.code, 0);
}

}  // namespace
}  // namespace lectern::cli
