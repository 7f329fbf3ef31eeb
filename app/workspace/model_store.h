// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_choice.h"
#include "core/base/result.h"
#include "core/engine/model_config.h"
#include "core/engine/weights.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// What a long look at a model is doing ("checking", "copying"), and how far it is.
using ModelProgress =
    std::function<void(std::string_view step, int64_t doneBytes, int64_t totalBytes)>;

/// A model that was looked at and can be used.
struct ModelDescription {
  std::filesystem::path folder;  ///< where its files stand
  ModelConfig config;
  int64_t parameters = 0;
  PromptStyle style;
  std::string licence;             ///< as the model's own files call it; empty: they do not
  std::vector<std::string> files;  ///< that it consists of, by their names in the folder
  int64_t bytes = 0;               ///< of these files
};

/// Looks at everything that opening the model (a folder or a GGUF file) would trip over: config,
/// every tensor, tokenizer. Errors: ModelUnusable, Cancelled.
Result<ModelDescription> describeModel(const std::filesystem::path& model,
                                       WeightCheck what,
                                       const ModelProgress& progress,
                                       std::stop_token stop);

/// The files beside a model that belong to it and are no part of it: its tokenizer, its licence, by
/// their names in its folder.
std::vector<std::string> companionsOf(const std::filesystem::path& folder);

/// An imported model.
struct StoredModel {
  std::string name;
  std::filesystem::path folder;
  int64_t bytes = 0;  ///< by the record of its import
  Result<ModelDescription> description = ModelDescription{};
  std::string notPacked;  ///< of one that was just imported: why its first start will be slow
};

/// The imported models by their names, each looked at as far as that is quick (not its values and
/// sums). None where nothing was imported yet.
std::vector<StoredModel> listModels(const std::filesystem::path& dataFolder);

/// Takes a Hugging Face folder or a GGUF file in (of a split one the first): all is checked first,
/// then the files are copied to models/<name>/ with a record of their sizes and SHA-256 sums. The
/// model appears whole or not at all; what a killed import left is cleared by the next one. The
/// copy is ours: what becomes of the original does not touch it. Then it is packed for this
/// machine. `name` may be empty: the folder's or the file's own. Errors: ModelUnusable; Usage for a
/// name that is taken or cannot be one; Storage, where the disk does not hold it before anything is
/// copied; InputRefused for a file that changes meanwhile; Cancelled.
Result<StoredModel> importModel(const std::filesystem::path& source,
                                const std::string& name,
                                const std::filesystem::path& dataFolder,
                                const ModelProgress& progress,
                                std::stop_token stop);

struct RemovedModel {
  std::string name;
  std::filesystem::path kept;  ///< where its files are now; empty: deleted
};

/// Takes an imported model off the list at once. Its files go to removed-models/ in the data
/// folder, where they can be used or imported again by their folder; or they are deleted, if an
/// import wrote them. Who has it open goes on. Errors: ModelUnusable where there is no such model;
/// Usage for files that no import wrote; Storage.
Result<RemovedModel> removeModel(const std::string& name,
                                 const std::filesystem::path& dataFolder,
                                 bool deleteFiles);

struct FileVerdict {
  std::string name;
  int64_t bytes = 0;    ///< by the record
  std::string problem;  ///< empty: the file is as it was imported
};

struct ModelVerdict {
  std::string name;
  std::vector<FileVerdict> files;
  std::string problem;  ///< besides those of files; empty: none

  [[nodiscard]] bool sound() const;
};

/// Reads all files of an imported model again: sizes, sums, and then what an import checks. What is
/// wrong is part of the verdict. Errors: Cancelled.
Result<ModelVerdict> verifyModel(const StoredModel& model,
                                 const ModelProgress& progress,
                                 std::stop_token stop);

}  // namespace lectern
