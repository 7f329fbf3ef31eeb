// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/adding.h"
#include "app/gui/bridge/desk_bridge.h"
#include "app/workspace/fit_estimate.h"

#include <QObject>

#include <filesystem>
#include <string>
#include <vector>

namespace lectern::gui {

class EnginePart;
class JobStrip;
class Shelves;

/// Where dropped files go: to the end of the shelf that is looked at, if one is. What would not fit
/// together into the window of the model that is used is a choice before anything is read: a second
/// shelf, all of it with a search that chooses, or only what fits. Thread: the window's.
class ShelfChoice : public QObject {
  Q_OBJECT
 public:
  ShelfChoice(EnginePart* engine, Adding* adding, Shelves* shelves, JobStrip* jobs);

  void setLibrary(const LibraryViewPtr& library) { library_ = library; }
  void add(const std::vector<CountedFile>& files, AfterAdding after);

 private:
  /// What is to be added, and the shelf that it goes to; empty: none.
  struct Wanted {
    std::vector<CountedFile> files;
    AfterAdding after = AfterAdding::Offer;
    std::string shelf;
  };

  void measured(const Wanted& wanted, const ContextBudget& budget);
  void offer(const Wanted& wanted, const FitEstimate& estimate, const ContextBudget& budget);

  EnginePart* engine_;
  Adding* adding_;
  Shelves* shelves_;
  JobStrip* jobs_;
  LibraryViewPtr library_;
};

}  // namespace lectern::gui
