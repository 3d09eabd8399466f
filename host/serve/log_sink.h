// Where the log's text goes: standard output (log_descriptor.h) or a file (log_file.h). One thread, the log writer's; nothing throws.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace pulsewatch {

struct LogTaken {
  std::size_t bytes = 0;  // of the text's front
  int error = 0;          // an errno: why it does not take the rest; 0: nothing is wrong, at most it is full
};

class LogSink {
 public:
  static constexpr Milliseconds kLongestWait{250};

  virtual ~LogSink() = default;

  // Hands over as much of `text`, whole records, as can be without blocking; when it is full it waits a while for room. Where less than a
  // record was taken, the next call's text is the rest of it, or `anew`: the rest will not come.
  virtual LogTaken take(std::string_view text, bool anew) noexcept = 0;

  // A sentence that the log should have about its sink, each once; "" for none.
  virtual std::string notice() { return {}; }
};

}  // namespace pulsewatch
