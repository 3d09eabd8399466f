// What belongs to a process as a whole and to the thread that asks: how signals are taken, the umask, the working directory, the locale,
// the environment and the like. A plugin shares them with everything else. Plain values.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::conform {

class ProcessState {
 public:
  static ProcessState now();

  // What `later` has otherwise, in words; "" when all is the same.
  [[nodiscard]] std::string changedIn(const ProcessState& later) const;

 private:
  std::vector<std::pair<std::string, std::string>> parts_;  // what, and how it is
};

}  // namespace pulsewatch::conform
