// A service manager's ear: the socket that NOTIFY_SOCKET names (sd_notify(3)), bound by the test, with all that was said to it. What it
// hears is taken at once, on a thread of its own. Any thread may ask. Throws std::system_error when it can't be made.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::testing {

struct Notice {
  std::string text;  // a datagram
  std::chrono::steady_clock::time_point came;

  [[nodiscard]] bool has(const std::string& line) const;
  [[nodiscard]] std::string value(const std::string& name) const;  // of a line NAME=VALUE; "" when there is none
};

class NotifySocket {
 public:
  explicit NotifySocket(const std::string& address);  // a path, or @ and an abstract name
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket();

  [[nodiscard]] std::vector<Notice> notices() const;  // in the order in which they came
  [[nodiscard]] std::string all() const;              // the same, for people
  [[nodiscard]] std::string status() const;           // the last one told

  // How many of the notices from `first` on have this line.
  [[nodiscard]] std::size_t count(const std::string& line, std::size_t first = 0) const;
  // Whether, from `first` on, one comes to be there for which it holds.
  bool waitForNotice(const std::function<bool(const Notice&)>& wanted, std::size_t first = 0) const;
  bool waitForLine(const std::string& line, std::size_t first = 0) const;
  bool waitForStatus(const std::string& text) const;  // that is the last one told

 private:
  void listen();

  int fd_ = -1;
  mutable std::mutex mutex_;
  std::vector<Notice> notices_;  // guarded by mutex_
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace pulsewatch::testing
