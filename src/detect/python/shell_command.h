// What a shell command line tries to do, judged by its words; nothing is run.
#pragma once

#include <cstdint>
#include <string_view>

namespace saiph::detect {

enum class ShellRisk : std::uint8_t {
  kNone,
  kDownload,        ///< fetches something
  kInstall,         ///< installs packages
  kDestroy,         ///< deletes everything or a disk
  kStartup,         ///< changes what starts by itself
  kDecodeAndRun,    ///< runs what it decodes first
  kDownloadAndRun,  ///< runs what it fetches
  kReverseShell,    ///< gives somebody else a shell
};

/// The worst of them. Looks at the first 64 KiB. Any thread, linear.
ShellRisk shell_risk(std::string_view command);

/// "runs what it downloads" and so on.
std::string_view describe(ShellRisk risk);

}  // namespace saiph::detect
