// Waiting for a condition instead of sleeping: waitFor() asks it every few milliseconds until it holds or the time is over. Any thread.
#pragma once

#include <chrono>
#include <functional>

namespace pulsewatch::testing {

// Whether the condition came to hold; asked at least twice, the last time at the deadline.
bool waitFor(const std::function<bool()>& condition, std::chrono::milliseconds timeout);

}  // namespace pulsewatch::testing
