// Many connections to one server at once, held by one thread of their own: those who send their request a byte at a time, who leave a
// connection idle, who don't read their answer.
//
// The constructor returns when all are connected; the destructor closes what is open. Any thread. Throws std::system_error when there are
// too few descriptors.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::testing {

struct Manner {
  std::string first;                     // sent at once
  std::string drip = {};                 // then a byte of it each time that long has passed, again and again
  std::chrono::milliseconds pace{1000};  //
  bool reads = true;                     // false: takes nothing, into a receive buffer as small as can be
  std::string source = "127.0.0.1";      // its own address
};

class Crowd {
 public:
  using Clock = std::chrono::steady_clock;

  Crowd(std::uint16_t port, std::size_t count, Manner manner);
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd();

  [[nodiscard]] std::size_t open() const { return open_; }          // that the server has not closed
  [[nodiscard]] std::size_t answered() const { return answered_; }  // to which something was sent

  struct Report {
    std::map<int, std::size_t> statuses;                                   // by the first line of what came; 0: nothing came
    std::chrono::milliseconds shortest{std::chrono::milliseconds::max()};  // from before connect to the end, of those that have ended
    std::chrono::milliseconds longest{0};
    std::size_t with_retry_after = 0;
    std::vector<std::size_t> ended;  // by their places in the order of connecting
  };
  [[nodiscard]] Report report() const;

 private:
  struct Member {
    int fd = -1;
    std::size_t dripped = 0;
    Clock::time_point begin, end;
    std::string head;  // the beginning of what came
  };

  void connect(Member& member) const;
  void run();
  void drip(Member& member);
  void take(Member& member, std::uint32_t events);

  const std::uint16_t port_;
  const Manner manner_;
  const int epoll_;
  mutable std::mutex mutex_;
  std::vector<Member> members_;  // guarded by mutex_
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> answered_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

// This process' soft limit of descriptors raised to its hard one; the limit.
std::size_t raiseDescriptorLimit();

}  // namespace pulsewatch::testing
