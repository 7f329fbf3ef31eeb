// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/reader_pane.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/models/thumbnail_model.h"
#include "app/gui/views/reader_view.h"
#include "app/gui/widgets/find_bar.h"
#include "app/gui/widgets/page_box.h"
#include "app/gui/widgets/side_panel.h"

#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QSettings>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace lectern::gui {

ReaderPane::ReaderPane(DeskBridge* bridge, QWidget* parent)
    : QWidget(parent),
      bridge_(bridge),
      view_(new ReaderView(this)),
      findBar_(new FindBar(this)),
      pageBox_(new PageBox(this)),
      panel_(new SidePanel(this)),
      splitter_(new QSplitter(this)),
      evidenceText_(new QLabel(this)) {
  panel_->hide();
  splitter_->addWidget(panel_);
  splitter_->addWidget(view_);
  splitter_->setStretchFactor(1, 1);
  splitter_->setCollapsible(1, false);
  splitter_->setSizes({180, 460});
  makeActions();

  const auto makeButton = [this](QAction* action, const QString& name) {
    auto* button = new QToolButton(this);
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setAccessibleName(name);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
  };
  evidenceText_->setAlignment(Qt::AlignTrailing | Qt::AlignVCenter);
  evidenceText_->setContentsMargins(12, 0, 12, 0);

  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(6, 3, 6, 3);
  bar->addWidget(makeButton(showPanel_, tr("Contents and pages")));
  bar->addWidget(pageBox_);
  bar->addWidget(evidenceText_, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(bar);
  column->addWidget(splitter_, 1);
  column->addWidget(findBar_);
  setFocusProxy(view_);

  connectBridge(bridge);
  connectParts();
}

ReaderPane::~ReaderPane() {
  stopSearch_.request_stop();
}

void ReaderPane::connectBridge(DeskBridge* bridge) {
  connect(view_->pictures(), &PagePictures::drawWanted, bridge, &DeskBridge::draw);
  connect(bridge, &DeskBridge::pageDrawn, view_->pictures(), &PagePictures::take);
  connect(view_->texts(), &PageTexts::readWanted, bridge, &DeskBridge::readPage);
  connect(bridge, &DeskBridge::pageRead, view_->texts(), &PageTexts::take);
  connect(panel_->thumbnailModel(), &ThumbnailModel::drawWanted, bridge,
          &DeskBridge::drawThumbnail);
  connect(bridge, &DeskBridge::thumbnailDrawn, panel_->thumbnailModel(), &ThumbnailModel::take);
  connect(bridge, &DeskBridge::findProgress, this, &ReaderPane::takeHits);
}

void ReaderPane::connectParts() {
  connect(view_, &ReaderView::pageChanged, pageBox_, &PageBox::showPage);
  connect(view_, &ReaderView::pageChanged, panel_, &SidePanel::showPage);
  connect(view_, &ReaderView::hitsChanged, this, &ReaderPane::showHits);
  connect(view_, &ReaderView::selectionChanged, this, [this] {
    copy_->setEnabled(!view_->selection().isEmpty());
    copyWithReference_->setEnabled(!view_->selection().isEmpty());
  });
  connect(pageBox_, &PageBox::pageWanted, this, [this](int page) { goTo(page, 0); });
  connect(pageBox_, &PageBox::left, view_, qOverload<>(&QWidget::setFocus));
  connect(panel_, &SidePanel::placeWanted, this, &ReaderPane::goTo);
  connect(findBar_, &FindBar::searchWanted, this, &ReaderPane::search);
  connect(findBar_, &FindBar::stepWanted, this, &ReaderPane::stepHit);
  connect(findBar_, &FindBar::closed, this, [this] {
    stopSearch();
    view_->clearHits();
    view_->setFocus(Qt::ShortcutFocusReason);
  });
}

void ReaderPane::setDocument(const DocumentViewPtr& document) {
  const bool same = view_->document() != nullptr && view_->document()->info.id == document->info.id;
  if (!same) stopSearch();
  view_->setDocument(document);
  pageBox_->setPages(&view_->document()->pages);
  pageBox_->showPage(view_->currentPage());
  panel_->setDocument(document);
  panel_->showPage(view_->currentPage());
  updateEvidence();
  if (!same && !findBar_->isHidden()) search(findBar_->text(), findBar_->matchesCase());
}

void ReaderPane::clear() {
  stopSearch();
  pageBox_->setPages(nullptr);
  panel_->setDocument(nullptr);
  view_->clear();
  evidenceText_->clear();
}

void ReaderPane::setEvidence(std::vector<Evidence> evidence, int current) {
  evidence_ = std::move(evidence);
  citation_ = current;
  if (evidence_.empty()) view_->clearEvidence();
  updateEvidence();
  if (current >= 0) announce(nameOf(current));
}

void ReaderPane::markAllEvidence(bool all) {
  allEvidence_ = all;
  updateEvidence();
  if (!all || view_->document() == nullptr) return;
  const auto count = std::count_if(evidence_.begin(), evidence_.end(), [this](const Evidence& e) {
    return e.citation.revision == view_->document()->info.id;
  });
  announce(tr("%n place(s) marked", nullptr, static_cast<int>(count)));
}

void ReaderPane::updateEvidence() {
  std::vector<PageEvidence> further;
  const auto& document = view_->document();
  for (int i = 0; allEvidence_ && document != nullptr && i < static_cast<int>(evidence_.size());
       ++i) {
    const Evidence& evidence = evidence_[static_cast<size_t>(i)];
    const Citation& citation = evidence.citation;
    if (citation.revision != document->info.id || i == citation_) continue;
    further.push_back({citation.page, citation.rects, nameOf(i), evidence.isProven()});
  }
  view_->nameEvidence(citation_ < 0 ? QString() : nameOf(citation_));
  view_->setFurtherEvidence(std::move(further));
  showEvidenceText();
}

// Only above the document in which it is.
void ReaderPane::showEvidenceText() {
  const auto& document = view_->document();
  const bool isHere =
      document != nullptr && citation_ >= 0 &&
      evidence_[static_cast<size_t>(citation_)].citation.revision == document->info.id;
  const QLocale locale;
  evidenceText_->setText(isHere ? tr("Evidence %1 of %2")
                                      .arg(locale.toString(citation_ + 1),
                                           locale.toString(static_cast<int>(evidence_.size())))
                                : QString());
}

QString ReaderPane::nameOf(int citation) const {
  const QLocale locale;
  const Evidence& evidence = evidence_[static_cast<size_t>(citation)];
  const QString place =
      tr("Evidence %1 of %2, page %3")
          .arg(locale.toString(citation + 1), locale.toString(static_cast<int>(evidence_.size())),
               locale.toString(evidence.citation.page));
  return evidence.isProven() ? place : tr("%1, which proves nothing").arg(place);
}

// Qt 6.4 has no event for saying something; an alert on what says it is read aloud.
void ReaderPane::announce(const QString& sentence) {
  evidenceText_->setAccessibleName(sentence);
  QAccessibleEvent alert(evidenceText_, QAccessible::Alert);
  QAccessible::updateAccessibility(&alert);
  emit announced(sentence);
}

void ReaderPane::goTo(int page, int top) {
  emit leavingPlace();
  view_->goToPage(page, top);
}

void ReaderPane::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && !findBar_->isHidden()) {
    findBar_->close();
  } else {
    QWidget::keyPressEvent(event);
  }
}

void ReaderPane::startFinding() {
  const TextSpan span = view_->selectedSpan();
  constexpr int64_t kLongestBytes = 200;  // what one looks for is no page
  if (span.isEmpty() || span.length() > kLongestBytes) {
    findBar_->start({});
    return;
  }
  bridge_->readText(view_->document()->info.id, span, this,
                    [this](const QString& text) { findBar_->start(text.simplified()); });
}

void ReaderPane::search(const QString& text, bool matchCase) {
  stopSearch();
  view_->clearHits();
  if (view_->document() == nullptr || text.trimmed().isEmpty()) {
    showHits();
    return;
  }
  stopSearch_ = std::stop_source();
  searching_ = true;
  search_ = bridge_->find(view_->document()->info.id,
                          {fromQt(text), matchCase, view_->currentPage()}, stopSearch_.get_token());
  showHits();
}

void ReaderPane::stopSearch() {
  stopSearch_.request_stop();
  searching_ = false;
  search_ = 0;
}

void ReaderPane::takeHits(int search, const FindProgress& progress) {
  if (search != search_) return;
  searching_ = !progress.ended;
  view_->addHits(progress.found);
  showHits();
  if (progress.error) findBar_->showProblem(toQt(progress.error->message));
}

void ReaderPane::stepHit(bool forward) {
  if (findBar_->isHidden()) {
    startFinding();
  } else {
    view_->stepHit(forward);
  }
}

void ReaderPane::showHits() {
  const FindHits& hits = view_->hits();
  findBar_->showCount(hits.currentNumber(), hits.count(), searching_);
}

void ReaderPane::copy(bool withReference) {
  const TextSpan span = view_->selectedSpan();
  if (span.isEmpty()) return;
  const int page = view_->selection().from().page;
  bridge_->readText(
      view_->document()->info.id, span, this, [this, withReference, page](const QString& text) {
        QGuiApplication::clipboard()->setText(withReference ? this->withReference(text, page)
                                                            : text);
      });
}

QString ReaderPane::withReference(const QString& quote, int page) const {
  const auto& document = view_->document();
  if (document == nullptr) return quote;
  const QString number = QLocale().toString(page);
  const QString label = toQt(document->pages[static_cast<size_t>(page - 1)].label);
  const QString named = label.isEmpty() || label == QString::number(page)
                            ? number
                            : tr("%1 (%2)").arg(number, isolated(label));
  return tr("“%1” — %2, page %3")
      .arg(isolated(quote.trimmed()), isolated(toQt(document->info.document.title)), named);
}

void ReaderPane::restoreState(const QSettings& state) {
  splitter_->restoreState(state.value(QStringLiteral("readerPanes")).toByteArray());
  panel_->setCurrentIndex(state.value(QStringLiteral("sidePanelTab"), 0).toInt());
  showPanel_->setChecked(state.value(QStringLiteral("sidePanel"), false).toBool());
  panel_->setVisible(showPanel_->isChecked());
}

void ReaderPane::saveState(QSettings& state) const {
  state.setValue(QStringLiteral("readerPanes"), splitter_->saveState());
  state.setValue(QStringLiteral("sidePanelTab"), panel_->currentIndex());
  state.setValue(QStringLiteral("sidePanel"), showPanel_->isChecked());
}

}  // namespace lectern::gui
