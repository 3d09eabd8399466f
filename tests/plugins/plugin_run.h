// The shipped plugins in a fake host, and what every test asks of a run.
#pragma once

#include <pulsewatch/testing.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace pulsewatch::testing {

// From the build's plugin directory, opened once.
const pw_plugin* migrationsPlugin();
const pw_plugin* mysqlPlugin();
const pw_plugin* redisPlugin();

// The run was over within its deadline and a second.
void assertInTime(const Outcome& outcome, std::chrono::milliseconds deadline);

// The real host would have taken all of it as it was said.
void assertNoFaults(const Outcome& outcome);

// Each asserts the status, the exact message, and that no password is in message or error.
void assertHealthy(const Outcome& outcome);
void assertUnhealthy(const std::string& message, const Outcome& outcome);

// Creating the check failed with exactly this sentence.
void assertNotCreated(const std::string& sentence, const pw_plugin* plugin, const std::string& url);

// Descriptors this process has open.
std::size_t openDescriptors();

// Asserts that 50 calls leave no descriptor behind; the first few aren't counted, what is made once is made there.
void assertNoDescriptorLeak(const std::function<void()>& call);

}  // namespace pulsewatch::testing
