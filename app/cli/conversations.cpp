// SPDX-License-Identifier: GPL-3.0-or-later
// conversations list, show, rename, delete and search: what was asked before, and its answers.
#include "app/cli/answer_text.h"
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/answer_record.h"
#include "core/base/utf8.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <utility>

namespace lectern::cli {

namespace {

Json conversationJson(const ConversationInfo& info) {
  Json documents = Json::array();
  for (const RevisionId id : info.scope) documents.push_back(nameOf(id));
  return {{"id", nameOf(info.id)},
          {"title", info.title},
          {"documents", std::move(documents)},
          {"messages", info.messages},
          {"createdAtMs", info.createdAtMs},
          {"lastUsedAtMs", info.lastUsedAtMs}};
}

void printInfo(const ConversationInfo& info, const Streams& streams) {
  const Style style(streams.styled);
  std::string line = fmt::format("{}, last used {}", counted(info.messages, "message"),
                                 timeText(info.lastUsedAtMs));
  if (!info.scope.empty()) line += ", about";
  for (const RevisionId id : info.scope) line += ' ' + nameOf(id);
  streams.out << style.bold(fmt::format("{}  {}", nameOf(info.id), oneLine(info.title))) << '\n'
              << wrapped(line, streams.outColumns, 4);
}

std::string given(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return oneLine(utf8::repaired(text));
}

class ListConversations : public Command {
 public:
  void declare(CLI::App& /*app*/) override {}

  Result<ExitCode> run(const CommandContext& context) override {
    std::vector<ConversationInfo> all;
    const auto workspace = openWorkspace(context, Access::Read);
    if (workspace) {
      all = TRY((*workspace)->library().conversations());
    } else if (workspace.error().code != ErrorCode::NotFound) {
      return workspace.error();
    }
    if (context.json) {
      Json list = Json::array();
      for (const ConversationInfo& info : all) list.push_back(conversationJson(info));
      writeJson(context.streams.out, {{"schema", "lectern-cli/conversations-list/1"},
                                      {"conversations", std::move(list)}});
      return ExitCode::Answered;
    }
    if (all.empty()) context.streams.err << "There is no conversation yet. Begin one with ask.\n";
    for (const ConversationInfo& info : all) printInfo(info, context.streams);
    return ExitCode::Answered;
  }
};

class ShowConversation : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONVERSATION", name_, "A conversation's name: t3")->required();
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const ConversationId id = TRY(conversationNamed(name_));
    const auto workspace = TRY(openWorkspace(context, Access::Read));
    Library& library = workspace->library();
    const ConversationInfo info = TRY(library.conversation(id));
    const std::vector<Answer> answers = answersOf(TRY(library.messages(id)));
    if (context.json) {
      Json exchanges = Json::array();
      for (const Answer& answer : answers) {
        Json exchange = TRY(answerJson(library, answer));
        for (const char* name :
             {"schema", "notice", "conversation", "stored", "notStoredBecause"}) {
          exchange.erase(name);
        }
        exchanges.push_back(std::move(exchange));
      }
      writeJson(context.streams.out, {{"schema", "lectern-cli/conversations-show/1"},
                                      {"conversation", conversationJson(info)},
                                      {"exchanges", std::move(exchanges)}});
      return ExitCode::Answered;
    }
    printInfo(info, context.streams);
    const Style style(context.streams.styled);
    for (const Answer& answer : answers) {
      context.streams.out << '\n';
      if (!answer.continues) {
        context.streams.out << style.bold(
            wrapped("Asked: " + oneLine(answer.question), context.streams.outColumns, 0));
      }
      TRY(printAnswer(library, answer, context.streams));
    }
    return ExitCode::Answered;
  }

 private:
  static std::vector<Answer> answersOf(const std::vector<MessageRecord>& messages) {
    std::vector<Answer> answers;
    std::string question;
    bool continues = false;
    for (const MessageRecord& message : messages) {
      if (message.role == MessageRecord::Role::User) {
        question = message.text;
        continues = false;
        continue;
      }
      Answer& answer = answers.emplace_back();
      answer.question = question;
      answer.continues = std::exchange(continues, true);
      for (const AnswerEvent& event : eventsOf(message)) answer.take(event);
      answer.store.citations = message.citationIds;
    }
    return answers;
  }

  std::string name_;
};

class RenameConversation : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONVERSATION", name_, "A conversation's name: t3")->required();
    app.add_option("TITLE", title_, "Its new title")->required()->option_text("TITLE…");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const ConversationId id = TRY(conversationNamed(name_));
    const std::string title = given(title_);
    if (title.empty()) return Error{ErrorCode::Usage, "The title is empty."};
    const auto workspace = TRY(openWorkspace(context, Access::Write));
    TRY(workspace->library().renameConversation(id, title));
    const ConversationInfo info = TRY(workspace->library().conversation(id));
    if (context.json) {
      writeJson(context.streams.out, {{"schema", "lectern-cli/conversations-rename/1"},
                                      {"conversation", conversationJson(info)}});
    } else {
      printInfo(info, context.streams);
    }
    return ExitCode::Answered;
  }

 private:
  std::string name_;
  std::vector<std::string> title_;
};

class DeleteConversations : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONVERSATION", names_, "Conversations by name: t3")
        ->required()
        ->option_text("CONVERSATION…");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    std::vector<ConversationId> ids;
    ids.reserve(names_.size());
    for (const std::string& name : names_) ids.push_back(TRY(conversationNamed(name)));
    const auto workspace = TRY(openWorkspace(context, Access::Write));
    // All names are looked up before anything is deleted.
    std::vector<ConversationInfo> chosen;
    chosen.reserve(ids.size());
    for (const ConversationId id : ids) {
      chosen.push_back(TRY(workspace->library().conversation(id)));
    }
    Json deleted = Json::array();
    for (const ConversationInfo& info : chosen) {
      TRY(workspace->library().removeConversation(info.id));
      deleted.push_back(nameOf(info.id));
      if (context.json) continue;
      context.streams.out << fmt::format("Deleted {}  {}\n", nameOf(info.id), oneLine(info.title));
    }
    if (context.json) {
      writeJson(context.streams.out, {{"schema", "lectern-cli/conversations-delete/1"},
                                      {"deleted", std::move(deleted)}});
    }
    return ExitCode::Answered;
  }

 private:
  std::vector<std::string> names_;
};

class SearchConversations : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("WORDS", words_,
                   "What its title, questions and answers must contain: words, or how they begin")
        ->required()
        ->option_text("WORDS…");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const std::string query = given(words_);
    const auto workspace = TRY(openWorkspace(context, Access::Read));
    const std::vector<ConversationHit> hits = TRY(workspace->library().searchConversations(query));
    if (context.json) {
      Json list = Json::array();
      for (const ConversationHit& hit : hits) {
        list.push_back({{"conversation", conversationJson(hit.found)}, {"excerpt", hit.excerpt}});
      }
      writeJson(context.streams.out, {{"schema", "lectern-cli/conversations-search/1"},
                                      {"query", query},
                                      {"hits", std::move(list)}});
    } else {
      for (const ConversationHit& hit : hits) {
        printInfo(hit.found, context.streams);
        if (hit.excerpt.empty()) continue;
        context.streams.out << wrapped(oneLine(hit.excerpt), context.streams.outColumns, 4);
      }
    }
    return hits.empty() ? ExitCode::NotFound : ExitCode::Answered;
  }

 private:
  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Command> makeListConversations() {
  return std::make_unique<ListConversations>();
}
std::unique_ptr<Command> makeShowConversation() {
  return std::make_unique<ShowConversation>();
}
std::unique_ptr<Command> makeRenameConversation() {
  return std::make_unique<RenameConversation>();
}
std::unique_ptr<Command> makeDeleteConversations() {
  return std::make_unique<DeleteConversations>();
}
std::unique_ptr<Command> makeSearchConversations() {
  return std::make_unique<SearchConversations>();
}

}  // namespace lectern::cli
