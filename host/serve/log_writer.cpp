#include "serve/log_writer.h"

#include "base/thread_name.h"
#include "serve/log_lines.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.log";

LogRecord dropNote(std::uint64_t dropped, int error) {
  const std::string cause = error != 0 ? std::generic_category().message(error) : std::string();
  LogRecord record{LogLevel::warning, kLogger, "log_dropped", {}, {{"dropped", static_cast<std::int64_t>(dropped)}}};
  record.message = std::to_string(dropped) + " log lines were dropped: the log could not be written" +
                   (error != 0 ? ": " + cause : " as fast as it was filled");
  if (error != 0) record.fields.emplace_back("error", cause);
  return record;
}

}  // namespace

void LogWriter::start() {
  heartbeat_.tick(clock_.running());
  thread_ = std::thread([this] { loop(); });
}

void LogWriter::stop(SteadyTime until) noexcept {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    stop_by_ = until;
    filled_.notifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void LogWriter::write(const LogRecord& record) noexcept {
  if (!enabled(record.level)) return;
  try {
    for (;;) {
      const LogFormat format = format_;
      const std::string text = format(record, clock_.wall());
      const MutexLock lock(mutex_);
      if (format != format_) continue;  // the sink may be another one, too
      if (buffer_.size() + text.size() > kMostBuffered) break;
      buffer_ += text;
      filled_.notifyOne();
      return;
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory: the line is dropped, and counted below
  }
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

void LogWriter::loop() noexcept {
  nameThread("pw-log");
  for (bool stopping = false;;) {
    heartbeat_.tick(clock_.running());
    try {
      goRound(stopping);
    } catch (...) {  // no memory: later, perhaps
      pause();
    }
    const MutexLock lock(mutex_);
    const bool empty = stopping && pending_.empty() && buffer_.empty();
    if (stopping_ && (empty || std::chrono::steady_clock::now() >= stop_by_)) return;
    stopping = stopping_;
  }
}

void LogWriter::goRound(bool stopping) {
  if (pending_.empty()) fillPending(stopping);
  if (!pending_.empty()) writeOut(stopping);
}

void LogWriter::setOutput(std::shared_ptr<LogSink> sink, LogFormat format) {
  const MutexLock lock(mutex_);
  format_ = format;
  if (sink == nullptr) return;
  next_sinks_.push_back({buffer_.size(), std::move(sink)});
  filled_.notifyAll();
}

// The old sink has all that was for it: the next one's turn.
void LogWriter::changeSink() {
  std::shared_ptr<LogSink> old;
  const MutexLock lock(mutex_);
  if (next_sinks_.empty() || next_sinks_.front().begin > 0) return;
  old = std::exchange(sink_, std::move(next_sinks_.front().sink));
  next_sinks_.pop_front();
}

// Waits a while when there is nothing to write.
void LogWriter::fillPending(bool stopping) {
  changeSink();
  pending_ = notes(stopping);
  notes_end_ = pending_.size();
  const MutexLock lock(mutex_);
  if (pending_.empty() && buffer_.empty() && next_sinks_.empty() && !stopping_)
    filled_.waitUntil(mutex_, std::chrono::steady_clock::now() + LogSink::kLongestWait);
  if (!next_sinks_.empty()) {
    const std::size_t before = next_sinks_.front().begin;
    pending_ += buffer_.substr(0, before);
    buffer_.erase(0, before);
    for (NextSink& next : next_sinks_) next.begin -= before;
  } else if (pending_.empty()) {
    pending_.swap(buffer_);
  } else {
    pending_ += buffer_;
    buffer_.clear();
  }
}

// What the log tells of itself.
std::string LogWriter::notes(bool stopping) {
  std::string text;
  untold_ = told_dropped_;
  const std::uint64_t dropped = dropped_.load(std::memory_order_relaxed);
  const bool works = stopping ? !failing_since_ : std::chrono::steady_clock::now() >= tell_after_;
  if (dropped != told_dropped_ && works) {
    text = format_.load()(dropNote(dropped - told_dropped_, drop_error_), clock_.wall());
    told_dropped_ = dropped;
  }
  if (std::string notice = sink_->notice(); !notice.empty())
    text += format_.load()({LogLevel::warning, kLogger, "log_trouble", std::move(notice), {}}, clock_.wall());
  return text;
}

void LogWriter::writeOut(bool stopping) {
  const LogTaken taken = sink_->take(std::string_view(pending_).substr(written_), written_ == 0);
  written_ += taken.bytes;
  if (notes_end_ > 0 && written_ >= notes_end_) {
    notes_end_ = 0;
    drop_error_ = 0;
  }
  if (taken.bytes > 0) failing_since_.reset();
  if (written_ == pending_.size()) {
    pending_.clear();
    written_ = 0;
  } else if (taken.error != 0) {
    const SteadyTime now = std::chrono::steady_clock::now();
    tell_after_ = now + kPatience;
    if (!failing_since_) failing_since_ = now;
    if (stopping || now - *failing_since_ >= kPatience) {
      drop_error_ = taken.error;
      giveUpPending();
    }
    pause();
  }
}

// The sink is gone or full: what was being written is lost. A note about lost lines is none itself, and is due again.
void LogWriter::giveUpPending() {
  if (notes_end_ > 0) told_dropped_ = untold_;
  const std::size_t from = std::max(written_, notes_end_);
  dropped_.fetch_add(countRecords(std::string_view(pending_).substr(from)), std::memory_order_relaxed);
  pending_.clear();
  written_ = notes_end_ = 0;
}

void LogWriter::pause() {
  const SteadyTime until = std::chrono::steady_clock::now() + LogSink::kLongestWait;
  const MutexLock lock(mutex_);
  while (!stopping_ && std::chrono::steady_clock::now() < until) filled_.waitUntil(mutex_, until);
}

}  // namespace pulsewatch
