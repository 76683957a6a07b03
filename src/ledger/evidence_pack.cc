#include "ledger/evidence_pack.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>

#include "crypto/sha256.h"
#include "ledger/content_store.h"
#include "ledger/evidence_pack_texts.h"
#include "ledger/export.h"
#include "ledger/format/entry_proof.h"
#include "ledger/format/envelope.h"
#include "ledger/format/statement.h"

namespace saiph::ledger {

namespace {

std::string hex_of(const Digest& digest) {
  const std::string text = digest.text();
  return text.substr(text.find(':') + 1);
}

void replace_all(std::string& text, std::string_view mark, std::string_view by) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    text.replace(at, mark.size(), by);
    at += by.size();
  }
}

/// Writes the files and remembers their digests.
class PackWriter {
 public:
  explicit PackWriter(Folder& target) : target_(target) {}

  Status add(const std::string& name, ByteView bytes) {
    SAIPH_TRY(const Digest digest, crypto::sha256(bytes));
    sums_ += fmt::format("{}  {}\n", hex_of(digest), name);
    return write_file(target_, name, bytes, Durability::kLazy);
  }
  void add_copied(const std::string& name, const Digest& digest) {
    sums_ += fmt::format("{}  {}\n", hex_of(digest), name);
  }
  Status finish() {
    return write_file(target_, "SHA256SUMS", as_bytes(sums_), Durability::kSynced);
  }

 private:
  Folder& target_;
  std::string sums_;
};

std::string readme(const Ledger& ledger, const Head& head, const Settings& settings,
                   const std::vector<std::uint64_t>& entries) {
  std::string text(kPackReadme);
  const bool ed25519 =
      settings.keys.back().key().algorithm() == crypto::SignatureAlgorithm::kEd25519;
  const std::size_t last = settings.keys.size() - 1;
  replace_all(text, "@origin@", ledger.origin());
  replace_all(text, "@count@", std::to_string(entries.size()));
  replace_all(text, "@size@", std::to_string(head.size));
  replace_all(text, "@first@", std::to_string(entries.back()));
  replace_all(text, "@by_hand@",
              settings.keys.size() == 1
                  ? ""
                  : "The log has had several keys; if the last one says no, try the others.");
  replace_all(text, "@openssl@",
              ed25519 ? fmt::format("openssl pkeyutl -verify -pubin -inkey keys/{}.pem -rawin -in "
                                    "signed.bin -sigfile signature.bin",
                                    last)
                      : fmt::format("openssl dgst -sha256 -verify keys/{}.pem -signature "
                                    "signature.bin signed.bin",
                                    last));
  return text;
}

}  // namespace

Result<std::uint64_t> write_evidence_pack(const Ledger& ledger, Folder& source,
                                          const Settings& settings,
                                          const std::vector<std::uint64_t>& entries,
                                          Folder& target) {
  if (entries.empty() || entries.size() > kMaxPackEntries) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("a pack holds 1 to {} entries, not {}; `saiph ledger export` copies "
                             "the whole log",
                             kMaxPackEntries, entries.size()));
  }
  SAIPH_TRY(const auto present, target.list(""));
  if (!present.empty()) {
    return Error(ErrorCode::kDenied, "the folder is not empty: " + target.path(""));
  }
  for (const char* folder : {"entries", "proofs", "keys"}) {
    SAIPH_CHECK(target.make_folder(folder));
  }
  PackWriter pack(target);
  const auto head = ledger.head();
  std::set<Digest> bodies;
  for (const std::uint64_t index : entries) {
    SAIPH_TRY(const Bytes entry, ledger.entry(index));
    SAIPH_TRY(Inclusion inclusion, ledger.inclusion(index));
    EntryProof proof;
    proof.extra = entry;
    proof.index = index;
    proof.path = std::move(inclusion.path);
    proof.checkpoint = inclusion.head->checkpoint;
    SAIPH_TRY(const std::string text, encode_entry_proof(proof));
    SAIPH_CHECK(pack.add(fmt::format("entries/{}.json", index), entry));
    SAIPH_CHECK(pack.add(fmt::format("proofs/{}.tlog-proof", index), as_bytes(text)));
    const auto envelope = decode_envelope(entry);
    if (!envelope) continue;
    const auto statement = decode_statement(envelope->payload);
    if (!statement) continue;
    const auto content = content_of(*statement);
    if (!content) continue;
    for (const ContentReference& reference : *content) {
      if (!bodies.insert(reference.digest).second) continue;
      const std::string name = content_name(reference.digest);
      auto file = source.open(name, OpenMode::kRead);
      if (!file) return file.error().wrap(fmt::format("the body of entry {}", index));
      SAIPH_CHECK(copy_file(source, target, name, (*file)->size()));
      SAIPH_TRY(const ContentState copied, check_content(target, reference.digest));
      if (copied != ContentState::kWhole) {
        SAIPH_CHECK(target.remove(name));
        return Error(ErrorCode::kMalformed,
                     fmt::format("the body of entry {} is not the one that it names: {}", index,
                                 source.path(name)));
      }
      pack.add_copied(name, reference.digest);
    }
  }
  SAIPH_CHECK(pack.add("checkpoint", as_bytes(head->checkpoint)));
  for (std::size_t i = 0; i < settings.keys.size(); ++i) {
    SAIPH_CHECK(pack.add(fmt::format("keys/{}.pem", i), as_bytes(settings.keys[i].key().pem())));
  }
  SAIPH_CHECK(pack.add("check.py", as_bytes(kPackScript)));
  const std::string text = readme(ledger, *head, settings, entries);
  SAIPH_CHECK(pack.add("README.md", as_bytes(text)));
  SAIPH_CHECK(pack.finish());
  return bodies.size();
}

}  // namespace saiph::ledger
