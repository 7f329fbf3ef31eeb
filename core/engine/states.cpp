// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/states.h"

#include "core/base/byte_io.h"

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
                              std::shared_ptr<kernels::Backend> backend) {
  States states;
  states.backend_ = std::move(backend);
  states.config_ = config;
  states.cacheType_ = cacheType;
  states.maxTokens_ = maxTokens;
  states.maxPages_ = StateView::pagesFor(maxTokens);
  if (config.mambaLayers() > 0) {
    states.fixed_ = TRY(states.backend_->allocate(
        config.mambaLayers() * StateView::fixedBytes(config), "The state of a conversation"));
  }
  const int64_t layers = config.attentionLayers();
  states.pages_.resize(static_cast<size_t>(layers));
  states.table_ =
      std::make_unique<std::vector<void*>>(static_cast<size_t>(layers * states.maxPages_), nullptr);
  if (layers > 0) {
    states.deviceTable_ = TRY(
        states.backend_->allocate(layers * states.maxPages_ * static_cast<int64_t>(sizeof(void*)),
                                  "The page table of a conversation"));
  }
  return states;
}

Result<void> States::checkWhole() const {
  if (!stepUnderWay_) return {};
  return Error{ErrorCode::Internal,
               fmt::format("What was read is lost: a fault struck in the middle of a step after {} "
                           "tokens. Restore a saved reading, or read again.",
                           position_)};
}

Result<States> States::fork() const {
  TRY(checkWhole());
  States copy = TRY(create(config_, cacheType_, maxTokens_, backend_));
  copy.position_ = position_;
  copy.gridOrigin_ = gridOrigin_;
  copy.tokenHash_ = tokenHash_;
  copy.pages_ = pages_;
  const auto stream = TRY(backend_->newStream());
  if (fixed_.bytes() > 0) stream->copy(copy.fixed_.data(), fixed_.data(), fixed_.bytes());
  for (size_t layer = 0; layer < pages_.size(); ++layer) {
    for (size_t page = 0; page < pages_[layer].size(); ++page) {
      copy.publishPage(static_cast<int64_t>(layer), static_cast<int64_t>(page), *stream);
    }
  }
  TRY(stream->wait());
  return copy;
}

int64_t States::bytes() const {
  auto pages = static_cast<int64_t>(spare_.size());
  for (const auto& layer : pages_) pages += static_cast<int64_t>(layer.size());
  return fixed_.bytes() + deviceTable_.bytes() + pages * pageBytes(config_, cacheType_);
}

Result<void> States::checkRoom(int64_t count) const {
  if (position_ + count <= maxTokens_) return {};
  return Error{
      ErrorCode::DoesNotFit,
      fmt::format("{} tokens do not fit behind the {} that were read: the window holds {}.", count,
                  position_, maxTokens_)};
}

int64_t States::missingPages(int64_t count) const {
  int64_t missing = 0;
  for (const auto& pages : pages_) {
    for (int64_t page = position_ / kPageTokens; page < StateView::pagesFor(position_ + count);
         ++page) {
      const auto index = static_cast<size_t>(page);
      if (index >= pages.size() || pages[index].use_count() > 1) ++missing;
    }
  }
  return missing;
}

Result<void> States::reserve(int64_t tokens) {
  TRY(checkRoom(tokens));
  std::vector<PagePtr> more;
  const int64_t missing = missingPages(tokens) - static_cast<int64_t>(spare_.size());
  while (static_cast<int64_t>(more.size()) < missing) more.push_back(TRY(takePage()));
  spare_.insert(spare_.end(), more.begin(), more.end());
  return {};
}

Result<States::PagePtr> States::takePage() const {
  return std::make_shared<Buffer>(
      TRY(backend_->allocate(pageBytes(config_, cacheType_), "The memory of what was read")));
}

Result<States::PagePtr> States::newPage() {
  if (spare_.empty()) return takePage();
  PagePtr page = std::move(spare_.back());
  spare_.pop_back();
  return page;
}

void States::publishPage(int64_t layer, int64_t page, kernels::Stream& stream) {
  const int64_t entry = layer * maxPages_ + page;
  void*& host = (*table_)[static_cast<size_t>(entry)];
  host = pages_[static_cast<size_t>(layer)][static_cast<size_t>(page)]->data();
  void* place = static_cast<void*>(static_cast<void**>(deviceTable_.data()) + entry);
  stream.copyIn(place, static_cast<const void*>(&host), sizeof(void*));
}

Result<void> States::prepare(int64_t count, kernels::Stream& stream) {
  TRY(checkWhole());
  TRY(checkRoom(count));
  const int64_t firstPage = position_ / kPageTokens;
  for (size_t layer = 0; layer < pages_.size(); ++layer) {
    auto& pages = pages_[layer];
    for (int64_t page = firstPage; page < StateView::pagesFor(position_ + count); ++page) {
      const auto index = static_cast<size_t>(page);
      if (index < pages.size()) {
        if (pages[index].use_count() == 1) continue;
        PagePtr own = TRY(newPage());
        stream.copy(own->data(), pages[index]->data(), own->bytes());
        pages[index] = std::move(own);
      } else {
        pages.push_back(TRY(newPage()));
      }
      publishPage(static_cast<int64_t>(layer), page, stream);
    }
  }
  stepUnderWay_ = true;
  return {};
}

void States::advance(std::span<const int32_t> tokens) {
  for (const int32_t token : tokens) {
    Sha256Hasher hasher;
    hasher.update({reinterpret_cast<const char*>(tokenHash_.data()), tokenHash_.size()});
    ByteWriter writer;
    writer.u32(static_cast<uint32_t>(token));
    hasher.update(writer.bytes());
    tokenHash_ = hasher.finish();
  }
  position_ += static_cast<int64_t>(tokens.size());
  stepUnderWay_ = false;
}

StateView States::view() const {
  return {config_, cacheType_, maxTokens_, fixed_.data(),
          static_cast<void* const*>(deviceTable_.data())};
}

}  // namespace lectern
