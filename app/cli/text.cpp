// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"
#include "app/cli/json.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/paths.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

namespace {

std::string_view toString(BlockKind kind) {
  switch (kind) {
    case BlockKind::Paragraph:
      return "paragraph";
    case BlockKind::Heading:
      return "heading";
    case BlockKind::ListItem:
      return "list";
    case BlockKind::TableRow:
      return "row";
    case BlockKind::Caption:
      return "caption";
    case BlockKind::Code:
      return "code";
    case BlockKind::Margin:
      return "margin";
  }
  return "paragraph";
}

Json blocksJson(const std::vector<Block>& blocks) {
  Json list = Json::array();
  for (const Block& block : blocks) {
    Json item{{"kind", toString(block.kind)}, {"begin", block.span.begin}, {"end", block.span.end}};
    if (block.kind == BlockKind::Heading) item["level"] = block.level;
    list.push_back(std::move(item));
  }
  return list;
}

Json runsJson(const std::vector<GlyphRun>& runs) {
  Json list = Json::array();
  for (const GlyphRun& run : runs) {
    list.push_back({{"begin", run.span.begin},
                    {"end", run.span.end},
                    {"rect", rectJson(run.box)},
                    {"startsLine", (run.flags & GlyphRun::StartsLine) != 0},
                    {"vertical", (run.flags & GlyphRun::Vertical) != 0},
                    {"invisible", (run.flags & GlyphRun::Invisible) != 0}});
  }
  return list;
}

/// Prints each page's text as it comes.
class PlainSink : public ImportSink {
 public:
  explicit PlainSink(const Streams& streams) : streams_(streams) {}

  Result<void> onInfo(const DocumentInfo& info) override {
    for (const std::string& notice : info.notices) streams_.err << oneLine(notice) << '\n';
    return {};
  }
  Result<void> onPage(Page&& page) override {
    streams_.out << harmless(page.text) << std::flush;
    if (page.state == PageState::Skipped) {
      streams_.err << fmt::format("Page {} was skipped: {}\n", page.number, oneLine(page.problem));
    } else if (page.state == PageState::ImageOnly) {
      streams_.err << fmt::format("Page {} is only a picture, without text.\n", page.number);
    }
    return {};
  }

 private:
  const Streams& streams_;
};

/// Collects a JSON text. Each page is written out at once: as values a long document with its boxes
/// would take gigabytes.
class JsonSink : public ImportSink {
 public:
  explicit JsonSink(bool boxes) : boxes_(boxes) {}

  Result<void> onInfo(const DocumentInfo& info) override {
    Json outline = Json::array();
    for (const OutlineItem& item : info.outline) {
      outline.push_back({{"level", item.level}, {"title", item.title}, {"page", item.page}});
    }
    text_ = dumped({{"schema", "lectern-cli/text/1"},
                    {"title", info.title},
                    {"mediaType", info.mediaType},
                    {"extractor", info.extractor},
                    {"pageCount", info.pageCount},
                    {"notices", info.notices},
                    {"outline", std::move(outline)}});
    text_.back() = ',';
    text_ += "\"pages\":[";
    return {};
  }

  Result<void> onPage(Page&& page) override {
    Json json = pageStateJson(page);
    json["widthPt"] = page.widthPt;
    json["heightPt"] = page.heightPt;
    json["rotation"] = page.rotation;
    json["text"] = page.text;
    json["blocks"] = blocksJson(page.blocks);
    if (boxes_) json["runs"] = runsJson(page.runs);
    text_ += (first_ ? "\n" : ",\n") + dumped(json);
    first_ = false;
    return {};
  }

  [[nodiscard]] std::string finish() const { return text_ + "\n]}\n"; }

 private:
  static std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  bool boxes_;
  bool first_ = true;
  std::string text_;
};

class TextCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", file_, "A document; it is read only, and not added")->required();
    app.add_flag("--boxes", boxes_, "With --json: also where each word stands on its page");
    app.add_option("--password-file", passwordFile_,
                   "The first line of this file opens an encrypted document (-: standard input)")
        ->option_text("FILE");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    ImportOptions options;
    options.helper = helperProgram(context.workspace.helper);
    options.limits = context.workspace.limits;
    options.password = TRY(readPassword(context, passwordFile_));
    const FileDescriptor file = TRY(openForReading(file_));
    if (context.json) {
      JsonSink sink(boxes_);
      TRY(importDocument(file, file_, options, sink, context.stop));
      context.streams.out << sink.finish();
    } else {
      PlainSink sink(context.streams);
      TRY(importDocument(file, file_, options, sink, context.stop));
    }
    return ExitCode::Answered;
  }

 private:
  std::string file_;
  std::string passwordFile_;
  bool boxes_ = false;
};

}  // namespace

std::unique_ptr<Command> makeText() {
  return std::make_unique<TextCommand>();
}

}  // namespace lectern::cli
