// saiph_text_spans personal|personal-all|secrets: texts in, spans out, for measurements.
//
// In: JSON Lines of {"text": "..."}; with --files the paths of files, one a line, each a text.
// Out: a line for each text, {"spans": [{"type", "begin", "end", "confidence", "name"}]}; places
// are bytes. Exit 2 for a wrong line.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "detect/text/personal/find_personal.h"
#include "detect/text/secrets/find_secrets.h"
#include "detect/text/spans/span_list.h"

namespace {

using saiph::detect::FoundSpan;
using saiph::detect::SpanList;

std::string spans_of(std::string_view text, std::string_view what) {
  SpanList list;
  if (what == "secrets") {
    saiph::detect::find_secrets(text, {}, list);
  } else {
    saiph::detect::PersonalOptions options;
    options.places = options.dates = options.urls = what == "personal-all";
    saiph::detect::find_personal(text, options, list);
  }
  std::string out;
  saiph::codec::JsonWriter json(out);
  json.begin_object();
  json.array("spans");
  for (const FoundSpan& span : without_overlaps(std::move(list.spans), text.size())) {
    json.begin_object();
    json.member("type", span.type->id);
    json.member("begin", span.where.offset);
    json.member("end", span.where.offset + span.where.length);
    json.member("confidence", span.confidence);
    json.member("name", span.name);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const bool files = argc > 2 && std::string_view(argv[2]) == "--files";
  if (what != "personal" && what != "personal-all" && what != "secrets") {
    std::cerr << "usage: saiph_text_spans personal|personal-all|secrets [--files]\n";
    return 2;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    if (files) {
      std::ifstream in(line, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      std::cout << spans_of(text, what) << '\n';
      continue;
    }
    const saiph::ViewSource source(saiph::as_bytes(line));
    saiph::Budget budget(saiph::Limits::strict());
    const auto document = saiph::codec::load_json(source, budget);
    const auto* const text = document ? document->root.find("text") : nullptr;
    if (text == nullptr || !text->is_string()) {
      std::cerr << "saiph_text_spans: no line of JSON with a text\n";
      return 2;
    }
    std::cout << spans_of(text->string(), what) << '\n';
  }
  return 0;
}
