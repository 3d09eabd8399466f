// What the suites of the whole program have in common: an environment and a configuration to start from, and readings of the answers
// that several of them make. All plain functions; one thread.
#pragma once

#include "support/pulsewatch_process.h"

#include <Poco/JSON/Object.h>

#include <chrono>
#include <string>
#include <vector>

namespace pulsewatch::testing {

// How many times longer a limit of time is in a build that is slow.
#if defined(PULSEWATCH_SANITIZED) || defined(PULSEWATCH_COVERAGE)
constexpr int slowness = 5;
#else
constexpr int slowness = 1;
#endif

#if defined(PULSEWATCH_SANITIZED)  // which replaces malloc and wants to be the first library
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// Fifty characters, as SECRET_KEY needs them.
extern const std::string secret_key;

// SECRET_KEY and DJANGO_SETTINGS_MODULE (profile `test`): what every start needs.
Environment requiredEnvironment();

// Port 0, a state directory of its own, and where plugins are: the built ones, or none but the given fixtures (`ok`, `hang`), which are
// copied into the directory of the test. `further` comes behind.
std::string shippedPluginsConfig(const std::string& further);
PulsewatchOptions fixtureOptions(const std::vector<std::string>& fixtures, const std::string& further);

// `check.NAME.plugin = ok`, with further settings as "key = value".
std::string checkConfig(const std::string& name, const std::string& plugin, const std::vector<std::string>& settings = {});

std::string textOf(const Poco::JSON::Object::Ptr& object, const std::string& field);

// Waits until /ready shows the check with this status and a message that contains `message`; throws with the last answer when it doesn't
// come to. The answer of /ready at that time.
Poco::JSON::Object::Ptr waitForCheck(PulsewatchProcess& daemon, const std::string& check, const std::string& status,
                                     const std::string& message = {});

// Waits until /ready answers with this status code; throws when it doesn't come to.
void waitForReady(PulsewatchProcess& daemon, int status_code);

// Waits until the program holds SIGTERM back on one of its threads, so that it is no longer killed by it: the earliest moment at which a
// signal can be sent without a look at the log. Throws when it doesn't come to.
void waitUntilSignalsAreHeld(PulsewatchProcess& daemon);

}  // namespace pulsewatch::testing
