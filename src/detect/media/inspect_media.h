// Media files: harmless, unless something loadable follows their own end. One thread at a time.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

void inspect_media(Inspection& inspection);

}  // namespace saiph::detect
