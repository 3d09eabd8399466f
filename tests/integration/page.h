// A page of documentation as its reader has it. Any thread.
#pragma once

#include <string>

namespace pulsewatch::testing {

// The first block of a language whose text has `part` in it, of a page of this repository ("README.md"). Fails the test when there is none.
std::string pageBlock(const std::string& page, const std::string& language, const std::string& part);

// Does what the page tells to do, in a directory; fails the test, with what was said, unless the shell ends with this code.
void followCommands(const std::string& commands, const std::string& directory, int code = 0);

}  // namespace pulsewatch::testing
