#include "detect/json/inspect_json.h"

#include "base/escape.h"
#include "codec/json/json.h"
#include "codec/json/utf.h"
#include "detect/rules/json.h"

namespace saiph::detect {

namespace {

class Duplicates final : public codec::JsonHandler {
 public:
  explicit Duplicates(Inspection& inspection) : inspection_(inspection) {}
  bool on_duplicate_key(std::string_view key, std::uint64_t offset) override {
    inspection_.finding(rules::kJsonDuplicateKey,
                        {.offset = offset,
                         .part = shorten(key, 120),
                         .detail = "the key stands in this object before"});
    return true;
  }

 private:
  Inspection& inspection_;
};

}  // namespace

void inspect_json(Inspection& inspection) {
  auto utf8 = codec::json_in_utf8(inspection.source(), inspection.limits().string_bytes);
  if (!utf8) {
    inspection.incomplete(utf8.error());
    return;
  }
  const ByteSource* source = &inspection.source();
  if (*utf8 != nullptr) {
    inspection.finding(rules::kJsonNotUtf8,
                       {.offset = 0, .detail = "the document is in UTF-16 or UTF-32"});
    source = utf8->get();
  }
  SourceReader reader(*source);
  Duplicates handler(inspection);
  const auto parsed = codec::parse_json(reader, handler, inspection.budget(), {.allow_nan = true});
  if (!parsed) inspection.incomplete(parsed.error());
}

}  // namespace saiph::detect
