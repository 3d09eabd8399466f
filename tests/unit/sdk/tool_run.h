// A compiler or another tool of the build, run to its end by a test. Throws std::system_error when there is no such tool: its package is in
// ./dev's lists.
#pragma once

#include "support/child_process.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <vector>

namespace pulsewatch::testing {

struct ToolRun {
  int code = 0;
  std::string output;
  std::string errors;
};

inline ToolRun runTool(const std::vector<std::string>& argv, const ChildOptions& options = {}) {
  ChildProcess child(argv, plainEnvironment(), options);
  const auto code = child.waitForExit(std::chrono::minutes(2));
  CPPUNIT_ASSERT_MESSAGE(argv[0] + " does not end", code.has_value());
  return {*code, child.output(), child.errors()};
}

}  // namespace pulsewatch::testing
