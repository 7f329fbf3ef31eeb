// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace lectern::text {

/// How an abbreviation's full stop behaves in front of a capital or a digit.
enum class Abbreviation : uint8_t {
  None,     ///< not one that is known
  Never,    ///< something always follows: "Dr.", "z.B.", "p.ej.", "vgl."
  Number,   ///< a number, or a letter as one, follows or the sentence ends: "Art.", "No.", "pp."
  Closing,  ///< may well be the last word, so a capital starts a sentence: "etc.", "p.m.", "Inc."
  Maybe,    ///< may be the last word; only a capitalised function word starts a sentence: "U.S."
};

/// Looks up a word of the nine languages, without its last full stop and without spaces inside:
/// "Dr", "z.B", "etc". The first letter may be a capital where the list has a small one.
Abbreviation abbreviation(std::string_view word);

/// German words behind which a number with a full stop is an ordinal: "am 3. Mai". Folded.
bool leadsToOrdinal(std::string_view foldedWord);

/// Nouns that a number or a letter follows: "Chapter 6.", "Anhang B.", "סעיף א.". Folded; an Arabic
/// or Hebrew prefix may stand in front.
bool isNumberedNoun(std::string_view foldedWord);

/// Hebrew and Arabic verbs with which a sentence goes on after a quotation, where no capitals tell.
/// Folded.
bool isVerbOfSaying(std::string_view foldedWord);

}  // namespace lectern::text
