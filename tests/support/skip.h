// What a test can't try on this machine, said aloud: CppUnit has no word for it. `./dev test` repeats these lines at its end. Any thread.
#pragma once

#include <string>

namespace pulsewatch::testing {

// Prints "skipped: WHAT: REASON"; the test then returns.
void skipped(const std::string& what, const std::string& reason);

}  // namespace pulsewatch::testing
