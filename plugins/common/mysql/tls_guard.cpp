#include "common/mysql/tls_guard.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::mysql {
namespace {

int duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw std::system_error(errno, std::generic_category(), "dup");
  return copy;
}

}  // namespace

TlsGuard::TlsGuard(int fd, std::chrono::milliseconds time) : fd_(duplicate(fd)) {
  try {
    thread_ = std::thread(&TlsGuard::watch, this, std::chrono::steady_clock::now() + time);
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

TlsGuard::~TlsGuard() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  thread_.join();
  ::close(fd_);
}

bool TlsGuard::fired() const {
  const std::lock_guard lock(mutex_);
  return fired_;
}

void TlsGuard::watch(std::chrono::steady_clock::time_point at) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_until(lock, at, [this] { return done_; })) return;
  fired_ = true;
  ::shutdown(fd_, SHUT_RDWR);
}

}  // namespace pulsewatch::mysql
