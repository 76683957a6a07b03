// Detectors of what stands around a model: configurations, indexes, requirements, YAML.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// Any JSON file: auto_map and custom pipelines (the code they point to), chat templates (as
/// members), _target_, adapters, shard indexes, settings that trust remote code. Streams: memory
/// does not grow with the file.
void inspect_repository_json(Inspection& inspection);

/// Any YAML file: Python tags, _target_, requirements of conda environments. At most 16 MiB.
void inspect_yaml(Inspection& inspection);

/// Requirement files of pip. At most 16 MiB.
void inspect_requirements(Inspection& inspection);

/// Python files that a hub runs by their name (data set loaders, inference handlers).
void inspect_loader_script(Inspection& inspection);

/// Any artefact: files that Python runs at its start by their names (path files with code,
/// sitecustomize, usercustomize). Looks at the name first; of a path file at most 1 MiB is read.
void inspect_startup_hook(Inspection& inspection);

/// Any artefact: configurations of Triton (.pbtxt), and the code that they name. Looks at the name
/// first; streams.
void inspect_serving_config(Inspection& inspection);

}  // namespace saiph::detect
