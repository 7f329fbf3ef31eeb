// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/context_panel.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/settings/budget_text.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace lectern::gui {

ContextPanel::ContextPanel(QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("What is in the context"));
  setAccessibleName(windowTitle());
  sentence_ = new QLabel(this);
  sentence_->setTextFormat(Qt::PlainText);
  sentence_->setWordWrap(true);
  table_ = new QTableWidget(0, 3, this);
  table_->setAccessibleName(tr("Parts of the context"));
  table_->setHorizontalHeaderLabels({tr("Part"), tr("Tokens"), tr("What of it")});
  table_->verticalHeader()->hide();
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->setTabKeyNavigation(false);
  table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  table_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setSectionResizeMode(2, QHeaderView::ResizeToContents);

  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
  auto* choose = buttons->addButton(tr("Choose who answers …"), QDialogButtonBox::ActionRole);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(sentence_);
  layout->addWidget(table_, 1);
  layout->addWidget(buttons);
  resize(560, 360);

  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
  connect(choose, &QPushButton::clicked, this, &ContextPanel::settingsWanted);
  connect(table_, &QTableWidget::cellActivated, this, [this](int row, int /*column*/) {
    if (const auto& revision = documents_[static_cast<size_t>(row)]) emit openWanted(*revision);
  });
}

void ContextPanel::addRow(const QString& part, const QString& tokens, const QString& note) {
  const int row = table_->rowCount();
  table_->insertRow(row);
  table_->setItem(row, 0, new QTableWidgetItem(part));
  auto* number = new QTableWidgetItem(tokens);
  number->setTextAlignment(Qt::AlignTrailing | Qt::AlignVCenter);
  table_->setItem(row, 1, number);
  table_->setItem(row, 2, new QTableWidgetItem(note));
}

void ContextPanel::setBudget(const ContextBudget& budget) {
  const bool window = budget.way == ContextBudget::Way::Window;
  sentence_->setText(BudgetText::sentence(budget));
  const int current = table_->currentRow();
  table_->setRowCount(0);
  documents_.clear();
  const auto add = [this](const QString& part, const QString& tokens, const QString& note,
                          std::optional<RevisionId> revision) {
    documents_.push_back(revision);
    addRow(part, tokens, note);
  };
  if (window) {
    add(tr("Instructions and titles"), BudgetText::number(budget.instructionTokens), tr("always"),
        std::nullopt);
  }
  for (const ContextBudget::Document& document : budget.documents) {
    const QString tokens = !window           ? QStringLiteral("–")
                           : document.tokens ? BudgetText::number(*document.tokens)
                                             : QStringLiteral("…");
    const QString note = window && !budget.fits() ? tr("what a search finds")
                                                  : tr("%n page(s)", nullptr, document.pages);
    add(isolated(toQt(document.title)), tokens, note, document.revision);
  }
  if (window) {
    add(tr("Kept for the answer"), BudgetText::number(budget.answerTokens), tr("setting"),
        std::nullopt);
    if (budget.isCounted()) {
      const bool fits = budget.fits();
      add(fits ? tr("Free") : tr("More than fits"),
          BudgetText::number(fits ? budget.freeTokens() : -budget.freeTokens()), QString(),
          std::nullopt);
    }
  }
  table_->setCurrentCell(std::clamp(current, 0, std::max(0, table_->rowCount() - 1)), 0);
}

void ContextPanel::setProblem(const QString& sentence) {
  table_->setRowCount(0);
  documents_.clear();
  sentence_->setText(sentence);
}

}  // namespace lectern::gui
