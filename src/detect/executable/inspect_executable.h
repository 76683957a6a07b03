// Native code and scripts among artefacts: where it stands and what it is called decide how grave
// that is. One thread at a time; cost: the headers.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// ELF, PE, Mach-O, portable executables (llamafile). Bytes behind the image become a member.
void inspect_executable(Inspection& inspection);
/// A file that starts with "#!".
void inspect_script(Inspection& inspection);

}  // namespace saiph::detect
