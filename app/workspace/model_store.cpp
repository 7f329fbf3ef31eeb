// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_store.h"

#include "app/workspace/model_licence.h"
#include "app/workspace/model_record.h"
#include "core/model_file/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

// What a model folder holds besides the model itself that belongs to it, where it is there.
constexpr const char* kCompanions[] = {"tokenizer.json",
                                       "tokenizer_config.json",
                                       "special_tokens_map.json",
                                       "generation_config.json",
                                       "chat_template.jinja",
                                       "layout.json",
                                       "README.md",
                                       "LICENSE",
                                       "LICENSE.md",
                                       "LICENSE.txt",
                                       "NOTICE"};

int64_t sizeOf(const fs::path& file) {
  std::error_code failed;
  const auto bytes = fs::file_size(file, failed);
  return failed ? 0 : static_cast<int64_t>(bytes);
}

FileVerdict verifyFile(const fs::path& path,
                       const RecordedFile& recorded,
                       const std::function<void(int64_t)>& progress,
                       const std::stop_token& stop) {
  FileVerdict verdict{recorded.name, recorded.bytes, {}};
  const Result<RecordedFile> found = readInPieces(
      path,
      [&](std::string_view piece) -> Result<void> {
        progress(static_cast<int64_t>(piece.size()));
        return {};
      },
      stop);
  if (!found) {
    verdict.problem = found.error().message;
  } else if (found->bytes != recorded.bytes) {
    verdict.problem = fmt::format("It has {} bytes, and had {} when it was imported.", found->bytes,
                                  recorded.bytes);
  } else if (found->sha256 != recorded.sha256) {
    verdict.problem = fmt::format(
        "It was changed or damaged since it was imported: its SHA-256 sum is {}, and was {}.",
        found->sha256, recorded.sha256);
  }
  return verdict;
}

}  // namespace

std::vector<std::string> companionsOf(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const char* name : kCompanions) {
    if (fs::is_regular_file(folder / name, ignored)) names.emplace_back(name);
  }
  return names;
}

Result<ModelDescription> describeModel(const fs::path& model,
                                       WeightCheck what,
                                       const ModelProgress& progress,
                                       std::stop_token stop) {
  ModelDescription description;
  const auto files = TRY(ModelFolder::open(model));
  description.config = TRY(parseModelConfig(files->config(), files->configFile().string()));
  const auto tokenizer = TRY(readTokenizer(model));
  if (tokenizer->vocabSize() > description.config.vocabSize) {
    return Error{ErrorCode::ModelUnusable,
                 fmt::format("The model in {} cannot be used: its tokenizer has {} pieces, and "
                             "the model only {}. Take the files that belong together.",
                             model.string(), tokenizer->vocabSize(), description.config.vocabSize)};
  }
  TRY(Weights::check(
      *files, description.config, what,
      [&](int64_t done, int64_t total) {
        if (progress) progress("checking", done, total);
      },
      stop));
  for (const auto& [name, tensor] : files->tensors()) description.parameters += tensor.elements();
  description.style = promptStyleOf(model, *tokenizer);
  description.licence = licenceOf(*files);

  for (const ModelFolder::File& file : files->files()) description.files.push_back(file.name);
  description.folder = files->folder();
  std::error_code ignored;
  // What lies beside a single file need not belong to it.
  if (fs::is_directory(model, ignored)) {
    for (std::string& name : companionsOf(model)) description.files.push_back(std::move(name));
  }
  for (const std::string& name : description.files) {
    description.bytes += sizeOf(description.folder / name);
  }
  return description;
}

std::vector<StoredModel> listModels(const fs::path& dataFolder) {
  std::vector<StoredModel> models;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(modelsFolder(dataFolder), none)) {
    StoredModel model{entry.path().filename().string(), entry.path(), 0, ModelDescription{}, {}};
    std::error_code ignored;
    if (model.name.starts_with('.') || !entry.is_directory(ignored)) continue;
    const Result<ModelRecord> record = readModelRecord(model.folder);
    if (record) {
      model.bytes = record->bytes();
      model.description = describeModel(model.folder, WeightCheck::Shapes, {}, {});
    } else {
      model.description = record.error();
    }
    models.push_back(std::move(model));
  }
  std::ranges::sort(models, {}, &StoredModel::name);
  return models;
}

bool ModelVerdict::sound() const {
  return problem.empty() &&
         std::ranges::all_of(files, [](const FileVerdict& file) { return file.problem.empty(); });
}

Result<ModelVerdict> verifyModel(const StoredModel& model,
                                 const ModelProgress& progress,
                                 std::stop_token stop) {
  ModelVerdict verdict{model.name, {}, {}};
  const Error cancelled{ErrorCode::Cancelled,
                        fmt::format("Stopped before the model {} was verified.", model.name)};
  const Result<ModelRecord> record = readModelRecord(model.folder);
  if (!record) {
    verdict.problem = record.error().message;
    return verdict;
  }
  int64_t done = 0;
  for (const RecordedFile& file : record->files) {
    verdict.files.push_back(verifyFile(
        model.folder / file.name, file,
        [&](int64_t bytes) {
          done += bytes;
          if (progress) progress("comparing", done, record->bytes());
        },
        stop));
    if (stop.stop_requested()) return cancelled;
  }
  if (!verdict.sound()) return verdict;
  const auto described = describeModel(model.folder, WeightCheck::Values, progress, stop);
  if (stop.stop_requested()) return cancelled;
  if (!described) verdict.problem = described.error().message;
  return verdict;
}

}  // namespace lectern
