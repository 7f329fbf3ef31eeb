// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/mark.h"
#include "app/workspace/source_file.h"
#include "app/workspace/workspace.h"

#include <fmt/format.h>

#include <utility>

namespace lectern {

namespace {

/// The locations of a content, also those that another revision of it has taken over.
Result<std::vector<std::filesystem::path>> locationsOf(Library& library,
                                                       const RevisionInfo& revision) {
  if (!revision.locations.empty()) return revision.locations;
  std::vector<std::filesystem::path> locations;
  for (const RevisionInfo& info : TRY(library.revisions())) {
    if (info.contentSha256 != revision.contentSha256) continue;
    locations.insert(locations.end(), info.locations.begin(), info.locations.end());
  }
  return locations;
}

/// Opens the first location that still holds the revision's content. The stamp that the library
/// keeps spares the sum of a file that nobody touched.
Result<SourceFile> openUnchanged(Library& library,
                                 RevisionId revision,
                                 const std::stop_token& stop) {
  const RevisionInfo info = TRY(library.revision(revision));
  std::string found;
  for (const std::filesystem::path& location : TRY(locationsOf(library, info))) {
    Result<SourceFile> file = SourceFile::open(location);
    if (!file) {
      found += ' ' + file.error().message;
      continue;
    }
    const auto known = TRY(library.findLocation(file->location, file->stamp));
    const bool isKnown = known && TRY(library.revision(*known)).contentSha256 == info.contentSha256;
    if (isKnown || TRY(file->hash(stop)) == info.contentSha256) return file;
    found += fmt::format(" {} has changed since.", location.string());
  }
  if (!info.sealed && found.empty()) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("The file of \"{}\" is not known, because it was not read to its end. "
                             "Add it again to read on and see its pages.",
                             info.document.title)};
  }
  return Error{ErrorCode::InputRefused,
               fmt::format("The file of \"{}\" is not there as it was read.{} Its text is still in "
                           "the library; put the file back and add it to see its pages.",
                           info.document.title, found)};
}

}  // namespace

Result<std::filesystem::path> Workspace::unchangedFile(RevisionId revision, std::stop_token stop) {
  return TRY(openUnchanged(*library_, revision, stop)).location;
}

Result<PageImage> Workspace::pagePicture(RevisionId revision,
                                         int page,
                                         const PictureOptions& options,
                                         std::stop_token stop) {
  SourceFile file = TRY(openUnchanged(*library_, revision, stop));
  if (!drawing_ || drawing_->revision != revision || drawing_->stamp != file.stamp ||
      drawing_->password != options.password) {
    ImportOptions import;
    import.helper = options_.helper;
    import.limits = options_.limits;
    import.password = options.password;
    PageDrawer drawer(std::move(file.descriptor), file.named, std::move(import));
    drawing_.emplace(Drawing{revision, file.stamp, options.password, std::move(drawer)});
  }
  return drawing_->drawer.draw(page, options.dotsPerInch, stop);
}

Result<PageImage> Workspace::picture(const Citation& citation,
                                     const PictureOptions& options,
                                     std::stop_token stop) {
  PageImage image = TRY(pagePicture(citation.revision, citation.page, options, std::move(stop)));
  markRectangles(image, citation.rects);
  return image;
}

}  // namespace lectern
