// Who started this process and wants to know how it is: systemd, or whoever else speaks its notification protocol (sd_notify(3)), which is
// a datagram of lines to the socket that NOTIFY_SOCKET names. Without one nobody is told anything.
//
// What can't be sent is not said; nothing fails because of it. Any thread, but for what says otherwise.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/mutex.h"

#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

namespace pulsewatch {

// As the environment has it.
struct ServiceManagerAddress {
  std::string socket;       // a path, or @ and an abstract name; "": nobody listens
  Nanoseconds watchdog{0};  // so long without a sign of life, and it ends the process; 0: it doesn't look
  pid_t watched = 0;        // the process it looks after; 0: any
};

// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment: no child speaks for this process. While there are no other
// threads.
ServiceManagerAddress takeServiceManagerAddress();

class ServiceManager {
 public:
  explicit ServiceManager(const ServiceManagerAddress& address);

  [[nodiscard]] bool listens() const { return socket_.valid(); }
  // How often feedWatchdog() is due: four times in the time that it has. 0: never.
  [[nodiscard]] Nanoseconds watchdogPeriod() const { return period_; }

  // Each of them waits, for kPatience at most, while the manager is busy.
  void ready() EXCLUDES(mutex_);                       // started, or reloaded
  void reloading() EXCLUDES(mutex_);                   // until ready()
  void stopping(Nanoseconds within) EXCLUDES(mutex_);  // and that this takes so long; the last of its kind

  // These wait for nothing, and are for one thread at a time. A text that was told is not told again.
  void status(const std::string& text);
  void feedWatchdog() const;

 private:
  static constexpr std::chrono::seconds kPatience{2};

  bool send(const std::string& lines, int flags) const;

  const FileDescriptor socket_;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  Nanoseconds period_{0};
  std::string told_;  // the status

  Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace pulsewatch
