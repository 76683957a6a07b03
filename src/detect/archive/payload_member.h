// A compressed member of a container, opened when its turn comes. Internal to detect/archive.
#pragma once

#include <memory>
#include <string>

#include "codec/decompress/decompress.h"
#include "codec/zip/zip.h"
#include "detect/contract/inspection.h"

namespace saiph::detect {

/// Queues bytes [offset, offset + length) of this artefact.
void submit_range(Inspection& inspection, std::string name, std::uint64_t offset,
                  std::uint64_t length, std::string role = {});

/// Queues a ZIP member. What opening it shows (broken stream, wrong size, wrong checksum when
/// `verify`, bomb) is stated on the member itself.
void submit_zip_payload(Inspection& inspection, std::string name, std::uint64_t data_offset,
                        const codec::ZipFacts& facts, std::string role, bool verify);

/// States why a decompressed stream is not whole: a bomb is a finding, everything is incomplete.
void state_stream_error(Inspection& inspection, const codec::Decompressed& result);

}  // namespace saiph::detect
