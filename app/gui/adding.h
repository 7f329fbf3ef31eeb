// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QObject>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace lectern::gui {

class JobStrip;
class OpenOffer;

/// What is done with documents once they are added.
enum class AfterAdding : uint8_t {
  Offer,      ///< one opens where nothing is being read; else it is offered
  Open,       ///< the first one opens, whatever is being read
  Ask,        ///< they are what the next question is about
  Summarise,  ///< all of them
  Nothing,    ///< nobody asked for them just now
};

/// Files on their way into the library, and what becomes of them in the window. Thread: the
/// window's.
class Adding : public QObject {
  Q_OBJECT
 public:
  /// `isReading` tells whether something stands in the reader, which nothing may open itself over.
  Adding(DeskBridge* bridge, JobStrip* jobs, std::function<bool()> isReading, QWidget* window);

  /// `shelf`: also put them at the end of this shelf; empty: none.
  void add(const std::vector<std::filesystem::path>& files,
           AfterAdding after,
           const std::string& shelf = {});
  /// Reads the pages again that time or memory ended, with higher limits.
  void readSkipped(const RevisionInfo& document);
  /// Goes on with a document that is not read to its end.
  void readOn(const RevisionInfo& document);
  /// It goes on without being asked.
  [[nodiscard]] bool isBeingRead(const RevisionInfo& document) const;
  /// Stops reading it.
  void cancel(const RevisionInfo& document);
  /// Lets the user choose files.
  void choose();
  /// The window has the library with all that was added up to now: what waited for that happens.
  void settle();

  /// Offers what was added; for the status bar.
  [[nodiscard]] OpenOffer* offer() const { return offer_; }

 signals:
  void openWanted(lectern::RevisionId revision);
  void askWanted(const std::vector<lectern::RevisionId>& revisions);
  void summaryWanted(const QString& title, const std::vector<lectern::RevisionId>& revisions);
  /// Pages that had been skipped are there now, in a revision that takes this one's place.
  void replaced(lectern::RevisionId revision, lectern::RevisionId by);

 private:
  /// Files that were added together.
  struct Batch {
    AfterAdding after = AfterAdding::Offer;
    JobId first{};         ///< the one that opens
    std::set<JobId> left;  ///< those that are not read yet
    std::vector<AddReport> added;
  };

  struct Unfinished {
    std::filesystem::path file;
    Job::State state = Job::State::Waiting;
  };

  void take(const Job& job);
  void tellTroubles(const Job& job);
  void tellRereading(const Job& job);
  void done(const Job& job, const Batch& batch);

  DeskBridge* bridge_;
  JobStrip* jobs_;
  std::function<bool()> isReading_;
  QWidget* window_;
  OpenOffer* offer_;
  // Until they are in the library, or given up: one that failed can be tried again.
  std::map<JobId, std::shared_ptr<Batch>> batches_;
  std::map<JobId, Unfinished> unfinished_;  // paused and cancelled ones too
  std::set<JobId> rereading_;
  std::vector<Batch> settling_;  // read whole, and to be asked about or summarised
};

}  // namespace lectern::gui
