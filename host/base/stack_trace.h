// Where an exception was thrown. The program's own __cxa_throw notes the stack of each throw for its thread and hands on to the runtime's;
// plugins' throws pass it too, the program's symbols coming before the C++ runtime's. Noting costs some microseconds; turning it into text
// is left to who writes a log line.
#pragma once

#include <span>
#include <string>

namespace pulsewatch {

// The stack of the exception this thread is handling now, a frame a line, innermost first; "" outside a catch block. May take
// milliseconds the first time it sees a stack (it reads debug information), and remembers the text.
std::string currentExceptionTrace();

// Such text of return addresses noted elsewhere.
std::string describeFrames(std::span<const void* const> frames);

}  // namespace pulsewatch
