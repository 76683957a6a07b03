#include "ledger/content_store.h"

#include "base/byte_reader.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "crypto/sha256.h"

namespace saiph::ledger {

std::string content_name(const Digest& digest) {
  const std::string text = digest.text();
  const std::string hex = text.substr(text.find(':') + 1);
  return std::string(kContentFolder) + "/" + hex.substr(0, 2) + "/" + hex;
}

Result<Digest> put_content(Folder& folder, const ByteSource& body) {
  SAIPH_TRY(const Digest digest, crypto::sha256(body));
  const std::string name = content_name(digest);
  const std::string parent = name.substr(0, name.rfind('/'));
  if (folder.exists(name)) {
    SAIPH_TRY(const ContentState state, check_content(folder, digest));
    if (state == ContentState::kWhole) {
      // Whoever put it there may have died before it was on the medium.
      SAIPH_TRY(const auto file, folder.open(name, OpenMode::kWrite));
      SAIPH_CHECK(file->sync());
      SAIPH_CHECK(folder.sync_folder(parent));
      return digest;
    }
  }
  SAIPH_CHECK(folder.make_folder(parent));
  {
    SAIPH_TRY(const auto file, folder.open(name + ".new", OpenMode::kCreate));
    SourceReader reader(body);
    while (!reader.at_end()) {
      if (!reader.refill(1)) return reader.failure("the body");
      const ByteView part = reader.buffered();
      SAIPH_CHECK(file->write_at(reader.offset(), part));
      reader.consume_buffered(part.size());
    }
    SAIPH_CHECK(file->sync());
  }
  SAIPH_CHECK(folder.rename(name + ".new", name));
  SAIPH_CHECK(folder.sync_folder(parent));
  return digest;
}

Result<ContentState> check_content(Folder& folder, const Digest& digest) {
  auto file = folder.open(content_name(digest), OpenMode::kRead);
  if (!file) {
    if (file.error().code() == ErrorCode::kNotFound) return ContentState::kMissing;
    return file.error();
  }
  SAIPH_TRY(const Digest found, crypto::sha256(**file));
  return found == digest ? ContentState::kWhole : ContentState::kChanged;
}

Result<std::vector<ContentReference>> content_of(const Statement& statement) {
  if (!statement.predicate_type.starts_with(kPredicateTypePrefix)) {
    return std::vector<ContentReference>();
  }
  Budget budget{Limits::strict()};
  SAIPH_TRY(const auto document,
            codec::load_json(ViewSource(as_bytes(statement.predicate)), budget));
  std::vector<ContentReference> found;
  const codec::JsonValue* const content = document.root.find("content");
  if (content == nullptr) return found;
  for (const codec::JsonValue& item : content->items()) {
    const codec::JsonValue* const digests = item.find("digest");
    const codec::JsonValue* const sha256 = digests == nullptr ? nullptr : digests->find("sha256");
    if (sha256 == nullptr) continue;
    const auto digest = Digest::parse(sha256->string());
    if (!digest) continue;
    const codec::JsonValue* const name = item.find("name");
    const codec::JsonValue* const type = item.find("mediaType");
    found.push_back({name == nullptr ? "" : std::string(name->string()),
                     type == nullptr ? "" : std::string(type->string()), *digest});
  }
  return found;
}

}  // namespace saiph::ledger
