// The given keys of a family, FAMILY.NAME.KEY, by name: check.database.interval, group.queue.checks. Pure but for the mistakes it adds; one
// thread.
#pragma once
#include "config/mistakes.h"
#include "config/properties.h"

#include <map>
#include <string>

namespace pulsewatch {

// What follows the name, e.g. "interval". The properties must outlive it.
using KeysOfOne = std::map<std::string, const Property*>;
using NamedKeys = std::map<std::string, KeysOfOne>;

// A key that has no name or nothing behind it is a mistake.
NamedKeys namedKeys(const Properties& properties, const std::string& family, Mistakes& mistakes);

}  // namespace pulsewatch
