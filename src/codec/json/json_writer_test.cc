#include "codec/json/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "codec/json/json.h"

namespace saiph::codec {
namespace {

TEST(JsonWriter, EveryKindOnOneLineAndIndented) {
  for (const unsigned indent : {0U, 2U}) {
    std::string out;
    JsonWriter json(out, indent);
    json.begin_object();
    json.member("text", "a\"b\n\x1b");
    json.member("yes", true);
    json.member("count", std::uint64_t{18446744073709551615U});
    json.member("less", -5);
    json.member("half", 0.5);
    json.member("whole", 3.0);
    json.member("nan", std::nan(""));
    json.object("empty");
    json.end_object();
    json.array("list");
    json.number(1);
    json.begin_array();
    json.end_array();
    json.null();
    json.end_array();
    EXPECT_FALSE(json.complete());
    json.end_object();
    EXPECT_TRUE(json.complete());
    if (indent == 0) {
      EXPECT_EQ(out,
                "{\"text\":\"a\\\"b\\n\\u001b\",\"yes\":true,\"count\":18446744073709551615,"
                "\"less\":-5,\"half\":0.5,\"whole\":3,\"nan\":null,\"empty\":{},"
                "\"list\":[1,[],null]}");
    } else {
      EXPECT_NE(out.find("\n  \"list\": [\n    1,\n    [],\n    null\n  ]\n}"), std::string::npos);
    }
    Budget budget(Limits::strict());
    const auto document = load_json(ViewSource(as_bytes(out)), budget);
    ASSERT_TRUE(document.has_value()) << document.error().describe();
    EXPECT_EQ(document->root.find("text")->string(), "a\"b\n\x1b");
  }
}

TEST(JsonWriter, TheBufferMayBeEmptiedBetweenCalls) {
  std::string buffer;
  std::string whole;
  JsonWriter json(buffer);
  json.begin_array();
  for (int i = 0; i < 3; ++i) {
    json.number(i);
    whole += buffer;
    buffer.clear();
  }
  json.end_array();
  EXPECT_EQ(whole + buffer, "[0,1,2]");
}

}  // namespace
}  // namespace saiph::codec
