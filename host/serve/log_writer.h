// The log: records become text here and go to a sink.
//
// Writing is formatting and an append to a bounded buffer; a thread of its own hands the buffer to the sink when that can take it. A sink
// that is full or gone costs lines and nothing else: they are counted, and told of once it works again. One that fails is tried again all
// the time; what it does not take within kPatience is dropped.
#pragma once

#include "base/heartbeat.h"
#include "base/log.h"
#include "base/mutex.h"
#include "serve/log_sink.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace pulsewatch {

// A record as text with its end; a line in it that begins with a space belongs to the one above.
using LogFormat = std::string (*)(const LogRecord&, WallTime);

class LogWriter final : public Log {
 public:
  static constexpr std::size_t kMostBuffered = std::size_t{4} << 20U;  // bytes
  static constexpr Milliseconds kPatience{1000};

  // A sink that is lent must outlive it.
  LogWriter(LogSink& sink, LogFormat format, LogLevel level, const Clock& clock)
      : LogWriter(std::shared_ptr<LogSink>(&sink, [](LogSink*) {}), format, level, clock) {}
  LogWriter(std::shared_ptr<LogSink> sink, LogFormat format, LogLevel level, const Clock& clock)
      : format_(format), level_(level), clock_(clock), sink_(std::move(sink)) {}
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;
  ~LogWriter() override { stop(std::chrono::steady_clock::now()); }

  void start();
  // Writes out what is buffered, until `until` at the latest.
  void stop(SteadyTime until) noexcept EXCLUDES(mutex_);

  // For the lines that come from now on. Any thread.
  void setLevel(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  // The same; no sink: as before. What was written until now goes to the sink before, which is freed then.
  void setOutput(std::shared_ptr<LogSink> sink, LogFormat format) EXCLUDES(mutex_);

  [[nodiscard]] bool enabled(LogLevel level) const noexcept override { return level >= level_.load(std::memory_order_relaxed); }
  void write(const LogRecord& record) noexcept override EXCLUDES(mutex_);

  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // records, since the start
  [[nodiscard]] const Heartbeat& heartbeat() const { return heartbeat_; }                           // ticks while the sink is full, too

 private:
  struct NextSink {
    std::size_t begin = 0;  // where in buffer_ its lines begin
    std::shared_ptr<LogSink> sink;
  };

  void loop() noexcept;
  void goRound(bool stopping) EXCLUDES(mutex_);
  void changeSink() EXCLUDES(mutex_);
  void fillPending(bool stopping) EXCLUDES(mutex_);
  [[nodiscard]] std::string notes(bool stopping);
  void writeOut(bool stopping) EXCLUDES(mutex_);
  void giveUpPending();
  void pause() EXCLUDES(mutex_);

  std::atomic<LogFormat> format_;
  std::atomic<LogLevel> level_;
  const Clock& clock_;
  Heartbeat heartbeat_;
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;

  // The writer's own.
  std::shared_ptr<LogSink> sink_;
  std::string pending_;             // being written
  std::size_t written_ = 0;         // of pending_
  std::size_t notes_end_ = 0;       // up to here pending_ are notes of our own
  std::uint64_t told_dropped_ = 0;  // of dropped_
  std::uint64_t untold_ = 0;        // told_dropped_ before the note that is pending
  int drop_error_ = 0;              // why the sink didn't take what was dropped, as far as it said so
  std::optional<SteadyTime> failing_since_;
  SteadyTime tell_after_;  // after a failure it has to work for a while: a full disk still has room for a short line

  Mutex mutex_;
  CondVar filled_;
  std::string buffer_ GUARDED_BY(mutex_);
  std::deque<NextSink> next_sinks_ GUARDED_BY(mutex_);  // for what comes, in order
  bool stopping_ GUARDED_BY(mutex_) = false;
  SteadyTime stop_by_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
