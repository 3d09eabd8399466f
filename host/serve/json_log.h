// The log: one JSON object a line, on a descriptor. Every line parses, whatever bytes went into it.
//
// Writing is formatting and an append to a bounded buffer; a thread of its own hands the buffer to the descriptor when that can take it. A
// sink that is full or gone costs lines, which are counted and told of once it works again, and nothing else.
#pragma once

#include "base/heartbeat.h"
#include "base/log.h"
#include "base/mutex.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

namespace pulsewatch {

// One line, with its end. Pure.
std::string jsonLine(const LogRecord& record, WallTime time);

class JsonLog final : public Log {
 public:
  static constexpr std::size_t kMostBuffered = std::size_t{4} << 20U;  // bytes

  // `fd` stays the caller's and must outlive it.
  JsonLog(int fd, LogLevel level, const Clock& clock) : fd_(fd), level_(level), clock_(clock) {}
  JsonLog(const JsonLog&) = delete;
  JsonLog& operator=(const JsonLog&) = delete;
  ~JsonLog() override { stop(std::chrono::steady_clock::now()); }

  void start();
  // Writes out what is buffered, until `until` at the latest.
  void stop(SteadyTime until) noexcept EXCLUDES(mutex_);

  [[nodiscard]] bool enabled(LogLevel level) const noexcept override { return level >= level_; }
  void write(const LogRecord& record) noexcept override EXCLUDES(mutex_);

  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // lines, since the start
  [[nodiscard]] const Heartbeat& heartbeat() const { return heartbeat_; }                           // ticks while the sink is full, too

 private:
  void loop();
  bool takeLines() EXCLUDES(mutex_);
  void writeOut();
  void giveUpPending();
  [[nodiscard]] bool takeBack(std::size_t bytes) const;

  const int fd_;
  const LogLevel level_;
  const Clock& clock_;
  Heartbeat heartbeat_;
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;

  // The writer's own.
  std::string pending_;             // being written
  std::size_t written_ = 0;         // of pending_
  std::uint64_t told_dropped_ = 0;  // of dropped_
  std::uint64_t untold_ = 0;        // told_dropped_ before the note that is pending
  bool note_is_pending_ = false;    // pending_ is a note about dropped lines
  bool torn_ = false;               // a line was given up in its middle
  bool blocked_ = false;            // the descriptor takes nothing now

  Mutex mutex_;
  CondVar filled_;
  std::string buffer_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  SteadyTime stop_by_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
