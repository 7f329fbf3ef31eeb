// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/job_strip.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/widgets/job_row.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <memory>
#include <utility>

namespace lectern::gui {

namespace {

constexpr int kUndoMs = 10'000;
constexpr int kShareOfWindow = 4;  // of the height, all rows together

/// A sentence, and a button beside it where there is one.
QWidget* sentenceRow(const QString& sentence, QPushButton* button, QWidget* parent) {
  auto* row = new QFrame(parent);
  auto* text = new QLabel(row);
  text->setTextFormat(Qt::PlainText);
  text->setText(sentence);
  text->setWordWrap(true);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(8, 2, 8, 2);
  layout->addWidget(text, 1);
  if (button != nullptr) layout->addWidget(button);
  return row;
}

QVBoxLayout* column() {
  auto* layout = new QVBoxLayout;
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  return layout;
}

}  // namespace

JobStrip::JobStrip(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Jobs and problems"));
  auto* dismiss = new QPushButton(tr("Dismiss all"));
  head_ = sentenceRow({}, dismiss, this);
  head_->hide();
  count_ = head_->findChild<QLabel*>();
  connect(dismiss, &QPushButton::clicked, this, &JobStrip::dismissAll);

  content_ = new QWidget;
  auto* rows = column();
  for (QVBoxLayout** part : {&offers_, &running_, &failed_}) rows->addLayout(*part = column());
  rows->addStretch(1);
  content_->setLayout(rows);
  content_->installEventFilter(this);
  area_ = new QScrollArea(this);
  area_->setWidgetResizable(true);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setFocusPolicy(Qt::NoFocus);  // Tab comes to the buttons, and brings them into view
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area_->setWidget(content_);

  auto* layout = column();
  layout->addWidget(head_);
  layout->addWidget(area_);
  setLayout(layout);
  hide();
}

int JobStrip::rowCount() const {
  return offers_->count() + running_->count() + failed_->count();
}

void JobStrip::removeRow(QWidget* row) {
  for (QVBoxLayout* part : {offers_, running_, failed_}) part->removeWidget(row);
  problems_.erase(row);
  const bool wasUndo =
      std::erase_if(undos_, [row](const Undo& undo) { return undo.row == row; }) > 0;
  row->hide();
  row->deleteLater();
  tidy();
  if (wasUndo) emit undoChanged();
}

void JobStrip::show(const Job& job) {
  const bool gone = job.state == Job::State::Done || job.state == Job::State::Cancelled;
  if (!jobs_.contains(job.id)) {
    if (gone) return;
    forgetFailure(job.file);
    addFile(job);
  }
  File& file = jobs_.at(job.id);
  if (gone) {
    JobRow* row = file.row;
    jobs_.erase(job.id);
    removeRow(row);
    return;
  }
  file.row->show(job);
  const bool failed = job.state == Job::State::Failed;
  if (std::exchange(file.failed, failed) == failed) return;
  (failed ? running_ : failed_)->removeWidget(file.row);
  (failed ? failed_ : running_)->addWidget(file.row);
  tidy();
}

void JobStrip::addFile(const Job& job) {
  auto* row = new JobRow(content_);
  jobs_[job.id] = {row, job.file, false};
  running_->addWidget(row);
  const JobId id = job.id;
  connect(row, &JobRow::pauseWanted, this, [this, id] { emit pauseWanted(id); });
  connect(row, &JobRow::resumeWanted, this,
          [this, id](const QString& password) { emit resumeWanted(id, password); });
  connect(row, &JobRow::cancelWanted, this, [this, id] { emit cancelWanted(id); });
  connect(row, &JobRow::dismissed, this, [this, id, row] {
    jobs_.erase(id);
    removeRow(row);
  });
  tidy();
}

// The file is added once more: what became of it before is told no more.
void JobStrip::forgetFailure(const std::filesystem::path& path) {
  const auto old = std::ranges::find_if(
      jobs_, [&path](const auto& job) { return job.second.failed && job.second.path == path; });
  if (old == jobs_.end()) return;
  JobRow* row = old->second.row;
  jobs_.erase(old);
  removeRow(row);
}

void JobStrip::showProblem(const QString& sentence) {
  const QString text = QStringLiteral("⚠ ") + sentence;
  const bool isThere =
      std::ranges::any_of(problems_, [&text](const auto& one) { return one.second == text; });
  if (isThere) return;
  QWidget* row = addProblem(text, {{tr("Dismiss"), [] {}}});
  row->findChild<QPushButton*>()->setAccessibleName(tr("Dismiss: %1").arg(sentence));
}

void JobStrip::offerRemedy(const QString& sentence, const Choice& remedy) {
  addProblem(QStringLiteral("⚠ ") + sentence, {remedy, {tr("Dismiss"), [] {}}});
}

QWidget* JobStrip::addProblem(const QString& sentence, const std::vector<Choice>& choices) {
  QWidget* row = makeChoice(sentence, choices);
  problems_[row] = sentence;
  failed_->addWidget(row);
  tidy();
  return row;
}

QWidget* JobStrip::makeChoice(const QString& sentence, const std::vector<Choice>& choices) {
  QWidget* row = sentenceRow(sentence, nullptr, content_);
  for (const Choice& choice : choices) {
    auto* button = new QPushButton(choice.text, row);
    row->layout()->addWidget(button);
    connect(button, &QPushButton::clicked, this, [this, row, chosen = choice.chosen] {
      removeRow(row);
      chosen();
    });
  }
  return row;
}

QWidget* JobStrip::offerChoice(const QString& sentence, const std::vector<Choice>& choices) {
  QWidget* row = makeChoice(sentence, choices);
  offers_->addWidget(row);
  tidy();
  return row;
}

void JobStrip::setSentence(QWidget* row, const QString& sentence) {
  row->findChild<QLabel*>()->setText(sentence);
}

void JobStrip::offerUndo(const QString& sentence,
                         const std::function<void()>& undo,
                         const std::function<void()>& done) {
  auto* button = new QPushButton(tr("Undo"));
  QWidget* row = sentenceRow(sentence, button, content_);
  button->setAccessibleName(tr("Undo: %1").arg(sentence));
  connect(button, &QPushButton::clicked, this, [this, row, undo] {
    removeRow(row);
    undo();
  });
  QTimer::singleShot(kUndoMs, row, [this, row, done] {
    if (offers_->indexOf(row) < 0) return;  // it was undone
    done();
    removeRow(row);
  });
  offers_->addWidget(row);
  undos_.push_back({row, undo});
  tidy();
  emit undoChanged();
}

void JobStrip::undo() {
  if (undos_.empty()) return;
  const Undo last = undos_.back();
  removeRow(last.row);
  last.undo();
}

void JobStrip::dismissAll() {
  std::vector<QWidget*> rows;
  for (const auto& [row, sentence] : problems_) rows.push_back(row);
  for (const auto& [id, file] : jobs_) {
    if (file.failed) rows.push_back(file.row);
  }
  std::erase_if(jobs_, [](const auto& job) { return job.second.failed; });
  for (QWidget* row : rows) removeRow(row);
}

void JobStrip::tidy() {
  const int problems = failed_->count();
  count_->setText(QStringLiteral("⚠ ") + tr("%n problem(s)", nullptr, problems));
  head_->setVisible(problems > 1);
  setVisible(rowCount() > 0);
  for (QVBoxLayout* part : {offers_, running_, failed_}) {
    // A layout shows a new row only later, and does not count it before.
    if (QLayoutItem* last = part->itemAt(part->count() - 1)) last->widget()->show();
  }
  fit();
}

// As high as the rows, but no higher than its share.
void JobStrip::fit() {
  const int wanted = content_->layout()->hasHeightForWidth()
                         ? content_->layout()->totalHeightForWidth(area_->viewport()->width())
                         : content_->layout()->totalSizeHint().height();
  const int head = head_->isHidden() ? 0 : head_->sizeHint().height();
  const int most = std::max(window()->height() / kShareOfWindow - head, fontMetrics().height() * 2);
  area_->setFixedHeight(std::min(wanted, most));
  content_->resize(area_->viewport()->width(), std::max(wanted, area_->height()));
}

bool JobStrip::eventFilter(QObject* watched, QEvent* event) {
  const bool mayFitNoMore = watched == content_ ? event->type() == QEvent::LayoutRequest
                                                : event->type() == QEvent::Resize;
  if (mayFitNoMore) fit();
  return QWidget::eventFilter(watched, event);
}

void JobStrip::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit();
}

void JobStrip::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  window()->removeEventFilter(this);
  window()->installEventFilter(this);
  fit();
}

}  // namespace lectern::gui
