// A small ledger with real keys and envelopes, for tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/temporary_folder_for_test.h"
#include "crypto/sha256.h"
#include "crypto/signature.h"
#include "ledger/format/envelope.h"
#include "ledger/format/statement.h"
#include "ledger/ledger.h"
#include "ledger/settings.h"
#include "ledger/storage/folder.h"

namespace saiph::ledger {

inline constexpr const char* kOriginForTest = "ledger.example/test";

inline std::shared_ptr<crypto::SoftwareSigner> new_signer_for_test() {
  auto signer = crypto::SoftwareSigner::generate(crypto::SignatureAlgorithm::kEd25519);
  EXPECT_TRUE(signer.has_value());
  return std::move(*signer);
}

inline VerifierKey verifier_for_test(const crypto::Signer& signer) {
  auto key = VerifierKey::of_log(kOriginForTest, signer.public_key());
  EXPECT_TRUE(key.has_value());
  return *key;
}

/// A heartbeat that says `number`, signed; `predicate` replaces its predicate when given.
inline Bytes envelope_for_test(const crypto::Signer& signer, std::uint64_t number,
                               std::string predicate = "") {
  Statement statement;
  const std::string name = fmt::format("entry {}", number);
  statement.subjects.push_back(Subject::of(name, *crypto::sha256(as_bytes(name))));
  statement.predicate_type = predicate_type_uri(PredicateType::kHeartbeat);
  statement.predicate =
      predicate.empty() ? fmt::format("{{\"number\":{}}}", number) : std::move(predicate);
  const auto text = encode_statement(statement);
  EXPECT_TRUE(text.has_value());
  const auto sealed = seal_envelope(kInTotoPayloadType, as_bytes(*text), signer);
  EXPECT_TRUE(sealed.has_value());
  const ByteView bytes = as_bytes(*sealed);
  return Bytes(bytes.begin(), bytes.end());
}

inline LedgerOptions options_for_test(const crypto::Signer& signer,
                                      std::uint64_t segment_bytes = 64U << 10) {
  LedgerOptions options;
  options.origin = kOriginForTest;
  options.keys = {verifier_for_test(signer)};
  options.segment_bytes = segment_bytes;
  return options;
}

/// Makes a ledger with its settings; `key` is the place of the key that settings name.
inline void create_for_test(Folder& folder, const crypto::Signer& signer,
                            const LedgerOptions& options, const std::string& key = "") {
  ASSERT_TRUE(Ledger::create(folder, options, signer));
  ASSERT_TRUE(save_settings(folder, {options.origin, options.keys, key, ""}));
}

}  // namespace saiph::ledger
