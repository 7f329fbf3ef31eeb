// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRect>
#include <QString>
#include <QWidget>

#include <cstdint>
#include <vector>

namespace lectern::gui {

/// A stretch of the window of a model.
struct BudgetPart {
  enum class Kind : uint8_t { Prompt, Document, Answer, Free, TooMuch };
  QString name;
  int64_t tokens = 0;
  Kind kind = Kind::Document;
};

/// What stands in the window of a model, part by part, in one bar; neighbours differ in pattern as
/// well as in shade. The arrow keys step through the parts, Return or a click asks for the whole
/// list. Without parts it shows its sentence alone. Thread: the window's.
class BudgetBar : public QWidget {
  Q_OBJECT
 public:
  explicit BudgetBar(QWidget* parent = nullptr);

  /// `sentence` says it in words, beside the bar; `parts` may be empty.
  void setBudget(const QString& sentence, std::vector<BudgetPart> parts);

  [[nodiscard]] const std::vector<BudgetPart>& parts() const { return parts_; }
  [[nodiscard]] int currentPart() const { return current_; }
  [[nodiscard]] const QString& sentence() const { return sentence_; }
  /// "lease.pdf: 96,402 tokens".
  [[nodiscard]] QString describe(int part) const;
  /// Where a part is drawn.
  [[nodiscard]] QRect partRect(int part) const;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 signals:
  void listWanted();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void step(int to);
  void tellReaders();
  [[nodiscard]] QRect barRect() const;
  [[nodiscard]] int partAt(QPoint point) const;

  QString sentence_;
  std::vector<BudgetPart> parts_;
  int current_ = 0;
};

}  // namespace lectern::gui
