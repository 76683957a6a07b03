// Bodies, parameters, cookies and paths as anybody can send them: no crash, and what is taken has
// the form that was asked for.
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "server/cookies.h"
#include "server/input.h"
#include "server/operations.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  using namespace saiph::server;
  const std::string_view text = as_text(ByteView(data, size));

  BodyReader body(text);
  const auto name = body.text("name", {1, 8}, Presence::kOptional);
  require(!name || (!name->empty() && *count_characters(*name) <= 8));
  const auto list = body.has("list") ? body.texts("list", {1, 8}, 1, 4) : std::nullopt;
  require(!list || (!list->empty() && list->size() <= 4));
  const auto numbers = body.has("numbers") ? body.integers("numbers", 9, 1, 4) : std::nullopt;
  require(!numbers || numbers->front() <= 9);
  const auto time = body.time("time", Presence::kOptional);
  require(!time || *time >= 0);
  const auto count = body.integer("count", -3, 3, Presence::kOptional);
  require(!count || (*count >= -3 && *count <= 3));
  if (!body.finish()) {
    const net::Response response = problem_response(std::move(body).problem(), "0");
    BodyReader again(std::get<std::string>(response.body));
    require(again.has("type"));
  }

  BodyReader odd(text, BodyReader::HalfPairs::kKept);
  const auto any = odd.any_text("name");
  require(!any || any->size() <= text.size());
  require(!name || any == *name);
  constexpr std::array<std::string_view, 2> kWords{"a", "bc"};
  const auto word = odd.word("count", kWords, Presence::kOptional);
  require(!word || *word < kWords.size());
  static_cast<void>(odd.finish());

  net::RequestHead head;
  const std::size_t middle = text.find('=');
  head.query.emplace_back(text.substr(0, middle), middle == std::string_view::npos
                                                      ? std::string_view()
                                                      : text.substr(middle + 1));
  QueryReader query(head);
  const auto limit = query.integer("limit", 1, 200);
  require(!limit || (*limit >= 1 && *limit <= 200));
  query.text("name", {1, 8});
  static_cast<void>(query.finish());

  net::Headers headers;
  headers.add("Cookie", std::string(text));
  if (const auto cookie = find_cookie(headers, "saiph")) {
    require(cookie->find(';') == std::string_view::npos);
  }
  const Route found = route(net::Method::kGet, text);
  require(found.operation == nullptr || text.ends_with(found.parameter) ||
          !found.parameter.empty());
  return 0;
}
