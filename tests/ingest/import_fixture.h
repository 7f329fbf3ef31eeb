// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "ingest/importer.h"
#include "ingest/page_drawer.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Keeps what an import gives.
class CollectingSink : public ImportSink {
 public:
  Result<void> onInfo(const DocumentInfo& given) override {
    EXPECT_FALSE(info.has_value()) << "the description came twice";
    info = given;
    return {};
  }
  Result<void> onPage(Page&& page) override {
    pages.push_back(std::move(page));
    if (afterPage) return afterPage(pages.back());
    return {};
  }

  std::optional<DocumentInfo> info;
  std::vector<Page> pages;
  std::function<Result<void>(const Page&)> afterPage;
};

/// A folder of its own for each test, and imports of files in it through a real helper process.
class ImportFixture : public testing::Test {
 protected:
  explicit ImportFixture(std::filesystem::path helper) { options.helper = std::move(helper); }

  std::filesystem::path write(std::string_view name, std::string_view bytes) {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  Result<void> import(const std::filesystem::path& path) {
    const FileDescriptor file = TRY(openForReading(path));
    return importDocument(file, path, options, sink, stop.get_token());
  }

  Result<PageImage> render(const std::filesystem::path& path, int page, double dotsPerInch) {
    FileDescriptor file = TRY(openForReading(path));
    return PageDrawer(std::move(file), path, options).draw(page, dotsPerInch, stop.get_token());
  }

  ImportOptions options;
  CollectingSink sink;
  std::stop_source stop;

 private:
  test::TemporaryFolder folder_;
};

}  // namespace lectern
