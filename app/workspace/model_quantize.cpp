// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_quantize.h"

#include "app/workspace/gguf_keys.h"
#include "app/workspace/model_place.h"
#include "app/workspace/model_record.h"
#include "app/workspace/paths.h"
#include "core/base/file.h"
#include "core/model_file/gguf.h"
#include "core/model_file/gguf_sources.h"
#include "core/model_file/model_folder.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

Result<void> checkOut(const fs::path& out) {
  if (out.extension() != ".gguf") {
    return Error{ErrorCode::Usage,
                 fmt::format("{} would not be known as a model. Give it a name that ends in .gguf.",
                             out.string())};
  }
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(out, ignored))) return {};
  return Error{ErrorCode::Usage, fmt::format("There is a file {} already. Choose another name, or "
                                             "remove it first.",
                                             out.string())};
}

/// What an import checks, but for the tokenizer: its keys are taken over as they are.
Result<void> checkWeights(const fs::path& model,
                          const ModelProgress& progress,
                          const std::stop_token& stop) {
  const auto files = TRY(ModelFolder::open(model));
  const ModelConfig config = TRY(parseModelConfig(files->config(), files->configFile().string()));
  return Weights::check(
      *files, config, WeightCheck::Values,
      [&](int64_t done, int64_t total) {
        if (progress) progress("checking", done, total);
      },
      stop);
}

Result<QuantizedModel> writeTo(const fs::path& file,
                               const std::string& name,
                               const QuantizeRequest& request,
                               const ModelProgress& progress,
                               const std::stop_token& stop) {
  const auto model = TRY(ModelFolder::open(request.model));
  const std::vector<GgufSource> sources = TRY(ggufSources(*model));
  GgufHeader header = TRY(ggufKeysOf(*model, sources, name, request.wanted.type));
  QuantizedModel result;
  result.file = file;
  result.tensors = TRY(writeQuantized(
      sources, request.wanted, std::move(header), file,
      [&](int64_t done, int64_t total) {
        if (progress) progress("quantizing", done, total);
      },
      stop));
  for (const auto& [ignored, tensor] : model->tensors()) {
    result.parameters += tensor.elements();
    result.sourceBytes += static_cast<int64_t>(tensor.data.size());
  }
  std::error_code failed;
  result.bytes = static_cast<int64_t>(fs::file_size(file, failed));
  return result;
}

/// Licence, model card, the layout of a Finder: what belongs to a model and is not in its file.
Result<void> copyCompanions(const fs::path& model,
                            const fs::path& to,
                            ModelRecord& record,
                            const std::stop_token& stop) {
  std::error_code ignored;
  if (!fs::is_directory(model, ignored)) return {};
  for (const std::string& name : companionsOf(model)) {
    if (name == "tokenizer.json") continue;
    AtomicFile copy = TRY(AtomicFile::create(to / name));
    RecordedFile file = TRY(readInPieces(
        model / name, [&](std::string_view piece) { return copy.append(piece); }, stop));
    TRY(copy.commit());
    record.files.push_back(std::move(file));
  }
  return {};
}

}  // namespace

Result<QuantizedModel> quantizeModel(const QuantizeRequest& request,
                                     const fs::path& dataFolder,
                                     const ModelProgress& progress,
                                     std::stop_token stop) {
  const std::string own = fmt::format("{}{}-{}", ownModelName(request.model),
                                      request.wanted.ofExpertsAlone ? "-experts" : "",
                                      ggufTypeName(request.wanted.type));
  const fs::path models = modelsFolder(dataFolder);
  if (!request.out.empty()) {
    TRY(checkOut(request.out));
    TRY(checkWeights(request.model, progress, stop));
    return writeTo(request.out, own, request, progress, stop);
  }
  const std::string name = TRY(newModelName(request.name.empty() ? own : request.name, models));
  TRY(describeModel(request.model, WeightCheck::Values, progress, stop));
  TRY(makePrivateFolder(dataFolder));
  TRY(makePrivateFolder(models));
  UnfinishedFolder unfinished = TRY(UnfinishedFolder::create(models));
  const std::string fileName = name + ".gguf";
  QuantizedModel result = TRY(writeTo(unfinished.path() / fileName, name, request, progress, stop));
  ModelRecord record = newModelRecord(request.model);
  TRY(copyCompanions(request.model, unfinished.path(), record, stop));
  int64_t summed = 0;
  RecordedFile recorded = TRY(readInPieces(
      result.file,
      [&](std::string_view piece) -> Result<void> {
        summed += static_cast<int64_t>(piece.size());
        if (progress) progress("summing", summed, result.bytes);
        return {};
      },
      stop));
  record.files.push_back(std::move(recorded));
  TRY(writeModelRecord(unfinished.path(), record));
  TRY(unfinished.publish(models / name));
  result.name = name;
  result.file = models / name / fileName;
  return result;
}

}  // namespace lectern
