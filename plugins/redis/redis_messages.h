// What people read of a Failure: short, the same from run to run, and never a credential. Pure; any thread.
#pragma once

#include "redis/redis_target.h"
#include "redis/stream.h"

#include <string>

namespace pulsewatch::redis {

// For /ready: "Redis connection refused at cache:6379".
std::string message(const Failure& failure, const Target& target);

// For the log: the server's or the system's own words, without the password should they hold it.
std::string details(const Failure& failure, const Target& target);

}  // namespace pulsewatch::redis
