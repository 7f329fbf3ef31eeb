// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/drop_part.h"

#include "app/gui/bridge/later.h"
#include "app/gui/bridge/strings.h"
#include "app/gui/widgets/drop_overlay.h"
#include "app/gui/widgets/job_strip.h"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMenu>
#include <QMimeData>

#include <utility>

namespace lectern::gui {

namespace {

std::vector<std::filesystem::path> pathsIn(const QMimeData* data) {
  std::vector<std::filesystem::path> paths;
  for (const QUrl& url : data->urls()) {
    if (url.isLocalFile()) paths.push_back(pathFromQt(url.toLocalFile()));
  }
  return paths;
}

}  // namespace

DropPart::DropPart(DeskBridge* bridge,
                   JobStrip* jobs,
                   std::function<QString()> shelfName,
                   QWidget* window)
    : QObject(window),
      bridge_(bridge),
      jobs_(jobs),
      shelfName_(std::move(shelfName)),
      window_(window) {
  overlay_ = new DropOverlay(window);
}

DropPart::~DropPart() {
  stop_.request_stop();
}

// What ran before is forgotten; its row, if it has one, goes.
void DropPart::forget() {
  stop_.request_stop();
  stop_ = std::stop_source();
  count_ = {};
  wanted_ = false;
  if (row_ != nullptr) jobs_->removeRow(std::exchange(row_, nullptr));
}

void DropPart::count(const std::vector<std::filesystem::path>& named) {
  forget();
  bridge_->desk().countFiles(named, stop_.get_token(),
                             [this, stop = stop_.get_token()](const Result<FileCount>& counted) {
                               later(this, [this, stop, counted] {
                                 if (!stop.stop_requested()) take(counted);
                               });
                             });
}

void DropPart::enter(QDragEnterEvent* event) {
  const auto paths = pathsIn(event->mimeData());
  if (paths.empty()) return;
  event->acceptProposedAction();
  hovering_ = true;
  count(paths);
  foreign_ = static_cast<int>(event->mimeData()->urls().size()) - static_cast<int>(paths.size());
  count_.unsupported = foreign_;
  overlay_->show(count_, shelfName_());
}

void DropPart::leave() {
  hideOverlay();
  forget();
}

void DropPart::hideOverlay() {
  hovering_ = false;
  overlay_->hide();
}

void DropPart::drop(QDropEvent* event) {
  hideOverlay();
  const auto paths = pathsIn(event->mimeData());
  if (paths.empty()) return;
  event->acceptProposedAction();
  // What hovered was counted, or is being counted; a drop without hovering begins here.
  if (count_.files.empty() && !count_.whole) count(paths);
  auto* menu = new QMenu(window_);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const auto files = static_cast<int>(count_.files.size());
  menu->addAction(count_.whole ? tr("Add %Ln document(s)", nullptr, files) : tr("Add documents"),
                  this, [this] { wanted(AfterAdding::Offer); });
  if (!count_.whole || files == 1) {
    menu->addAction(tr("Add and open"), this, [this] { wanted(AfterAdding::Open); });
  }
  menu->addAction(tr("Add and ask"), this, [this] { wanted(AfterAdding::Ask); });
  menu->addAction(tr("Add and summarise"), this, [this] { wanted(AfterAdding::Summarise); });
  menu->setActiveAction(menu->actions().front());
  menu->popup(window_->mapToGlobal(event->position().toPoint()));
}

void DropPart::take(const Result<FileCount>& counted) {
  if (!counted) {
    jobs_->showProblem(toQt(counted.error().message));
    return forget();
  }
  count_ = *counted;
  count_.unsupported += foreign_;
  if (hovering_) overlay_->show(count_, shelfName_());
  if (!wanted_) return;
  if (count_.whole) return finish();
  if (row_ != nullptr) JobStrip::setSentence(row_, countLines(count_).join(tr(" · ")));
}

void DropPart::wanted(AfterAdding after) {
  wanted_ = true;
  after_ = after;
  if (count_.whole) return finish();
  row_ = jobs_->offerChoice(countLines(count_).join(tr(" · ")), {{tr("Cancel"), [this] {
                                                                    row_ = nullptr;
                                                                    forget();
                                                                  }}});
}

void DropPart::finish() {
  if (row_ != nullptr) jobs_->removeRow(std::exchange(row_, nullptr));
  const FileCount count = std::exchange(count_, {});
  wanted_ = false;
  if (count.files.empty()) {
    jobs_->showProblem(tr("There is no document in it that can be read."));
    return;
  }
  if (count.files.size() <= kManyFiles) {
    emit addWanted(count.files, after_);
    return;
  }
  const QString heap = countLines(count).join(tr(" · "));
  jobs_->offerChoice(heap, {{tr("Add them"), [this, files = count.files,
                                              after = after_] { emit addWanted(files, after); }},
                            {tr("Cancel"), [] {}}});
}

}  // namespace lectern::gui
