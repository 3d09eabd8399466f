// A log record for people: time, level, logger, message and the fields that the message doesn't say already, on one line. A field of
// several lines (a stack trace) follows below it, each line of it indented: what begins with a space belongs to the line above. What a
// plugin or a client sent can neither begin a line of its own nor reach the terminal: control characters are shown as \xNN. Pure.
#pragma once

#include "base/clock.h"
#include "base/log.h"

#include <string>

namespace pulsewatch {

// With its end.
std::string textLine(const LogRecord& record, WallTime time);

// The same in a terminal's colours.
std::string colouredTextLine(const LogRecord& record, WallTime time);

}  // namespace pulsewatch
