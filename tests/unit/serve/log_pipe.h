// What a log is written to, seen from its other end: a pipe, as a supervisor makes it, a socket, as systemd does, or a terminal. Nothing is
// read until it is asked for, so it fills up. One thread. Throws std::system_error when it can't be made.
#pragma once

#include "base/file_descriptor.h"
#include "support/wait.h"
#include "unit/serve/recorded_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <pty.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>
#include <vector>

namespace pulsewatch::testing {

using Lines = std::vector<Poco::JSON::Object::Ptr>;

// The lines of a log, each read as JSON: the test ends at one that doesn't parse.
inline Lines parsedLines(const std::string& text) {
  Lines lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) throw std::runtime_error("an unfinished line: " + text.substr(begin, 200));
    try {
      lines.push_back(parsedObject(text.substr(begin, end - begin)));
    } catch (const std::exception&) {
      throw std::runtime_error("not JSON: " + text.substr(begin, std::min<std::size_t>(end - begin, 1000)));
    }
    begin = end + 1;
  }
  return lines;
}

class LogPipe {
 public:
  enum class Kind { pipe, socket, terminal };

  explicit LogPipe(Kind kind = Kind::pipe) {
    std::array<int, 2> ends{};
    const int made = kind == Kind::pipe     ? ::pipe2(ends.data(), O_CLOEXEC)
                     : kind == Kind::socket ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data())
                                            : ::openpty(ends.data(), ends.data() + 1, nullptr, nullptr, nullptr);
    if (made != 0) throw std::system_error(errno, std::generic_category(), "no pipe");
    reader_ = FileDescriptor(ends[0]);
    writer_ = FileDescriptor(ends[1]);
    if (::fcntl(reader_.get(), F_SETFL, O_NONBLOCK) != 0) throw std::system_error(errno, std::generic_category(), "fcntl");
    if (kind == Kind::terminal) {
      termios raw{};
      ::tcgetattr(writer_.get(), &raw);
      ::cfmakeraw(&raw);
      ::tcsetattr(writer_.get(), TCSANOW, &raw);
    }
  }

  [[nodiscard]] int writer() const { return writer_.get(); }

  // A pipe that holds a mebibyte: what a test writes at once, and reads afterwards.
  void widen() {
    if (::fcntl(writer_.get(), F_SETPIPE_SZ, 1 << 20) < 0) throw std::system_error(errno, std::generic_category(), "F_SETPIPE_SZ");
  }

  void closeReader() { reader_ = FileDescriptor(); }

  // All that has been read so far, with what is there now.
  const std::string& text() {
    std::array<char, 65536> piece{};
    for (;;) {
      const ssize_t got = ::read(reader_.get(), piece.data(), piece.size());
      if (got <= 0) return text_;
      text_.append(piece.data(), static_cast<std::size_t>(got));
    }
  }
  [[nodiscard]] Lines lines() { return parsedLines(text()); }

  bool waitForText(const std::string& wanted) {
    return waitFor([&] { return text().find(wanted) != std::string::npos; }, std::chrono::seconds(20));
  }

 private:
  FileDescriptor reader_;
  FileDescriptor writer_;
  std::string text_;
};

inline constexpr std::chrono::seconds kPatience{20};  // for what takes milliseconds

inline SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

inline LogRecord numbered(std::int64_t number, std::size_t size = 20) {
  return {LogLevel::info, "pulsewatch.test", "numbered", std::string(size, 'x'), {{"number", number}}};
}

struct Received {
  std::int64_t lines = 0;         // of the test's own
  std::int64_t told_dropped = 0;  // as the log tells
  std::int64_t times_told = 0;
};

// Counts what came; its numbers must rise.
inline Received received(const Lines& lines) {
  Received result;
  std::int64_t last = -1;
  for (const auto& line : lines) {
    if (fieldOf(line, "event") == "log_dropped") {
      CPPUNIT_ASSERT_EQUAL(std::string("WARNING"), fieldOf(line, "level"));
      result.told_dropped += line->getValue<std::int64_t>("dropped");
      ++result.times_told;
      continue;
    }
    const auto number = line->getValue<std::int64_t>("number");
    CPPUNIT_ASSERT_MESSAGE("in the order they were written", number > last);
    last = number;
    ++result.lines;
  }
  return result;
}

}  // namespace pulsewatch::testing
