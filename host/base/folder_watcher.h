// Notices that something in some folders may have changed and has them looked at: soon after the last change, and every so often in any
// case. inotify only wakes it (it overflows, it sees nothing on network file systems, and of a folder that comes back it knows nothing):
// what has changed is for the look to find out.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

class FolderWatcher {
 public:
  static constexpr Milliseconds kQuiet{100};         // so long after the last change it is looked
  static constexpr Milliseconds kMostQuiet{300};     // but not later than this after the first
  static constexpr std::chrono::seconds kPeriod{5};  // and so often in any case

  // On the watcher's thread. True when something is still being written: it looks again soon.
  using Look = std::function<bool()>;

  // What `look` uses must outlive stop(). Without inotify (none left) it looks once a second.
  FolderWatcher(std::vector<std::string> folders, Look look);
  FolderWatcher(const FolderWatcher&) = delete;
  FolderWatcher& operator=(const FolderWatcher&) = delete;
  ~FolderWatcher() { stop(); }

  void start();
  void stop();  // waits for a look that is going on

 private:
  void loop();
  void watchAll() const;
  bool waitForChange(SteadyTime until) const;
  void letSettle() const;

  const std::vector<std::string> folders_;
  const Look look_;
  const FileDescriptor inotify_;
  const FileDescriptor stop_event_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace pulsewatch
