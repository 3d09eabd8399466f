// The real MariaDB and Redis of a suite: each started when it is first asked for, one of each a test program, gone with it. One thread.
#pragma once

#include "support/mariadb_server.h"
#include "support/pulsewatch_process.h"
#include "support/redis_server.h"

#include <string>

namespace pulsewatch::testing {

MariaDbServer& mariaDb();
RedisServer& redis();  // anyone may use it without a password; the user below has one

extern const std::string redis_user;
extern const std::string redis_password;

// A daemon with the shipped plugins on both servers, each check every 250 ms with 1 s of time; `further` goes into the main file.
PulsewatchOptions serviceOptions(const std::string& further = {});

}  // namespace pulsewatch::testing
