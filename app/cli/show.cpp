// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/png.h"
#include "app/cli/terminal_text.h"
#include "core/base/file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace lectern::cli {

namespace {

/// A block of the page in one line, the cited words between » and «.
std::string markedBlock(std::string_view text, TextSpan block, TextSpan cited) {
  const auto cut = [&](int64_t begin, int64_t end) {
    return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  };
  if (!block.overlaps(cited)) return oneLine(cut(block.begin, block.end));
  const int64_t begin = std::max(block.begin, cited.begin);
  const int64_t end = std::min(block.end, cited.end);
  return oneLine(
      fmt::format("{}»{}«{}", cut(block.begin, begin), cut(begin, end), cut(end, block.end)));
}

/// The cited blocks with one before and one behind them.
std::vector<std::string> contextOf(const StoredPage& page, const Citation& citation) {
  const TextSpan cited = citation.span.shifted(-page.byteStart);
  const std::vector<Block>& blocks = page.page.blocks;
  std::vector<std::string> lines;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const bool near = blocks[i].span.overlaps(cited) ||
                      (i > 0 && blocks[i - 1].span.overlaps(cited)) ||
                      (i + 1 < blocks.size() && blocks[i + 1].span.overlaps(cited));
    if (near) lines.push_back(markedBlock(page.page.text, blocks[i].span, cited));
  }
  return lines;
}

/// The place of a citation as both forms of output need it.
struct Place {
  StoredCitation stored;
  RevisionInfo document;
  StoredPage page;
  std::string question;
  std::string file;         ///< empty where no unchanged file is left
  std::string fileProblem;  ///< then why
};

class Show : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CITATION", name_, "A citation's name: c12")->required();
    app.add_option("--png", png_, "Draw its page to this file, with its words marked")
        ->option_text("FILE");
    app.add_option("--dpi", picture_.dotsPerInch,
                   "Dots per inch of the picture, 18 to 600; 144 where it is not given")
        ->check(CLI::Range(18, 600))
        ->option_text("NUMBER");
    app.add_option("--password-file", passwordFile_,
                   "The first line of this file opens an encrypted document (-: standard input)")
        ->option_text("FILE");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const CitationId id = TRY(citationNamed(name_));
    const auto workspace = TRY(openWorkspace(context, Access::Read));
    const Place place = TRY(findPlace(*workspace, id, context.stop));
    if (!png_.empty()) TRY(draw(*workspace, place, context));
    if (context.json) {
      writeJson(context.streams.out, TRY(toJson(workspace->library(), place)));
    } else {
      print(place, context.streams);
    }
    return ExitCode::Answered;
  }

 private:
  static Result<Place> findPlace(Workspace& workspace, CitationId id, std::stop_token stop) {
    Library& library = workspace.library();
    Place place;
    place.stored = TRY(library.citation(id));
    const Citation& citation = place.stored.citation;
    place.document = TRY(library.revision(citation.revision));
    place.page = TRY(library.page(citation.revision, citation.page));
    const std::vector<MessageRecord> messages = TRY(library.messages(place.stored.conversation));
    for (const MessageRecord& message : messages) {
      if (message.id == place.stored.message) break;
      if (message.role == MessageRecord::Role::User) place.question = message.text;
    }
    const auto file = workspace.unchangedFile(citation.revision, std::move(stop));
    if (file) {
      place.file = file->string();
    } else if (file.error().code == ErrorCode::InputRefused) {
      place.fileProblem = file.error().message;
    } else {
      return file.error();
    }
    return place;
  }

  Result<void> draw(Workspace& workspace, const Place& place, const CommandContext& context) {
    picture_.password = TRY(readPassword(context, passwordFile_));
    const PageImage image = TRY(workspace.picture(place.stored.citation, picture_, context.stop));
    TRY(writeFileAtomically(png_, encodePng(image)));
    context.streams.err << fmt::format("{}: {} by {} pixels\n", oneLine(png_), image.width,
                                       image.height);
    return {};
  }

  static void print(const Place& place, const Streams& streams) {
    const Citation& citation = place.stored.citation;
    const Style style(streams.styled);
    streams.out << style.bold(fmt::format("{}  {}, {}", nameOf(place.stored.id),
                                          oneLine(place.document.document.title),
                                          pageName(citation.page, oneLine(place.page.page.label))))
                << "\n\n";
    for (const std::string& line : contextOf(place.page, citation)) {
      streams.out << wrapped(line, streams.outColumns, 2) << '\n';
    }
    streams.out << wrapped(fmt::format("Grade: {}", lectern::toString(place.stored.grade)),
                           streams.outColumns, 0)
                << wrapped("Asked: " + oneLine(place.question), streams.outColumns, 0)
                << wrapped("File: " + oneLine(place.file.empty() ? place.fileProblem : place.file),
                           streams.outColumns, 0);
  }

  static Result<Json> toJson(Library& library, const Place& place) {
    Json citation = TRY(citationJson(library, place.stored.citation, place.stored.id));
    return Json{{"schema", "lectern-cli/show/1"},
                {"citation", std::move(citation)},
                {"grade", lectern::toString(place.stored.grade)},
                {"question", place.question},
                {"document", documentJson(place.document)},
                {"file", place.file.empty() ? Json() : Json(place.file)},
                {"fileProblem", place.fileProblem}};
  }

  std::string name_;
  std::string png_;
  std::string passwordFile_;
  PictureOptions picture_;
};

}  // namespace

std::unique_ptr<Command> makeShow() {
  return std::make_unique<Show>();
}

}  // namespace lectern::cli
