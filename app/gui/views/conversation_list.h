// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/models/conversation_model.h"

#include <QTimer>
#include <QWidget>

class QLineEdit;
class QListView;

namespace lectern::gui {

/// The conversations below the library: a list, a box that finds them by their words, a button for
/// a new one. Return and a click open, F2 renames, Delete deletes. Thread: the window's.
class ConversationList : public QWidget {
  Q_OBJECT
 public:
  explicit ConversationList(QWidget* parent = nullptr);

  [[nodiscard]] ConversationModel* model() const { return model_; }
  [[nodiscard]] QListView* view() const { return view_; }
  [[nodiscard]] QLineEdit* filter() const { return filter_; }

  /// Marks the conversation that is shown; none: a new one is.
  void setCurrent(std::optional<ConversationId> conversation);
  /// What the words of the box were found in; an answer to older words is dropped.
  void takeHits(const QString& query, const std::vector<ConversationHit>& hits);

 signals:
  void openWanted(lectern::ConversationId conversation);
  void newWanted();
  void deleteWanted(lectern::ConversationId conversation);
  void searchWanted(const QString& query);

 private:
  void makeActions();
  void search();

  ConversationModel* model_ = nullptr;
  QListView* view_ = nullptr;
  QLineEdit* filter_ = nullptr;
  QTimer searchTimer_;
};

}  // namespace lectern::gui
