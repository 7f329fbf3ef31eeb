// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/desk.h"

class QDataStream;

namespace lectern {

// Signals carry ids, so Qt looks whether it can write them to a stream. It takes enums for their
// numbers, knows no `long`, and stops; nobody writes them, so it shall find that it cannot.
QDataStream& operator<<(QDataStream&, JobId) = delete;
QDataStream& operator>>(QDataStream&, JobId&) = delete;
QDataStream& operator<<(QDataStream&, QuestionId) = delete;
QDataStream& operator>>(QDataStream&, QuestionId&) = delete;
QDataStream& operator<<(QDataStream&, RevisionId) = delete;
QDataStream& operator>>(QDataStream&, RevisionId&) = delete;
QDataStream& operator<<(QDataStream&, ConversationId) = delete;
QDataStream& operator>>(QDataStream&, ConversationId&) = delete;
QDataStream& operator<<(QDataStream&, ShelfId) = delete;
QDataStream& operator>>(QDataStream&, ShelfId&) = delete;

}  // namespace lectern
