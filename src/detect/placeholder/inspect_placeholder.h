// Files that stand for content that is not here: Git LFS pointers, empty files, unfinished
// downloads. They are never clean: what a loader gets later was not seen. One thread at a time.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

void inspect_git_lfs_pointer(Inspection& inspection);
void inspect_empty(Inspection& inspection);
/// By name and neighbours (".part", "x.aria2" beside "x"), and texts under the name of a binary
/// model file (a server's error page, a cut pointer); runs on artefacts of any format. Nothing is
/// stated about any other artefact. Cost: one attempt to open a neighbour.
void inspect_partial_download(Inspection& inspection);

}  // namespace saiph::detect
