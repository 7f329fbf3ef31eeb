// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/welcome.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace lectern::gui {

Welcome::Welcome(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Welcome"));
  auto* title = new QLabel(tr("Drop documents here"), this);
  QFont large = title->font();
  large.setPointSizeF(1.6 * large.pointSizeF());
  title->setFont(large);
  auto* text = new QLabel(tr("PDF, plain text and Markdown, files or whole folders. They are read "
                             "on this computer, and stay on it."),
                          this);
  auto* add = new QPushButton(tr("&Add documents …"), this);
  auto* follow = new QPushButton(tr("F&ollow a folder …"), this);
  follow->setToolTip(tr("A shelf takes in what comes into the folder and what changes in it"));
  auto* layout = new QVBoxLayout(this);
  layout->setSpacing(12);
  for (QLabel* label : {title, text}) {
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    layout->addWidget(label);
  }
  layout->addWidget(add, 0, Qt::AlignHCenter);
  layout->addWidget(follow, 0, Qt::AlignHCenter);
  connect(add, &QPushButton::clicked, this, &Welcome::addWanted);
  connect(follow, &QPushButton::clicked, this, &Welcome::followWanted);
}

}  // namespace lectern::gui
