// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/accessible_reader.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/views/page_text.h"
#include "app/gui/views/reader_view.h"

#include <QAccessible>
#include <QAccessibleWidget>

#include <algorithm>
#include <vector>

namespace lectern::gui {

namespace {

/// Marked places as the view has them now: the current evidence first.
std::vector<PageEvidence> markedIn(const ReaderView& view) {
  std::vector<PageEvidence> marked;
  if (!view.evidence().rects.empty()) marked.push_back(view.evidence());
  for (const PageEvidence& evidence : view.furtherEvidence()) marked.push_back(evidence);
  return marked;
}

/// One marked place. It knows only which one it is, and so is valid as long as there are so many.
class AccessibleEvidence : public QAccessibleInterface {
 public:
  AccessibleEvidence(ReaderView* view, int number) : view_(view), number_(number) {}

  [[nodiscard]] bool isValid() const override {
    return number_ < static_cast<int>(markedIn(*view_).size());
  }
  [[nodiscard]] QObject* object() const override { return nullptr; }
  [[nodiscard]] QAccessibleInterface* childAt(int /*x*/, int /*y*/) const override {
    return nullptr;
  }
  [[nodiscard]] QAccessibleInterface* parent() const override {
    return QAccessible::queryAccessibleInterface(view_);
  }
  [[nodiscard]] QAccessibleInterface* child(int /*index*/) const override { return nullptr; }
  [[nodiscard]] int childCount() const override { return 0; }
  [[nodiscard]] int indexOfChild(const QAccessibleInterface* /*child*/) const override {
    return -1;
  }
  [[nodiscard]] QString text(QAccessible::Text what) const override {
    if (what != QAccessible::Name || !isValid()) return {};
    return markedIn(*view_)[static_cast<size_t>(number_)].name;
  }
  void setText(QAccessible::Text /*what*/, const QString& /*text*/) override {}
  [[nodiscard]] QRect rect() const override {
    if (!isValid()) return {};
    const QRect place = view_->inView(markedIn(*view_)[static_cast<size_t>(number_)]);
    return {view_->viewport()->mapToGlobal(place.topLeft()), place.size()};
  }
  [[nodiscard]] QAccessible::Role role() const override { return QAccessible::Note; }
  [[nodiscard]] QAccessible::State state() const override {
    QAccessible::State state;
    state.readOnly = true;
    return state;
  }

 private:
  ReaderView* view_;
  int number_;
};

/// Offsets are UTF-16 units of the current page's text.
class AccessibleReader : public QAccessibleWidget, public QAccessibleTextInterface {
 public:
  explicit AccessibleReader(ReaderView* view)
      : QAccessibleWidget(view, QAccessible::Document), view_(view) {}
  ~AccessibleReader() override {
    for (const QAccessible::Id id : children_) QAccessible::deleteAccessibleInterface(id);
  }

  void* interface_cast(QAccessible::InterfaceType type) override {
    if (type == QAccessible::TextInterface) return static_cast<QAccessibleTextInterface*>(this);
    return QAccessibleWidget::interface_cast(type);
  }

  // The marked places stand for the children; scroll bars and viewport say nothing.
  [[nodiscard]] int childCount() const override {
    return static_cast<int>(markedIn(*view_).size());
  }
  [[nodiscard]] QAccessibleInterface* child(int index) const override {
    if (index < 0 || index >= childCount()) return nullptr;
    while (static_cast<int>(children_.size()) <= index) {
      // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): the registry owns it
      children_.push_back(QAccessible::registerAccessibleInterface(
          new AccessibleEvidence(view_, static_cast<int>(children_.size()))));
    }
    return QAccessible::accessibleInterface(children_[static_cast<size_t>(index)]);
  }
  [[nodiscard]] int indexOfChild(const QAccessibleInterface* wanted) const override {
    for (int i = 0; i < childCount(); ++i) {
      if (child(i) == wanted) return i;
    }
    return -1;
  }
  [[nodiscard]] QAccessibleInterface* childAt(int x, int y) const override {
    for (int i = 0; i < childCount(); ++i) {
      if (child(i)->rect().contains(x, y)) return child(i);
    }
    return nullptr;
  }

  void selection(int index, int* start, int* end) const override {
    const TextSpan selected = index == 0 ? view_->selection().on(view_->currentPage()) : TextSpan{};
    *start = unitOf(selected.begin);
    *end = unitOf(selected.end);
  }
  [[nodiscard]] int selectionCount() const override {
    return view_->selection().on(view_->currentPage()).isEmpty() ? 0 : 1;
  }
  void addSelection(int /*start*/, int /*end*/) override {}
  void removeSelection(int /*index*/) override { view_->clearSelection(); }
  void setSelection(int /*index*/, int /*start*/, int /*end*/) override {}
  [[nodiscard]] int cursorPosition() const override {
    const TextPlace cursor = view_->selection().cursor();
    return cursor.page == view_->currentPage() ? unitOf(cursor.byte) : 0;
  }
  void setCursorPosition(int /*position*/) override {}
  [[nodiscard]] QString text(int start, int end) const override {
    return pageText().mid(start, end - start);
  }
  [[nodiscard]] QString text(QAccessible::Text what) const override {
    if (what == QAccessible::Value) return pageText();
    return QAccessibleWidget::text(what);
  }
  [[nodiscard]] int characterCount() const override { return static_cast<int>(pageText().size()); }
  [[nodiscard]] QRect characterRect(int offset) const override {
    const int64_t begin = byteOf(offset);
    const auto places =
        view_->placesOf(view_->currentPage(), {begin, std::max(byteOf(offset + 1), begin + 1)});
    if (places.empty()) return {};
    const QRect place = places.front().toAlignedRect();
    return {view_->viewport()->mapToGlobal(place.topLeft()), place.size()};
  }
  [[nodiscard]] int offsetAtPoint(const QPoint& point) const override {
    const auto under = view_->characterAt(view_->viewport()->mapFromGlobal(point));
    return under && under->page == view_->currentPage() ? unitOf(under->byte) : -1;
  }
  void scrollToSubstring(int /*start*/, int /*end*/) override {}
  [[nodiscard]] QString attributes(int /*offset*/, int* start, int* end) const override {
    *start = 0;
    *end = characterCount();
    return {};
  }

 private:
  [[nodiscard]] std::string_view utf8() const {
    const StoredPagePtr page = view_->texts()->page(view_->currentPage());
    return page == nullptr ? std::string_view() : std::string_view(page->page.text);
  }
  [[nodiscard]] QString pageText() const { return toQt(utf8()); }
  [[nodiscard]] int unitOf(int64_t byte) const {
    const auto size = static_cast<int64_t>(utf8().size());
    return static_cast<int>(
        toQt(utf8().substr(0, static_cast<size_t>(std::clamp(byte, int64_t{0}, size)))).size());
  }
  [[nodiscard]] int64_t byteOf(int unit) const {
    return static_cast<int64_t>(fromQt(pageText().left(unit)).size());
  }

  ReaderView* view_;
  mutable std::vector<QAccessible::Id> children_;
};

QAccessibleInterface* make(const QString& /*className*/, QObject* object) {
  auto* view = qobject_cast<ReaderView*>(object);
  return view == nullptr ? nullptr : new AccessibleReader(view);
}

}  // namespace

void installAccessibleReader() {
  static const bool once = [] {
    QAccessible::installFactory(make);
    return true;
  }();
  (void)once;
}

}  // namespace lectern::gui
