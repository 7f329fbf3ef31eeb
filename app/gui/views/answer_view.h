// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/views/answer_text.h"
#include "app/workspace/settings.h"

#include <QFrame>
#include <QTimer>

#include <functional>
#include <optional>
#include <vector>

class QLabel;
class QTextBrowser;

namespace lectern::gui {

/// A question and its answer as it comes: a header that says who answered and what was read, the
/// text with its chips. Laid out anew at most thirty times a second. Thread: the window's.
class AnswerView : public QFrame {
  Q_OBJECT
 public:
  /// `question` is empty of a further answer to the one above it.
  AnswerView(const QString& question,
             std::function<QString(RevisionId)> titleOf,
             QWidget* parent = nullptr);

  void setAnnouncements(Settings::Announcements announcements) { announcements_ = announcements; }

  void take(const AnswerEvent& event);
  /// A stored answer, all at once.
  void restore(const std::vector<AnswerEvent>& events);
  /// It was the last of so many sections of a summary: whoever hears ends alone hears this one.
  void announceLast(int sections);
  /// A sentence below the answer: why it is not stored.
  void setProblem(const QString& problem);
  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] QString question() const { return question_; }
  [[nodiscard]] QTextBrowser* body() const { return body_; }
  [[nodiscard]] QString withReferences() const { return answerWithReferences(answer_, titleOf_); }

 signals:
  void citationOpened(int index);  ///< of Answer::evidence
  /// The pointer or the keyboard is at a chip, which lies at `place` in the window; `enter`: Space
  /// was pressed on it.
  void chipPointed(int index, QRect place, bool enter);
  void chipLeft();
  /// What a screen reader says: a sentence, once it is whole, and whether it is proven; or that
  /// the answer begins and ends.
  void announced(const QString& sentence);
  void retryWanted(const QString& question);

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void show();
  void fitHeight();
  void follow(const QUrl& link);
  /// The index in `evidence_` that a link leads to.
  [[nodiscard]] std::optional<int> citationOf(const QUrl& link) const;
  void point(const QUrl& link);
  [[nodiscard]] QRect chipPlace(int index) const;
  void pointAtCursor();
  void announceEvent(const AnswerEvent& event);
  void announceClaim(const Claim& claim);
  void announce(const QString& sentence);
  void openMenu(QPoint at);

  QString question_;
  std::function<QString(RevisionId)> titleOf_;
  Settings::Announcements announcements_ = Settings::Announcements::Sentences;
  Answer answer_;
  std::vector<Evidence> evidence_;
  std::optional<int> pointed_;  // the chip where pointer or keyboard is
  QTimer layoutTimer_;
  QLabel* header_ = nullptr;
  QTextBrowser* body_ = nullptr;
  QLabel* problem_ = nullptr;
};

}  // namespace lectern::gui
