// Detector of Jupyter notebooks.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// Cells (shell lines, magics, Python), stored outputs and metadata of a notebook. The Python of
/// all cells is analysed as one program, because names live on from cell to cell. Linear time;
/// memory: at most 8 MiB of source.
void inspect_notebook(Inspection& inspection);

}  // namespace saiph::detect
