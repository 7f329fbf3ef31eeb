// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/settings.h"

#include "app/workspace/model_choice.h"
#include "core/engine/cache_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace lectern {

namespace {

Error wrongValue(std::string_view wanted, std::string_view value) {
  return {ErrorCode::Usage, fmt::format("The value must be {}, and is \"{}\".", wanted, value)};
}

template <class Value>
bool parse(std::string_view text, Value& value) {
  const char* end = std::to_address(text.end());
  const auto [at, failed] = std::from_chars(std::to_address(text.begin()), end, value);
  return failed == std::errc() && at == end;
}

/// A whole number of a range.
template <auto Member, int64_t Least, int64_t Most>
constexpr SettingKey integer(std::string_view name, const char* description) {
  return {name, SettingKey::Kind::Integer, description,
          [](const Settings& settings) { return fmt::format("{}", settings.*Member); },
          [](Settings& settings, std::string_view text) -> Result<void> {
            int64_t value = 0;
            if (!parse(text, value) || value < Least || value > Most) {
              return wrongValue(fmt::format("a whole number from {} to {}", Least, Most), text);
            }
            settings.*Member = static_cast<std::decay_t<decltype(settings.*Member)>>(value);
            return {};
          }};
}

template <auto Member, int Least, int Most>
constexpr SettingKey number(std::string_view name, const char* description) {
  return {name, SettingKey::Kind::Number, description,
          [](const Settings& settings) { return fmt::format("{}", settings.*Member); },
          [](Settings& settings, std::string_view text) -> Result<void> {
            double value = 0;
            if (!parse(text, value) || !(value >= Least && value <= Most)) {
              return wrongValue(fmt::format("a number from {} to {}", Least, Most), text);
            }
            settings.*Member = value;
            return {};
          }};
}

Result<void> setSwitch(bool& member, std::string_view text) {
  if (text != "true" && text != "false") return wrongValue("true or false", text);
  member = text == "true";
  return {};
}

// A model is a name, or a folder that means the same from everywhere.
Result<void> setEngine(Settings& settings, std::string_view text) {
  const bool plain = std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  const bool isFolder = text.find('/') != std::string_view::npos;
  if (text.empty() || !plain || (isFolder && !text.starts_with('/'))) {
    return wrongValue("extractive, a model's name, or the whole path of a model's folder", text);
  }
  settings.engine = text;
  return {};
}

Result<void> setLanguage(Settings& settings, std::string_view text) {
  const auto isPart = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  constexpr size_t kLongest = 35;  // RFC 5646, 4.4.1
  if (text.size() < 2 || text.size() > kLongest || !std::ranges::all_of(text, isPart)) {
    return wrongValue("system, or a language such as en, ar or pt-BR", text);
  }
  settings.language = text;
  return {};
}

std::string cacheTypeOf(const Settings& settings) {
  return std::string(settings.cacheType ? cacheTypeName(*settings.cacheType)
                                        : Settings::kUsualCacheType);
}

Result<void> setCacheType(Settings& settings, std::string_view text) {
  const std::optional<kernels::DType> named = cacheTypeNamed(text);
  if (!named && text != Settings::kUsualCacheType) {
    return wrongValue("auto, f32, bf16 or int8", text);
  }
  settings.cacheType = named;
  return {};
}

constexpr std::pair<Settings::Announcements, std::string_view> kAnnouncements[] = {
    {Settings::Announcements::Sentences, "sentences"},
    {Settings::Announcements::Ends, "ends"},
    {Settings::Announcements::Off, "off"},
};

std::string announcementsOf(const Settings& settings) {
  const auto* const found = std::ranges::find(kAnnouncements, settings.announcements,
                                              [](const auto& one) { return one.first; });
  return std::string(found->second);
}

Result<void> setAnnouncements(Settings& settings, std::string_view text) {
  const auto* const found =
      std::ranges::find(kAnnouncements, text, [](const auto& one) { return one.second; });
  if (found == std::end(kAnnouncements)) return wrongValue("sentences, ends or off", text);
  settings.announcements = found->first;
  return {};
}

constexpr int64_t kMostTokens = 1 << 24;
constexpr int64_t kGigabyte = 1'000'000'000;

constexpr SettingKey kKeys[] = {
    {"answers.engine", SettingKey::Kind::Text,
     "Who answers: pocket (the built-in Finder), extractive (quotations from the documents, no "
     "model), another model by its name, or a model's folder",
     [](const Settings& settings) { return settings.engine; }, setEngine},
    integer<&Settings::windowTokens, 0, kMostTokens>(
        "answers.window",
        "Tokens that a model reads at most, documents, question and answer together; more take "
        "more memory (0: what the model was made for)"),
    integer<&Settings::threads, 0, 1024>("answers.threads",
                                         "Threads a model computes with (0: one a core)"),
    {"answers.kv", SettingKey::Kind::Text,
     "How a model keeps keys and values of what it has read: f32, bf16, int8 (half the memory of "
     "bf16, a little less exact), or auto (bf16, a small model f32)",
     cacheTypeOf, setCacheType},
    integer<&Settings::answerTokens, 1, 1 << 20>("answers.length",
                                                 "Tokens of the longest answer of a model"),
    {"answers.quote", SettingKey::Kind::Switch, "Let a model answer with quotations alone",
     [](const Settings& settings) { return std::string(settings.quote ? "true" : "false"); },
     [](Settings& settings, std::string_view text) { return setSwitch(settings.quote, text); }},
    number<&Settings::temperature, 0, 100>(
        "answers.temperature",
        "0: a model always takes the most probable word; more lets it choose more freely"),
    number<&Settings::topP, 0, 1>(
        "answers.top-p", "Let a model choose among the fewest words that make up this share"),
    integer<&Settings::seed, 0, std::numeric_limits<int64_t>::max()>(
        "answers.seed", "Where a model chooses freely, the same number gives the same answer"),
    integer<&Settings::readingGigabytes, 0, 1 << 16>(
        "readings.gigabytes",
        "Room on the disk for what models have read of documents, so that it need not be read "
        "again, in GB (0: none is kept)"),
    integer<&Settings::pageSeconds, 1, 3600>(
        "adding.page-seconds", "Processor time after which a page is skipped, in seconds"),
    integer<&Settings::documentMinutes, 1, 24 * 60>(
        "adding.document-minutes",
        "Processor time after which the rest of a document is skipped, in minutes"),
    integer<&Settings::pictureMegabytes, 16, 16384>(
        "reader.picture-megabytes", "Memory for the pages that the window has drawn, in MB"),
    {"window.language", SettingKey::Kind::Text,
     "Direction and number forms of the window, whose words are English: system, or a language "
     "such as en, ar or pt-BR",
     [](const Settings& settings) { return settings.language; }, setLanguage},
    {"window.announcements", SettingKey::Kind::Text,
     "What a screen reader is told of an answer as it comes: sentences (each of them), ends (that "
     "it begins and ends) or off",
     announcementsOf, setAnnouncements},
};

}  // namespace

std::span<const SettingKey> settingKeys() {
  return kKeys;
}

Result<const SettingKey*> findSetting(std::string_view name) {
  const auto* const found = std::ranges::find(kKeys, name, &SettingKey::name);
  if (found != std::end(kKeys)) return found;
  return Error{ErrorCode::Usage,
               fmt::format("There is no setting {}. Look at them with config list.", name)};
}

void applySettings(const Settings& settings, WorkspaceOptions& options) {
  options.limits.pageCpu = std::chrono::seconds(settings.pageSeconds);
  // A page that waits is given up when one that computes is, if not before.
  options.limits.pageWall =
      std::max(options.limits.pageWall, std::chrono::seconds(settings.pageSeconds));
  options.limits.documentCpu = std::chrono::minutes(settings.documentMinutes);
}

Result<AskOptions> askOptionsOf(const Settings& settings, const std::filesystem::path& dataFolder) {
  AskOptions options;
  if (settings.isExtractive()) return options;
  options.model = TRY(findModel(settings.engine, dataFolder));
  options.windowTokens = settings.windowTokens;
  options.threads = settings.threads;
  options.cacheType = settings.cacheType;
  options.readings.maxBytes = settings.readingGigabytes * kGigabyte;
  options.answer.maxTokens = settings.answerTokens;
  options.answer.quote = settings.quote;
  options.answer.sampler.temperature = settings.temperature;
  options.answer.sampler.topP = settings.topP;
  options.answer.sampler.seed = settings.seed;
  return options;
}

}  // namespace lectern
