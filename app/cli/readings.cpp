// SPDX-License-Identifier: GPL-3.0-or-later
// readings list and remove: what models have read and the disk keeps.
#include "app/workspace/readings.h"

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/paths.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lectern::cli {

namespace {

Json readingJson(const ReadingList::Entry& entry) {
  Json documents = Json::array();
  for (const ReadingList::Document& document : entry.documents) {
    documents.push_back(document.id ? Json(nameOf(*document.id)) : Json());
  }
  return {{"id", entry.reading.id},
          {"model", entry.reading.note.model},
          {"documents", std::move(documents)},
          {"tokens", entry.reading.tokens},
          {"bytes", entry.reading.bytes},
          {"readSeconds", static_cast<double>(entry.reading.note.readMs) / 1000},
          {"lastUsedAtMs", entry.reading.lastUsedMs}};
}

std::string titlesOf(const ReadingList::Entry& entry) {
  std::string titles;
  for (const ReadingList::Document& document : entry.documents) {
    titles += titles.empty() ? "" : ", ";
    titles += document.id ? oneLine(document.title) : "a document that is not there any more";
  }
  return titles;
}

void print(const ReadingList::Entry& entry, const Streams& streams) {
  const KeptReading& reading = entry.reading;
  streams.out << Style(streams.styled).bold(fmt::format("{}  {}", reading.id, titlesOf(entry)))
              << '\n'
              << wrapped(fmt::format("{}, read by {} in {}, {}, last used {}",
                                     counted(reading.tokens, "token"), oneLine(reading.note.model),
                                     durationText(reading.note.readMs), sizeText(reading.bytes),
                                     timeText(reading.lastUsedMs)),
                         streams.outColumns, 4);
}

class ReadingsList : public Command {
 public:
  void declare(CLI::App& /*app*/) override {}

  Result<ExitCode> run(const CommandContext& context) override {
    ReadingList list;
    const auto workspace = openWorkspace(context, Access::Read);
    if (workspace) {
      const auto folder = TRY(dataFolder(context.workspace.dataFolder));
      list = TRY(listReadings((*workspace)->library(), folder));
    } else if (workspace.error().code != ErrorCode::NotFound) {
      return workspace.error();
    }
    if (context.json) {
      Json entries = Json::array();
      for (const ReadingList::Entry& entry : list.entries) entries.push_back(readingJson(entry));
      writeJson(context.streams.out, {{"schema", "lectern-cli/readings-list/1"},
                                      {"readings", std::move(entries)},
                                      {"bytes", list.bytes}});
      return ExitCode::Answered;
    }
    for (const ReadingList::Entry& entry : list.entries) print(entry, context.streams);
    if (list.entries.empty()) {
      context.streams.err
          << "No reading is kept yet. What a model reads of whole documents is kept "
             "where that takes two seconds or more.\n";
    } else {
      context.streams.err << fmt::format("All together take {}.\n", sizeText(list.bytes));
    }
    return ExitCode::Answered;
  }
};

class ReadingsRemove : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("READING", ids_, "Readings as readings list names them")
        ->option_text("[READING…]");
    app.add_flag("--all", all_, "Delete all readings");
    app.add_option("--unused-days", unusedDays_,
                   "Delete those that no question has used for so many days")
        ->check(CLI::Range(0, 100'000))
        ->option_text("N");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    if (ids_.empty() && !all_ && !unusedDays_) {
      return Error{ErrorCode::Usage,
                   "Name the readings to delete, or say --all or --unused-days N. Look at them "
                   "with readings list."};
    }
    const auto store = existingReadings(TRY(dataFolder(context.workspace.dataFolder)));
    std::vector<KeptReading> kept;
    if (store) kept = TRY(store->list());
    for (const std::string& id : ids_) {
      if (std::ranges::find(kept, id, &KeptReading::id) == kept.end()) {
        return Error{ErrorCode::NotFound,
                     fmt::format("There is no reading {}. Look at them with readings list.", id)};
      }
    }
    std::vector<std::string> removed;
    if (store && all_) {
      TRY(store->removeAll());
      for (const KeptReading& reading : kept) removed.push_back(reading.id);
    } else if (store) {
      for (const std::string& id : ids_) {
        const Result<void> gone = store->remove(id);
        // Another process may have made room with it.
        if (!gone && gone.error().code != ErrorCode::NotFound) return gone.error();
        removed.push_back(id);
      }
      if (unusedDays_) {
        const auto unused = TRY(store->removeUnusedSince(daysAgo(*unusedDays_)));
        removed.insert(removed.end(), unused.begin(), unused.end());
      }
    }
    if (context.json) {
      writeJson(context.streams.out,
                {{"schema", "lectern-cli/readings-remove/1"}, {"removed", removed}});
    } else {
      context.streams.out << fmt::format("Deleted {}.\n",
                                         counted(static_cast<int64_t>(removed.size()), "reading"));
    }
    return ExitCode::Answered;
  }

 private:
  static int64_t daysAgo(double days) {
    constexpr double kDayMs = 24 * 3.6e6;
    return ReadingFolder::nowMs() - static_cast<int64_t>(days * kDayMs);
  }

  std::vector<std::string> ids_;
  bool all_ = false;
  std::optional<double> unusedDays_;
};

}  // namespace

std::unique_ptr<Command> makeReadingsList() {
  return std::make_unique<ReadingsList>();
}
std::unique_ptr<Command> makeReadingsRemove() {
  return std::make_unique<ReadingsRemove>();
}

}  // namespace lectern::cli
