// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/states.h"

#include "core/base/byte_io.h"

#include <fmt/format.h>

#include <algorithm>

namespace lectern {

using kernels::Buffer;
using kernels::DType;
using kernels::Tensor;

namespace {

int64_t convBytes(const ModelConfig& config) {
  return (config.mambaDConv - 1) * config.mambaInner * 4;
}
int64_t ssmBytes(const ModelConfig& config) {
  return config.mambaDState * config.mambaInner * 4;
}
int64_t fixedBytes(const ModelConfig& config) {
  return config.mambaLayers() * (convBytes(config) + ssmBytes(config));
}
int64_t pageBytes(const ModelConfig& config, DType type) {
  return States::kPageTokens *
         kernels::cacheTokenBytes(type, config.numKeyValueHeads, config.headDim);
}

int64_t pagesFor(int64_t tokens) {
  return (tokens + States::kPageTokens - 1) / States::kPageTokens;
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
  states.maxPages_ = pagesFor(maxTokens);
  if (config.mambaLayers() > 0) {
    states.fixed_ =
        TRY(states.backend_->allocate(fixedBytes(config), "The state of a conversation"));
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
  int64_t pages = 0;
  for (const auto& layer : pages_) pages += static_cast<int64_t>(layer.size());
  return fixed_.bytes() + deviceTable_.bytes() + pages * pageBytes(config_, cacheType_);
}

Result<States::PagePtr> States::newPage() const {
  return std::make_shared<Buffer>(
      TRY(backend_->allocate(pageBytes(config_, cacheType_), "The memory of what was read")));
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
  if (position_ + count > maxTokens_) {
    return Error{
        ErrorCode::DoesNotFit,
        fmt::format("{} tokens do not fit behind the {} that were read: the window holds {}.",
                    count, position_, maxTokens_)};
  }
  const int64_t firstPage = position_ / kPageTokens;
  for (size_t layer = 0; layer < pages_.size(); ++layer) {
    auto& pages = pages_[layer];
    for (int64_t page = firstPage; page < pagesFor(position_ + count); ++page) {
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

kernels::KvCache States::cache(int64_t attentionIndex) const {
  return {static_cast<void* const*>(deviceTable_.data()) + attentionIndex * maxPages_,
          kPageTokens,
          maxPages_,
          config_.numKeyValueHeads,
          config_.headDim,
          cacheType_};
}

Tensor States::convState(int64_t mambaIndex) const {
  char* base =
      static_cast<char*>(fixed_.data()) + mambaIndex * (convBytes(config_) + ssmBytes(config_));
  return kernels::matrix(base, DType::F32, config_.mambaDConv - 1, config_.mambaInner);
}

Tensor States::ssmState(int64_t mambaIndex) const {
  char* base = static_cast<char*>(fixed_.data()) +
               mambaIndex * (convBytes(config_) + ssmBytes(config_)) + convBytes(config_);
  return kernels::matrix(base, DType::F32, config_.mambaDState, config_.mambaInner);
}

}  // namespace lectern
