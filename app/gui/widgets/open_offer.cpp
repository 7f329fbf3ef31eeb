// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/open_offer.h"

#include "app/gui/bridge/strings.h"

#include <QEvent>

namespace lectern::gui {

namespace {

// So that the status bar keeps room for the rest.
constexpr int kTitleLetters = 32;

}  // namespace

OpenOffer::OpenOffer(QWidget* parent) : QPushButton(parent) {
  setFlat(true);
  hide();
  connect(this, &QPushButton::clicked, this, [this] {
    if (!offered_) return;
    const RevisionId revision = *offered_;
    withdraw(revision);
    emit openWanted(revision);
  });
}

void OpenOffer::offer(RevisionId revision, const QString& title) {
  offered_ = revision;
  title_ = title;
  showTitle();
  show();
}

void OpenOffer::withdraw(RevisionId revision) {
  if (offered_ != revision) return;
  offered_.reset();
  hide();
}

void OpenOffer::showTitle() {
  const QString shown = fontMetrics().elidedText(title_, Qt::ElideMiddle,
                                                 kTitleLetters * fontMetrics().averageCharWidth());
  setText(
      tr("Added: %1. Open it").arg(isolated(QString(shown).replace(u'&', QStringLiteral("&&")))));
  setAccessibleName(tr("Added: %1. Open it").arg(isolated(title_)));
  setToolTip(title_);
}

void OpenOffer::changeEvent(QEvent* event) {
  QPushButton::changeEvent(event);
  if (event->type() == QEvent::FontChange && offered_) showTitle();
}

}  // namespace lectern::gui
