// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/readings_page.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/settings/budget_text.h"
#include "app/gui/settings/device_text.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QShowEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace lectern::gui {

namespace {

constexpr int kUnusedDays = 90;
constexpr int kRowGap = 3;
constexpr int64_t kGigabyte = 1'000'000'000;

}  // namespace

QString ReadingsPage::rowOf(const ReadingList::Entry& entry) {
  const KeptReading& reading = entry.reading;
  QStringList titles;
  for (const ReadingList::Document& document : entry.documents) {
    titles << isolated(document.id ? toQt(document.title) : tr("a document that was removed"));
  }
  const QDateTime used = QDateTime::fromMSecsSinceEpoch(reading.lastUsedMs);
  const QString saves = BudgetText::about(static_cast<double>(reading.note.readMs) / 1000);
  const QStringList facts = {
      isolated(toQt(reading.note.model)),
      isolated(tr("%1 tokens").arg(BudgetText::number(reading.tokens))),
      DeviceText::size(reading.bytes), isolated(tr("saves %1").arg(saves)),
      isolated(tr("last used %1").arg(QLocale().toString(used, QLocale::ShortFormat)))};
  return titles.join(QStringLiteral(" · ")) + QLatin1Char('\n') + facts.join(QStringLiteral(" · "));
}

ReadingsPage::ReadingsPage(Preferences* preferences,
                           const std::filesystem::path& dataFolder,
                           QWidget* parent)
    : QWidget(parent), preferences_(preferences), bridge_(new ReadingsBridge(dataFolder, this)) {
  auto* about = new QLabel(
      tr("What a model has read of whole documents is kept on the disk, so that it need not read "
         "them again. The least useful ones make room for new ones."),
      this);
  about->setTextFormat(Qt::PlainText);
  about->setWordWrap(true);
  list_ = new QListWidget(this);
  list_->setAccessibleName(tr("Kept readings"));
  list_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  list_->setWordWrap(true);
  list_->setAlternatingRowColors(true);
  list_->setSpacing(kRowGap);
  room_ = new QProgressBar(this);
  room_->setAccessibleName(tr("Room that readings take"));
  room_->setTextVisible(false);
  roomText_ = new QLabel(this);
  roomText_->setTextFormat(Qt::PlainText);
  note_ = new QLabel(this);
  note_->setTextFormat(Qt::PlainText);
  note_->setWordWrap(true);
  note_->hide();
  delete_ = new QPushButton(tr("&Delete"), this);
  deleteUnused_ = new QPushButton(
      tr("Delete those not &used for %1 days").arg(QLocale().toString(kUnusedDays)), this);
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(delete_);
  buttons->addWidget(deleteUnused_);
  buttons->addStretch(1);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(about);
  layout->addWidget(list_, 1);
  layout->addLayout(buttons);
  auto* room = new QHBoxLayout;
  room->addWidget(room_, 1);
  room->addWidget(roomText_);
  layout->addLayout(room);
  layout->addWidget(note_);

  connect(bridge_, &ReadingsBridge::listed, this, &ReadingsPage::take);
  connect(bridge_, &ReadingsBridge::failed, this, [this](const QString& sentence) {
    note_->setText(QStringLiteral("⚠ ") + sentence);
    note_->show();
  });
  connect(list_, &QListWidget::itemSelectionChanged, this, &ReadingsPage::updateButtons);
  connect(delete_, &QPushButton::clicked, this, &ReadingsPage::removeSelected);
  connect(deleteUnused_, &QPushButton::clicked, this, &ReadingsPage::removeUnused);
  connect(preferences_, &Preferences::changed, this, &ReadingsPage::showRoom);
  showRoom();
  updateButtons();
}

void ReadingsPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (!event->spontaneous()) bridge_->refresh();
}

void ReadingsPage::take(const ReadingListPtr& readings) {
  shown_ = readings;
  note_->setText(tr("Nothing is kept yet. Readings that take two seconds or more are."));
  note_->setVisible(readings->entries.empty());
  list_->clear();
  for (const ReadingList::Entry& entry : readings->entries) list_->addItem(rowOf(entry));
  showRoom();
  updateButtons();
}

void ReadingsPage::showRoom() {
  const int64_t limit = preferences_->settings().readingGigabytes * kGigabyte;
  const int64_t used = shown_ ? shown_->bytes : 0;
  constexpr int kSteps = 1000;
  room_->setRange(0, kSteps);
  room_->setValue(limit > 0 ? static_cast<int>(std::min(used, limit) * kSteps / limit) : 0);
  roomText_->setText(limit > 0
                         ? tr("%1 of %2 used").arg(DeviceText::size(used), DeviceText::size(limit))
                         : tr("%1 used; nothing is kept from now on").arg(DeviceText::size(used)));
  room_->setAccessibleDescription(roomText_->text());
}

void ReadingsPage::updateButtons() {
  delete_->setEnabled(!list_->selectedItems().isEmpty());
  deleteUnused_->setEnabled(shown_ != nullptr && !shown_->entries.empty());
}

void ReadingsPage::removeSelected() {
  std::vector<std::string> ids;
  int64_t ms = 0;
  for (const QListWidgetItem* item : list_->selectedItems()) {
    const KeptReading& reading = shown_->entries[static_cast<size_t>(list_->row(item))].reading;
    ids.push_back(reading.id);
    ms += reading.note.readMs;
  }
  ask(tr("Delete %n reading(s)? Documents and answers stay. To read them again takes %1.", nullptr,
         static_cast<int>(ids.size()))
          .arg(BudgetText::about(static_cast<double>(ms) / 1000)),
      [this, ids] { bridge_->remove(ids); });
}

void ReadingsPage::removeUnused() {
  const qint64 old = QDateTime::currentDateTime().addDays(-kUnusedDays).toMSecsSinceEpoch();
  ask(tr("Delete what no question has used for %1 days? Documents and answers stay; what is asked "
         "about again is read again.")
          .arg(QLocale().toString(kUnusedDays)),
      [this, old] { bridge_->removeUnusedSince(old); });
}

void ReadingsPage::ask(const QString& question, std::function<void()> yes) {
  auto* box = new QMessageBox(this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setIcon(QMessageBox::Question);
  box->setWindowTitle(tr("Delete readings"));
  box->setTextFormat(Qt::PlainText);
  box->setText(question);
  const auto* accept = box->addButton(tr("&Delete"), QMessageBox::AcceptRole);
  box->setDefaultButton(box->addButton(QMessageBox::Cancel));
  wanted_ = std::move(yes);
  connect(box, &QMessageBox::finished, this, [this, box, accept] {
    if (box->clickedButton() == accept) wanted_();
  });
  question_ = box;
  box->open();
}

}  // namespace lectern::gui
