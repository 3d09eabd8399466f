#include "worker/worker_loop.h"

#include "base/thread_name.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>

namespace pulsewatch {

namespace {

int opened(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

epoll_event event(int fd, bool out) {
  epoll_event event{};
  event.events = EPOLLIN | (out ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  event.data.fd = fd;
  return event;
}

}  // namespace

WorkerLoop::WorkerLoop(const Clock& clock)
    : clock_(clock),
      epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "no epoll descriptor for the workers")),
      wake_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "no event descriptor for the workers")) {
  epoll_event wake = event(wake_.get(), false);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &wake) != 0) opened(-1, "no event descriptor for the workers");
  heartbeat_.tick(clock_.running());
  thread_ = std::thread([this] { loop(); });
}

WorkerLoop::~WorkerLoop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
}

void WorkerLoop::add(WorkerLoopClient& client) {
  {
    const MutexLock lock(mutex_);
    clients_[&client] = SteadyTime::min();
  }
  wake();
}

void WorkerLoop::remove(WorkerLoopClient& client) {
  const MutexLock lock(mutex_);
  clients_.erase(&client);
  while (called_ == &client) left_.wait(mutex_);
  for (auto entry = watched_.begin(); entry != watched_.end();) {
    if (entry->second != &client) {
      ++entry;
      continue;
    }
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, entry->first, nullptr);
    entry = watched_.erase(entry);
  }
}

void WorkerLoop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));  // full means that it is awake
}

void WorkerLoop::watch(WorkerLoopClient& client, int fd) {
  const MutexLock lock(mutex_);
  watched_[fd] = &client;
  epoll_event wanted = event(fd, false);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &wanted) != 0) opened(-1, "a worker cannot be watched");
}

void WorkerLoop::unwatch(int fd) {
  const MutexLock lock(mutex_);
  watched_.erase(fd);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void WorkerLoop::watchOut(int fd, bool wanted) {
  epoll_event changed = event(fd, wanted);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &changed);  // fails when it is gone already
}

void WorkerLoop::loop() {
  nameThread("pw-workers");
  for (;;) {
    heartbeat_.tick(clock_.running());
    attendAll();
    Nanoseconds wait = kPeriod;
    const SteadyTime now = clock_.steady();
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
      for (const auto& [client, at] : clients_) wait = std::min(wait, at <= now ? Nanoseconds(0) : Nanoseconds(at - now));
    }
    std::array<epoll_event, 64> events{};
    const auto wait_ms = std::chrono::ceil<Milliseconds>(wait).count();
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), static_cast<int>(wait_ms));
    const SteadyTime awake_by = now + Milliseconds(wait_ms);
    if (const SteadyTime awake = clock_.steady(); awake - awake_by >= kStall) tellStall(awake - awake_by);
    for (int i = 0; i < count; ++i) dispatch(events[static_cast<std::size_t>(i)].data.fd, events[static_cast<std::size_t>(i)].events);
  }
}

void WorkerLoop::attendAll() {
  mutex_.lock();
  const SteadyTime now = clock_.steady();
  const bool all = woken_;
  woken_ = false;
  std::map<WorkerLoopClient*, SteadyTime> due = clients_;
  std::erase_if(due, [&](const auto& entry) { return !all && entry.second > now; });
  for (const auto& [client, at] : due) {
    if (clients_.count(client) == 0) continue;
    called_ = client;
    mutex_.unlock();
    const SteadyTime next = client->attend(now);
    mutex_.lock();
    called_ = nullptr;
    left_.notifyAll();
    const auto entry = clients_.find(client);
    if (entry != clients_.end()) entry->second = std::min(next, now + kPeriod);
  }
  mutex_.unlock();
}

void WorkerLoop::tellStall(Nanoseconds length) {
  mutex_.lock();
  const std::map<WorkerLoopClient*, SteadyTime> all = clients_;
  for (const auto& [client, at] : all) {
    if (clients_.count(client) == 0) continue;
    called_ = client;
    mutex_.unlock();
    client->stalled(length);
    mutex_.lock();
    called_ = nullptr;
    left_.notifyAll();
  }
  mutex_.unlock();
}

void WorkerLoop::dispatch(int fd, std::uint32_t events) {
  if (fd == wake_.get()) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof(count));
    const MutexLock lock(mutex_);
    woken_ = true;
    return;
  }
  mutex_.lock();
  const auto found = watched_.find(fd);
  WorkerLoopClient* const client = found == watched_.end() ? nullptr : found->second;
  called_ = client;
  mutex_.unlock();
  if (client == nullptr) return;
  client->ready(fd, (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0, (events & EPOLLOUT) != 0);
  mutex_.lock();
  called_ = nullptr;
  left_.notifyAll();
  mutex_.unlock();
}

}  // namespace pulsewatch
