// What --check-config prints, for people: the table of checks, each check's keys and settings with where they came from, and what else is
// to be known. Secrets are ***. Pure; any thread.
#pragma once

#include "setup.h"

#include <map>
#include <string>

namespace pulsewatch {

// `unfit` says of plugins by name why they are, as rehearse() does.
std::string checkListing(const Setup& setup, const std::map<std::string, std::string>& unfit);

}  // namespace pulsewatch
