// Files and bytes that tests of detectors share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"
#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {

/// A committed fixture, by its path under tests/fixtures/benign; absent is a failure, never a skip.
inline RecordingInspection load_fixture(const std::string& path) {
  auto file = FileSource::open(std::string(SAIPH_SOURCE_DIR "/tests/fixtures/benign/") + path);
  EXPECT_TRUE(file) << path;
  return {file ? *file : std::shared_ptr<const ByteSource>(std::make_shared<MemorySource>(Bytes())),
          path};
}

/// The artefact's own bytes, for tests that change them.
inline Bytes bytes_of(const RecordingInspection& inspection) {
  const auto bytes = read_all(inspection.source(), 1U << 20);
  return bytes ? *bytes : Bytes();
}

/// `size` bytes that look like nothing, the same in every run; `state` moves on.
inline Bytes noise_of(std::size_t size, std::uint32_t& state) {
  Bytes noise(size);
  for (auto& byte : noise) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(state >> 24U);
  }
  return noise;
}

}  // namespace saiph::detect
