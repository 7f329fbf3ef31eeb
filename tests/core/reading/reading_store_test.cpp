// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_store.h"

#include "core/base/file.h"
#include "core/reading/reading_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lectern {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReadingStoreTest : public testing::Test {
 protected:
  void SetUp() override { engine_ = open("one", {}); }

  std::unique_ptr<Engine> open(const std::string& name, const tiny_model::Numbers& numbers) {
    fs::create_directories(folder_.path() / name);
    EXPECT_TRUE(tiny_model::write(folder_.path() / name, tiny_model::miniConfig(), numbers));
    EngineOptions options;
    options.backend = "reference";
    options.windowTokens = 4096;
    return Engine::open(folder_.path() / name, options, {}).value();
  }
  static std::vector<int32_t> tokens(size_t count, int32_t seed = 1) {
    std::vector<int32_t> list(count);
    for (size_t i = 0; i < count; ++i) {
      list[i] = static_cast<int32_t>((i * 11 + static_cast<size_t>(seed) * 7) % 29) + 3;
    }
    return list;
  }
  /// Reads on to the end of `list`.
  States readOn(States states, const std::vector<int32_t>& list) {
    const auto done = static_cast<size_t>(states.position());
    EXPECT_TRUE(engine_->prefill(states, std::span(list).subspan(done), {}, {}));
    return states;
  }
  States read(const std::vector<int32_t>& list) {
    return readOn(engine_->newStates().value(), list);
  }
  std::vector<float> logitsBehind(States states, const std::vector<int32_t>& list) {
    EXPECT_TRUE(engine_->prefill(states, list, {}, {}));
    return {engine_->logits().begin(), engine_->logits().end()};
  }
  [[nodiscard]] ReadingStore store(const ReadingLimits& limits = {}) const {
    return {readings(), limits};
  }
  [[nodiscard]] fs::path readings() const { return folder_.path() / "readings"; }
  std::vector<fs::path> files(const std::string& ending) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(readings())) {
      if (entry.path().extension() == ending) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }
  Result<void> keep(const ReadingStore& store,
                    const States& states,
                    const TokenPrefix& before = {},
                    const ReadingNote& note = {"tiny", {sha256("lease")}, 5000, false}) {
    return store.keep(*engine_, states, before, note, {});
  }
  static ReadingNote noteOf(std::string_view document, int64_t readMs, bool inDocument = false) {
    return {"tiny", {sha256(document)}, readMs, inDocument};
  }
  static void age(const fs::path& file, std::chrono::hours by) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - by);
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(ReadingStoreTest, GivesBackToTheBitWhatWasKept) {
  const auto list = tokens(1100);
  const States states = read(tokens(700));
  ASSERT_TRUE(keep(store(), states));

  const auto taken = store().take(*engine_, list, 0, {}).value();
  ASSERT_TRUE(taken.states);
  EXPECT_EQ(taken.states->prefix(), states.prefix());
  EXPECT_EQ(taken.note, noteOf("lease", 5000));
  EXPECT_THAT(taken.problems, IsEmpty());
  EXPECT_EQ(logitsBehind(taken.states->fork().value(), tokens(9, 5)),
            logitsBehind(states.fork().value(), tokens(9, 5)));
}

TEST_F(ReadingStoreTest, IsTheUsersAlone) {
  ASSERT_TRUE(keep(store(), read(tokens(20))));
  for (const auto& entry : fs::recursive_directory_iterator(readings())) {
    const auto others = fs::perms::group_all | fs::perms::others_all;
    EXPECT_EQ(entry.status().permissions() & others, fs::perms::none) << entry.path();
  }
}

TEST_F(ReadingStoreTest, StoresOnceWhatBeginsAlike) {
  const auto list = tokens(1600);
  const States first = read(tokens(1030));
  ASSERT_TRUE(keep(store(), first));
  const int64_t alone = store().bytes().value();
  const States second = readOn(first.fork().value(), list);
  ASSERT_TRUE(keep(store(), second, first.prefix()));
  // The two pages that the first had filled are not there twice.
  EXPECT_LT(store().bytes().value() - alone,
            second.fixedBytes() + second.pageBytesFrom(1030) + 2048);
  EXPECT_EQ(second.pageBytesFrom(1030) * 2, second.pageBytesFrom(0));

  const auto taken = store().take(*engine_, list, 0, {}).value();
  ASSERT_TRUE(taken.states);
  EXPECT_EQ(logitsBehind(taken.states->fork().value(), tokens(9, 5)),
            logitsBehind(second.fork().value(), tokens(9, 5)));
}

TEST_F(ReadingStoreTest, TakesTheLongestBeginning) {
  const States shorter = read(tokens(300));
  const States longer = readOn(shorter.fork().value(), tokens(600));
  ASSERT_TRUE(keep(store(), shorter));
  ASSERT_TRUE(keep(store(), longer, shorter.prefix()));
  const auto positionIn = [&](const std::vector<int32_t>& list, int64_t longerThan) -> int64_t {
    const auto taken = store().take(*engine_, list, longerThan, {}).value();
    return taken.states ? taken.states->position() : 0;
  };
  EXPECT_EQ(positionIn(tokens(1000), 0), 600);
  EXPECT_EQ(positionIn(tokens(600), 0), 600);
  EXPECT_EQ(positionIn(tokens(599), 0), 300);
  EXPECT_EQ(positionIn(tokens(599), 300), 0);
  EXPECT_EQ(positionIn(tokens(200), 0), 0);
  EXPECT_EQ(positionIn(tokens(1000, 2), 0), 0);
  auto other = tokens(600);
  other[450] += 1;
  EXPECT_EQ(positionIn(other, 0), 300);
}

TEST_F(ReadingStoreTest, IsOfOneModel) {
  const auto list = tokens(300);
  ASSERT_TRUE(keep(store(), read(list)));
  const auto other = open("two", {.matrixScale = 0.4});
  ASSERT_NE(other->modelHash(), engine_->modelHash());
  EXPECT_FALSE(store().take(*other, list, 0, {}).value().states);
}

TEST_F(ReadingStoreTest, DoesWithoutWhatIsDamagedAndSaysSo) {
  const States shorter = read(tokens(300));
  const States longer = readOn(shorter.fork().value(), tokens(600));
  ASSERT_TRUE(keep(store(), shorter));
  ASSERT_TRUE(keep(store(), longer, shorter.prefix()));
  const fs::path damaged = files(".pages").back();
  std::string bytes = readFile(damaged, 1 << 24).value();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_TRUE(writeFileAtomically(damaged, bytes));

  const auto taken = store().take(*engine_, tokens(600), 0, {}).value();
  ASSERT_TRUE(taken.states);
  EXPECT_EQ(taken.states->position(), 300);
  EXPECT_THAT(taken.problems, ElementsAre(HasSubstr("it is damaged.")));
  EXPECT_THAT(files(".pages"), SizeIs(1)) << "what was damaged is gone";
  ASSERT_TRUE(keep(store(), readOn(taken.states->fork().value(), tokens(600)), shorter.prefix()));
  EXPECT_EQ(store().take(*engine_, tokens(600), 0, {}).value().states->position(), 600);
}

TEST_F(ReadingStoreTest, DoesWithoutWhatSomebodyDeleted) {
  const States shorter = read(tokens(300));
  const States longer = readOn(shorter.fork().value(), tokens(600));
  ASSERT_TRUE(keep(store(), shorter));
  ASSERT_TRUE(keep(store(), longer, shorter.prefix()));
  fs::remove(files(".pages").front());
  const auto taken = store().take(*engine_, tokens(600), 0, {}).value();
  EXPECT_FALSE(taken.states);
  EXPECT_THAT(taken.problems, IsEmpty());
  EXPECT_THAT(store().list().value(), IsEmpty());

  // What would go on from it is written from the first token on.
  ASSERT_TRUE(keep(store(), longer, shorter.prefix()));
  EXPECT_EQ(store().take(*engine_, tokens(600), 0, {}).value().states->position(), 600);
}

TEST_F(ReadingStoreTest, WritesTheStateAloneWhereItsPagesAreThere) {
  const States shorter = read(tokens(300));
  const States longer = readOn(shorter.fork().value(), tokens(600));
  ASSERT_TRUE(keep(store(), shorter));
  ASSERT_TRUE(keep(store(), longer, shorter.prefix()));
  const fs::path pages = files(".pages").front();
  age(pages, std::chrono::hours(5));
  const auto written = fs::last_write_time(pages);
  fs::remove(files(".state").front());
  ASSERT_TRUE(keep(store(), shorter));
  EXPECT_EQ(fs::last_write_time(pages), written);
  EXPECT_EQ(store().take(*engine_, tokens(300), 0, {}).value().states->position(), 300);
}

TEST_F(ReadingStoreTest, LetsThoseGoThatAreWorthLeast) {
  int seed = 0;
  for (const int64_t ms : {60'000, 3'000, 90'000}) {
    ASSERT_TRUE(keep(store(), read(tokens(300, ++seed)), {}, noteOf("lease", ms)));
  }
  const int64_t three = store().bytes().value();
  const ReadingLimits limits{.maxBytes = three + 100, .leastFreeBytes = 0};
  ASSERT_TRUE(keep(store(limits), read(tokens(300, 4)), {}, noteOf("lease", 4'000)));
  const auto isThere = [&](int which) {
    return store().take(*engine_, tokens(300, which), 0, {}).value().states.has_value();
  };
  EXPECT_TRUE(isThere(1) && !isThere(2) && isThere(3) && isThere(4));
  EXPECT_LE(store().bytes().value(), limits.maxBytes);

  // Long not used is worth less.
  for (const fs::path& file : files(".state")) age(file, std::chrono::hours(1));
  ASSERT_TRUE(isThere(4));
  for (const fs::path& file : files(".state")) {
    if (fs::last_write_time(file) < fs::file_time_type::clock::now() - std::chrono::minutes(9)) {
      age(file, std::chrono::hours(1000));
    }
  }
  ASSERT_TRUE(keep(store(limits), read(tokens(300, 5)), {}, noteOf("lease", 4'000)));
  EXPECT_EQ(store().list().value().size(), 3U);
  EXPECT_TRUE(isThere(4) && isThere(5));
}

TEST_F(ReadingStoreTest, LetsPlacesWithinADocumentGoFirst) {
  const States within = read(tokens(600));
  const States whole = readOn(within.fork().value(), tokens(700));
  ASSERT_TRUE(keep(store(), within, {}, noteOf("lease", 500'000, true)));
  ASSERT_TRUE(keep(store(), whole, within.prefix(), noteOf("lease", 500'001)));
  const States small = read(tokens(1, 2));
  const ReadingLimits limits{.maxBytes = store().bytes().value() + small.pageBytesFrom(0) + 500,
                             .leastFreeBytes = 0};
  ASSERT_TRUE(keep(store(limits), small, {}, noteOf("note", 2'000)));
  EXPECT_TRUE(store().take(*engine_, tokens(700), 600, {}).value().states);
  EXPECT_FALSE(store().take(*engine_, tokens(699), 0, {}).value().states);
}

TEST_F(ReadingStoreTest, DoesNotLetGoOfWhatItGoesOnFrom) {
  const States first = read(tokens(300));
  ASSERT_TRUE(keep(store(), first, {}, noteOf("lease", 1)));
  ASSERT_TRUE(keep(store(), read(tokens(300, 2)), {}, noteOf("lease", 90'000)));
  const States second = readOn(first.fork().value(), tokens(400));
  const ReadingLimits limits{.maxBytes = store().bytes().value() + 100, .leastFreeBytes = 0};
  ASSERT_TRUE(keep(store(limits), second, first.prefix(), noteOf("lease", 2)));
  EXPECT_EQ(store().take(*engine_, tokens(400), 0, {}).value().states->position(), 400);
  EXPECT_FALSE(store().take(*engine_, tokens(300, 2), 0, {}).value().states);
}

TEST_F(ReadingStoreTest, RefusesWhatNeverFits) {
  const States states = read(tokens(300));
  const auto tooLarge = keep(store({.maxBytes = 1000, .leastFreeBytes = 0}), states);
  ASSERT_FALSE(tooLarge);
  EXPECT_EQ(tooLarge.error().code, ErrorCode::DoesNotFit);
  EXPECT_THAT(tooLarge.error().message, HasSubstr("Readings may take 1e-06 GB of the disk"));

  ASSERT_TRUE(keep(store(), read(tokens(300, 2))));
  const auto volumeFull = keep(store({.leastFreeBytes = int64_t{1} << 60}), states);
  ASSERT_FALSE(volumeFull);
  EXPECT_EQ(volumeFull.error().code, ErrorCode::DoesNotFit);
  EXPECT_THAT(volumeFull.error().message, HasSubstr("is nearly full. Make room there."));
  EXPECT_EQ(store().list().value().size(), 1U) << "it would not have been enough";

  ASSERT_TRUE(writeFileAtomically(folder_.path() / "file", "no folder"));
  const auto noFolder = keep(ReadingStore(folder_.path() / "file", {}), states);
  ASSERT_FALSE(noFolder);
  EXPECT_EQ(noFolder.error().code, ErrorCode::Storage);
}

TEST_F(ReadingStoreTest, ListsAndRemovesWhatEndsSomewhere) {
  const States lease = read(tokens(300));
  const States both = readOn(lease.fork().value(), tokens(400));
  auto otherList = tokens(300);
  otherList.resize(350, 5);
  const States other = readOn(lease.fork().value(), otherList);
  ASSERT_TRUE(keep(store(), lease));
  ASSERT_TRUE(keep(store(), both, lease.prefix(), noteOf("manual", 7)));
  ASSERT_TRUE(keep(store(), other, lease.prefix(), noteOf("note", 8)));
  for (const fs::path& file : files(".state")) age(file, std::chrono::hours(3));
  ASSERT_TRUE(store().take(*engine_, otherList, 0, {}).value().states);

  auto list = store().list().value();
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_EQ(list[0].note, noteOf("note", 8)) << "the last used first";
  EXPECT_EQ(list[0].tokens, 350);
  EXPECT_EQ(list[1].tokens, 400);
  EXPECT_LT(list[0].bytes + list[1].bytes, store().bytes().value());
  EXPECT_GT(list[0].lastUsedMs - list[1].lastUsedMs, 2 * 3'600'000);

  ASSERT_TRUE(store().remove(list[0].id));
  EXPECT_TRUE(store().take(*engine_, tokens(400), 0, {}).value().states) << "shares its beginning";
  EXPECT_EQ(store().remove(list[0].id).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(store().remove(list[1].id));
  EXPECT_EQ(store().bytes().value(), 0);
}

TEST_F(ReadingStoreTest, ForgetsDocumentsThatNobodyWants) {
  const States lease = read(tokens(300));
  const States both = readOn(lease.fork().value(), tokens(400));
  ASSERT_TRUE(keep(store(), lease));
  ReadingNote note = noteOf("lease", 7);
  note.documents.push_back(sha256("manual"));
  ASSERT_TRUE(keep(store(), both, lease.prefix(), note));
  const auto removed = store().removeUnless(
      [](const Sha256& document) -> Result<bool> { return document == sha256("lease"); });
  EXPECT_THAT(removed.value(), SizeIs(1));
  EXPECT_EQ(store().take(*engine_, tokens(400), 0, {}).value().states->position(), 300);
  EXPECT_THAT(files(".pages"), SizeIs(1));
  const Error trouble{ErrorCode::Storage, "The library cannot be read."};
  EXPECT_EQ(
      store().removeUnless([&](const Sha256&) -> Result<bool> { return trouble; }).error().message,
      trouble.message);
}

// A reading that others went on from may be what is asked every day.
TEST_F(ReadingStoreTest, DeletesWhatIsUnusedPlaceByPlace) {
  const States lease = read(tokens(300));
  const States both = readOn(lease.fork().value(), tokens(400));
  ASSERT_TRUE(keep(store(), lease));
  ASSERT_TRUE(keep(store(), both, lease.prefix()));
  for (const fs::path& file : files(".state")) age(file, std::chrono::hours(2400));
  ASSERT_TRUE(store().take(*engine_, tokens(300), 0, {}).value().states);
  const int64_t recently = ReadingFolder::nowMs() - 3'600'000;
  auto list = store().list().value();
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_GT(list[0].lastUsedMs, recently) << "of it some is used";

  EXPECT_THAT(store().removeUnusedSince(recently).value(), ElementsAre(list[0].id));
  list = store().list().value();
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_EQ(list[0].tokens, 300);
  EXPECT_THAT(store().removeUnusedSince(recently).value(), IsEmpty());
}

TEST_F(ReadingStoreTest, DeletesAllOfItWhateverStateItIsIn) {
  ASSERT_TRUE(keep(store(), read(tokens(300))));
  ASSERT_TRUE(keep(store(), read(tokens(300, 2))));
  fs::remove(files(".state").front());
  ASSERT_TRUE(writeFileAtomically(files(".state").front(), "damaged"));
  ASSERT_TRUE(store().removeAll());
  EXPECT_EQ(store().bytes().value(), 0);
  EXPECT_TRUE(fs::is_empty(readings()));
}

// What is damaged is deleted, and what is sound is not: others need it.
TEST_F(ReadingStoreTest, ReplacesADamagedPieceThatOthersStandOn) {
  const States first = read(tokens(600));
  const States second = readOn(first.fork().value(), tokens(700));
  const auto other = [] {
    auto list = tokens(600);
    list.resize(800, 9);
    return list;
  }();
  const States third = readOn(first.fork().value(), other);
  ASSERT_TRUE(keep(store(), first));
  ASSERT_TRUE(keep(store(), second, first.prefix()));
  ASSERT_TRUE(keep(store(), third, first.prefix()));
  // A damaged state costs itself.
  ASSERT_TRUE(writeFileAtomically(files(".state").front(), "LECTSTAT damaged"));
  EXPECT_FALSE(store().take(*engine_, tokens(600), 0, {}).value().states);
  EXPECT_EQ(store().take(*engine_, tokens(700), 0, {}).value().states->position(), 700);
  EXPECT_EQ(store().take(*engine_, other, 0, {}).value().states->position(), 800);
  // Damaged pages are written anew by whoever reads them again.
  ASSERT_TRUE(writeFileAtomically(files(".pages").front(), "LECTSTAT damaged"));
  EXPECT_FALSE(store().take(*engine_, tokens(700), 0, {}).value().states);
  ASSERT_TRUE(keep(store(), first));
  ASSERT_TRUE(keep(store(), second, first.prefix()));
  EXPECT_EQ(store().take(*engine_, tokens(700), 0, {}).value().states->position(), 700);
  EXPECT_EQ(store().take(*engine_, other, 0, {}).value().states->position(), 800);
}

TEST_F(ReadingStoreTest, IsNotMisledByTheNameOfAnother) {
  ASSERT_TRUE(keep(store(), read(tokens(300))));
  ASSERT_TRUE(keep(store(), read(tokens(300, 2))));
  const auto states = files(".state");
  const auto pages = files(".pages");
  const auto takes = [&](int32_t seed) {
    const auto taken = store().take(*engine_, tokens(300, seed), 0, {}).value();
    return taken.states.has_value();
  };
  fs::copy_file(states[0], states[1], fs::copy_options::overwrite_existing);
  fs::copy_file(pages[0], pages[1], fs::copy_options::overwrite_existing);
  EXPECT_NE(takes(1), takes(2));
}

TEST_F(ReadingStoreTest, LeavesForeignFoldersAlone) {
  fs::create_directories(readings() / "lost+found");
  ASSERT_TRUE(writeFileAtomically(readings() / "lost+found" / "x.tmp", "theirs"));
  age(readings() / "lost+found" / "x.tmp", std::chrono::hours(2));
  ASSERT_TRUE(keep(store(), read(tokens(300))));
  EXPECT_EQ(store().list().value().size(), 1U);
  ASSERT_TRUE(store().removeAll());
  EXPECT_TRUE(fs::exists(readings() / "lost+found" / "x.tmp"));
}

TEST_F(ReadingStoreTest, KeepsWhatItGoesOnFromUntilTheNextIsThere) {
  const States first = read(tokens(600));
  ASSERT_TRUE(keep(store(), first, {}, noteOf("lease", 10, true)));
  const States second = readOn(first.fork().value(), tokens(1100));
  // There is room for the one or the other.
  const ReadingLimits limits{.maxBytes = store().bytes().value() + second.pageBytesFrom(600) + 600,
                             .leastFreeBytes = 0};
  EXPECT_EQ(keep(store(limits), second, first.prefix()).error().code, ErrorCode::DoesNotFit);
  EXPECT_EQ(store().take(*engine_, tokens(1100), 0, {}).value().states->position(), 600);
}

// Two programs that keep, take and make room at the same time, in every order there is.
TEST_F(ReadingStoreTest, IsUsedByManyAtATime) {
  std::vector<States> read_;
  for (int32_t seed = 1; seed <= 4; ++seed) read_.push_back(read(tokens(300, seed)));
  const int64_t one = read_[0].fixedBytes() + read_[0].pageBytesFrom(0);
  const ReadingLimits limits{.maxBytes = one * 3, .leastFreeBytes = 0};
  const auto engine = open("one", {});
  const auto work = [&](Engine& with, int turn) {
    for (int i = 0; i < 60; ++i) {
      const int seed = (i * turn + turn) % 4;
      const ReadingStore mine = store(limits);
      const Result<void> kept =
          mine.keep(with, read_[static_cast<size_t>(seed)], {}, noteOf("lease", 5000), {});
      EXPECT_TRUE(kept || kept.error().code == ErrorCode::DoesNotFit) << kept.error().message;
      const auto taken = mine.take(with, tokens(300, seed + 1), 0, {});
      ASSERT_TRUE(taken) << taken.error().message;
      if (taken->states) {
        EXPECT_EQ(taken->states->prefix(), read_[static_cast<size_t>(seed)].prefix());
      }
      EXPECT_THAT(taken->problems, IsEmpty());
    }
  };
  std::jthread other([&] { work(*engine, 3); });
  work(*engine_, 1);
  other.join();
}

TEST_F(ReadingStoreTest, IsLetAloneByAStop) {
  const States states = read(tokens(300));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(store().keep(*engine_, states, {}, {}, stop.get_token()).error().code,
            ErrorCode::Cancelled);
  EXPECT_EQ(store().bytes().value(), 0);
  ASSERT_TRUE(keep(store(), states));
  EXPECT_EQ(store().take(*engine_, tokens(300), 0, stop.get_token()).error().code,
            ErrorCode::Cancelled);
  EXPECT_THAT(files(".state"), SizeIs(1));
}

}  // namespace
}  // namespace lectern
