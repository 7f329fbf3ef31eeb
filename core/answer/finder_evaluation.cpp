// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/finder_evaluation.h"

#include "core/answer/finder_looks.h"
#include "core/answer/ranking.h"
#include "core/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace lectern {

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr double kStandardErrors = 1.96;  // 95 %

Error badLine(int64_t number, std::string_view cause) {
  return {ErrorCode::InputRefused,
          fmt::format("Line {} of the tasks cannot be used: {}. Write them anew with evaluate.py.",
                      number, cause)};
}

/// The segments of a task, and the rest behind them.
class TaskPlaces : public FinderPlaces {
 public:
  explicit TaskPlaces(const FinderTask& task)
      : task_(task), all_(task.segments), given_(task.segments.size() + task.rest.size()) {
    all_.insert(all_.end(), task.rest.begin(), task.rest.end());
  }

  Result<std::vector<size_t>> shortlist(size_t /*limit*/) override {
    std::vector<size_t> places;
    for (size_t i = 0; i < task_.segments.size(); ++i) give(i, places);
    return places;
  }
  Result<std::vector<size_t>> search(const Question& next, size_t limit) override {
    std::vector<Candidate> candidates;
    candidates.reserve(all_.size());
    for (const std::string& segment : all_) candidates.push_back({segment, {}, 0});
    std::vector<size_t> places;
    for (const Judged& judged : rank(next, candidates)) {
      if (places.size() == limit) break;
      if (judged.coverage > 0) give(static_cast<size_t>(judged.candidate), places);
    }
    return places;
  }
  Result<std::vector<size_t>> rest() override {
    std::vector<size_t> places;
    const bool isShort = std::cmp_less_equal(all_.size(), kShortReading);
    for (size_t i = 0; task_.whole && isShort && i < all_.size(); ++i) give(i, places);
    return places;
  }
  [[nodiscard]] FinderSentence sentence(size_t place) const override {
    NumberedSegment part;
    part.number = static_cast<int32_t>(place);
    part.segment.span = {0, static_cast<int64_t>(all_[place].size())};
    return {RevisionId{}, {part}, {all_[place]}};
  }
  [[nodiscard]] const std::vector<std::string>& texts() const { return all_; }

 private:
  void give(size_t place, std::vector<size_t>& places) {
    if (!given_[place]) places.push_back(place);
    given_[place] = true;
  }

  const FinderTask& task_;
  std::vector<std::string> all_;
  std::vector<bool> given_;
};

}  // namespace

Result<FinderTask> parseFinderTask(std::string_view line, int64_t number) {
  const nlohmann::json json = TRY(parseJson(line, fmt::format("Line {} of the tasks", number)));
  FinderTask task;
  try {
    task.set = json.at("set").get<std::string>();
    task.kind = json.at("kind").get<std::string>();
    task.forChoosing = json.at("validation").get<bool>();
    task.question = json.at("question").get<std::string>();
    task.segments = json.at("segments").get<std::vector<std::string>>();
    task.gold = json.at("gold").get<std::vector<size_t>>();
    task.absent = json.at("absent").get<bool>();
    task.ranked = json.at("ranked").get<bool>();
    task.rest = json.value("rest", std::vector<std::string>());
    task.whole = json.value("whole", false);
  } catch (const nlohmann::json::exception& error) {
    return badLine(number, error.what());
  }
  if (task.segments.empty()) return badLine(number, "it has no segments");
  for (const size_t gold : task.gold) {
    if (gold >= task.segments.size() + task.rest.size())
      return badLine(number, "its answer is none of its segments");
  }
  return task;
}

std::vector<FinderOptionScore> searchScores(const FinderTask& task) {
  const Question question = analyzeQuestion(task.question, weightsWithin(task.segments));
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < task.segments.size(); ++i) {
    // All that is left of a search's own scores is their order.
    const double share =
        static_cast<double>(task.segments.size() - i) / static_cast<double>(task.segments.size());
    candidates.push_back({task.segments[i], {}, task.ranked ? share : 0});
  }
  std::vector<FinderOptionScore> scores;
  for (const Judged& judged : rank(question, candidates)) {
    const bool may = judged.missingGuarded.empty() && judged.hasPhrases;
    scores.emplace_back(judged.candidate, may ? judged.coverage : kNever);
  }
  return scores;
}

Result<FinderHeard> hearFinder(AnswerModel& model,
                               const FinderTask& task,
                               const std::stop_token& stop) {
  TaskPlaces places(task);
  FinderHeard heard{{}, finderSigns(task.question, task.segments), {}};
  FinderInquiry inquiry{.question = task.question, .weight = weightsWithin(places.texts())};
  inquiry.order = task.ranked ? FinderOrder::Ranked : FinderOrder::AsRead;
  inquiry.looked = [&](const FinderLook& look) {
    const std::vector<double>& verdicts = look.reading.verdicts;
    if (heard.verdicts.empty()) {
      heard.verdicts = verdicts;
      return;
    }
    for (size_t i = 0; i < verdicts.size(); ++i) {
      heard.further.emplace_back(look.places[i], verdicts[i]);
    }
  };
  TRY(lookForAnswer(model, inquiry, places, stop));
  return heard;
}

std::vector<FinderOptionScore> finderScores(const FinderLayout& layout, const FinderHeard& heard) {
  const std::vector<double> weighed = finderWeighed(layout, heard.signs, heard.verdicts);
  std::vector<FinderOptionScore> scores;
  scores.reserve(weighed.size() + heard.further.size());
  for (size_t i = 0; i < weighed.size(); ++i) scores.emplace_back(i, weighed[i]);
  for (const auto& [segment, verdict] : heard.further) {
    scores.emplace_back(segment, verdict - layout.furtherThreshold + layout.verdictThreshold);
  }
  std::ranges::stable_sort(scores, std::greater(), &FinderOptionScore::second);
  return scores;
}

std::string signsLine(const FinderTask& task, const FinderHeard& heard) {
  const nlohmann::json line = {{"validation", task.forChoosing},
                               {"absent", task.absent},
                               {"gold", task.gold},
                               {"bare", heard.signs.bare},
                               {"verdicts", heard.verdicts},
                               {"lacks", heard.signs.lacks},
                               {"coverage", heard.signs.coverage},
                               {"further", heard.further}};
  return line.dump() + '\n';
}

double Share::value() const {
  return of == 0 ? 0 : static_cast<double>(right) / static_cast<double>(of);
}

std::pair<double, double> Share::interval() const {
  if (of == 0) return {0, 0};
  const auto n = static_cast<double>(of);
  constexpr double kSquare = kStandardErrors * kStandardErrors;
  const double middle = (value() + kSquare / (2 * n)) / (1 + kSquare / n);
  const double half = kStandardErrors *
                      std::sqrt(value() * (1 - value()) / n + kSquare / (4 * n * n)) /
                      (1 + kSquare / n);
  return {middle - half, middle + half};
}

std::optional<size_t> ScoredTask::choice(double threshold) const {
  const auto first = std::ranges::find_if(
      scores, [&](const FinderOptionScore& score) { return score.second >= threshold; });
  return first == scores.end() ? std::nullopt : std::optional(first->first);
}

bool ScoredTask::isRight(double threshold) const {
  const std::optional<size_t> chosen = choice(threshold);
  if (task.absent) return !chosen;
  return chosen && std::ranges::find(task.gold, *chosen) != task.gold.end();
}

// Between two scores that were seen nothing changes, so those are all that need be tried.
double chooseThreshold(const std::vector<ScoredTask>& tasks) {
  std::set<double, std::greater<>> tried;
  for (const ScoredTask& one : tasks) {
    if (!one.task.forChoosing) continue;
    for (const auto& [segment, score] : one.scores) {
      if (score > kNever) tried.insert(std::round(score * 20) / 20);
    }
  }
  double best = 0;
  int64_t most = -1;
  for (const double threshold : tried) {
    const int64_t right = std::ranges::count_if(tasks, [&](const ScoredTask& one) {
      return one.task.forChoosing && one.isRight(threshold);
    });
    if (right > most) best = threshold;
    most = std::max(most, right);
  }
  return best;
}

FinderGates gatesOf(const std::vector<ScoredTask>& tasks, double threshold) {
  FinderGates gates;
  for (const ScoredTask& one : tasks) {
    if (one.task.forChoosing) continue;
    const bool right = one.isRight(threshold);
    const bool chosen = one.choice(threshold).has_value();
    gates.all.count(right);
    gates.support.count(one.task.absent && chosen);
    if (!chosen) gates.precision.count(one.task.absent);
    if (one.task.absent) {
      gates.recall.count(right);
    } else if (one.task.kind == "facts") {
      gates.facts.count(right);
    } else if (one.task.kind == "search" || one.task.kind == "cloze") {
      gates.search.count(right);
    }
    gates.kinds[one.task.kind + (one.task.absent ? ", absent" : "")].count(right);
  }
  return gates;
}

std::pair<double, double> gainOver(const std::vector<ScoredTask>& base,
                                   double baseThreshold,
                                   const std::vector<ScoredTask>& better,
                                   double betterThreshold) {
  double sum = 0;
  double squares = 0;
  double n = 0;
  for (size_t i = 0; i < base.size(); ++i) {
    if (base[i].task.forChoosing) continue;
    const double difference = static_cast<double>(better[i].isRight(betterThreshold)) -
                              static_cast<double>(base[i].isRight(baseThreshold));
    sum += difference;
    squares += difference * difference;
    ++n;
  }
  if (n == 0) return {0, 0};
  const double mean = sum / n;
  return {mean, kStandardErrors * std::sqrt(std::max(0.0, squares / n - mean * mean) / n)};
}

}  // namespace lectern
