// A log record as one JSON object on one line, with the specification's fields. The line parses, whatever bytes went into it. Pure.
#pragma once

#include "base/clock.h"
#include "base/log.h"

#include <string>

namespace pulsewatch {

// With its end.
std::string jsonLine(const LogRecord& record, WallTime time);

}  // namespace pulsewatch
