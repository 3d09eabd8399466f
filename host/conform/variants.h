// Other settings than those that were given, for what a plugin shows only with them. Pure; any thread.
#pragma once

#include "conform/subject.h"

#include <cstdint>
#include <string>
#include <vector>

namespace pulsewatch::conform {

struct Variant {
  std::string what;  // for a sentence: `with path = "/"`
  Settings settings;
};

// One setting at a time at each edge of what its type allows, and what isn't required left out: the host takes all of them.
std::vector<Variant> edges(const Subject& subject);

// The settings with the host and port of every URL that has some replaced: whom to connect to decides the tester.
Settings redirected(const Subject& subject, std::uint16_t port);

// The settings with a made-up secret in every place for one; empty when there is none.
Settings withPlantedSecrets(const Subject& subject);

}  // namespace pulsewatch::conform
