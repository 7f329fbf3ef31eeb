// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/places.h"

#include "app/gui/views/answer_view.h"
#include "app/gui/views/conversation_view.h"
#include "app/gui/views/reader_pane.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lectern::gui {

namespace {

constexpr size_t kHistory = 100;

}  // namespace

Places::Places(DeskBridge* bridge, ReaderPane* pane, ConversationView* conversation)
    : QObject(pane),
      bridge_(bridge),
      pane_(pane),
      reader_(pane->view()),
      conversation_(conversation) {
  connect(bridge, &DeskBridge::documentOpened, this, &Places::take);
  connect(conversation, &ConversationView::citationOpened, this, &Places::openCitation);
  connect(pane, &ReaderPane::leavingPlace, this, &Places::remember);
}

bool Places::isShown(RevisionId revision) const {
  return reader_->document() != nullptr && reader_->document()->info.id == revision;
}

bool Places::isReading() const {
  return reader_->document() != nullptr || opening_.has_value();
}

void Places::open(RevisionId revision, std::optional<ReaderPlace> place) {
  load(revision, place, std::nullopt);
}

void Places::visit(RevisionId revision) {
  remember();
  open(revision);
}

void Places::close(RevisionId revision) {
  if (isShown(revision)) pane_->clear();
}

void Places::replace(RevisionId revision, RevisionId by) {
  for (std::vector<ReaderPlace>* way : {&back_, &forward_}) {
    for (ReaderPlace& place : *way) {
      if (place.revision == revision) place.revision = by;
    }
  }
  if (!isShown(revision)) return;
  auto place = reader_->place();
  if (place) place->revision = by;
  open(by, place);
}

void Places::load(RevisionId revision,
                  std::optional<ReaderPlace> place,
                  std::optional<Evidence> evidence) {
  const int number = bridge_->openDocument(revision);
  opening_ = Opening{number, place, std::move(evidence)};
}

void Places::take(int opening, const DocumentViewPtr& document) {
  if (!opening_ || opening_->number != opening) return;
  const Opening arrived = *std::exchange(opening_, std::nullopt);
  if (document == nullptr) return;
  pane_->setDocument(document);
  if (arrived.evidence) {
    mark(*arrived.evidence);
  } else if (arrived.place) {
    reader_->goTo(*arrived.place);
  }
  emit opened(document);
}

void Places::setAnswer(AnswerView* answer) {
  answer_ = answer;
  evidence_ = -1;
}

void Places::forgetAnswer() {
  setAnswer(nullptr);
  pane_->setEvidence({}, -1);
}

void Places::openCitation(AnswerView* answer, int index) {
  setAnswer(answer);
  for (const AnswerView* before : conversation_->exchangeOf(answer)) {
    if (before == answer) break;
    evidence_ += static_cast<int>(before->answer().evidence().size());
  }
  evidence_ += index;
  stepEvidence(1);
}

std::vector<Evidence> Places::evidence() const {
  std::vector<Evidence> all;
  for (const AnswerView* part : conversation_->exchangeOf(answer_)) {
    std::ranges::move(part->answer().evidence(), std::back_inserter(all));
  }
  return all;
}

void Places::stepEvidence(int by) {
  if (answer_ == nullptr) setAnswer(conversation_->lastAnswer());
  if (answer_ == nullptr) return;
  const std::vector<Evidence> evidence = this->evidence();
  const auto count = static_cast<int>(evidence.size());
  if (count == 0) return;
  evidence_ = evidence_ < 0 && by < 0 ? count - 1 : (evidence_ + by + count) % count;
  pane_->setEvidence(evidence, evidence_);
  show(evidence[static_cast<size_t>(evidence_)]);
}

void Places::markAllEvidence(bool all) {
  if (answer_ != nullptr) pane_->setEvidence(evidence(), evidence_);
  pane_->markAllEvidence(all);
}

void Places::mark(const Evidence& evidence) {
  reader_->showEvidence(evidence.citation.page, evidence.citation.rects, evidence.isProven());
}

void Places::show(const Evidence& evidence) {
  remember();
  if (isShown(evidence.citation.revision)) {
    opening_.reset();
    mark(evidence);
  } else {
    load(evidence.citation.revision, std::nullopt, evidence);
  }
  reader_->setFocus();
}

void Places::remember() {
  const auto place = reader_->place();
  if (!place) return;
  back_.push_back(*place);
  if (back_.size() > kHistory) back_.erase(back_.begin());
  forward_.clear();
  emit waysChanged();
}

void Places::travel(std::vector<ReaderPlace>& from, std::vector<ReaderPlace>& to) {
  if (from.empty()) return;
  const ReaderPlace place = from.back();
  from.pop_back();
  if (const auto here = reader_->place()) to.push_back(*here);
  if (isShown(place.revision)) {
    opening_.reset();
    reader_->goTo(place);
  } else {
    open(place.revision, place);
  }
  emit waysChanged();
}

}  // namespace lectern::gui
