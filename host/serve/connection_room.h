// How many connections there may be: of all clients together, and of one address (of IPv6 a /64, which is one client's). Any thread.
#pragma once

#include "base/mutex.h"
#include "base/network_address.h"
#include "config/host_config.h"

#include <atomic>
#include <cstdint>
#include <map>

namespace pulsewatch {

class ConnectionRoom {
 public:
  void setLimits(const HttpLimits& limits) {
    most_.store(limits.max_connections, std::memory_order_relaxed);
    most_per_address_.store(limits.max_connections_per_address, std::memory_order_relaxed);
  }

  // One more; false when there are as many as there may be. left() once for each that entered.
  bool enter() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < most_.load(std::memory_order_relaxed)) return true;
    left();
    return false;
  }
  void left() { open_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] bool countsAddresses() const { return most_per_address_.load(std::memory_order_relaxed) > 0; }
  // One more of this address; false when it has all that it may. give() once for each that was taken.
  bool take(const AddressBytes& address) EXCLUDES(mutex_);
  void give(const AddressBytes& address) EXCLUDES(mutex_);

  void refuse() { refused_.fetch_add(1, std::memory_order_relaxed); }  // one more is refused
  // Whether it may stay for as long as it takes to tell it so; then refusedGone() follows.
  bool admitRefused() {
    if (refused_open_.fetch_add(1, std::memory_order_relaxed) < kMostRefusedOpen) return true;
    refusedGone();
    return false;
  }
  void refusedGone() { refused_open_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refusedConnections() const { return refused_.load(std::memory_order_relaxed); }

 private:
  static constexpr unsigned kMostRefusedOpen = 128;

  std::atomic<unsigned> most_{0};
  std::atomic<unsigned> open_{0};
  std::atomic<unsigned> most_per_address_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<unsigned> refused_open_{0};
  mutable Mutex mutex_;
  std::map<AddressBytes, unsigned> of_address_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
