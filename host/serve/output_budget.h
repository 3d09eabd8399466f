// How much memory answers may hold that their clients haven't taken yet: one budget for all connections, in which a body that several of
// them wait for counts once; and as much again for what is each one's own. Any thread.
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
  // A body, which may be null, and so many bytes of the connection's own: false when there is no room for both. What was taken is given
  // back once.
  bool take(const Body& body, std::size_t own = 0) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (own_ + own > most_) return false;
    if (body != nullptr) {
      std::size_t& readers = readers_[body.get()];
      if (readers == 0 && held_ + body->size() > most_) {
        readers_.erase(body.get());
        return false;
      }
      if (readers++ == 0) held_ += body->size();
    }
    own_ += own;
    return true;
  }
  void give(const Body& body, std::size_t own = 0) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    own_ -= own;
    if (body == nullptr) return;
    const auto entry = readers_.find(body.get());
    if (--entry->second > 0) return;
    held_ -= body->size();
    readers_.erase(entry);
  }

 private:
  const std::size_t most_;  // bytes
  mutable Mutex mutex_;
  std::map<const std::string*, std::size_t> readers_ GUARDED_BY(mutex_);
  std::size_t held_ GUARDED_BY(mutex_) = 0;  // by bodies
  std::size_t own_ GUARDED_BY(mutex_) = 0;
};

}  // namespace pulsewatch
