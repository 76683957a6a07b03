// Bodies that do not stay in memory: where they go while they arrive.
#pragma once

#include <memory>
#include <optional>

#include "base/file.h"
#include "crypto/sha256.h"
#include "domain/scan_service.h"
#include "net/server.h"

namespace saiph::server {

/// Into an upload of the scan service, hashed on the way (for idempotency keys).
class UploadSink final : public net::BodySink {
 public:
  explicit UploadSink(std::unique_ptr<ScanUpload> upload) : upload_(std::move(upload)) {}
  Status write(ByteView bytes) override {
    hash_.update(bytes);
    return upload_->write(bytes);
  }
  std::unique_ptr<ScanUpload> take() { return std::move(upload_); }
  Digest digest() { return hash_.finish(); }

 private:
  std::unique_ptr<ScanUpload> upload_;
  crypto::Sha256 hash_;
};

/// Into memory, then a temporary file.
class SpoolSink final : public net::BodySink {
 public:
  Status write(ByteView bytes) override {
    hash_.update(bytes);
    return spool_.append(bytes);
  }
  Result<std::shared_ptr<const ByteSource>> finish() { return spool_.finish(); }
  Digest digest() { return hash_.finish(); }

 private:
  /// Small: several may come at once.
  static constexpr std::size_t kInMemory = 256U << 10;
  Spool spool_{kInMemory};
  crypto::Sha256 hash_;
};

}  // namespace saiph::server
