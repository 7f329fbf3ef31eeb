// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/workspace.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lectern {

/// What the user chose, for the window and the command line alike. Each field has a key in
/// `settingKeys`, and is the default where the file says nothing.
struct Settings {
  std::string engine{kFinderEngine};        ///< answers.engine: kExtractiveEngine, or for findModel
  int64_t windowTokens = 0;                 ///< answers.window: 0: what the model was made for
  int threads = 0;                          ///< answers.threads: 0: one a physical core
  std::optional<kernels::DType> cacheType;  ///< answers.kv: none: see usualCacheType
  int64_t answerTokens = ModelAnswerOptions{}.maxTokens;  ///< answers.length
  bool quote = false;                                     ///< answers.quote
  double temperature = 0;                                 ///< answers.temperature
  double topP = 1;                                        ///< answers.top-p
  uint64_t seed = 0;                                      ///< answers.seed

  int readingGigabytes =
      8;  ///< readings.gigabytes: that they may take of the disk; 0: none is kept

  int pageSeconds = 20;      ///< adding.page-seconds: processor time of one page
  int documentMinutes = 30;  ///< adding.document-minutes: of all pages of a document

  int pictureMegabytes = 192;  ///< reader.picture-megabytes: drawn pages that are kept

  std::string language{kSystemLanguage};  ///< window.language: or "de", "pt-BR"

  /// What a screen reader is told of an answer as it comes.
  enum class Announcements : uint8_t {
    Sentences,  ///< each, once it is whole, and whether it is proven
    Ends,       ///< that it begins and ends
    Off,
  };
  Announcements announcements = Announcements::Sentences;  ///< window.announcements

  static constexpr std::string_view kExtractiveEngine = "extractive";
  static constexpr std::string_view kFinderEngine = "pocket";  // the one that is shipped
  static constexpr std::string_view kUsualCacheType = "auto";
  static constexpr std::string_view kSystemLanguage = "system";

  [[nodiscard]] bool isExtractive() const { return engine == kExtractiveEngine; }
  friend bool operator==(const Settings&, const Settings&) = default;
};

/// A setting by its name, as a text: what files and the command line hold.
struct SettingKey {
  enum class Kind : uint8_t { Text, Integer, Number, Switch };

  std::string_view name;  ///< "answers.engine": section and key of the file
  Kind kind = Kind::Text;
  const char* description = "";
  std::string (*get)(const Settings& settings) = nullptr;
  /// Errors: Usage, with what the value must be; nothing is changed then.
  Result<void> (*set)(Settings& settings, std::string_view value) = nullptr;
};

std::span<const SettingKey> settingKeys();
/// Errors: Usage for a name that is none.
Result<const SettingKey*> findSetting(std::string_view name);

/// How a workspace is opened with these settings.
void applySettings(const Settings& settings, WorkspaceOptions& options);
/// How a question is asked with these settings. Errors: those of findModel.
Result<AskOptions> askOptionsOf(const Settings& settings, const std::filesystem::path& dataFolder);

}  // namespace lectern
