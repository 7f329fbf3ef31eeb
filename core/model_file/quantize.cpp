// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/quantize.h"

#include "core/base/threads.h"
#include "core/model_file/block_writer.h"
#include "core/model_file/elements.h"
#include "core/model_file/gguf.h"
#include "core/model_file/gguf_file_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <new>
#include <string_view>
#include <utility>

namespace lectern {

namespace {

// What a thread takes at a time: whole blocks of every type, and 256 KiB of float32, which with
// what is read back stays in its second cache.
constexpr int64_t kUnit = 65'536;
// Between two writes: enough for sixteen threads, some 16 MB of bytes at most.
constexpr int64_t kUnitsAtOnce = 64;

bool isWhole(StoredType type) {
  return type == StoredType::F32 || type == StoredType::F16 || type == StoredType::BF16;
}

bool staysFloat(const GgufSource& source) {
  return source.shape.size() < 2 || !source.name.ends_with(".weight") ||
         source.name.ends_with("_norm.weight") || source.name.ends_with("ssm_conv1d.weight") ||
         source.name.ends_with("ffn_gate_inp.weight");
}

bool isExperts(const GgufSource& source) {
  return source.name.ends_with("_exps.weight");
}

// Float32 where the parts differ.
StoredType ownType(const GgufSource& source) {
  const StoredType own = source.parts.front()->type;
  const bool isOne = std::ranges::all_of(
      source.parts, [&](const StoredTensor* part) { return part->type == own; });
  return isOne ? own : StoredType::F32;
}

struct ErrorSums {
  double squaredError = 0;
  double squares = 0;
  double largest = 0;

  void add(const ErrorSums& other) {
    squaredError += other.squaredError;
    squares += other.squares;
    largest = std::max(largest, other.largest);
  }
};

int64_t bytesOf(StoredType type, int64_t elements) {
  const BlockShape shape = blockShape(type);
  return elements / shape.elements * shape.bytes;
}

ErrorSums writeUnit(const GgufSource& source,
                    const StoredTensor& part,
                    int64_t first,
                    int64_t count,
                    StoredType type,
                    char* out) {
  std::vector<float> values(static_cast<size_t>(count));
  readElements(part, first, values);
  if (source.isLogarithm) {
    for (float& value : values) value = -std::exp(value);
  }
  writeElements(type, values, out);

  const StoredTensor written{
      {}, type, {}, {count}, {out, static_cast<size_t>(bytesOf(type, count))}};
  std::vector<float> back(values.size());
  readElements(written, 0, back);
  ErrorSums sums;
  for (size_t i = 0; i < values.size(); ++i) {
    const double error = std::abs(double{values[i]} - double{back[i]});
    sums.squaredError += error * error;
    sums.squares += double{values[i]} * double{values[i]};
    sums.largest = std::max(sums.largest, error);
  }
  return sums;
}

class Quantizer {
 public:
  Quantizer(const std::vector<GgufSource>& sources,
            const std::function<void(int64_t, int64_t)>& progress,
            std::stop_token stop)
      : progress_(progress), stop_(std::move(stop)) {
    for (const GgufSource& source : sources) {
      for (const StoredTensor* part : source.parts) {
        totalBytes_ += static_cast<int64_t>(part->data.size());
      }
    }
  }

  Result<QuantizedTensor> write(const GgufSource& source, StoredType type, GgufFileWriter& file) {
    ErrorSums sums;
    for (const StoredTensor* part : source.parts) {
      TRY(writePart(source, *part, type, file, sums));
    }
    TRY(file.endTensor());
    QuantizedTensor result{source.name, source.parts.front()->typeName, type, source.elements()};
    if (sums.squares > 0) result.relativeError = std::sqrt(sums.squaredError / sums.squares);
    result.largestError = sums.largest;
    return result;
  }

 private:
  Result<void> writePart(const GgufSource& source,
                         const StoredTensor& part,
                         StoredType type,
                         GgufFileWriter& file,
                         ErrorSums& sums) {
    const int64_t elements = part.elements();
    const auto unitBytes = static_cast<size_t>(bytesOf(type, kUnit));
    for (int64_t first = 0; first < elements; first += kUnit * kUnitsAtOnce) {
      if (stop_.stop_requested()) return Error{ErrorCode::Cancelled, "Quantizing was stopped."};
      const int64_t count = std::min(elements - first, kUnit * kUnitsAtOnce);
      const auto units = static_cast<size_t>((count + kUnit - 1) / kUnit);
      bytes_.resize(static_cast<size_t>(bytesOf(type, count)));
      std::vector<ErrorSums> errors(units);
      const bool done = inParallel(units, [&](size_t unit) {
        const int64_t begin = static_cast<int64_t>(unit) * kUnit;
        errors[unit] = writeUnit(source, part, first + begin, std::min(kUnit, count - begin), type,
                                 bytes_.data() + unit * unitBytes);
      });
      if (!done) {
        return Error{ErrorCode::OutOfMemory, "The memory does not suffice. Close other programs."};
      }
      for (const ErrorSums& error : errors) sums.add(error);
      TRY(file.append(bytes_));
      doneBytes_ += count * static_cast<int64_t>(part.data.size()) / elements;
      if (progress_) progress_(doneBytes_, totalBytes_);
    }
    return {};
  }

  /// False where memory was refused.
  template <class Work>
  static bool inParallel(size_t units, const Work& work) {
    std::atomic<size_t> next = 0;
    std::atomic<bool> isRefused = false;
    const auto take = [&] {
      try {
        for (size_t unit = next++; unit < units; unit = next++) work(unit);
      } catch (const std::bad_alloc&) {
        isRefused = true;
      }
    };
    workTogether(units, take);
    return !isRefused;
  }

  const std::function<void(int64_t, int64_t)>& progress_;
  std::stop_token stop_;
  std::string bytes_;
  int64_t doneBytes_ = 0;
  int64_t totalBytes_ = 0;
};

}  // namespace

StoredType quantizedType(const GgufSource& source, const Quantization& wanted, bool isHead) {
  if (staysFloat(source)) return StoredType::F32;
  if (wanted.ofExpertsAlone && !isExperts(source)) return ownType(source);
  StoredType type = wanted.type;
  if (isHead && wanted.type != StoredType::Q8_0) type = StoredType::Q6_K;
  const auto fits = [&](StoredType candidate) {
    return source.shape.back() % blockShape(candidate).elements == 0;
  };
  if (type == StoredType::Q4_K && !fits(type)) type = StoredType::Q5_0;
  if (type == StoredType::Q6_K && !fits(type)) type = StoredType::Q8_0;
  return fits(type) ? type : ownType(source);
}

Result<std::vector<QuantizedTensor>> writeQuantized(
    const std::vector<GgufSource>& sources,
    const Quantization& wanted,
    GgufHeader header,
    const std::filesystem::path& file,
    const std::function<void(int64_t, int64_t)>& progress,
    std::stop_token stop) {
  if (wanted.ofExpertsAlone && std::ranges::none_of(sources, isExperts)) {
    return Error{ErrorCode::Usage, "The model has no experts. Quantize all its matrices instead."};
  }
  const bool hasHead =
      std::ranges::find(sources, "output.weight", &GgufSource::name) != sources.end();
  const std::string_view head = hasHead ? "output.weight" : "token_embd.weight";
  std::vector<StoredType> types;
  for (const GgufSource& source : sources) {
    for (const StoredTensor* part : source.parts) {
      if (isWhole(part->type)) continue;
      return Error{ErrorCode::Usage,
                   fmt::format("The model is quantized already: its tensor \"{}\" is of type {}. "
                               "Take the model it was made from, in BF16, F16 or F32.",
                               part->name, part->typeName)};
    }
    types.push_back(quantizedType(source, wanted, source.name == head));
    header.tensor(source.name, types.back(), source.shape);
  }
  GgufFileWriter writer = TRY(GgufFileWriter::create(file, header));
  Quantizer quantizer(sources, progress, std::move(stop));
  std::vector<QuantizedTensor> written;
  written.reserve(sources.size());
  for (size_t i = 0; i < sources.size(); ++i) {
    written.push_back(TRY(quantizer.write(sources[i], types[i], writer)));
  }
  TRY(writer.commit());
  return written;
}

}  // namespace lectern
