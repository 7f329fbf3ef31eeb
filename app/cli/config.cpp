// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/settings_notice.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/model_choice.h"
#include "app/workspace/paths.h"
#include "app/workspace/settings_file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace lectern::cli {

namespace {

Json valueJson(const SettingKey& key, const Settings& settings) {
  const std::string text = key.get(settings);
  return key.kind == SettingKey::Kind::Text ? Json(text) : Json::parse(text);
}

Json settingJson(const SettingKey& key, const Settings& settings) {
  return {{"name", key.name},
          {"value", valueJson(key, settings)},
          {"default", valueJson(key, {})},
          {"description", key.description}};
}

class ConfigList : public Command {
 public:
  void declare(CLI::App& /*app*/) override {}

  Result<ExitCode> run(const CommandContext& context) override {
    const auto folder = TRY(configFolder(context.workspace.configFolder));
    const LoadedSettings loaded = loadWithNotices(context, folder);
    if (context.json) {
      Json list = Json::array();
      for (const SettingKey& key : settingKeys()) list.push_back(settingJson(key, loaded.settings));
      writeJson(context.streams.out, {{"schema", "lectern-cli/config-list/1"},
                                      {"file", settingsFile(folder).string()},
                                      {"settings", std::move(list)},
                                      {"problems", loaded.problems}});
      return ExitCode::Answered;
    }
    const Style style(context.streams.styled);
    for (const SettingKey& key : settingKeys()) {
      context.streams.out << style.bold(fmt::format("{} = {}", key.name,
                                                    oneLine(key.get(loaded.settings))))
                          << '\n'
                          << wrapped(fmt::format("{} (default: {})", key.description, key.get({})),
                                     context.streams.outColumns, 4);
    }
    return ExitCode::Answered;
  }
};

class ConfigGet : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("NAME", name_, "A setting, as config list names it")
        ->required()
        ->option_text("NAME");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const SettingKey* key = TRY(findSetting(name_));
    const auto folder = TRY(configFolder(context.workspace.configFolder));
    const LoadedSettings loaded = loadWithNotices(context, folder);
    if (context.json) {
      writeJson(context.streams.out, {{"schema", "lectern-cli/config-get/1"},
                                      {"setting", settingJson(*key, loaded.settings)}});
    } else {
      context.streams.out << oneLine(key->get(loaded.settings)) << '\n';
    }
    return ExitCode::Answered;
  }

 private:
  std::string name_;
};

class ConfigSet : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("NAME", name_, "A setting, as config list names it")
        ->required()
        ->option_text("NAME");
    value_ = app.add_option("VALUE", text_, "Its new value")->option_text("VALUE");
    app.add_flag("--default", reset_, "Go back to the default instead")->excludes(value_);
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const SettingKey* key = TRY(findSetting(name_));
    if (!reset_ && value_->empty()) {
      return Error{ErrorCode::Usage, "Name the new value, or --default to go back to the default."};
    }
    if (name_ == "answers.engine" && !reset_) text_ = TRY(checkedEngine(context));
    const auto folder = TRY(configFolder(context.workspace.configFolder));
    TRY(changeSettings(folder, {{name_, reset_ ? std::nullopt : std::optional(text_)}}));
    if (context.json) {
      writeJson(context.streams.out,
                {{"schema", "lectern-cli/config-set/1"},
                 {"setting", settingJson(*key, loadSettings(folder).settings)}});
    }
    return ExitCode::Answered;
  }

 private:
  // A model that is not there is found out now and not with the next question.
  Result<std::string> checkedEngine(const CommandContext& context) const {
    if (text_ == Settings::kExtractiveEngine) return text_;
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    TRY(findModel(text_, data));
    if (text_.find('/') == std::string::npos) return text_;
    std::error_code ignored;
    return std::filesystem::absolute(text_, ignored).lexically_normal().string();
  }

  std::string name_;
  std::string text_;
  CLI::Option* value_ = nullptr;
  bool reset_ = false;
};

}  // namespace

std::unique_ptr<Command> makeConfigList() {
  return std::make_unique<ConfigList>();
}

std::unique_ptr<Command> makeConfigGet() {
  return std::make_unique<ConfigGet>();
}

std::unique_ptr<Command> makeConfigSet() {
  return std::make_unique<ConfigSet>();
}

}  // namespace lectern::cli
