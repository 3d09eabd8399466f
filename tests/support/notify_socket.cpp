#include "support/notify_socket.h"

#include "support/wait.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr int look_ms = 50;  // whether it is over

}  // namespace

bool Notice::has(const std::string& line) const { return ("\n" + text + "\n").find("\n" + line + "\n") != std::string::npos; }

std::string Notice::value(const std::string& name) const {
  const std::string lines = "\n" + text + "\n";
  const std::size_t at = lines.find("\n" + name + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return lines.substr(begin, lines.find('\n', begin) - begin);
}

NotifySocket::NotifySocket(const std::string& address) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  address.copy(static_cast<char*>(where.sun_path), sizeof(where.sun_path) - 1);
  if (address.front() == '@') where.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&where), size) != 0)
    throw std::system_error(errno, std::generic_category(), "a notification socket at " + address);
  thread_ = std::thread([this] { listen(); });
}

NotifySocket::~NotifySocket() {
  over_ = true;
  thread_.join();
  ::close(fd_);
}

void NotifySocket::listen() {
  std::array<char, 8192> buffer{};
  while (!over_) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, look_ms) <= 0) continue;
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0) continue;
    const std::lock_guard lock(mutex_);
    notices_.push_back({std::string(buffer.data(), static_cast<std::size_t>(count)), std::chrono::steady_clock::now()});
  }
}

std::vector<Notice> NotifySocket::notices() const {
  const std::lock_guard lock(mutex_);
  return notices_;
}

std::string NotifySocket::all() const {
  std::string text;
  for (const Notice& notice : notices()) text += notice.text + "\n--\n";
  return text;
}

std::string NotifySocket::status() const {
  std::string last;
  for (const Notice& notice : notices()) {
    if (notice.text.find("STATUS=") != std::string::npos) last = notice.value("STATUS");
  }
  return last;
}

std::size_t NotifySocket::count(const std::string& line, std::size_t first) const {
  const std::vector<Notice> all = notices();
  return static_cast<std::size_t>(std::count_if(all.begin() + static_cast<std::ptrdiff_t>(std::min(first, all.size())), all.end(),
                                                [&](const Notice& notice) { return notice.has(line); }));
}

bool NotifySocket::waitForNotice(const std::function<bool(const Notice&)>& wanted, std::size_t first) const {
  return waitFor(
      [&] {
        const std::vector<Notice> all = notices();
        return std::any_of(all.begin() + static_cast<std::ptrdiff_t>(std::min(first, all.size())), all.end(), wanted);
      },
      patience);
}

bool NotifySocket::waitForLine(const std::string& line, std::size_t first) const {
  return waitForNotice([&](const Notice& notice) { return notice.has(line); }, first);
}

bool NotifySocket::waitForStatus(const std::string& text) const {
  return waitFor([&] { return status() == text; }, patience);
}

}  // namespace pulsewatch::testing
