#include "reloader.h"

#include "base/thread_name.h"

#include <exception>
#include <utility>

namespace pulsewatch {

Reloader::~Reloader() {
  close();
  if (thread_.joinable()) thread_.join();
}

void Reloader::start() {
  thread_ = std::thread([this] { loop(); });
}

void Reloader::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notifyAll();
}

bool Reloader::stop(SteadyTime until) {
  close();
  {
    const MutexLock lock(mutex_);
    while (!idle_ && std::chrono::steady_clock::now() < until) changed_.waitUntil(mutex_, until);
    if (!idle_) return false;
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void Reloader::ask() {
  const MutexLock lock(mutex_);
  ++asked_;
  changed_.notifyAll();
}

std::vector<std::string> Reloader::askAndWait() {
  const MutexLock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  changed_.notifyAll();
  while (answered_ < mine && !closed_) changed_.wait(mutex_);
  return answered_ < mine ? std::vector<std::string>{"pulsewatchd is stopping: the configuration is not read again"} : outcome_;
}

void Reloader::loop() {
  nameThread("pw-reload");
  for (;;) {
    std::uint64_t asked = 0;
    {
      const MutexLock lock(mutex_);
      idle_ = true;
      changed_.notifyAll();
      while (!closed_ && asked_ == answered_) changed_.wait(mutex_);
      if (closed_) return;
      idle_ = false;
      asked = asked_;
    }
    std::vector<std::string> outcome;
    try {
      outcome = reload_();
    } catch (const std::exception& e) {
      outcome = {std::string("internal error: ") + e.what()};
    }
    const MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
    answered_ = asked;
  }
}

}  // namespace pulsewatch
