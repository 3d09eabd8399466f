#include "integration/page.h"

#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {

std::string pageBlock(const std::string& page, const std::string& language, const std::string& part) {
  const std::string text = readFile(PULSEWATCH_SOURCE "/" + page);
  const std::string fence = "```" + language + "\n";
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
    const std::size_t begin = at + fence.size();
    std::string found = text.substr(begin, text.find("```", begin) - begin);
    if (found.find(part) != std::string::npos) return found;
  }
  CPPUNIT_FAIL(page + " has no block of " + language + " with " + part);
  return {};
}

void followCommands(const std::string& commands, const std::string& directory, int code) {
  ChildProcess shell({"/bin/sh", "-ec", commands}, plainEnvironment(), {.working_directory = directory});
  const auto ended = shell.waitForExit(std::chrono::minutes(5));
  CPPUNIT_ASSERT_MESSAGE("no end of: " + commands, ended.has_value());
  CPPUNIT_ASSERT_EQUAL_MESSAGE(commands + shell.output() + shell.errors(), code, *ended);
}

}  // namespace pulsewatch::testing
