// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/folder_watch.h"

#include "app/gui/adding.h"
#include "app/gui/bridge/later.h"
#include "app/gui/bridge/strings.h"
#include "app/gui/shelves.h"
#include "app/gui/widgets/job_strip.h"

#include <QFileDialog>
#include <QLocale>

#include <algorithm>

namespace lectern::gui {

namespace {

constexpr int kSoonMs = 1'500;
constexpr int kOftenMs = 60'000;
constexpr int kSeldomMs = 600'000;  // for network drives, which tell nothing of changes

}  // namespace

FolderWatch::FolderWatch(DeskBridge* bridge,
                         Adding* adding,
                         Shelves* shelves,
                         JobStrip* jobs,
                         std::filesystem::path dataFolder,
                         QWidget* window)
    : QObject(window),
      bridge_(bridge),
      adding_(adding),
      shelves_(shelves),
      jobs_(jobs),
      window_(window),
      dataFolder_(std::move(dataFolder)) {
  const auto loaded = loadWatchedFolders(dataFolder_);
  if (!loaded) {
    jobs_->showProblem(toQt(loaded.error().message));
  } else {
    for (const WatchedFolder& watched : *loaded) entries_.emplace_back().watched = watched;
  }
  soon_.setSingleShot(true);
  soon_.setInterval(kSoonMs);
  often_.setInterval(kSeldomMs);
  connect(&soon_, &QTimer::timeout, this, qOverload<>(&FolderWatch::look));
  connect(&often_, &QTimer::timeout, this, qOverload<>(&FolderWatch::look));
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, &soon_, qOverload<>(&QTimer::start));
  connect(&watcher_, &QFileSystemWatcher::fileChanged, &soon_, qOverload<>(&QTimer::start));
  connect(bridge, &DeskBridge::jobChanged, this, &FolderWatch::takeJob);
}

FolderWatch::~FolderWatch() {
  stop_.request_stop();
}

FolderWatch::Entry* FolderWatch::find(ShelfId shelf) {
  const auto found = std::ranges::find_if(
      entries_, [shelf](const Entry& entry) { return entry.watched.shelf == shelf; });
  return found == entries_.end() ? nullptr : &*found;
}

const ShelfInfo* FolderWatch::shelfOf(const Entry& entry) const {
  if (library_ == nullptr) return nullptr;
  const auto found = std::ranges::find(library_->shelves, entry.watched.shelf, &ShelfInfo::id);
  return found == library_->shelves.end() ? nullptr : &*found;
}

std::optional<std::filesystem::path> FolderWatch::folderOf(ShelfId shelf) const {
  for (const Entry& entry : entries_) {
    if (entry.watched.shelf == shelf) return entry.watched.folder;
  }
  return std::nullopt;
}

std::map<ShelfId, QString> FolderWatch::followed() const {
  std::map<ShelfId, QString> all;
  for (const Entry& entry : entries_) all[entry.watched.shelf] = pathToQt(entry.watched.folder);
  return all;
}

void FolderWatch::setLibrary(const LibraryViewPtr& library) {
  const bool isFirst = library_ == nullptr;
  library_ = library;
  bool isChanged =
      std::erase_if(entries_, [this](const Entry& entry) { return shelfOf(entry) == nullptr; }) > 0;
  for (const ShelfInfo& shelf : library->shelves) {
    const auto pending = pending_.find(shelf.name);
    if (pending == pending_.end()) continue;
    Entry& entry = entries_.emplace_back();
    entry.watched = {shelf.id, pending->second, {}};
    entry.isNew = true;
    pending_.erase(pending);
    isChanged = true;
    look(entry);
  }
  if (isChanged) save();
  if (isChanged || isFirst) emit changed();
  if (!isFirst || !library->canWrite) return;
  often_.start();
  look();
}

void FolderWatch::choose() {
  auto* dialog = new QFileDialog(window_, tr("The folder that a shelf follows"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& name) { follow(pathFromQt(name)); });
  dialog->open();
}

void FolderWatch::follow(const std::filesystem::path& folder) {
  const bool isFollowed = std::ranges::any_of(
      entries_, [&folder](const Entry& entry) { return entry.watched.folder == folder; });
  if (isFollowed) {
    jobs_->showProblem(
        tr("A shelf follows the folder %1 already.").arg(isolated(pathToQt(folder))));
    return;
  }
  const QString name = pathToQt(folder.filename());
  const std::string shelf = fromQt(shelves_->freeName(name.isEmpty() ? tr("New shelf") : name));
  pending_[shelf] = folder;
  bridge_->desk().makeShelf(shelf, {});
}

void FolderWatch::stop(ShelfId shelf) {
  if (std::erase_if(entries_,
                    [shelf](const Entry& entry) { return entry.watched.shelf == shelf; }) == 0) {
    return;
  }
  save();
  emit changed();
}

void FolderWatch::look() {
  for (Entry& entry : entries_) look(entry);
}

void FolderWatch::look(Entry& entry) {
  if (std::exchange(entry.isLooking, true)) {
    entry.again = true;
    return;
  }
  bridge_->desk().countFiles({entry.watched.folder}, stop_.get_token(),
                             [this, shelf = entry.watched.shelf](const Result<FileCount>& count) {
                               if (count && !count->whole) return;
                               later(this, [this, shelf, count] { take(shelf, count); });
                             });
}

void FolderWatch::take(ShelfId shelf, const Result<FileCount>& count) {
  Entry* entry = find(shelf);
  if (entry == nullptr) return;
  entry->isLooking = false;
  if (std::exchange(entry->again, false)) return look(*entry);
  const ShelfInfo* info = shelfOf(*entry);
  // A folder that is not there was perhaps not mounted: nothing is gone for good.
  if (!count || info == nullptr || count->folders.empty()) return;
  watch(*entry, *count);
  const FolderNews news = newsOf(entry->watched, *count, info->revisions);
  if (news.members != entry->watched.members) {
    entry->watched.members = news.members;
    save();
  }
  std::vector<CountedFile> untried = news.added;
  std::erase_if(untried, [entry](const CountedFile& file) {
    return entry->tried.contains({file.path, file.stamp.modifiedNs});
  });
  if (entry->isAsked) return;
  if (entry->isNew && untried.size() > kManyFiles) return askAboutHeap(*entry, untried);
  entry->isNew = false;
  if (!untried.empty()) return add(*entry, untried);
  // What a changed file held before is not gone until the file is read again.
  const bool isReading = std::ranges::any_of(
      news.added, [this](const CountedFile& file) { return reading_.contains(file.path); });
  if (!isReading && !news.gone.empty()) askAboutGone(*entry, news.gone);
}

void FolderWatch::watch(Entry& entry, const FileCount& count) {
  QStringList wanted;
  for (const std::filesystem::path& folder : count.folders) wanted << pathToQt(folder);
  for (const CountedFile& file : count.files) wanted << pathToQt(file.path);
  const QStringList watched = watcher_.directories() + watcher_.files();
  const QSet<QString> known(watched.begin(), watched.end());
  wanted.removeIf([&known](const QString& path) { return known.contains(path); });
  const qsizetype room = kMostWatched - watched.size();
  bool isLimited = count.folders.size() >= kMostFolders || wanted.size() > room;
  wanted = wanted.first(std::clamp<qsizetype>(room, 0, wanted.size()));
  if (!wanted.isEmpty()) isLimited = !watcher_.addPaths(wanted).isEmpty() || isLimited;
  if (!isLimited || std::exchange(entry.isLimited, true)) return;
  often_.start(kOftenMs);
  jobs_->showProblem(tr("The folder %1 is too large to be told of every change, so it is looked "
                        "through once a minute.")
                         .arg(isolated(pathToQt(entry.watched.folder))));
}

void FolderWatch::add(Entry& entry, const std::vector<CountedFile>& files) {
  const ShelfInfo* shelf = shelfOf(entry);
  for (const CountedFile& file : files) {
    entry.tried.insert({file.path, file.stamp.modifiedNs});
    reading_[file.path] = entry.watched.shelf;
  }
  adding_->add(pathsOf(files), AfterAdding::Nothing, shelf->name);
}

void FolderWatch::askAboutHeap(Entry& entry, const std::vector<CountedFile>& files) {
  entry.isAsked = true;
  const ShelfId shelf = entry.watched.shelf;
  jobs_->offerChoice(
      tr("%Ln document(s) are in the folder %1.", nullptr, static_cast<int>(files.size()))
          .arg(isolated(pathToQt(entry.watched.folder))),
      {{tr("Add them"),
        [this, shelf, files] {
          Entry* found = find(shelf);
          if (found == nullptr) return;
          found->isAsked = found->isNew = false;
          add(*found, files);
        }},
       {tr("Do not follow it"), [this, shelf] { stop(shelf); }}});
}

void FolderWatch::askAboutGone(Entry& entry, const std::vector<RevisionId>& gone) {
  entry.isAsked = true;
  const ShelfId shelf = entry.watched.shelf;
  jobs_->offerChoice(tr("%Ln document(s) on the shelf %1 are no longer in its folder as they were.",
                        nullptr, static_cast<int>(gone.size()))
                         .arg(isolated(toQt(shelfOf(entry)->name))),
                     {{tr("Take them off the shelf"),
                       [this, shelf, gone] {
                         const Entry* found = find(shelf);
                         const ShelfInfo* info = found == nullptr ? nullptr : shelfOf(*found);
                         if (info == nullptr) return;
                         std::vector<RevisionId> rest = info->revisions;
                         std::erase_if(rest, [&gone](RevisionId id) {
                           return std::ranges::find(gone, id) != gone.end();
                         });
                         bridge_->desk().setShelf(shelf, rest);
                         forget(shelf, gone);
                       }},
                      {tr("Keep them"), [this, shelf, gone] { forget(shelf, gone); }}});
}

void FolderWatch::forget(ShelfId shelf, const std::vector<RevisionId>& members) {
  Entry* entry = find(shelf);
  if (entry == nullptr) return;
  entry->isAsked = false;
  std::erase_if(entry->watched.members, [&members](RevisionId id) {
    return std::ranges::find(members, id) != members.end();
  });
  save();
}

void FolderWatch::takeJob(const Job& job) {
  const bool hasEnded = job.state == Job::State::Done || job.state == Job::State::Failed ||
                        job.state == Job::State::Cancelled;
  const auto found = reading_.find(job.file);
  if (!hasEnded || found == reading_.end()) return;
  Entry* entry = find(found->second);
  reading_.erase(found);
  // At once: the file may change again before the next look.
  if (entry != nullptr && job.report) {
    std::vector<RevisionId>& members = entry->watched.members;
    if (std::ranges::find(members, job.report->revision) == members.end()) {
      members.push_back(job.report->revision);
      save();
    }
  }
  if (reading_.empty()) soon_.start();
}

void FolderWatch::save() {
  std::vector<WatchedFolder> folders;
  folders.reserve(entries_.size());
  for (const Entry& entry : entries_) folders.push_back(entry.watched);
  writer_.post([this, folders] {
    const Result<void> saved = saveWatchedFolders(dataFolder_, folders);
    if (saved) return;
    const QString sentence = toQt(saved.error().message);
    later(this, [this, sentence] { jobs_->showProblem(sentence); });
  });
}

}  // namespace lectern::gui
