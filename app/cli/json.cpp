// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/json.h"

#include "app/cli/names.h"

#include <cmath>

namespace lectern::cli {

namespace {

/// Six digits tell 1/65,535 apart.
double fraction(uint16_t units) {
  return std::round(double(units) / Rect::kUnit * 1e6) / 1e6;
}

std::string_view toString(PageState state) {
  switch (state) {
    case PageState::Text:
      return "text";
    case PageState::Blank:
      return "blank";
    case PageState::ImageOnly:
      return "image-only";
    case PageState::Skipped:
      return "skipped";
  }
  return "skipped";
}

}  // namespace

void writeJson(std::ostream& out, const Json& value) {
  out << value.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

Json rectJson(const Rect& rect) {
  return {{"left", fraction(rect.left)},
          {"top", fraction(rect.top)},
          {"right", fraction(rect.right)},
          {"bottom", fraction(rect.bottom)}};
}

Json pageStateJson(const Page& page) {
  Json json{{"number", page.number}, {"label", page.label}, {"state", toString(page.state)}};
  if (!page.problem.empty()) json["problem"] = page.problem;
  return json;
}

Json documentJson(const RevisionInfo& info) {
  Json locations = Json::array();
  for (const auto& location : info.locations) locations.push_back(location.string());
  return {{"id", nameOf(info.id)},
          {"title", info.document.title},
          {"mediaType", info.document.mediaType},
          {"extractor", info.document.extractor},
          {"sha256", toHex(info.contentSha256)},
          {"bytes", info.contentBytes},
          {"complete", info.sealed},
          {"pages", info.document.pageCount},
          {"pagesStored", info.pagesStored},
          {"pagesSkipped", info.pagesSkipped},
          {"pagesImageOnly", info.pagesImageOnly},
          {"textBytes", info.textBytes},
          {"addedAtMs", info.addedAtMs},
          {"notices", info.document.notices},
          {"locations", std::move(locations)}};
}

Result<Json> citationJson(Library& library,
                          const Citation& citation,
                          std::optional<CitationId> id) {
  Json rects = Json::array();
  for (const Rect& rect : citation.rects) rects.push_back(rectJson(rect));
  const RevisionInfo revision = TRY(library.revision(citation.revision));
  const StoredPage page = TRY(library.page(citation.revision, citation.page));
  return Json{
      {"id", id ? Json(nameOf(*id)) : Json()},
      {"document", nameOf(citation.revision)},
      {"title", revision.document.title},
      {"page", citation.page},
      {"pageLabel", page.page.label},
      {"span", {{"begin", citation.span.begin}, {"end", citation.span.end}}},
      {"quote", citation.quote},
      {"quoteSha256", toHex(citation.quoteSha256)},
      {"rects", std::move(rects)},
      {"method", lectern::toString(citation.method)},
      {"status", lectern::toString(citation.status)},
      {"coverage", citation.coverage},
      {"score", citation.score},
  };
}

}  // namespace lectern::cli
