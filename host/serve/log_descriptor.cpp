#include "serve/log_descriptor.h"

#include "serve/log_lines.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

mode_t kindOf(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_mode & static_cast<mode_t>(S_IFMT) : 0;
}

// A pipe or terminal is shared with others, so O_NONBLOCK is not ours to set on it; opened once more it is. Who may not (the pipe is
// another user's) goes on with what there is, which may block when others fill it between poll() and write().
int openAgain(int fd) {
  const mode_t kind = kindOf(fd);
  const bool is_for_writing = (::fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
  if ((kind != S_IFIFO && kind != S_IFCHR) || !is_for_writing) return -1;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

// A pipe that polls writable takes PIPE_BUF bytes.
ssize_t writeSome(int fd, std::string_view text) {
  const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return ::write(fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
}

}  // namespace

LogDescriptor::LogDescriptor(int fd) : fd_(fd), is_file_(kindOf(fd) == S_IFREG), own_(openAgain(fd)) {}

LogTaken LogDescriptor::take(std::string_view text, bool anew) noexcept {
  if (is_file_) return records_.write(fd_, text);
  const int fd = own_.valid() ? own_.get() : fd_;
  pollfd ready{fd, POLLOUT, 0};
  const int count = ::poll(&ready, 1, static_cast<int>(kLongestWait.count()));
  if (count < 0) return {0, errno == EINTR ? 0 : errno};
  if (count == 0) return {};
  const bool ends_torn = anew && inside_;
  const ssize_t wrote = writeSome(fd, ends_torn ? "\n" : text);
  if (wrote < 0) return {0, errno == EAGAIN || errno == EINTR ? 0 : errno};
  if (wrote > 0 && ends_torn) inside_ = false;
  if (ends_torn) return {};
  const auto bytes = static_cast<std::size_t>(wrote);
  if (bytes > 0) inside_ = wholeRecords(text, bytes) != bytes;
  return {bytes, 0};
}

bool showsColours(int fd) {
  if (::isatty(fd) == 0) return false;
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): as above
  return terminal == nullptr || std::string_view(terminal) != "dumb";
}

}  // namespace pulsewatch
