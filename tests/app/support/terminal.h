// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/workspace/settings_file.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace lectern::test {

/// What a command ended with, and what it printed.
struct Outcome {
  cli::ExitCode code = cli::ExitCode::Internal;
  std::string out;
  std::string err;

  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// Runs commands in this process, with a library of its own. Questions are answered without a model
/// until a test chooses one.
class Terminal {
 public:
  Terminal() {
    options.dataFolder = folder.path() / "data";
    options.configFolder = folder.path() / "config";
    options.helper = LECTERN_HELPER_PROGRAM;
    EXPECT_TRUE(changeSettings(options.configFolder, {{"answers.engine", "extractive"}}));
  }

  Outcome run(const std::vector<std::string>& arguments, const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    cli::Streams streams{in, out, err};
    streams.outColumns = columns;
    streams.styled = styled;
    const cli::ExitCode code = cli::run(arguments, streams, options, stop.get_token());
    return {code, out.str(), err.str()};
  }

  TemporaryFolder folder;
  WorkspaceOptions options;
  std::stop_source stop;
  int columns = 0;
  bool styled = false;
};

}  // namespace lectern::test
