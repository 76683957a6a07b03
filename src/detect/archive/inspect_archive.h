// Inspectors of containers. Each hands every member on to the engine and states what the container
// itself hides; none of them stops at a bad member. One thread at a time; cost as the codec rooms
// say, plus one pass over stored members for their checksums when the inspection is a full one.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// ZIP in all its views, PyTorch's archives included.
void inspect_zip(Inspection& inspection);
void inspect_tar(Inspection& inspection);
void inspect_gzip(Inspection& inspection);
void inspect_zlib(Inspection& inspection);
void inspect_bzip2(Inspection& inspection);
void inspect_xz(Inspection& inspection);
void inspect_lzma(Inspection& inspection);
void inspect_zstd(Inspection& inspection);
void inspect_lz4(Inspection& inspection);
/// 7z and RAR: stated as opaque, never as examined.
void inspect_opaque(Inspection& inspection);

}  // namespace saiph::detect
