// SPDX-License-Identifier: GPL-3.0-or-later
// The window in a language that does not exist: every word marked, half as long again, and from
// right to left. Words that stay as they were were forgotten by tr(); words that are cut have no
// room in the next real language.
#include "tests/app/gui/window_fixture.h"

#include <QAbstractButton>
#include <QLabel>
#include <QMenuBar>
#include <QStatusBar>
#include <QTranslator>

#include <gmock/gmock.h>

namespace lectern::gui {
namespace {

const QChar kFirst(0x27EA);  // MATHEMATICAL LEFT DOUBLE ANGLE BRACKET
const QChar kLast(0x27EB);

/// "Add files" becomes "⟪Aadd fiilees⟫".
class Pseudo : public QTranslator {
 public:
  using QTranslator::isEmpty;
  [[nodiscard]] bool isEmpty() const override { return false; }
  [[nodiscard]] QString translate(const char* /*context*/,
                                  const char* text,
                                  const char* /*what*/,
                                  int /*n*/) const override {
    const QString plain = QString::fromUtf8(text);
    QString longer(kFirst);
    for (const QChar letter : plain) {
      longer += letter;
      if (QStringLiteral("aeiouAEIOU").contains(letter)) longer += letter.toLower();
    }
    return longer + kLast;
  }
};

class PseudoLocaleTest : public WindowFixture {
 protected:
  PseudoLocaleTest() {
    QCoreApplication::installTranslator(&pseudo_);
    QApplication::setLayoutDirection(Qt::RightToLeft);
    open();
    window->resize(900, 600);
  }
  ~PseudoLocaleTest() override {
    window.reset();
    QApplication::setLayoutDirection(Qt::LeftToRight);
    QCoreApplication::removeTranslator(&pseudo_);
  }

  /// Said by a document or the user, or no words at all.
  [[nodiscard]] bool isData(const QString& text) const {
    const auto isLetter = [](QChar c) { return c.isLetter(); };
    return std::none_of(text.begin(), text.end(), isLetter) || text == question_ ||
           text.contains(QStringLiteral("Tenancy agreement"));
  }

  void expectTranslated(const QString& text, const QObject* of) const {
    if (text.isEmpty() || isData(text)) return;
    EXPECT_TRUE(text.contains(kFirst))
        << of->metaObject()->className() << " says: " << text.toStdString();
  }

  const QString question_ = QStringLiteral("How long is the notice period?");

 private:
  Pseudo pseudo_;
};

TEST_F(PseudoLocaleTest, EveryWordGoesThroughTheTranslation) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askByKeyboard(question_);
  window->addFiles({"/nowhere/lease.pdf"});
  ASSERT_TRUE(until([&] { return window->jobs()->rowCount() == 1; }));

  for (const QAction* action : window->findChildren<QAction*>()) {
    expectTranslated(action->text(), action);
  }
  for (const QWidget* widget : window->findChildren<QWidget*>()) {
    expectTranslated(widget->toolTip(), widget);
    expectTranslated(widget->accessibleName(), widget);
    expectTranslated(widget->accessibleDescription(), widget);
    if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
      expectTranslated(button->text(), button);
    }
    if (const auto* label = qobject_cast<const QLabel*>(widget)) {
      // What storage and files say is English so far (core/base/result.h).
      if (!label->text().contains(QStringLiteral("/nowhere/"))) {
        expectTranslated(label->text(), label);
      }
    }
    if (const auto* box = qobject_cast<const QPlainTextEdit*>(widget)) {
      expectTranslated(box->placeholderText(), box);
    }
  }
}

TEST_F(PseudoLocaleTest, LongWordsHaveRoomInASmallWindow) {
  add(test::fixture("../../resources/sample/tenancy-agreement.pdf"));
  askByKeyboard(question_);
  EXPECT_LE(window->minimumSizeHint().width(), 900);
  EXPECT_EQ(window->width(), 900);
  const auto cut = [&] {
    QStringList texts;
    for (const QWidget* widget : window->findChildren<QWidget*>()) {
      if (!widget->isVisible()) continue;
      const auto* button = qobject_cast<const QAbstractButton*>(widget);
      const auto* label = qobject_cast<const QLabel*>(widget);
      if (button == nullptr && (label == nullptr || label->wordWrap())) continue;
      if (widget->objectName().startsWith(QStringLiteral("qt_"))) continue;
      // What says so gives way where there is little room.
      if (widget->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored) continue;
      if (widget->width() >= widget->minimumSizeHint().width()) continue;
      texts << (button != nullptr ? button->text() : label->text());
    }
    return texts;
  };
  // A text that has just changed gets its room with the next round of events.
  EXPECT_TRUE(until([&] { return cut().isEmpty(); })) << cut().join(u'\n').toStdString();
}

}  // namespace
}  // namespace lectern::gui
