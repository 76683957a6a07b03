// The literal search: one pass over the bytes of an artefact for what gives itself away by fixed
// strings: credentials, executables and pickles where none belong, calls home, hidden text.
#pragma once

#include <cstdint>
#include <span>

#include "detect/contract/inspection.h"

namespace saiph::detect {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Searches the artefact outside `excluded` (sorted, disjoint: tensor data). Every hit is confirmed
/// by its structure before it is stated; excerpts of credentials are masked. A plausible pickle
/// becomes a member with role "as:pickle". What cannot be read, or stays unread when the budget
/// ends, is stated as incomplete. One thread an inspection. Linear time; 256 KiB and the tables of
/// literals of memory.
void search_literals(Inspection& inspection, std::span<const ByteRange> excluded);

/// The same over bytes that were taken out of the artefact (a decompressed page). Offsets of
/// findings are those of the container's part: `part` names the place, `offset` is where the packed
/// bytes stand.
void search_literals_in(Inspection& inspection, ByteView bytes, std::string_view part,
                        std::uint64_t offset);

}  // namespace saiph::detect
