// What people read of a Failure: short, the same from run to run, and never a credential. Pure; any thread.
#pragma once

#include "common/mysql/mysql_connection.h"
#include "common/mysql/mysql_target.h"

#include <string>

namespace pulsewatch::mysql {

// For /ready: "MySQL connection refused at db:3306".
std::string message(const Failure& failure, const Target& target);

// For the log: the number and the server's own words, without the password should they hold it.
std::string details(const Failure& failure, const Target& target);

}  // namespace pulsewatch::mysql
