// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

namespace {

std::string pagesOf(const SectionSummary& section) {
  return section.firstPage == section.lastPage
             ? fmt::format("page {}", section.firstPage)
             : fmt::format("pages {}-{}", section.firstPage, section.lastPage);
}

std::string headingOf(const SectionSummary& section) {
  std::string heading;
  for (const std::string& part : section.headingPath) {
    heading += (heading.empty() ? "" : " › ") + oneLine(part);
  }
  return heading.empty() ? pagesOf(section) : fmt::format("{} ({})", heading, pagesOf(section));
}

class Summarize : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", choice_.files, "Files (added first) or documents by name (d3)")
        ->option_text("[FILE…]");
    app.add_option("--shelf", choice_.shelf, "Summarize the documents of this shelf")
        ->option_text("NAME");
    app.add_option("--password-file", choice_.passwordFile,
                   "The first line of this file opens encrypted documents (-: standard input)")
        ->option_text("FILE");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    if (choice_.files.empty() && choice_.shelf.empty()) {
      return Error{ErrorCode::Usage, "Name a file or a shelf. Try --help."};
    }
    const auto workspace = TRY(openWorkspace(context, Access::WriteIfFree));
    const std::vector<RevisionId> scope = TRY(chosenDocuments(*workspace, choice_, context));
    const SummaryReport report = TRY(workspace->summarize(scope, {}, context.stop));
    if (context.json) {
      writeJson(context.streams.out, TRY(toJson(workspace->library(), report)));
    } else {
      TRY(print(workspace->library(), report, context.streams));
    }
    context.streams.out << std::flush;
    if (report.store.notStored) {
      const Error& error = *report.store.notStored;
      context.streams.err << "lectern-cli: The summary is not stored: " << oneLine(error.message)
                          << '\n';
      if (error.code != ErrorCode::Locked) return exitCodeOf(error.code);
    }
    for (const DocumentSummary& document : report.documents) {
      if (!document.sections.empty()) return ExitCode::Answered;
    }
    return ExitCode::NotFound;
  }

 private:
  static Result<void> print(Library& library, const SummaryReport& report, const Streams& streams) {
    const Style style(streams.styled);
    CitationNames names(report.store.citations);
    for (const DocumentSummary& document : report.documents) {
      const RevisionInfo info = TRY(library.revision(document.revision));
      streams.out << style.bold(
                         fmt::format("{}  {}", nameOf(info.id), oneLine(info.document.title)))
                  << "\n\n";
      if (document.sections.empty()) {
        streams.out << "There is no text in it that could be summarized.\n\n";
      }
      for (const SectionSummary& section : document.sections) {
        streams.out << wrapped(headingOf(section), streams.outColumns, 0);
        for (const Citation& sentence : section.sentences) {
          const auto id = names.next();
          const std::string label = TRY(library.page(sentence.revision, sentence.page)).page.label;
          const std::string place = pageName(sentence.page, oneLine(label));
          streams.out << wrapped(fmt::format("{} [{}{}]", inQuotes(sentence.quote), place,
                                             id ? ": " + nameOf(*id) : ""),
                                 streams.outColumns, 2);
        }
        streams.out << '\n';
      }
    }
    return {};
  }

  static Result<Json> toJson(Library& library, const SummaryReport& report) {
    CitationNames names(report.store.citations);
    Json documents = Json::array();
    for (const DocumentSummary& document : report.documents) {
      Json sections = Json::array();
      for (const SectionSummary& section : document.sections) {
        Json sentences = Json::array();
        for (const Citation& sentence : section.sentences) {
          sentences.push_back(TRY(citationJson(library, sentence, names.next())));
        }
        sections.push_back({{"headingPath", section.headingPath},
                            {"firstPage", section.firstPage},
                            {"lastPage", section.lastPage},
                            {"sentences", std::move(sentences)}});
      }
      const RevisionInfo revision = TRY(library.revision(document.revision));
      documents.push_back(
          {{"document", documentJson(revision)}, {"sections", std::move(sections)}});
    }
    const StoreReport& store = report.store;
    return Json{{"schema", "lectern-cli/summarize/1"},
                {"engine", "outline"},
                {"documents", std::move(documents)},
                {"stored", store.message.has_value()},
                {"notStoredBecause", store.notStored ? store.notStored->message : ""}};
  }

  DocumentChoice choice_;
};

}  // namespace

std::unique_ptr<Command> makeSummarize() {
  return std::make_unique<Summarize>();
}

}  // namespace lectern::cli
