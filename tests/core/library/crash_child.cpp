// SPDX-License-Identifier: GPL-3.0-or-later
// What crash_test.cpp kills, or gives a full disk: stores a document or answers, and says on stdout
// what is stored, a line each, when the library has said so.
//
//   crash_child FOLDER pages|answers COUNT
//
// Ends with 0, or with 7 and the error's sentence on stderr where the storage failed.

#include "tests/core/library/crash_child.h"

#include <unistd.h>

#include <cstdlib>

namespace lectern {
namespace {

// One write a line: what was said stays said.
void say(std::string_view what) {
  const std::string line = std::string(what) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(1);
}

Result<void> storePages(Library& library, int count) {
  const RevisionId id = TRY(library.beginRevision(crashContent(), 1, {}));
  for (int number = TRY(library.revision(id)).pagesStored + 1; number <= count; ++number) {
    TRY(library.addPage(id, crashPage(number)));
    say("page");
  }
  TRY(sealCrashDocument(library, id, count));
  say("sealed");
  return {};
}

Result<void> storeAnswers(Library& library, int count) {
  const RevisionId id = TRY(library.revisions()).at(0).id;
  const ConversationId talk = TRY(library.newConversation("A talk", {id}));
  for (int i = 0; i < count; ++i) {
    TRY(library.addMessage(talk, makeAnswer(library, id, {i, i + 9})));
    say("answer");
  }
  return {};
}

Result<void> run(const char* folder, std::string_view what, int count) {
  const auto library = TRY(Library::open(folder, Library::OpenMode::ReadWrite));
  return what == "pages" ? storePages(*library, count) : storeAnswers(*library, count);
}

}  // namespace
}  // namespace lectern

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const lectern::Result<void> done = lectern::run(argv[1], argv[2], std::atoi(argv[3]));
  if (done) return 0;
  fprintf(stderr, "%s\n", done.error().message.c_str());
  return done.error().code == lectern::ErrorCode::Storage ? 7 : 1;
}
