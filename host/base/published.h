// An immutable value that one side replaces and others read. Readers hold the lock for the copy of a pointer only, so none waits for a
// writer's work. (std::atomic<std::shared_ptr> of g++ 12 does the same inside, but ThreadSanitizer can't see through it.) Any thread.
#pragma once

#include "base/mutex.h"

#include <memory>
#include <utility>

namespace pulsewatch {

template <class T>
class Published {
 public:
  [[nodiscard]] std::shared_ptr<const T> get() const {
    const MutexLock lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const T> value) {
    const MutexLock lock(mutex_);
    value_.swap(value);  // the old value is freed by the caller's copy, after the lock
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
