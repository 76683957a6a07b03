#include "crypto/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace saiph::crypto {
namespace {

// The least that is allowed: the test is about the file, not about time.
constexpr ScryptCost kCheap{.log2_n = 10, .r = 8, .p = 1};

class KeyFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/saiph-key-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return folder_ + "/" + name; }
  std::string folder_;
};

std::string text_of(const SecretBytes& bytes) {
  return std::string(as_text(bytes.view()));
}

TEST_F(KeyFile, SavedAndLoaded) {
  for (const auto algorithm :
       {SignatureAlgorithm::kEd25519, SignatureAlgorithm::kEcdsaP256Sha256}) {
    for (const std::string_view passphrase : {"", "correct horse"}) {
      const std::string name = path("key") + std::string(signature_algorithm_name(algorithm)) +
                               std::string(passphrase.substr(0, 3));
      const auto signer = SoftwareSigner::generate(algorithm).value();
      ASSERT_TRUE(save_key_file(name, *signer, as_bytes(passphrase), kCheap));
      struct stat status{};
      ASSERT_EQ(::stat(name.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 07777U, 0600U);
      EXPECT_EQ(key_file_at_is_sealed(name).value(), !passphrase.empty());
      const auto loaded = load_key_file(name, as_bytes(passphrase));
      ASSERT_TRUE(loaded) << loaded.error().describe();
      EXPECT_EQ((*loaded)->public_key(), signer->public_key());
      // Never again under the same name.
      EXPECT_EQ(save_key_file(name, *signer, {}, kCheap).error().code(), ErrorCode::kDenied);
      const auto opened = open_signer(name, as_bytes(passphrase));
      ASSERT_TRUE(opened);
      EXPECT_TRUE(
          signer->public_key().verify(as_bytes("m"), (*opened)->sign(as_bytes("m")).value()));
    }
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 4U);  // no temporary file stays
}

TEST_F(KeyFile, FilesOthersMayTouchAreRefused) {
  const auto signer = SoftwareSigner::generate(SignatureAlgorithm::kEd25519).value();
  ASSERT_TRUE(save_key_file(path("k"), *signer, {}));
  for (const ::mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0601U}) {
    ASSERT_EQ(::chmod(path("k").c_str(), mode), 0);
    const auto loaded = load_key_file(path("k"), {});
    ASSERT_FALSE(loaded) << mode;
    EXPECT_EQ(loaded.error().code(), ErrorCode::kDenied);
    EXPECT_NE(loaded.error().message().find("chmod 600"), std::string::npos);
  }
  ASSERT_EQ(::chmod(path("k").c_str(), 0400), 0);
  EXPECT_TRUE(load_key_file(path("k"), {}));
}

TEST_F(KeyFile, FileSystemErrorsAreNamed) {
  const auto signer = SoftwareSigner::generate(SignatureAlgorithm::kEd25519).value();
  EXPECT_EQ(load_key_file(path("absent"), {}).error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(load_key_file(folder_, {}));
  EXPECT_EQ(save_key_file(path("no/such/folder"), *signer, {}).error().code(),
            ErrorCode::kNotFound);
  // A dangling link under the name is not followed.
  ASSERT_EQ(::symlink(path("elsewhere").c_str(), path("link").c_str()), 0);
  EXPECT_EQ(save_key_file(path("link"), *signer, {}).error().code(), ErrorCode::kDenied);
  EXPECT_FALSE(std::filesystem::exists(path("elsewhere")));
  const auto hardware = open_signer("pkcs11:token=t;object=o", {});
  EXPECT_EQ(hardware.error().code(), ErrorCode::kUnsupported);
}

TEST_F(KeyFile, WrongPassphraseAndEveryChangedByteAreRefused) {
  const auto signer = SoftwareSigner::generate(SignatureAlgorithm::kEd25519).value();
  const std::string sealed = text_of(encode_key_file(*signer, as_bytes("pass"), kCheap).value());
  EXPECT_TRUE(decode_key_file(sealed, as_bytes("pass")));
  EXPECT_EQ(decode_key_file(sealed, as_bytes("Pass")).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(decode_key_file(sealed, {}).error().code(), ErrorCode::kDenied);
  const std::string plain = text_of(encode_key_file(*signer, {}).value());
  EXPECT_TRUE(decode_key_file(plain, {}));
  for (const std::string& text : {plain, sealed}) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_FALSE(decode_key_file(changed, as_bytes("pass"))) << i;
      EXPECT_FALSE(decode_key_file(text.substr(0, i), as_bytes("pass"))) << i;
    }
    EXPECT_FALSE(decode_key_file(text + "\n", as_bytes("pass")));
    EXPECT_FALSE(decode_key_file("\n" + text, as_bytes("pass")));
  }
}

TEST_F(KeyFile, CostsAreBounded) {
  const auto signer = SoftwareSigner::generate(SignatureAlgorithm::kEd25519).value();
  for (const ScryptCost cost : {ScryptCost{9, 8, 1}, ScryptCost{21, 1, 1}, ScryptCost{20, 8, 1},
                                ScryptCost{16, 0, 1}, ScryptCost{16, 8, 5}}) {
    EXPECT_EQ(encode_key_file(*signer, as_bytes("p"), cost).error().code(),
              ErrorCode::kInvalidArgument);
  }
  std::string text = text_of(encode_key_file(*signer, as_bytes("p"), kCheap).value());
  text.replace(text.find("log2n=10"), 8, "log2n=20");
  EXPECT_EQ(decode_key_file(text, as_bytes("p")).error().code(), ErrorCode::kLimit);
  text.replace(text.find("file-v1"), 7, "file-v2");
  EXPECT_EQ(decode_key_file(text, as_bytes("p")).error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace saiph::crypto
