// pulsewatch-plugin-test's command line, taken apart and checked. One thread.
#pragma once

#include "base/clock.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch::conform {

// What is wrong with the command line: one line or more.
class WrongUsage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Options {
  bool help = false;
  bool list = false;
  bool version = false;
  std::string file;
  std::vector<std::string> settings;  // KEY=VALUE
  std::vector<std::string> rules;     // whose names are given; none: all
  Milliseconds timeout{2000};

  [[nodiscard]] bool wants(const std::string& rule) const;
};

// Throws WrongUsage. With --help, --list or --version nothing else is checked.
Options readOptions(int argc, char** argv);

const char* optionsHelp();

}  // namespace pulsewatch::conform
