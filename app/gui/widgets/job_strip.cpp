// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/job_strip.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/widgets/job_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

#include <memory>

namespace lectern::gui {

namespace {

constexpr int kUndoMs = 10'000;

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

}  // namespace

JobStrip::JobStrip(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Jobs and problems"));
  rows_ = new QVBoxLayout(this);
  rows_->setContentsMargins(0, 0, 0, 0);
  rows_->setSpacing(0);
  hide();
}

int JobStrip::rowCount() const {
  return rows_->count();
}

void JobStrip::append(QWidget* row) {
  rows_->addWidget(row);
  setVisible(true);
}

void JobStrip::removeRow(QWidget* row) {
  rows_->removeWidget(row);
  row->hide();
  row->deleteLater();
  setVisible(rows_->count() > 0);
}

void JobStrip::show(const Job& job) {
  const bool gone = job.state == Job::State::Done || job.state == Job::State::Cancelled;
  const auto found = jobs_.find(job.id);
  if (found != jobs_.end()) {
    if (!gone) {
      found->second->show(job);
      return;
    }
    removeRow(found->second);
    jobs_.erase(found);
    return;
  }
  if (gone) return;
  auto* row = new JobRow(this);
  row->show(job);
  jobs_[job.id] = row;
  append(row);
  const JobId id = job.id;
  connect(row, &JobRow::pauseWanted, this, [this, id] { emit pauseWanted(id); });
  connect(row, &JobRow::resumeWanted, this,
          [this, id](const QString& password) { emit resumeWanted(id, password); });
  connect(row, &JobRow::cancelWanted, this, [this, id] { emit cancelWanted(id); });
  connect(row, &JobRow::dismissed, this, [this, id, row] {
    removeRow(row);
    jobs_.erase(id);
  });
}

void JobStrip::showProblem(const QString& sentence) {
  auto* dismiss = new QPushButton(tr("Dismiss"));
  QWidget* row = sentenceRow(QStringLiteral("⚠ ") + sentence, dismiss, this);
  dismiss->setAccessibleName(tr("Dismiss: %1").arg(sentence));
  connect(dismiss, &QPushButton::clicked, this, [this, row] { removeRow(row); });
  append(row);
}

QWidget* JobStrip::offerChoice(const QString& sentence, const std::vector<Choice>& choices) {
  QWidget* row = sentenceRow(sentence, nullptr, this);
  for (const Choice& choice : choices) {
    auto* button = new QPushButton(choice.text, row);
    row->layout()->addWidget(button);
    connect(button, &QPushButton::clicked, this, [this, row, chosen = choice.chosen] {
      removeRow(row);
      chosen();
    });
  }
  append(row);
  return row;
}

void JobStrip::setSentence(QWidget* row, const QString& sentence) {
  row->findChild<QLabel*>()->setText(sentence);
}

void JobStrip::offerUndo(const QString& sentence,
                         const std::function<void()>& undo,
                         const std::function<void()>& done) {
  auto* button = new QPushButton(tr("Undo"));
  QWidget* row = sentenceRow(sentence, button, this);
  button->setAccessibleName(tr("Undo: %1").arg(sentence));
  connect(button, &QPushButton::clicked, this, [this, row, undo] {
    undo();
    removeRow(row);
  });
  QTimer::singleShot(kUndoMs, row, [this, row, done] {
    if (rows_->indexOf(row) < 0) return;  // it was undone
    done();
    removeRow(row);
  });
  append(row);
}

}  // namespace lectern::gui
