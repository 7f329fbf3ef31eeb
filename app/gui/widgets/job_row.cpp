// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/job_row.h"

#include "app/gui/bridge/strings.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>

#include <algorithm>

namespace lectern::gui {

namespace {

QString timeLeft(std::chrono::milliseconds left) {
  const auto seconds = static_cast<int>(left.count() / 1000);
  if (seconds < 60) return JobRow::tr("%n second(s) left", nullptr, std::max(1, seconds));
  return JobRow::tr("%n minute(s) left", nullptr, (seconds + 30) / 60);
}

// What to do next depends on the face where a password is missing.
QString problemOf(const Error& error) {
  const QString sentence = toQt(error.message);
  if (error.code != ErrorCode::PasswordNeeded) return sentence;
  return JobRow::tr("%1 Type the password here.", "what is wrong").arg(sentence);
}

}  // namespace

JobRow::JobRow(QWidget* parent) : QFrame(parent) {
  text_ = new QLabel(this);
  text_->setTextFormat(Qt::PlainText);
  text_->setWordWrap(true);
  bar_ = new QProgressBar(this);
  bar_->setAccessibleName(tr("Pages read"));
  bar_->setTextVisible(false);
  bar_->setMaximumWidth(220);
  password_ = new QLineEdit(this);
  password_->setEchoMode(QLineEdit::Password);
  password_->setAccessibleName(tr("Password"));
  password_->setPlaceholderText(tr("Password"));
  pause_ = new QPushButton(tr("Pause"), this);
  resume_ = new QPushButton(tr("Resume"), this);
  cancel_ = new QPushButton(tr("Cancel"), this);
  dismiss_ = new QPushButton(tr("Dismiss"), this);

  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(8, 2, 8, 2);
  layout->addWidget(text_, 1);
  for (QWidget* part :
       std::initializer_list<QWidget*>{bar_, password_, pause_, resume_, cancel_, dismiss_}) {
    layout->addWidget(part);
  }
  connect(pause_, &QPushButton::clicked, this, &JobRow::pauseWanted);
  connect(cancel_, &QPushButton::clicked, this, &JobRow::cancelWanted);
  connect(dismiss_, &QPushButton::clicked, this, &JobRow::dismissed);
  const auto resume = [this] { emit resumeWanted(password_->text()); };
  connect(resume_, &QPushButton::clicked, this, resume);
  connect(password_, &QLineEdit::returnPressed, this, resume);
}

void JobRow::show(const Job& job) {
  using State = Job::State;
  const bool locked = job.error && job.error->code == ErrorCode::PasswordNeeded;
  const bool runs = job.state == State::Waiting || job.state == State::Reading;
  const QString name = pathToQt(job.file.filename());
  text_->setText(textOf(job));
  bar_->setRange(0, job.pageCount);
  bar_->setValue(job.page);
  bar_->setVisible(job.state == State::Reading || job.state == State::Paused);
  password_->setVisible(locked);
  pause_->setVisible(runs);
  resume_->setVisible(job.state == State::Paused || job.state == State::Failed);
  resume_->setText(locked                       ? tr("Open")
                   : job.state == State::Failed ? tr("Try again")
                                                : tr("Resume"));
  cancel_->setVisible(runs || job.state == State::Paused);
  dismiss_->setVisible(job.state == State::Failed);
  for (QPushButton* button : {pause_, resume_, cancel_, dismiss_}) {
    button->setAccessibleName(
        tr("%1: %2", "button, then the file it is about").arg(button->text(), isolated(name)));
  }
}

QString JobRow::textOf(const Job& job) {
  QString name = isolated(pathToQt(job.file.filename()));
  const QLocale locale;
  switch (job.state) {
    case Job::State::Waiting:
      return tr("%1 waits").arg(name);
    case Job::State::Reading: {
      if (job.pageCount == 0) return tr("Reading %1").arg(name);
      const QString text =
          tr("Reading %1, page %2 of %3")
              .arg(name, locale.toString(job.page), locale.toString(job.pageCount));
      return job.left ? tr("%1, %2", "what is read, time left").arg(text, timeLeft(*job.left))
                      : text;
    }
    case Job::State::Paused:
      return tr("%1 is kept up to page %2 of %3")
          .arg(name, locale.toString(job.page), locale.toString(job.pageCount));
    case Job::State::Failed:
      return QStringLiteral("⚠ ") + problemOf(job.error.value_or(Error{}));
    case Job::State::Done:
    case Job::State::Cancelled:
      break;
  }
  return name;
}

}  // namespace lectern::gui
