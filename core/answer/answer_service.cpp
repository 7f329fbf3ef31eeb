// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/answer_service.h"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <utility>

namespace lectern {

namespace {

const Error& cancelled() {
  static const Error error{ErrorCode::Cancelled, "The question was cancelled."};
  return error;
}

}  // namespace

struct AnswerService::Loaded {
  std::unique_ptr<Library> library;
  AnswerModel model;
  const ReadingStore* readings = nullptr;
  ModelAnswerer answerer{*library, model, readings};
};

AnswerService::AnswerService(AnswerServiceOptions options)
    : options_(std::move(options)), thread_([this](const std::stop_token& end) { run(end); }) {}

AnswerService::~AnswerService() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  if (running_) running_->request_stop();
}

AnswerService::Handle AnswerService::ask(AnswerRequest request, AnswerSink sink) {
  auto stop = std::make_shared<std::stop_source>();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(request), std::move(sink), stop});
  }
  changed_.notify_one();
  return Handle(std::move(stop));
}

void AnswerService::run(const std::stop_token& end) {
  std::unique_ptr<Loaded> loaded;
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      running_.reset();
      changed_.wait(lock, end, [this] { return !waiting_.empty(); });
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
      running_ = job.stop;
      if (end.stop_requested()) job.stop->request_stop();
    }
    answer(job, loaded);
  }
}

Result<std::unique_ptr<AnswerService::Loaded>> AnswerService::load(const Job& job) const {
  EngineOptions engine = options_.engine;
  std::string placement;
  engine.placed = [&placement](const std::string& words) { placement = words; };
  engine.loading = [&](int64_t done, int64_t total) { job.sink(Loading{done, total, placement}); };
  auto library = TRY(Library::open(options_.libraryFolder, Library::OpenMode::Read));
  AnswerModel model = TRY(AnswerModel::open(options_.modelFolder, engine, job.stop->get_token()));
  return std::unique_ptr<Loaded>(new Loaded{std::move(library), std::move(model),
                                            options_.readings ? &*options_.readings : nullptr});
}

// What a dependency throws must end the question, not the program; the engine may be in the middle
// of anything then, so that it goes.
void AnswerService::answer(const Job& job, std::unique_ptr<Loaded>& loaded) const {
  bool ended = false;
  const AnswerSink sink = [&](const AnswerEvent& event) {
    ended = std::holds_alternative<Finished>(event) || std::holds_alternative<Failed>(event);
    job.sink(event);
  };
  const auto fail = [&](Error error) {
    loaded.reset();
    if (!ended) sink(Failed{std::move(error)});
  };
  if (job.stop->stop_requested()) return sink(Failed{cancelled()});
  try {
    if (!loaded) {
      auto now = load(job);
      if (!now) return sink(Failed{now.error()});
      loaded = std::move(*now);
    }
    loaded->answerer.answer(job.request.question, job.request.scope, job.request.options, sink,
                            job.stop->get_token());
  } catch (const std::bad_alloc&) {
    fail({ErrorCode::OutOfMemory,
          "The memory does not suffice. Close other programs, or ask about fewer documents."});
  } catch (const std::exception& exception) {
    fail(
        {ErrorCode::Internal,
         fmt::format("Something failed that should not: {}. Please report it.", exception.what())});
  }
}

}  // namespace lectern
