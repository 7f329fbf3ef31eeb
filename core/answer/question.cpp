// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/question.h"

#include "core/answer/guarded_words.h"
#include "core/unicode/fold.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace lectern {

namespace {

// The question words, folded, that tell what kind of answer is wanted, and those of the others that
// are no stop words.
const std::unordered_map<std::string_view, Asked>& questionWords() {
  static const std::unordered_map<std::string_view, Asked> words = {
      {"when", Asked::Time},        {"cuando", Asked::Time},       {"quand", Asked::Time},
      {"quando", Asked::Time},      {"wanneer", Asked::Time},      {"wann", Asked::Time},
      {"מתי", Asked::Time},         {"متي", Asked::Time},          {"who", Asked::Person},
      {"whom", Asked::Person},      {"whose", Asked::Person},      {"quien", Asked::Person},
      {"quienes", Asked::Person},   {"qui", Asked::Person},        {"quem", Asked::Person},
      {"chi", Asked::Person},       {"wer", Asked::Person},        {"wem", Asked::Person},
      {"wen", Asked::Person},       {"wessen", Asked::Person},     {"מי", Asked::Person},
      {"cuanto", Asked::Quantity},  {"cuanta", Asked::Quantity},   {"cuantos", Asked::Quantity},
      {"cuantas", Asked::Quantity}, {"combien", Asked::Quantity},  {"quanto", Asked::Quantity},
      {"quanta", Asked::Quantity},  {"quantos", Asked::Quantity},  {"quantas", Asked::Quantity},
      {"quanti", Asked::Quantity},  {"quante", Asked::Quantity},   {"hoeveel", Asked::Quantity},
      {"wieviel", Asked::Quantity}, {"wieviele", Asked::Quantity}, {"כמה", Asked::Quantity},
      {"كم", Asked::Quantity},      {"dove", Asked::Anything},     {"come", Asked::Anything},
      {"welk", Asked::Anything}};
  return words;
}

// "how long", "wie oft", "hoe groot": the answer is a number and rarely has the adjective.
bool isMeasure(std::string_view folded) {
  static const std::unordered_set<std::string_view> words = {
      "many", "much",  "long",  "often", "old",   "far",     "big",    "large", "high", "tall",
      "deep", "wide",  "fast",  "heavy", "late",  "viel",    "viele",  "lange", "oft",  "alt",
      "weit", "gross", "hoch",  "tief",  "breit", "schnell", "schwer", "spat",  "lang", "vaak",
      "oud",  "ver",   "groot", "hoog",  "diep",  "breed",   "snel",   "zwaar", "laat"};
  return words.contains(folded);
}

bool asksForMeasure(const std::vector<unicode::Word>& words) {
  if (words.size() < 2) return false;
  const std::string& how = words[0].folded;
  return (how == "how" || how == "wie" || how == "hoe") && isMeasure(words[1].folded);
}

// The question word, behind nothing but function words ("in welk jaar"); or the end.
std::vector<unicode::Word>::const_iterator questionWord(const std::vector<unicode::Word>& words) {
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (questionWords().contains(word->folded)) return word;
    if (!unicode::isStopWord(word->folded)) break;
  }
  return words.end();
}

Asked askedBy(const std::vector<unicode::Word>& words) {
  if (const auto word = questionWord(words); word != words.end()) {
    return questionWords().at(word->folded);
  }
  return asksForMeasure(words) ? Asked::Quantity : Asked::Anything;
}

// What stands in quotation marks; folding has made them all '"'. One inside a word (Hebrew
// abbreviations have them) neither opens nor closes.
std::vector<std::string> quoted(const std::string& folded) {
  const auto isEdge = [&](size_t at) {
    return at >= folded.size() ||
           std::string_view(" ().,;:!?").find(folded[at]) != std::string::npos;
  };
  std::vector<std::string> phrases;
  size_t open = std::string::npos;
  for (size_t at = folded.find('"'); at != std::string::npos; at = folded.find('"', at + 1)) {
    if (open == std::string::npos && (at == 0 || isEdge(at - 1))) {
      open = at + 1;
    } else if (open != std::string::npos && isEdge(at + 1)) {
      phrases.push_back(folded.substr(open, at - open));
      open = std::string::npos;
    }
  }
  return phrases;
}

// "Which day", "in how many hours": what is measured need not stand in an answer as it was asked.
// In "30 days" it must.
bool isCounted(const std::vector<unicode::Word>& words, std::string_view unit) {
  const auto counts = [](const unicode::Word& word) {
    return word.number || (isQuantityWord(word.folded) && !isUnitWord(word.folded));
  };
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].folded != unit) continue;
    if ((i > 0 && counts(words[i - 1])) || (i + 1 < words.size() && counts(words[i + 1]))) {
      return true;
    }
  }
  return false;
}

void addOnce(std::vector<std::string>& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

void searchForWords(Question& question) {
  for (const ContentWord& word : question.words) {
    addOnce(question.searchWords, word.folded);
    for (const std::string& piece : word.pieces) addOnce(question.searchWords, piece);
  }
}

}  // namespace

Question analyzeQuestion(std::string_view text, const WordWeight& weight) {
  Question question;
  const std::vector<unicode::Word> words = unicode::words(text);
  question.asked = askedBy(words);
  question.negated = hasNegation(words);
  question.words = contentWords(text, words, weight);
  for (ContentWord& word : question.words) {
    const bool unit = !word.name && isUnitWord(word.folded);
    if (unit && !isCounted(words, word.folded)) word.guarded = false;
  }
  const auto leaveOut = [&](const std::string& folded) {
    std::erase_if(question.words, [&](const ContentWord& word) { return word.folded == folded; });
  };
  if (const auto asking = questionWord(words); asking != words.end()) leaveOut(asking->folded);
  if (asksForMeasure(words)) leaveOut(words[1].folded);

  for (const std::string& phrase : quoted(unicode::fold(text))) {
    const std::vector<unicode::Word> ofPhrase = unicode::words(phrase);
    if (ofPhrase.empty()) continue;
    const auto begin = static_cast<size_t>(ofPhrase.front().span.begin);
    question.phrases.push_back(
        phrase.substr(begin, static_cast<size_t>(ofPhrase.back().span.end) - begin));
    // The whole, which search looks for as it stands; and its words, for what comes near, function
    // words too: "to be or not to be" has nothing else.
    addOnce(question.searchWords, question.phrases.back());
    for (const unicode::Word& word : ofPhrase) addOnce(question.searchWords, word.folded);
  }
  searchForWords(question);
  return question;
}

Question followUp(std::string_view question, std::string_view sentence, const WordWeight& weight) {
  Question next;
  const std::vector<ContentWord> words = contentWords(sentence, unicode::words(sentence), weight);
  const auto places = occurrences(words, unicode::words(question));
  for (size_t i = 0; i < words.size(); ++i) {
    if (places[i].empty()) next.words.push_back(words[i]);
  }
  searchForWords(next);
  return next;
}

}  // namespace lectern
