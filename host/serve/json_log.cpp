#include "serve/json_log.h"

#include "base/json_writer.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr Milliseconds kLongestWait{250};

std::string_view nameOf(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG";
    case LogLevel::info:
      return "INFO";
    case LogLevel::warning:
      return "WARNING";
    case LogLevel::error:
      return "ERROR";
    case LogLevel::critical:
      break;
  }
  return "CRITICAL";
}

void writeValue(JsonWriter& json, const LogValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    json.text(*text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    json.integer(*integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    json.rounded(*number);
  } else if (const auto* map = std::get_if<std::map<std::string, std::string>>(&value)) {
    json.beginObject();
    for (const auto& [key, entry] : *map) json.field(key, entry);
    json.endObject();
  }
}

// Writes what `fd` takes without blocking: the descriptor may be shared with others, so O_NONBLOCK is not ours to set. A pipe that polls
// writable takes PIPE_BUF bytes.
ssize_t writeSome(int fd, const char* data, std::size_t size) {
  const ssize_t sent = ::send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return ::write(fd, data, std::min<std::size_t>(size, PIPE_BUF));
}

}  // namespace

std::string jsonLine(const LogRecord& record, WallTime time) {
  JsonWriter json;
  json.beginObject();
  json.field("timestamp", timestamp(time));
  json.field("level", nameOf(record.level));
  json.field("logger", record.logger);
  json.field("message", record.message);
  json.field("event", record.event);
  for (const auto& [key, value] : record.fields) writeValue(json.key(key), value);
  json.endObject();
  return json.take() + "\n";
}

void JsonLog::start() {
  heartbeat_.tick(clock_.steady());
  thread_ = std::thread([this] { loop(); });
}

void JsonLog::stop(SteadyTime until) noexcept {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    stop_by_ = until;
    filled_.notifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void JsonLog::write(const LogRecord& record) noexcept {
  if (!enabled(record.level)) return;
  try {
    const std::string line = jsonLine(record, clock_.wall());
    const MutexLock lock(mutex_);
    if (buffer_.size() + line.size() <= kMostBuffered) {
      buffer_ += line;
      filled_.notifyOne();
      return;
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory: the line is dropped, and counted below
  }
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

void JsonLog::loop() {
  for (;;) {
    heartbeat_.tick(clock_.steady());
    const bool more = takeLines();
    if (!pending_.empty()) writeOut();
    const MutexLock lock(mutex_);
    if (stopping_ && ((!more && pending_.empty() && buffer_.empty()) || std::chrono::steady_clock::now() >= stop_by_)) return;
  }
}

// Fills pending_ when it is empty, waiting a while for lines. False when there are none.
bool JsonLog::takeLines() {
  if (!pending_.empty()) return true;
  const std::uint64_t dropped = dropped_.load(std::memory_order_relaxed);
  if (dropped != told_dropped_ && !blocked_) {
    LogRecord record{LogLevel::warning, "pulsewatch.core.log", "log_dropped", {}, {}};
    record.message =
        std::to_string(dropped - told_dropped_) + " log lines were dropped: the log could not be written as fast as it was filled";
    record.fields = {{"dropped", static_cast<std::int64_t>(dropped - told_dropped_)}};
    pending_ = jsonLine(record, clock_.wall());
    note_is_pending_ = true;
    untold_ = told_dropped_;
    told_dropped_ = dropped;
    return true;
  }
  const MutexLock lock(mutex_);
  if (buffer_.empty() && !stopping_) filled_.waitUntil(mutex_, std::chrono::steady_clock::now() + kLongestWait);
  pending_.swap(buffer_);
  return !pending_.empty();
}

void JsonLog::writeOut() {
  pollfd ready{fd_, POLLOUT, 0};
  const int count = ::poll(&ready, 1, static_cast<int>(kLongestWait.count()));
  blocked_ = count == 0;
  if (count <= 0) return;
  if (torn_ && written_ == 0 && pending_.front() != '\n') pending_ = "\n" + pending_;  // half a line stands there: the next one begins anew
  const ssize_t wrote = writeSome(fd_, pending_.data() + written_, pending_.size() - written_);
  if (wrote < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (wrote < 0) return giveUpPending();
  written_ += static_cast<std::size_t>(wrote);
  torn_ = false;
  if (written_ < pending_.size()) return;
  pending_.clear();
  written_ = 0;
  note_is_pending_ = false;
}

// The sink is gone or full: what was being written is lost. A note about lost lines is none itself, and is due again.
void JsonLog::giveUpPending() {
  const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(written_);
  auto lines = static_cast<std::uint64_t>(std::count(begin, pending_.end(), '\n'));
  if (written_ == 0 && pending_.front() == '\n') --lines;  // it ends a torn line, see writeOut()
  if (note_is_pending_) {
    told_dropped_ = untold_;
    lines = 0;
  }
  dropped_.fetch_add(lines, std::memory_order_relaxed);
  if (written_ > 0) torn_ = pending_[written_ - 1] != '\n' && !takeBack(written_ - (pending_.rfind('\n', written_ - 1) + 1));
  pending_.clear();
  written_ = 0;
  note_is_pending_ = false;
  blocked_ = true;  // until a write works, nothing is told of it
  const MutexLock lock(mutex_);
  if (!stopping_) filled_.waitUntil(mutex_, std::chrono::steady_clock::now() + kLongestWait);
}

// Cuts the last bytes off a file that ends with what we wrote: a full disk may have torn a line.
bool JsonLog::takeBack(std::size_t bytes) const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const off_t end = ::lseek(fd_, 0, SEEK_CUR);
  if (end != status.st_size || end < static_cast<off_t>(bytes)) return false;
  const off_t whole = end - static_cast<off_t>(bytes);
  return ::ftruncate(fd_, whole) == 0 && ::lseek(fd_, whole, SEEK_SET) == whole;
}

}  // namespace pulsewatch
