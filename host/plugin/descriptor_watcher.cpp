#include "plugin/descriptor_watcher.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::uint64_t kWake = ~std::uint64_t{0};

std::uint64_t named(int fd, std::uint32_t generation) { return (std::uint64_t{generation} << 32U) | static_cast<std::uint32_t>(fd); }

FileDescriptor opened(int fd) {
  if (fd < 0) throw std::system_error(errno, std::generic_category());
  return FileDescriptor(fd);
}

// A thread that takes no signal, whatever the plugin has done to the mask of the thread it is begun on.
template <class Work>
std::thread quietThread(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread(std::move(work));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace

std::string DescriptorWatcher::faultOf(int fd) {
  const MutexLock lock(mutex_);
  try {
    begin();
  } catch (const std::system_error& e) {
    return e.code().message();
  }
  if (watched_.count(fd) > 0) return {};
  if (add(fd, 0) == Added::no) return std::generic_category().message(errno);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  return {};
}

void DescriptorWatcher::begin() {
  if (stopping_) throw std::system_error(ECANCELED, std::generic_category());
  if (thread_.joinable()) return;
  FileDescriptor epoll = opened(::epoll_create1(EPOLL_CLOEXEC));
  FileDescriptor wake = opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWake;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) throw std::system_error(errno, std::generic_category());
  epoll_ = std::move(epoll);
  wake_ = std::move(wake);
  thread_ = quietThread([this] { loop(); });
}

// `no` with errno. The number may still stand for another registration: of another check's, or of a file that a forked child has open.
DescriptorWatcher::Added DescriptorWatcher::add(int fd, std::uint32_t generation) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  event.data.u64 = named(fd, generation);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return Added::anew;
  return errno == EEXIST && ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0 ? Added::again : Added::no;
}

void DescriptorWatcher::watch(CheckId check, const std::vector<int>& descriptors) {
  const MutexLock lock(mutex_);
  forget(check);
  try {
    begin();
  } catch (const std::system_error&) {  // faultOf() has said so
    return;
  }
  for (const int fd : descriptors) {
    // 0 is that of a descriptor that is only tried.
    if (++generation_ == 0) ++generation_;
    const Added added = add(fd, generation_);
    if (added == Added::no) continue;
    Watched& watched = watched_[fd];
    if (added == Added::anew) watched.checks.clear();  // whose descriptor of that number is closed
    watched.generation = generation_;
    watched.checks.insert(check);
    descriptors_[check].push_back(fd);
  }
}

void DescriptorWatcher::letGo(CheckId check) {
  const MutexLock lock(mutex_);
  forget(check);
}

void DescriptorWatcher::forget(CheckId check) {
  const auto found = descriptors_.find(check);
  if (found == descriptors_.end()) return;
  for (const int fd : found->second) {
    const auto watched = watched_.find(fd);
    if (watched == watched_.end() || watched->second.checks.erase(check) == 0 || !watched->second.checks.empty()) continue;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    watched_.erase(watched);
  }
  descriptors_.erase(found);
}

void DescriptorWatcher::loop() {
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
    }
    for (int i = 0; i < count; ++i)
      for (const CheckId check : take(events[static_cast<std::size_t>(i)].data.u64)) news_(check);
  }
}

// The checks that the event is news for; they are watched no more.
std::vector<CheckId> DescriptorWatcher::take(std::uint64_t event) {
  const MutexLock lock(mutex_);
  const auto found = watched_.find(static_cast<int>(event & 0xFFFFFFFFU));
  if (event == kWake || found == watched_.end() || found->second.generation != event >> 32U) return {};
  std::vector<CheckId> checks(found->second.checks.begin(), found->second.checks.end());
  for (const CheckId check : checks) forget(check);
  return checks;
}

void DescriptorWatcher::stop() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
    thread = std::move(thread_);
  }
  thread.join();
}

}  // namespace pulsewatch
