// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/page_box.h"

#include "app/gui/bridge/strings.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>

namespace lectern::gui {

std::optional<int> pageNamed(const QString& text, const std::vector<PageShape>& pages) {
  const QString wanted = text.trimmed();
  bool isNumber = false;
  int number = QLocale().toInt(wanted, &isNumber);
  if (!isNumber) number = wanted.toInt(&isNumber);
  if (isNumber && number >= 1 && number <= static_cast<int>(pages.size())) return number;
  for (const PageShape& page : pages) {
    if (!page.label.empty() && toQt(page.label).compare(wanted, Qt::CaseInsensitive) == 0) {
      return page.number;
    }
  }
  return std::nullopt;
}

PageBox::PageBox(QWidget* parent)
    : QWidget(parent), number_(new QLineEdit(this)), rest_(new QLabel(this)) {
  number_->setAccessibleName(tr("Page"));
  number_->setToolTip(tr("The number of a page, or its label in the document"));
  number_->setFixedWidth(number_->fontMetrics().horizontalAdvance(QStringLiteral("00000")) + 16);
  number_->setAlignment(Qt::AlignHCenter);
  auto* title = new QLabel(tr("Page"), this);
  title->setBuddy(number_);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(title);
  row->addWidget(number_);
  row->addWidget(rest_);
  connect(number_, &QLineEdit::returnPressed, this, &PageBox::accept);
  setPages(nullptr);
}

void PageBox::setPages(const std::vector<PageShape>* pages) {
  pages_ = pages;
  page_ = 0;
  number_->setEnabled(pages != nullptr);
  number_->clear();
  rest_->clear();
}

void PageBox::showPage(int page) {
  if (pages_ == nullptr || page < 1 || page > static_cast<int>(pages_->size())) return;
  page_ = page;
  const QLocale locale;
  number_->setText(locale.toString(page));
  const QString label = toQt((*pages_)[static_cast<size_t>(page - 1)].label);
  const QString count = locale.toString(static_cast<int>(pages_->size()));
  // A label that only says the number again is none.
  rest_->setText(label.isEmpty() || label == QString::number(page)
                     ? tr("of %1").arg(count)
                     : tr("(%1) of %2").arg(isolated(label), count));
}

void PageBox::start() {
  number_->setFocus(Qt::ShortcutFocusReason);
  number_->selectAll();
}

void PageBox::accept() {
  if (pages_ == nullptr) return;
  if (const auto page = pageNamed(number_->text(), *pages_)) {
    emit pageWanted(*page);
    showPage(*page);
    emit left();
    return;
  }
  rest_->setText(tr("There is no such page."));
  number_->selectAll();
}

void PageBox::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Escape) {
    QWidget::keyPressEvent(event);
    return;
  }
  showPage(page_);
  emit left();
}

}  // namespace lectern::gui
