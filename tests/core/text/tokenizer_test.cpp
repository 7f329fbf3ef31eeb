// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer.h"

#include "core/base/file.h"
#include "core/base/utf8.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_tokenizer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lectern::text {
namespace {

using Ids = std::vector<int32_t>;

Ids idsOf(const std::vector<Token>& tokens) {
  Ids ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

std::shared_ptr<const Tokenizer> small() {
  return Tokenizer::fromJson(tinyTokenizer(), "test").value();
}

std::vector<std::string> piecesOf(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> pieces;
  for (const Token& token : tokenizer.encode(text)) pieces.push_back(tokenizer.piece(token.id));
  return pieces;
}

TEST(Tokenizer, MergesTheLowestRankFirstAndLeftmostOnTies) {
  const auto t = small();
  EXPECT_EQ(piecesOf(*t, "abab"), (std::vector<std::string>{"abab"}));
  EXPECT_EQ(piecesOf(*t, "ababab"), (std::vector<std::string>{"abab", "ab"}));
  EXPECT_EQ(piecesOf(*t, " ab ab"), (std::vector<std::string>{"▁ab", "▁ab"}));
  EXPECT_EQ(piecesOf(*t, "   ab"), (std::vector<std::string>{"▁▁", "▁ab"}));
}

TEST(Tokenizer, PutsNothingInFront) {
  EXPECT_EQ(piecesOf(*small(), "ab"), (std::vector<std::string>{"ab"}));
  EXPECT_TRUE(small()->encode("").empty());
}

TEST(Tokenizer, SpellsUnknownCharactersInBytesWithTheirPlaces) {
  const auto tokens = small()->encode("a€é");
  ASSERT_EQ(tokens.size(), 5U);
  EXPECT_EQ(small()->piece(tokens[1].id), "<0xE2>");
  EXPECT_EQ(tokens[1].span, (TextSpan{1, 2}));
  EXPECT_EQ(tokens[4].span, (TextSpan{4, 6}));
}

TEST(Tokenizer, NeverTakesControlTokensFromAText) {
  const auto t = small();
  for (const std::string text : {"<|end|>", "<note>", "<|mask_0|>", "<0x41>"}) {
    for (const Token& token : t->encode(text)) {
      EXPECT_GT(token.id, 2) << text;
    }
  }
  EXPECT_EQ(idsOf(t->encodeLiteral("ab<|end|>ab<note>")), (Ids{259, 0, 259, 1}));
  EXPECT_NE(idsOf(t->encodeLiteral("<|mask_0|>")).front(),
            2);  // a control piece, but not an added token
}

TEST(Tokenizer, ShowsAddedTextAndHidesControl) {
  const auto t = small();
  EXPECT_EQ(t->decode(Ids{259, 0, 1, 2}, false), "ab<note>");
  EXPECT_EQ(t->decode(Ids{259, 0, 1}, true), "ab<|end|><note>");
}

TEST(Tokenizer, GivesOneReplacementAByteWhereBytesAreNoText) {
  const auto t = small();
  const auto byte = [&](int value) { return 3 + value; };
  EXPECT_EQ(t->decode(Ids{byte(0xE2), byte(0x82), byte(0xAC)}, false), "€");
  EXPECT_EQ(t->decode(Ids{byte(0xE2), byte(0x82)}, false), "\uFFFD\uFFFD");
  EXPECT_EQ(t->decode(Ids{byte(0xE2), byte(0x82), 259}, false), "\uFFFD\uFFFDab");
}

TEST(Tokenizer, GivesNothingForIdsBehindItsVocabulary) {
  const auto t = small();
  const auto padding = static_cast<int32_t>(t->vocabSize());
  EXPECT_TRUE(t->isControl(padding));
  EXPECT_EQ(t->bytesOf(padding, /*showControl=*/true), "");
  EXPECT_EQ(t->decode(Ids{259, padding, 259}, true), "abab");
  EXPECT_EQ(StreamingDecoder(t).push(padding), "");
}

TEST(StreamingDecoder, NeverGivesHalfACharacter) {
  StreamingDecoder decoder(small());
  EXPECT_EQ(decoder.push(3 + 0xE2), "");
  EXPECT_EQ(decoder.push(3 + 0x82), "");
  EXPECT_EQ(decoder.push(3 + 0xAC), "€");
  EXPECT_EQ(decoder.push(259), "ab");
  EXPECT_EQ(decoder.push(3 + 0xF0), "");
  EXPECT_EQ(decoder.push(259), "\uFFFDab");
  EXPECT_EQ(decoder.push(3 + 0xC3), "");
  EXPECT_EQ(decoder.finish(), "\uFFFD");
  EXPECT_EQ(decoder.finish(), "");
}

TEST(Tokenizer, OfBytesIsTheIdentity) {
  const auto t = Tokenizer::ofBytes();
  const std::string text = "aé\n€";
  EXPECT_EQ(t->encode(text).size(), text.size());
  EXPECT_EQ(t->decode(idsOf(t->encode(text)), false), text);
}

TEST(Tokenizer, RefusesWhatItDoesNotDoAndWhatIsDamaged) {
  const auto refusal = [](const std::string& pointer, const nlohmann::json& value) {
    nlohmann::json json = tinyTokenizer();
    json[nlohmann::json::json_pointer(pointer)] = value;
    const auto result = Tokenizer::fromJson(nlohmann::json::parse(json.dump()), "tokenizer.json");
    if (result) return std::string("accepted");
    EXPECT_EQ(result.error().code, ErrorCode::ModelUnusable);
    return result.error().message;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(refusal("/model/type", "WordPiece"), "BPE"));
  EXPECT_TRUE(has(refusal("/model/byte_fallback", false), "byte_fallback"));
  EXPECT_TRUE(has(refusal("/model/dropout", 0.1), "dropout"));
  EXPECT_TRUE(has(refusal("/model/ignore_merges", true), "ignore_merges"));
  EXPECT_TRUE(has(refusal("/normalizer", nullptr), "normalizer"));
  EXPECT_TRUE(has(refusal("/pre_tokenizer", {{"type", "Whitespace"}}), "pre_tokenizer"));
  EXPECT_TRUE(has(refusal("/decoder/decoders", nlohmann::json::array()), "decoder"));
  EXPECT_TRUE(has(refusal("/model/vocab/ab", 100000), "has no number below"));
  EXPECT_TRUE(has(refusal("/model/vocab/ab", -1), "has no number below"));
  EXPECT_TRUE(has(refusal("/model/vocab/ab", 5), "two pieces have the number 5"));
  EXPECT_TRUE(has(refusal("/model/vocab", nlohmann::json::array()), "no vocabulary"));
  EXPECT_TRUE(has(refusal("/model/merges", 3), "no list of merges"));
  EXPECT_TRUE(has(refusal("/model/merges/0", "ab"), "one part"));
  EXPECT_TRUE(has(refusal("/model/merges/0", "x y"), "not in the vocabulary"));
  EXPECT_TRUE(has(refusal("/model/merges/0", {1, 2}), "not a pair"));
  EXPECT_TRUE(has(refusal("/added_tokens/0/id", 1), "under its id"));
  EXPECT_TRUE(has(refusal("/added_tokens/0", "x"), "no id or no content"));
  EXPECT_TRUE(has(refusal("/added_tokens/0/special", 1), "neither true nor false"));
  EXPECT_TRUE(has(refusal("/normalizer/type", 7), "normalizer"));
  EXPECT_TRUE(has(refusal("/decoder/type", 7), "decoder"));
  nlohmann::json json = tinyTokenizer();
  json["model"]["vocab"].erase("<0x00>");
  json["model"]["vocab"]["zz"] = 3;
  EXPECT_TRUE(
      has(Tokenizer::fromJson(nlohmann::json::parse(json.dump()), "t").error().message, "<0x00>"));
}

TEST(Tokenizer, TakesTheMergesFromTheOrderWhereItTellsThem) {
  nlohmann::json json = tinyTokenizer();
  json["model"].erase("merges");
  EXPECT_TRUE(Tokenizer::fromJson(json, "t").value()->merges() == small()->merges());
  auto& vocab = json["model"]["vocab"];
  std::swap(vocab["abab"], vocab["c"]);  // a character before a piece of several
  const auto refused = Tokenizer::fromJson(json, "t");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("does not tell them"), std::string::npos);
}

// Every text is spelled with the pieces of bytes: as a control token one would come from a text.
TEST(Tokenizer, RefusesABytesPieceAsAnAddedToken) {
  nlohmann::json json = tinyTokenizer();
  const auto id = json["model"]["vocab"]["<0x41>"];
  json["added_tokens"].push_back({{"id", id}, {"content", "<0x41>"}, {"special", true}});
  const auto refused = Tokenizer::fromJson(nlohmann::json::parse(json.dump()), "t");
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("piece of a byte"), std::string::npos);
}

TEST(Tokenizer, RefusesMergesThatWouldMakeControlTokens) {
  nlohmann::json json = tinyTokenizer();
  json["model"]["vocab"].erase("<|mask_0|>");
  json["model"]["vocab"]["<|"] = 2;
  json["added_tokens"].push_back({{"id", 2}, {"content", "<|"}, {"special", true}});
  json["model"]["merges"].push_back("< |");
  const auto refused = Tokenizer::fromJson(nlohmann::json::parse(json.dump()), "t");
  EXPECT_NE(refused.error().message.find("no text"), std::string::npos);
}

/// Any text without U+2581, which a tokenizer of this kind takes for a space.
rc::Gen<std::string> anyText() {
  return rc::gen::map(
      rc::gen::container<std::vector<uint32_t>>(rc::gen::oneOf(
          rc::gen::inRange<uint32_t>(0, 128), rc::gen::inRange<uint32_t>('a', 'd'),
          rc::gen::just<uint32_t>(' '), rc::gen::inRange<uint32_t>(0x80, 0x700),
          rc::gen::inRange<uint32_t>(0x700, 0xD800), rc::gen::inRange<uint32_t>(0xE000, 0x110000))),
      [](const std::vector<uint32_t>& codePoints) {
        std::string text;
        for (const uint32_t c : codePoints) {
          if (c != 0x2581) utf8::append(text, c);
        }
        return text;
      });
}

TEST(Tokenizer, GivesBackEveryText) {
  const auto t = small();
  EXPECT_TRUE(rc::check([&t] {
    const std::string text = *anyText();
    RC_ASSERT(t->decode(idsOf(t->encode(text)), false) == text);
  }));
}

/// What llama.cpp's converter makes of a tokenizer.json: pieces by their ids, with their kinds.
struct GgufVocabulary {
  std::vector<std::string> pieces;
  std::vector<int64_t> types;

  explicit GgufVocabulary(const nlohmann::json& json) {
    const auto& vocab = json["model"]["vocab"];
    pieces.resize(vocab.size());
    types.assign(vocab.size(), 1);
    for (const auto& [piece, id] : vocab.items()) {
      pieces[id.get<size_t>()] = piece;
      if (piece.size() == 6 && piece.starts_with("<0x")) types[id.get<size_t>()] = 6;
    }
    for (const auto& token : json["added_tokens"]) {
      types[token["id"].get<size_t>()] = token.value("special", true) ? 3 : 4;
    }
  }
  [[nodiscard]] Result<std::shared_ptr<const Tokenizer>> load() const {
    const std::vector<std::string_view> views(pieces.begin(), pieces.end());
    return Tokenizer::fromPieces(views, types, "m.gguf");
  }
};

TEST(Tokenizer, OfPiecesIsTheOneOfTheFile) {
  const auto t = GgufVocabulary(tinyTokenizer()).load().value();
  // The order of these few pieces tells their merges, as that of the Jamba vocabulary does.
  nlohmann::json json = tinyTokenizer();
  json["model"].erase("merges");
  const auto own = Tokenizer::fromJson(json, "test").value();
  EXPECT_TRUE(t->merges() == own->merges());
  for (const std::string text : {"abab ab", " a€é  b", "<|end|><note><|mask_0|>"}) {
    EXPECT_EQ(t->encode(text), own->encode(text)) << text;
    EXPECT_EQ(t->encodeLiteral(text), own->encodeLiteral(text)) << text;
  }
  for (int32_t id = 0; id < static_cast<int32_t>(t->vocabSize()); ++id) {
    EXPECT_EQ(t->isControl(id), own->isControl(id)) << t->piece(id);
    EXPECT_EQ(t->bytesOf(id, true), own->bytesOf(id, true));
  }
}

TEST(Tokenizer, OfPiecesRefusesWhatIsNone) {
  const auto refusal = [](const auto& change) {
    GgufVocabulary vocabulary(tinyTokenizer());
    change(vocabulary);
    const auto result = vocabulary.load();
    return result ? "accepted" : result.error().message;
  };
  EXPECT_NE(refusal([](auto& v) { v.types.pop_back(); }).find("274 pieces"), std::string::npos);
  EXPECT_NE(refusal([](auto& v) { v.pieces[260] = v.pieces[261]; }).find("two pieces are"),
            std::string::npos);
  EXPECT_NE(refusal([](auto& v) { v.pieces[260] = "\xff"; }).find("no text"), std::string::npos);
  EXPECT_NE(refusal([](auto& v) { v.types[260] = 7; }).find("no kind"), std::string::npos);
  EXPECT_NE(refusal([](auto& v) { v.pieces[10] = "zz"; }).find("lacks the piece of the byte"),
            std::string::npos);
}

// The vocabulary that all Jamba models share, where the samples are at hand.
class JambaTokenizer : public testing::Test {
 protected:
  static nlohmann::json read(const std::string& name) {
    const auto path = test::sample("tokenizer/" + name + "/tokenizer.json");
    return path ? parseJson(readFile(*path, 64 << 20).value(), name).value() : nlohmann::json();
  }
  static std::shared_ptr<const Tokenizer> load(const std::string& name) {
    const nlohmann::json json = read(name);
    return json.is_null() ? nullptr : Tokenizer::fromJson(json, name).value();
  }
  /// The vocabulary of 1.5 to 1.7: the first one with markers in place of reserved pieces.
  static std::shared_ptr<const Tokenizer> middle() {
    nlohmann::json json = read("jamba-v0.1");
    auto& vocab = json["model"]["vocab"];
    int id = 518;
    for (const char* marker :
         {"<|eom|>", "<|bom|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>",
          "<documents>", "</documents>", "<tool_definitions>", "</tool_definitions>",
          "<active_output_modes>", "</active_output_modes>", "<citations>", "</citations>",
          "<tool_calls>", "</tool_calls>"}) {
      vocab.erase(first_->piece(id));
      vocab[marker] = static_cast<unsigned>(id);
      json["added_tokens"].push_back({{"id", static_cast<unsigned>(id)}, {"content", marker}});
      ++id;
    }
    return Tokenizer::fromJson(json, "1.5").value();
  }
  static void SetUpTestSuite() {
    first_ = load("jamba-v0.1");
    second_ = load("jamba2");
  }
  static void TearDownTestSuite() { first_ = second_ = nullptr; }
  void SetUp() override {
    if (first_ == nullptr) GTEST_SKIP() << "the Jamba vocabulary is not there: set LECTERN_SAMPLES";
  }
  inline static std::shared_ptr<const Tokenizer> first_;
  inline static std::shared_ptr<const Tokenizer> second_;
};

struct Golden {
  std::string text;
  Ids ids;
};

const std::vector<Golden> kGolden = {
    {"Hello world!", {13654, 2620, 63028}},
    {"hello", {26928}},
    {" hello", {27164}},
    {"  two  spaces   three", {62934, 2345, 62934, 9645, 1811, 2808}},
    {"naïve café", {3763, 54306, 20699}},
    {"日本語のテスト", {63451, 63290, 64300, 63193, 63717, 63291, 63289}},
    {"😀 ok", {63888, 7280}},
    {"a\nb\n\nc", {62937, 1554, 62954, 1554, 1554, 62946}},
    {"\tTab", {1553, 16155}},
    {"\r\n", {63021, 1554}},
    {"a;\r\nb", {62937, 4573, 1554, 62954}},
    {"1234567 3.14",
     {62965, 62970, 62992, 62995, 62993, 63000, 63004, 62934, 62992, 62959, 62965, 62995}},
    {"1,234.50", {62965, 1543, 62970, 62992, 62995, 62959, 62993, 62963}},
    {"a,b, c", {62937, 1543, 62954, 1543, 1813}},
    {"Who wrote Harry Potter?", {10456, 5949, 11371, 21352, 63052}},
    {"    indented code\n        more", {2534, 2329, 11212, 3780, 1554, 3179, 2091}},
    {"The quick brown fox jumps over the lazy dog.",
     {2041, 3617, 8528, 29088, 26953, 2198, 1808, 19947, 5652, 62959}},
    {"e\u0301", {62935, 63345}},
    {"\u00A0nbsp", {63086, 10391}},
    {"x\u200By", {62967, 63140, 62952}},
    {"\uFF21", {1783, 1732, 1705}},
    {std::string(1, '\0'), {1544}},
    {"שלום עולם", {63057, 52219, 5121, 26175}},
    {"١٢٣", {64289, 64388, 65208}},
    {"½", {63202}},
    {"—", {63047}},
    {"•", {63101}},
    {"\uFB01", {63494}},
    {"don’t", {12310, 62999, 62936}},
    {"it's", {1816, 62966, 62941}},
    {"\u2581literal", {24612}},
    {"<0x41>", {63010, 62963, 62967, 62995, 62965, 63002}},
    {"</s>", {2365, 62941, 63002}},
    {"<|reserved_1|>", {63010, 63038, 61623, 62988, 62965, 54742}},
    {"the assistant said", {2680, 12175, 2286}},
    {std::string(35, ' ') + "\n", {3465, 2534, 1554}},
    {std::string(36, ' ') + "\n", {2122, 3214, 1554}},
    {"x" + std::string(40, ' ') + "y", {62967, 3465, 3179, 1856}},
};

TEST_F(JambaTokenizer, EncodesTheGoldenTextsInBothSets) {
  for (const Golden& golden : kGolden) {
    EXPECT_EQ(idsOf(first_->encode(golden.text)), golden.ids) << golden.text;
    EXPECT_EQ(idsOf(second_->encode(golden.text)), golden.ids) << golden.text;
  }
  EXPECT_EQ(idsOf(first_->encode("assistant")), (Ids{2039, 10571}));
  EXPECT_EQ(idsOf(second_->encode("assistant")), (Ids{543}));
  EXPECT_EQ(idsOf(first_->encode("xassistant")), (Ids{62967, 2039, 10571}));
  EXPECT_EQ(idsOf(second_->encode("xassistant")), (Ids{62967, 543}));
}

TEST_F(JambaTokenizer, FindsAddedTokensInLiteralsAlone) {
  EXPECT_EQ(idsOf(first_->encodeLiteral("<|endoftext|>")), (Ids{2}));
  EXPECT_EQ(idsOf(second_->encodeLiteral("<|endoftext|>")),
            (Ids{63010, 63038, 1983, 2871, 3035, 54742}));
  EXPECT_EQ(idsOf(first_->encode("<|endoftext|>")).size(), 6U);
  EXPECT_EQ(idsOf(second_->encodeLiteral("<|im_start|>assistant\n<think>\n")),
            (Ids{518, 543, 1554, 541, 1554}));
  EXPECT_EQ(idsOf(second_->encodeLiteral("<|startoftext|><|im_start|>user\nHello!<|im_end|>\n")),
            (Ids{1, 518, 4771, 1554, 13654, 63028, 519, 1554}));
  EXPECT_EQ(idsOf(second_->encodeLiteral(
                "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>")),
            (Ids{531, 1554, 11340, 3201, 3225, 1988, 62951, 62974, 1543, 1988, 34756, 3225, 2165,
                 4316, 1554, 532}));
}

TEST_F(JambaTokenizer, DecodesWithAndWithoutControl) {
  EXPECT_EQ(first_->decode(Ids{1, 26928}, true), "<|startoftext|>hello");
  EXPECT_EQ(first_->decode(Ids{1, 26928}, false), "hello");
  EXPECT_EQ(second_->decode(Ids{541, 26928, 542}, false), "<think>hello</think>");
}

TEST_F(JambaTokenizer, HasTheMergesThatTheOrderOfItsIdsImplies) {
  EXPECT_EQ(first_->merges().size(), 139'274U);
  EXPECT_EQ(second_->merges().size(), 139'278U);
  EXPECT_TRUE(mergesFromOrder(first_->pieces(), 1800, {}, {1543}) == first_->merges());
  EXPECT_TRUE(mergesFromOrder(second_->pieces(), 1800, {543}, {1543}) == second_->merges());
  nlohmann::json json = read("jamba2");
  json["model"].erase("merges");
  EXPECT_TRUE(Tokenizer::fromJson(json, "without").value()->merges() == second_->merges());
}

TEST_F(JambaTokenizer, IsTheSameFromAGgufFile) {
  for (const std::string name : {"jamba-v0.1", "jamba2"}) {
    const auto t = GgufVocabulary(read(name)).load().value();
    const auto& own = name == "jamba2" ? second_ : first_;
    EXPECT_TRUE(t->merges() == own->merges()) << name;
    for (const Golden& golden : kGolden)
      EXPECT_EQ(t->encode(golden.text), own->encode(golden.text));
    for (int32_t id = 0; id < static_cast<int32_t>(t->vocabSize()); ++id) {
      ASSERT_EQ(t->isControl(id), own->isControl(id)) << t->piece(id);
    }
    const std::string prompt =
        "<|startoftext|><|im_start|>user\n<think>assistant</think><|im_end|>";
    EXPECT_EQ(t->encodeLiteral(prompt), own->encodeLiteral(prompt));
  }
}

TEST_F(JambaTokenizer, GivesTheGoldenTokensOfTheFirstFamilysPrompts) {
  const auto t = middle();
  EXPECT_EQ(idsOf(t->encodeLiteral("<|startoftext|><|bom|><|system|> <|eom|><|bom|><|user|> "
                                   "Hello!<|eom|><|bom|><|assistant|>")),
            (Ids{1, 519, 520, 62934, 518, 519, 521, 22560, 63028, 518, 519, 522}));
  EXPECT_EQ(idsOf(t->encodeLiteral("<|startoftext|><|bom|><|system|> You are an ancient oracle."
                                   "<|eom|><|bom|><|user|> Who wrote Harry Potter?<|eom|><|bom|>"
                                   "<|assistant|>")),
            (Ids{1,   519, 520,  2458, 1929,  1829,  9699,  1944, 8023, 62959, 518,
                 519, 521, 8121, 5949, 11371, 21352, 63052, 518,  519,  522}));
  EXPECT_EQ(idsOf(t->encodeLiteral(" <citations>[0, 2]</citations>")),
            (Ids{62934, 530, 63014, 62963, 1543, 62934, 62970, 63015, 531}));
}

TEST_F(JambaTokenizer, GivesBackEveryTextAndCoversIt) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = *anyText();
    const auto tokens = second_->encode(text);
    RC_ASSERT(second_->decode(idsOf(tokens), false) == text);
    int64_t end = 0;
    std::string streamed;
    StreamingDecoder decoder(second_);
    for (const Token& token : tokens) {
      RC_ASSERT(token.span.begin == end);
      end = token.span.end;
      const std::string piece = decoder.push(token.id);
      RC_ASSERT(utf8::isValid(piece));
      streamed += piece;
    }
    RC_ASSERT(end == static_cast<int64_t>(text.size()));
    RC_ASSERT(streamed + decoder.finish() == text);
  }));
}

}  // namespace
}  // namespace lectern::text
