// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace lectern {

/// Rows of the library, as types that cannot be mistaken for one another.
enum class RevisionId : int64_t {};
enum class ShelfId : int64_t {};
enum class ConversationId : int64_t {};
enum class MessageId : int64_t {};
enum class CitationId : int64_t {};

}  // namespace lectern
