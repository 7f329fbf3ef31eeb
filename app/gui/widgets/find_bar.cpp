// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/find_bar.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QStyle>
#include <QToolButton>

namespace lectern::gui {

FindBar::FindBar(QWidget* parent)
    : QWidget(parent),
      text_(new QLineEdit(this)),
      case_(new QCheckBox(tr("&Match case"), this)),
      count_(new QLabel(this)),
      previous_(new QToolButton(this)),
      next_(new QToolButton(this)) {
  setAccessibleName(tr("Find in the document"));
  text_->setPlaceholderText(tr("Find in the document"));
  text_->setAccessibleName(tr("Find in the document"));
  text_->setClearButtonEnabled(true);
  text_->setMinimumWidth(120);
  const auto makeButton = [this](QToolButton* button, QStyle::StandardPixmap icon,
                                 const QString& name, const QString& keys) {
    button->setIcon(style()->standardIcon(icon));
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setAccessibleName(name);
    button->setToolTip(keys.isEmpty() ? name : tr("%1 (%2)").arg(name, keys));
  };
  const auto keys = [](const QKeySequence& sequence) {
    return sequence.toString(QKeySequence::NativeText);
  };
  makeButton(previous_, QStyle::SP_ArrowUp, tr("Previous hit"),
             keys(QKeySequence(Qt::SHIFT | Qt::Key_F3)));
  makeButton(next_, QStyle::SP_ArrowDown, tr("Next hit"), keys(QKeySequence(Qt::Key_F3)));
  auto* closeButton = new QToolButton(this);
  makeButton(closeButton, QStyle::SP_DialogCloseButton, tr("Close the search"),
             keys(QKeySequence(Qt::Key_Escape)));

  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(6, 3, 6, 3);
  row->addWidget(text_, 1);
  row->addWidget(previous_);
  row->addWidget(next_);
  row->addWidget(case_);
  row->addWidget(count_);
  row->addWidget(closeButton);
  hide();

  connect(text_, &QLineEdit::textChanged, this, &FindBar::search);
  connect(case_, &QCheckBox::toggled, this, &FindBar::search);
  connect(previous_, &QToolButton::clicked, this, [this] { emit stepWanted(false); });
  connect(next_, &QToolButton::clicked, this, [this] { emit stepWanted(true); });
  connect(closeButton, &QToolButton::clicked, this, &FindBar::close);
  showCount(0, 0, false);
}

void FindBar::start(const QString& text) {
  const bool wasHidden = isHidden();
  show();
  if (!text.isEmpty() && text != text_->text()) {
    text_->setText(text);
  } else if (wasHidden) {
    search();
  }
  text_->setFocus(Qt::ShortcutFocusReason);
  text_->selectAll();
}

QString FindBar::text() const {
  return text_->text();
}

bool FindBar::matchesCase() const {
  return case_->isChecked();
}

void FindBar::showCount(int current, int count, bool searching) {
  const QLocale locale;
  QString sentence;
  if (count > 0 && searching) {
    sentence = tr("%1 of %2 …").arg(locale.toString(current), locale.toString(count));
  } else if (count > 0) {
    sentence = tr("%1 of %2").arg(locale.toString(current), locale.toString(count));
  } else if (searching) {
    sentence = tr("Searching …");
  } else if (!text_->text().trimmed().isEmpty()) {
    sentence = tr("Not found");
  }
  showProblem(sentence);
  previous_->setEnabled(count > 0);
  next_->setEnabled(count > 0);
}

void FindBar::showProblem(const QString& sentence) {
  count_->setText(sentence);
  count_->setAccessibleName(sentence);
}

void FindBar::close() {
  if (isHidden()) return;
  hide();
  emit closed();
}

void FindBar::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Escape:
      close();
      break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      emit stepWanted(!(event->modifiers() & Qt::ShiftModifier));
      break;
    default:
      QWidget::keyPressEvent(event);
  }
}

void FindBar::search() {
  emit searchWanted(text_->text(), case_->isChecked());
}

}  // namespace lectern::gui
