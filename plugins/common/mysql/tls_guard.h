// Ends a TLS handshake that takes too long: libmariadb's handshake blocks even in its non-blocking interface. At the deadline the
// connection is shut down, which wakes whoever blocks in it. A thread lives as long as the object; it works on a descriptor of its own
// for the same connection, so it can't hit a reused number.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace pulsewatch::mysql {

class TlsGuard {
 public:
  // Throws std::system_error when there is no descriptor or thread left.
  TlsGuard(int fd, std::chrono::milliseconds time);
  TlsGuard(const TlsGuard&) = delete;
  TlsGuard& operator=(const TlsGuard&) = delete;
  ~TlsGuard();

  [[nodiscard]] bool fired() const;  // it has shut the connection down

 private:
  void watch(std::chrono::steady_clock::time_point at);

  const int fd_;
  mutable std::mutex mutex_;  // the two below
  bool done_ = false;
  bool fired_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace pulsewatch::mysql
