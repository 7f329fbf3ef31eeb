// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/views/answer_text.h"

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
  AnswerView(const QString& question,
             std::function<QString(RevisionId)> titleOf,
             QWidget* parent = nullptr);

  void take(const AnswerEvent& event);
  /// A sentence below the answer: why it is not stored.
  void setProblem(const QString& problem);
  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] QString question() const { return question_; }
  [[nodiscard]] QTextBrowser* body() const { return body_; }
  [[nodiscard]] QString withReferences() const { return answerWithReferences(answer_, titleOf_); }

 signals:
  void citationOpened(int index);  ///< of Answer::citations
  void retryWanted(const QString& question);

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void show();
  void fitHeight();
  void follow(const QUrl& link);
  /// The index in `citations_` that a link leads to.
  [[nodiscard]] std::optional<int> citationOf(const QUrl& link) const;
  [[nodiscard]] QString describe(const Citation& citation) const;
  void openMenu(QPoint at);

  QString question_;
  std::function<QString(RevisionId)> titleOf_;
  Answer answer_;
  std::vector<Citation> citations_;
  QTimer layoutTimer_;
  QLabel* header_ = nullptr;
  QTextBrowser* body_ = nullptr;
  QLabel* problem_ = nullptr;
};

}  // namespace lectern::gui
