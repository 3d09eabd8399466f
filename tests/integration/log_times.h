// When log lines were written. Plain functions; any thread.
#pragma once

#include "support/json_lines.h"

#include <string>

namespace pulsewatch::testing {

// Of the day; a test doesn't run over midnight but for once in a thousand times, when a gap is negative.
inline double secondsOf(const JsonLine& line) {
  const std::string at = line.text("timestamp");  // 2024-01-31T12:34:56.123456Z
  return std::stod(at.substr(11, 2)) * 3600 + std::stod(at.substr(14, 2)) * 60 + std::stod(at.substr(17, 9));
}

}  // namespace pulsewatch::testing
