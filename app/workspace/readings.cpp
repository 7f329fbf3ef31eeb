// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/readings.h"

#include "app/workspace/cache_folder.h"

#include <map>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

fs::path folderIn(const fs::path& dataFolder) {
  return dataFolder / "readings";
}

// The library's documents, by the sums of their contents.
using Documents = std::map<Sha256, ReadingList::Document>;
Result<Documents> documentsOf(Library& library) {
  Documents documents;
  for (const RevisionInfo& info : TRY(library.revisions())) {
    documents[info.contentSha256] = {info.id, info.document.title};
  }
  return documents;
}

}  // namespace

ReadingStore readingStore(const fs::path& dataFolder, const ReadingLimits& limits) {
  return {cacheFolder(folderIn(dataFolder),
                      "What models have read of documents. It may be deleted at any time; then it "
                      "is read again."),
          limits};
}

Result<ReadingList> listReadings(Library& library, const fs::path& dataFolder) {
  ReadingList list;
  const std::optional<ReadingStore> store = existingReadings(dataFolder);
  if (!store) return list;
  const Documents documents = TRY(documentsOf(library));
  for (KeptReading& reading : TRY(store->list())) {
    ReadingList::Entry entry{std::move(reading), {}};
    for (const Sha256& content : entry.reading.note.documents) {
      const auto found = documents.find(content);
      entry.documents.push_back(found == documents.end() ? ReadingList::Document{} : found->second);
    }
    list.entries.push_back(std::move(entry));
  }
  list.bytes = TRY(store->bytes());
  return list;
}

std::optional<ReadingStore> existingReadings(const fs::path& dataFolder) {
  std::error_code ignored;
  if (!fs::exists(folderIn(dataFolder), ignored)) return std::nullopt;
  return readingStore(dataFolder);
}

Result<void> forgetReadings(Library& library, const fs::path& dataFolder) {
  const std::optional<ReadingStore> store = existingReadings(dataFolder);
  if (!store) return {};
  const Documents documents = TRY(documentsOf(library));
  TRY(store->removeUnless(
      [&](const Sha256& content) -> Result<bool> { return documents.contains(content); }));
  return {};
}

}  // namespace lectern
