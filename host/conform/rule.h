// One rule of the conformance list: what it asks of a plugin, and the function that looks whether it holds.
#pragma once

#include "conform/progress.h"
#include "conform/subject.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch::conform {

// The rule doesn't hold: what is wrong and what to do.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// It can't be looked at here: why.
class Skipped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Rule {
  std::string name;
  std::string meaning;  // a sentence without its end
  // In a process of its own, which ends with it: it may load the plugin, and be left by a crash. What it gives is a note for people, such
  // as what was measured; "": the meaning says it all. Throws Broken or Skipped. Null: looked at before all others, by the program itself.
  std::string (*holds)(const Subject& subject, Progress& progress);
};

// In the order in which they are told. `file` and `load` come first.
const std::vector<Rule>& rules();

}  // namespace pulsewatch::conform
