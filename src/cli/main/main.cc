#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

int main(int argc, char** argv) {
  // A closed pipe (`saiph scan . | head`) is a failed write, not the end of the process: a report
  // that could not be written must end with a code that says so.
  (void)std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return saiph::cli::run(arguments, std::cout, std::cerr);
}
