// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include "core/base/utf8.h"

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace lectern {

namespace {

constexpr size_t kMaxDepth = 64;

// Walks the text once without building anything, and keeps the first thing that is wrong with it.
class Guard final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    if (keys_.back().insert(name).second) return true;
    problem_ = fmt::format("the key \"{}\" stands twice in one object", utf8::beginning(name, 80));
    return false;
  }
  bool parse_error(size_t position,
                   const std::string& /*lastToken*/,
                   const nlohmann::json::exception& /*exception*/) override {
    problem_ = fmt::format("it is not JSON at byte {}", position);
    return false;
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool open() {
    keys_.emplace_back();
    if (keys_.size() <= kMaxDepth) return true;
    problem_ = fmt::format("it is nested deeper than {}", kMaxDepth);
    return false;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;
  std::string problem_;
};

}  // namespace

Result<nlohmann::json> parseJson(std::string_view text, std::string_view what) {
  Guard guard;
  if (!nlohmann::json::sax_parse(text, &guard)) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} cannot be used: {}.", what, guard.problem())};
  }
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace lectern
