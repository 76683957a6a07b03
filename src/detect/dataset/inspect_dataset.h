// Detectors of data sets: delimited text, JSON Lines, Parquet.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// Structure of the table and every cell (full mode); fast mode reads the structure only.
void inspect_csv(Inspection& inspection);
/// Every string of every record; broken records are stated as incomplete.
void inspect_json_lines(Inspection& inspection);
/// Footer, extents, key-value metadata; in full mode every page and every byte-array value.
void inspect_parquet(Inspection& inspection);

}  // namespace saiph::detect
