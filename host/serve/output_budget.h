// How much memory answers may hold that their clients haven't taken yet: one budget for all connections, in which a body that several of
// them wait for counts once. Any thread.
#pragma once

#include "base/mutex.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace pulsewatch {

class OutputBudget {
 public:
  using Body = std::shared_ptr<const std::string>;

  explicit OutputBudget(std::size_t most) : most_(most) {}

  [[nodiscard]] bool hasRoom(const Body& body) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return held_ + body->size() <= most_ || readers_.count(body.get()) > 0;
  }
  // False when there is no room for it. One that was taken is given back once. Null takes no room.
  bool take(const Body& body) EXCLUDES(mutex_) {
    if (body == nullptr) return true;
    const MutexLock lock(mutex_);
    std::size_t& readers = readers_[body.get()];
    if (readers == 0 && held_ + body->size() > most_) {
      readers_.erase(body.get());
      return false;
    }
    if (readers++ == 0) held_ += body->size();
    return true;
  }
  void give(const Body& body) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto entry = readers_.find(body.get());
    if (--entry->second > 0) return;
    held_ -= body->size();
    readers_.erase(entry);
  }

 private:
  const std::size_t most_;  // bytes
  mutable Mutex mutex_;
  std::map<const std::string*, std::size_t> readers_ GUARDED_BY(mutex_);
  std::size_t held_ GUARDED_BY(mutex_) = 0;
};

}  // namespace pulsewatch
