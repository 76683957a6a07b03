// What `saiph ledger` prints: entries, lists, verifications; as text and as JSON.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/ledger.h"
#include "ledger/verify.h"

namespace saiph::app {

/// "1 entry", "1,234 entries".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);
/// "7", "3-9" and "last" as indices into a log of `size` entries, each once, in the order asked
/// for. Errors: kInvalidArgument, also for what is not there.
Result<std::vector<std::uint64_t>> parse_indices(const std::vector<std::string>& texts,
                                                 std::uint64_t size);
/// One line (or JSON object) an entry of [begin, end).
Status show_list(const ledger::Ledger& ledger, std::uint64_t begin, std::uint64_t end, bool json,
                 std::ostream& out);
/// One entry with everything that it says.
Status show_entry(const ledger::Ledger& ledger, std::uint64_t index, bool json, std::ostream& out);
void show_verification(const ledger::VerifyReport& report, const std::string& path, bool json,
                       std::ostream& out);

}  // namespace saiph::app
