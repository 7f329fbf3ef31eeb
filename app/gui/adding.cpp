// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/adding.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/widgets/job_strip.h"
#include "app/gui/widgets/open_offer.h"
#include "app/workspace/reread.h"

#include <QFileDialog>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace lectern::gui {

namespace {

bool isOf(const std::filesystem::path& file, const RevisionInfo& document) {
  return std::ranges::any_of(document.locations, [&file](const std::filesystem::path& location) {
    std::error_code ignored;
    return location == file || std::filesystem::equivalent(location, file, ignored);
  });
}

}  // namespace

Adding::Adding(DeskBridge* bridge, JobStrip* jobs, std::function<bool()> isReading, QWidget* window)
    : QObject(window),
      bridge_(bridge),
      jobs_(jobs),
      isReading_(std::move(isReading)),
      window_(window),
      offer_(new OpenOffer(window)) {
  connect(bridge, &DeskBridge::jobChanged, this, &Adding::take);
  connect(offer_, &OpenOffer::openWanted, this, &Adding::openWanted);
  connect(jobs, &JobStrip::pauseWanted, this, [this](JobId id) { bridge_->desk().pause(id); });
  connect(jobs, &JobStrip::cancelWanted, this, [this](JobId id) { bridge_->desk().cancel(id); });
  connect(jobs, &JobStrip::resumeWanted, this, [this](JobId id, const QString& password) {
    bridge_->desk().resume(id, fromQt(password));
  });
}

void Adding::add(const std::vector<std::filesystem::path>& files,
                 AfterAdding after,
                 const std::string& shelf) {
  AddOptions options;
  options.shelf = shelf;
  options.readSkipped = after != AfterAdding::Nothing;
  const auto batch = std::make_shared<Batch>();
  batch->after = after;
  for (const std::filesystem::path& file : files) {
    const JobId id = bridge_->desk().add(file, options);
    if (batch->left.empty()) batch->first = id;
    batch->left.insert(id);
    batches_[id] = batch;
  }
}

void Adding::readSkipped(const RevisionInfo& document) {
  if (document.locations.empty()) {
    jobs_->showProblem(tr("The file of %1 is not known any more. Add it again.")
                           .arg(isolated(toQt(document.document.title))));
    return;
  }
  AddOptions options;
  options.readSkipped = true;
  rereading_.insert(bridge_->desk().add(document.locations.front(), options));
}

bool Adding::isBeingRead(const RevisionInfo& document) const {
  return std::ranges::any_of(unfinished_, [&document](const auto& job) {
    const Job::State state = job.second.state;
    return (state == Job::State::Waiting || state == Job::State::Reading) &&
           isOf(job.second.file, document);
  });
}

void Adding::readOn(const RevisionInfo& document) {
  if (isBeingRead(document)) return;
  for (const auto& [id, job] : unfinished_) {
    if (isOf(job.file, document)) return bridge_->desk().resume(id, {});
  }
  if (document.locations.empty()) {
    jobs_->showProblem(tr("The file of %1 is not known any more. Add it again.")
                           .arg(isolated(toQt(document.document.title))));
    return;
  }
  bridge_->desk().add(document.locations.front(), {});
}

void Adding::cancel(const RevisionInfo& document) {
  for (const auto& [id, job] : unfinished_) {
    if (isOf(job.file, document)) bridge_->desk().cancel(id);
  }
}

void Adding::choose() {
  auto* dialog = new QFileDialog(window_, tr("Add documents"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFiles);
  dialog->setNameFilters({tr("Documents (*.pdf *.txt *.md *.markdown)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& names) {
    std::vector<std::filesystem::path> files;
    for (const QString& name : names) files.push_back(pathFromQt(name));
    add(files, AfterAdding::Offer);
  });
  dialog->open();
}

void Adding::take(const Job& job) {
  jobs_->show(job);
  if (job.state == Job::State::Done || job.state == Job::State::Failed) {
    unfinished_.erase(job.id);
  } else {
    unfinished_[job.id] = {job.file, job.state};
  }
  const bool isDone = job.state == Job::State::Done && job.report;
  if (isDone) tellRereading(job);
  if (isDone && !job.report->alreadyThere) tellTroubles(job);
  const auto found = batches_.find(job.id);
  if (found == batches_.end()) return;
  const std::shared_ptr<Batch> batch = found->second;
  const bool isOver = isDone || job.state == Job::State::Cancelled;
  if (!isOver && job.state != Job::State::Failed) return;
  batch->left.erase(job.id);
  if (isOver) batches_.erase(found);
  if (isDone && batch->after != AfterAdding::Nothing) {
    batch->added.push_back(*job.report);
    done(job, *batch);
  }
  const bool isWaitedFor =
      batch->after == AfterAdding::Ask || batch->after == AfterAdding::Summarise;
  if (isWaitedFor && batch->left.empty() && !batch->added.empty()) {
    settling_.push_back(*batch);
    batch->added.clear();
  }
}

void Adding::tellRereading(const Job& job) {
  const AddReport& report = *job.report;
  if (report.replaced) emit replaced(*report.replaced, report.revision);
  if (rereading_.erase(job.id) == 0 || report.replaced) return;
  jobs_->showProblem(tr("No more pages of %1 could be read with higher limits.")
                         .arg(isolated(toQt(report.info.document.title))));
}

// One page for all of them: the list tells how many there are.
void Adding::tellTroubles(const Job& job) {
  const std::vector<Page>& troubled = job.report->troubled;
  const auto isSkipped = [](const Page& page) { return page.state == PageState::Skipped; };
  auto told = std::ranges::find_if(troubled, wasEndedByLimit);
  const bool canBeReread = told != troubled.end();
  if (!canBeReread) told = std::ranges::find_if(troubled, isSkipped);
  if (told == troubled.end()) return;
  const QString sentence = tr("Page %1 of %2 could not be read: %3")
                               .arg(QLocale().toString(told->number),
                                    isolated(pathToQt(job.file.filename())), toQt(told->problem));
  if (!canBeReread) return jobs_->showProblem(sentence);
  jobs_->offerRemedy(sentence, {tr("Read the skipped pages again with higher limits"),
                                [this, info = job.report->info] { readSkipped(info); }});
}

void Adding::done(const Job& job, const Batch& batch) {
  const RevisionId revision = job.report->revision;
  const bool isAsked = batch.after == AfterAdding::Open && job.id == batch.first;
  if (isAsked || !isReading_()) {
    emit openWanted(revision);
  } else {
    offer_->offer(revision, toQt(job.report->info.document.title));
  }
}

void Adding::settle() {
  for (const Batch& batch : std::exchange(settling_, {})) {
    std::vector<RevisionId> revisions;
    revisions.reserve(batch.added.size());
    for (const AddReport& report : batch.added) revisions.push_back(report.revision);
    const auto count = static_cast<int>(revisions.size());
    if (batch.after == AfterAdding::Ask) {
      emit askWanted(revisions);
    } else if (count == 1) {
      const QString title = toQt(batch.added.front().info.document.title);
      emit summaryWanted(tr("Summary of %1").arg(title), revisions);
    } else {
      emit summaryWanted(tr("Summary of %n document(s)", nullptr, count), revisions);
    }
  }
}

}  // namespace lectern::gui
