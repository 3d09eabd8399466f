#include "support/skip.h"

#include <iostream>

namespace pulsewatch::testing {

void skipped(const std::string& what, const std::string& reason) { std::cerr << "\nskipped: " << what << ": " << reason << std::endl; }

}  // namespace pulsewatch::testing
