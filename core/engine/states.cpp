// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/states.h"

#include <fmt/format.h>

#include <algorithm>

namespace lectern {

using kernels::Buffer;
using kernels::DType;

namespace {

int64_t pageBytes(const ModelConfig& config, DType type) {
  return StateView::pageBytes(config, type);
}

}  // namespace

Result<States> States::create(const ModelConfig& config,
                              DType cacheType,
                              int64_t maxTokens,
                              const Devices& devices) {
  States states;
  states.devices_ = devices;
  states.config_ = config;
  states.cacheType_ = cacheType;
  states.maxTokens_ = maxTokens;
  states.maxPages_ = StateView::pagesFor(maxTokens);
  const int64_t layers = config.attentionLayers();
  states.pages_.resize(static_cast<size_t>(layers));
  states.table_ =
      std::make_unique<std::vector<void*>>(static_cast<size_t>(layers * states.maxPages_), nullptr);
  for (const Devices::Part& device : devices.parts) {
    Part& part = states.parts_.emplace_back();
    part.backend = device.backend;
    part.firstAttention = static_cast<int64_t>(states.partOf_.size());
    if (const int64_t mamba = config.mambaLayers(device.layers); mamba > 0) {
      part.fixed = TRY(part.backend->allocate(mamba * StateView::fixedBytes(config),
                                              "The state of a conversation"));
    }
    const int64_t attention = config.attentionLayers(device.layers);
    if (attention > 0) {
      part.deviceTable = TRY(
          part.backend->allocate(attention * states.maxPages_ * static_cast<int64_t>(sizeof(void*)),
                                 "The page table of a conversation"));
    }
    states.partOf_.resize(states.partOf_.size() + static_cast<size_t>(attention),
                          states.parts_.size() - 1);
  }
  return states;
}

Result<States::Streams> States::newStreams() const {
  Streams streams;
  for (const Part& part : parts_) streams.push_back(TRY(part.backend->newStream()));
  return streams;
}

Result<void> States::checkWhole() const {
  if (!stepUnderWay_) return {};
  return Error{ErrorCode::Internal,
               fmt::format("What was read is lost: a fault struck in the middle of a step after {} "
                           "tokens. Restore a saved reading, or read again.",
                           prefix_.tokens)};
}

Result<States> States::fork() const {
  TRY(checkWhole());
  States copy = TRY(create(config_, cacheType_, maxTokens_, devices_));
  copy.prefix_ = prefix_;
  copy.gridOrigin_ = gridOrigin_;
  copy.pages_ = pages_;
  const Streams streams = TRY(newStreams());
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Buffer& fixed = parts_[i].fixed;
    if (fixed.bytes() > 0) {
      streams[i]->copy(copy.parts_[i].fixed.data(), fixed.data(), fixed.bytes());
    }
  }
  for (size_t layer = 0; layer < pages_.size(); ++layer) {
    for (size_t page = 0; page < pages_[layer].size(); ++page) {
      copy.publishPage(static_cast<int64_t>(layer), static_cast<int64_t>(page),
                       *streams[partOf_[layer]]);
    }
  }
  for (const auto& stream : streams) TRY(stream->wait());
  return copy;
}

int64_t States::bytes() const {
  int64_t bytes = 0;
  int64_t pages = 0;
  for (const Part& part : parts_) {
    bytes += part.fixed.bytes() + part.deviceTable.bytes();
    pages += static_cast<int64_t>(part.spare.size());
  }
  for (const auto& layer : pages_) pages += static_cast<int64_t>(layer.size());
  return bytes + pages * pageBytes(config_, cacheType_);
}

Result<void> States::checkRoom(int64_t count) const {
  if (prefix_.tokens + count <= maxTokens_) return {};
  return Error{
      ErrorCode::DoesNotFit,
      fmt::format("{} tokens do not fit behind the {} that were read: the window holds {}.", count,
                  prefix_.tokens, maxTokens_)};
}

int64_t States::missingPages(size_t layer, int64_t count) const {
  const auto& pages = pages_[layer];
  int64_t missing = 0;
  for (int64_t page = prefix_.tokens / kPageTokens;
       page < StateView::pagesFor(prefix_.tokens + count); ++page) {
    const auto index = static_cast<size_t>(page);
    if (index >= pages.size() || pages[index].use_count() > 1) ++missing;
  }
  return missing;
}

Result<void> States::reserve(int64_t tokens) {
  TRY(checkRoom(tokens));
  std::vector<std::vector<PagePtr>> more(parts_.size());
  for (size_t i = 0; i < parts_.size(); ++i) {
    int64_t missing = -static_cast<int64_t>(parts_[i].spare.size());
    for (size_t layer = 0; layer < pages_.size(); ++layer) {
      if (partOf_[layer] == i) missing += missingPages(layer, tokens);
    }
    while (static_cast<int64_t>(more[i].size()) < missing) {
      more[i].push_back(TRY(takePage(parts_[i])));
    }
  }
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].spare.insert(parts_[i].spare.end(), more[i].begin(), more[i].end());
  }
  return {};
}

Result<States::PagePtr> States::takePage(const Part& part) const {
  return std::make_shared<Buffer>(
      TRY(part.backend->allocate(pageBytes(config_, cacheType_), "The memory of what was read")));
}

Result<States::PagePtr> States::newPage(Part& part) {
  if (part.spare.empty()) return takePage(part);
  PagePtr page = std::move(part.spare.back());
  part.spare.pop_back();
  return page;
}

void States::publishPage(int64_t layer, int64_t page, kernels::Stream& stream) {
  void*& host = (*table_)[static_cast<size_t>(layer * maxPages_ + page)];
  host = pages_[static_cast<size_t>(layer)][static_cast<size_t>(page)]->data();
  const Part& part = parts_[partOf_[static_cast<size_t>(layer)]];
  const int64_t entry = (layer - part.firstAttention) * maxPages_ + page;
  void* place = static_cast<void*>(static_cast<void**>(part.deviceTable.data()) + entry);
  stream.copyIn(place, static_cast<const void*>(&host), sizeof(void*));
}

Result<void> States::prepare(int64_t count, std::span<kernels::Stream* const> streams) {
  TRY(checkWhole());
  TRY(checkRoom(count));
  const int64_t firstPage = prefix_.tokens / kPageTokens;
  for (size_t layer = 0; layer < pages_.size(); ++layer) {
    auto& pages = pages_[layer];
    Part& part = parts_[partOf_[layer]];
    kernels::Stream& stream = *streams[partOf_[layer]];
    for (int64_t page = firstPage; page < StateView::pagesFor(prefix_.tokens + count); ++page) {
      const auto index = static_cast<size_t>(page);
      if (index < pages.size()) {
        if (pages[index].use_count() == 1) continue;
        PagePtr own = TRY(newPage(part));
        stream.copy(own->data(), pages[index]->data(), own->bytes());
        pages[index] = std::move(own);
      } else {
        pages.push_back(TRY(newPage(part)));
      }
      publishPage(static_cast<int64_t>(layer), page, stream);
    }
  }
  stepUnderWay_ = true;
  return {};
}

void States::advance(std::span<const int32_t> tokens) {
  prefix_.extend(tokens);
  stepUnderWay_ = false;
}

StateView States::view(size_t part) const {
  const Part& here = parts_[part];
  return {config_, cacheType_, maxTokens_, here.fixed.data(),
          static_cast<void* const*>(here.deviceTable.data())};
}

}  // namespace lectern
