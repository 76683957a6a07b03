// HDF5: statements about links, storage and filters; attributes become members.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// For FormatId::kHdf5. Cost: linear in the file's metadata. Keras configurations (attributes that
/// hold a JSON object) leave as members with the role "as:json", attributes and opaque datasets
/// that start like a pickle as members too. One thread at a time per inspection.
void inspect_hdf5(Inspection& inspection);

}  // namespace saiph::detect
