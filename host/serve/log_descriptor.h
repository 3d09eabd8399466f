// The log on a descriptor: standard output, be it a terminal, a pipe, a socket or a file.
//
// Never blocks but for a file's disk. Of a stream that is gone in the middle of a line, that line is ended before the next one.
#pragma once

#include "base/file_descriptor.h"
#include "serve/log_sink.h"
#include "serve/whole_records.h"

namespace pulsewatch {

class LogDescriptor final : public LogSink {
 public:
  // `fd` stays the caller's and must outlive it.
  explicit LogDescriptor(int fd);

  LogTaken take(std::string_view text, bool anew) noexcept override;

 private:
  const int fd_;
  const bool is_file_;
  const FileDescriptor own_;  // fd_'s, opened again, so that not blocking is ours to choose; may be invalid
  WholeRecords records_;      // of a file
  bool inside_ = false;       // what was last written is the front of a record
};

// Whether colours are welcome: it is a terminal, not a dumb one (TERM), and NO_COLOR (https://no-color.org) is not set.
bool showsColours(int fd);

}  // namespace pulsewatch
