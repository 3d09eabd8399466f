#include "base/service_manager.h"

#include "base/text.h"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/time.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostStatus = 1000;  // bytes; systemd refuses messages above 4096

std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

// 0 when it is none.
std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : 0;
}

bool isAddress(const std::string& socket) {
  return socket.size() > 1 && (socket.front() == '/' || socket.front() == '@') && socket.size() < sizeof(sockaddr_un::sun_path);
}

FileDescriptor opened(const ServiceManagerAddress& address) {
  return isAddress(address.socket) ? FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) : FileDescriptor();
}

std::string microseconds(Nanoseconds time) { return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count()); }

}  // namespace

ServiceManagerAddress takeServiceManagerAddress() {
  ServiceManagerAddress address;
  address.socket = taken("NOTIFY_SOCKET");
  address.watchdog = std::chrono::microseconds(number(taken("WATCHDOG_USEC")));
  address.watched = static_cast<pid_t>(number(taken("WATCHDOG_PID")));
  return address;
}

ServiceManager::ServiceManager(const ServiceManagerAddress& address) : socket_(opened(address)) {
  if (!socket_.valid()) return;
  address_.sun_family = AF_UNIX;
  address.socket.copy(address_.sun_path, sizeof(address_.sun_path));
  if (address_.sun_path[0] == '@') address_.sun_path[0] = '\0';
  address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.socket.size());
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (address.watched == 0 || address.watched == ::getpid()) period_ = address.watchdog / 4;
}

void ServiceManager::ready() {
  const MutexLock lock(mutex_);
  if (!stopping_) send("READY=1", 0);
}

// The time lets the manager tell this reload's READY=1 from an earlier one's.
void ServiceManager::reloading() {
  const MutexLock lock(mutex_);
  if (!stopping_) send("RELOADING=1\nMONOTONIC_USEC=" + microseconds(std::chrono::steady_clock::now().time_since_epoch()), 0);
}

void ServiceManager::stopping(Nanoseconds within) {
  const MutexLock lock(mutex_);
  stopping_ = true;
  send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + microseconds(within), 0);
}

void ServiceManager::status(const std::string& text) {
  if (text != told_ && send("STATUS=" + cleanText(visibleText(text), kMostStatus), MSG_DONTWAIT)) told_ = text;
}

void ServiceManager::feedWatchdog() const { send("WATCHDOG=1", MSG_DONTWAIT); }

bool ServiceManager::send(const std::string& lines, int flags) const {
  if (!listens()) return true;
  return ::sendto(socket_.get(), lines.data(), lines.size(), flags | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address_),
                  address_size_) >= 0;
}

}  // namespace pulsewatch
