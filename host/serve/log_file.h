// The log in a file that is rotated by its size: FILE, then FILE.1 (the newest old one), FILE.2 and so on. It holds whole lines only.
//
// Each time something is written it is looked whether the path still leads to the open file: after a rename (logrotate), a deletion, or the
// loss and return of its directory the next line goes to a new file at the path. Truncating it works, too, as everything is appended. A
// failure is what take() says, and every call tries again. Blocks as long as the disk does.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "config/host_config.h"
#include "serve/log_sink.h"
#include "serve/whole_records.h"

#include <cstdint>
#include <string>
#include <sys/stat.h>

namespace pulsewatch {

// Why the log can't be written there, as a sentence's end, "" when nothing speaks against it. Nothing is made or changed.
std::string logFileFault(const LogFileConfig& config);

class LogFile final : public LogSink {
 public:
  static constexpr Milliseconds kRotationRetry{1000};

  // A path that is a symbolic link now stands for what it leads to, so that old files lie beside the real one.
  explicit LogFile(LogFileConfig config);

  // Opens the file, for the first time, and keeps other processes that do the same out. A sentence's end as of logFileFault().
  std::string open();
  [[nodiscard]] const std::string& path() const { return config_.path; }

  LogTaken take(std::string_view text, bool anew) noexcept override;
  std::string notice() override;

 private:
  LogTaken takeSome(std::string_view text);
  int reopen(struct stat& status);
  [[nodiscard]] bool isAtPath(struct stat& status) const;
  [[nodiscard]] bool isOurs() const;
  [[nodiscard]] std::size_t fitting(std::string_view text, std::uint64_t size) const;
  void mendEnd(const struct stat& status);
  bool rotate();
  bool moveOldFiles();
  [[nodiscard]] std::string oldPath(unsigned number) const { return config_.path + "." + std::to_string(number); }

  LogFileConfig config_;
  FileDescriptor file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  WholeRecords records_;
  SteadyTime rotate_after_;      // after a failed rotation
  bool rotation_fails_ = false;  // and has been told of
  std::string notice_;
};

}  // namespace pulsewatch
