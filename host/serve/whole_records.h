// Writes records to the end of a regular file so that no part of one stays there: what a full disk tore is taken back. One thread.
#pragma once

#include "serve/log_sink.h"

#include <string_view>

namespace pulsewatch {

class WholeRecords {
 public:
  // Blocks as long as the disk does. Takes whole records only.
  LogTaken write(int fd, std::string_view records) noexcept;

  // The file ends with part of a line: what comes begins a new one.
  void endTorn() { torn_ = true; }

 private:
  bool torn_ = false;
};

}  // namespace pulsewatch
