// All connections of one loop, by state, each with the deadline of its state. The loop's thread alone, but for what says otherwise.
#pragma once

#include "base/clock.h"
#include "config/host_config.h"
#include "serve/connection.h"
#include "serve/connection_room.h"
#include "serve/http_metrics.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace pulsewatch {

class ConnectionTable {
 public:
  using State = Connection::State;

  ConnectionTable(const HttpLimits& limits, ConnectionRoom& room, HttpMetrics::Shard& counts) : room_(room), counts_(counts) {
    setLimits(limits);
  }
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;
  ~ConnectionTable() { closeAll(); }  // nobody has a request of its connections any more

  void setLimits(const HttpLimits& limits);
  [[nodiscard]] const HttpLimits& limits() const { return limits_; }
  // The time that connections come to a state at, from now on: Clock::running(), so that nobody's is over because the process stood still.
  void setNow(SteadyTime now) { now_ = now; }
  [[nodiscard]] SteadyTime now() const { return now_; }

  // It awaits its first request; its time begins.
  Connection& add(std::unique_ptr<Connection> connection);
  void enter(Connection& connection, State state);
  // For `why`, unless something else ended it before: its descriptor is closed, and it is in nobody's list; the object stays until
  // clearOver(), and as long as some thread has its request.
  void close(Connection& connection, ConnectionEnd why) noexcept;
  // A thread that had the request of a closed connection has it no more.
  void letGo(Connection& connection) noexcept { over_.append(connection); }
  void clearOver() noexcept;
  void closeAll() noexcept;

  // The connection that has been without a request for longest is closed. False where there is none.
  bool evictIdle() noexcept;
  // One whose time is over; null: none. It must leave its state.
  [[nodiscard]] Connection* expired() const;
  [[nodiscard]] SteadyTime nextDeadline() const;  // SteadyTime::max(): none

  // Any thread.
  [[nodiscard]] unsigned open() const { return open_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool hasIdle() const { return has_idle_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kStates = static_cast<std::size_t>(State::over);
  static constexpr std::size_t kTimedStates = static_cast<std::size_t>(State::carried);  // those before it

  ConnectionList& list(State state) { return lists_.at(static_cast<std::size_t>(state)); }
  void leaveList(Connection& connection) noexcept;

  HttpLimits limits_;
  ConnectionRoom& room_;
  HttpMetrics::Shard& counts_;
  SteadyTime now_;
  std::array<Milliseconds, kTimedStates> times_{};  // that a connection may be in a state
  std::array<ConnectionList, kStates> lists_;
  ConnectionList over_;
  std::atomic<unsigned> open_{0};
  std::atomic<bool> has_idle_{false};
};

}  // namespace pulsewatch
