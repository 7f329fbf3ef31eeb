// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QAbstractListModel>

#include <optional>
#include <set>
#include <vector>

namespace lectern::gui {

/// The conversations, the last used first; or those in which words were found, each with a line of
/// what was. Rows keep their place in a view when others come and go. Thread: the window's.
class ConversationModel : public QAbstractListModel {
  Q_OBJECT
 public:
  explicit ConversationModel(QObject* parent = nullptr) : QAbstractListModel(parent) {}

  void setConversations(const std::vector<ConversationInfo>& conversations);
  /// Shows these alone, until `clearHits`.
  void setHits(const std::vector<ConversationHit>& hits);
  void clearHits();
  /// Conversations that are on their way out: not shown, and still there until the undo is over.
  void setHidden(std::set<ConversationId> conversations);

  [[nodiscard]] std::optional<ConversationId> conversation(const QModelIndex& index) const;
  /// Not valid where it is not shown.
  [[nodiscard]] QModelIndex indexOf(ConversationId conversation) const;
  [[nodiscard]] QString titleOf(ConversationId conversation) const;

  [[nodiscard]] int rowCount(const QModelIndex& parent) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  /// A new title; it is shown once the library has it.
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;

 signals:
  void renameWanted(lectern::ConversationId conversation, const QString& title);

 private:
  struct Row {
    ConversationInfo info;
    QString excerpt;  // of a hit
  };

  void rebuild();

  std::vector<ConversationInfo> all_;
  std::optional<std::vector<ConversationHit>> hits_;
  std::set<ConversationId> hidden_;
  std::vector<Row> rows_;
};

}  // namespace lectern::gui
