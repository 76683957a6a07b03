// Judgement of the names and links in a container.
#pragma once

#include <string_view>

namespace saiph::detect {

/// True when unpacking under this name writes outside the target folder: absolute (either slash, a
/// drive letter), or climbing above it with "..". Any thread; linear.
bool leaves_folder(std::string_view name);

/// True when a link at `name` with this target leads outside the folder that is unpacked into.
/// `relative_to_root`: the target counts from the archive's root (hard links), not from the link.
bool link_leaves_folder(std::string_view name, std::string_view target, bool relative_to_root);

/// True for names under which models are published ("x.pt", "x.bin", "x.pkl", ...).
bool is_model_name(std::string_view name);

}  // namespace saiph::detect
