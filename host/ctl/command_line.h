// pulsewatchctl's command line, taken apart and checked: what is asked for is one of the commands, with what it takes. One thread.
#pragma once

#include "base/clock.h"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch {

// What is wrong with the command line.
class Usage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct CommandLine {
  std::string command;
  std::vector<std::string> operands;
  std::map<std::string, std::string> options;  // by their long names

  [[nodiscard]] bool has(const std::string& option) const { return options.count(option) > 0; }
  [[nodiscard]] const std::string& operand() const { return operands.front(); }
};

// Throws Usage. With --help or --version nothing else is checked.
CommandLine readCommandLine(int argc, char** argv);

// An option's value, above zero. Throws Usage.
Milliseconds durationOf(const CommandLine& line, const std::string& option);

const char* helpText();

}  // namespace pulsewatch
