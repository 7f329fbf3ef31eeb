// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/gguf_sources.h"

#include "core/model_file/gguf_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

namespace lectern {

namespace {

/// Takes `prefix` and the number behind it off the text: "12.mamba.D" of "model.layers.12.mamba.D".
std::optional<int64_t> takeNumber(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  const std::string_view rest = text.substr(prefix.size());
  int64_t number = -1;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (problem != std::errc() || number < 0 || end == rest.data() + rest.size() || *end != '.') {
    return std::nullopt;
  }
  text = rest.substr(static_cast<size_t>(end - rest.data()) + 1);
  return number;
}

/// Where a tensor goes: layers by their numbers, in each the order of the tables.
struct Place {
  int64_t layer = -1;  ///< −1: in front of all layers
  size_t index = 0;
  int64_t expert = 0;
  std::string name;
  bool isStack = false;

  friend auto operator<=>(const Place& a, const Place& b) {
    return std::tuple(a.layer, a.index, a.expert) <=> std::tuple(b.layer, b.index, b.expert);
  }
};

constexpr int64_t kBehind = INT64_MAX;  // all layers

template <size_t N>
std::optional<size_t> indexIn(const gguf_names::Pair (&names)[N], std::string_view ours) {
  const auto* found = std::find_if(std::begin(names), std::end(names),
                                   [&](const auto& pair) { return pair.second == ours; });
  return found == std::end(names) ? std::nullopt : std::optional<size_t>(found - std::begin(names));
}

std::optional<Place> placeOf(std::string_view name, const ModelFolder& model) {
  if (const auto index = indexIn(gguf_names::kOutside, name)) {
    return Place{*index == 0 ? -1 : kBehind, *index, 0,
                 std::string(gguf_names::kOutside[*index].first), false};
  }
  std::string_view rest = name;
  const auto layer = takeNumber(rest, "model.layers.");
  if (!layer) return std::nullopt;
  const std::string root = fmt::format("blk.{}.", *layer);
  const auto isRouted =
      model.find(fmt::format("model.layers.{}.feed_forward.router.weight", *layer));
  std::string own(rest == "mamba.A_log" ? "mamba.A" : rest);
  std::string_view behind = own;
  if (const auto expert = takeNumber(behind, "feed_forward.experts.")) {
    if (isRouted != nullptr) {
      const auto stack = indexIn(gguf_names::kStacks, behind.substr(0, behind.find('.')));
      if (!stack || !behind.ends_with("_proj.weight")) return std::nullopt;
      return Place{*layer, std::size(gguf_names::kLayer) + *stack, *expert,
                   root + std::string(gguf_names::kStacks[*stack].first), true};
    }
    // The first release called the one network of a dense layer so.
    if (*expert != 0) return std::nullopt;
    own = "feed_forward." + std::string(behind);
  }
  const auto index = indexIn(gguf_names::kLayer, own);
  if (!index) return std::nullopt;
  return Place{*layer, *index, 0, root + std::string(gguf_names::kLayer[*index].first), false};
}

}  // namespace

int64_t GgufSource::elements() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

Result<std::vector<GgufSource>> ggufSources(const ModelFolder& model) {
  const auto unusable = [&](std::string_view name, std::string_view cause) {
    return Error{ErrorCode::ModelUnusable,
                 fmt::format("The model in {} cannot become a GGUF file: the tensor \"{}\" {}.",
                             model.path().string(), name, cause)};
  };
  std::map<Place, const StoredTensor*> placed;
  for (const auto& [name, tensor] : model.tensors()) {
    std::optional<Place> place = placeOf(name, model);
    if (!place) return unusable(name, "has no place in the format");
    if (!placed.emplace(std::move(*place), &tensor).second) {
      return unusable(name, "stands in it under two names");
    }
  }
  std::vector<GgufSource> sources;
  for (const auto& [place, tensor] : placed) {
    if (place.isStack && place.expert > 0) {
      GgufSource* stack = sources.empty() ? nullptr : &sources.back();
      if (stack == nullptr || stack->name != place.name ||
          place.expert != static_cast<int64_t>(stack->parts.size()) ||
          stack->parts.front()->shape != tensor->shape) {
        return unusable(tensor->name, "does not belong to a row of like experts");
      }
      stack->parts.push_back(tensor);
      ++stack->shape.front();
      continue;
    }
    GgufSource source{place.name, tensor->shape, {tensor}, tensor->name.ends_with(".A_log")};
    if (place.isStack) source.shape.insert(source.shape.begin(), 1);
    if (tensor->name.ends_with("conv1d.weight") && source.shape.size() == 3) {
      source.shape.erase(source.shape.begin() + 1);
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace lectern
