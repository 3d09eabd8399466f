// What --check-config prints, for people: the table of checks, each check's keys and settings with where they came from, and what else is
// to be known. Secrets are ***. Pure; any thread.
#pragma once

#include "setup.h"

#include <string>

namespace pulsewatch {

std::string checkListing(const Setup& setup);

}  // namespace pulsewatch
