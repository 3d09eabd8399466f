// Work that is done once for all who ask for it while it is being done: they wait for it, and have its result, or its exception. Whoever
// asks after its end begins it anew. Any thread.
#pragma once

#include "base/mutex.h"

#include <exception>
#include <functional>
#include <future>
#include <utility>

namespace pulsewatch {

template <class T>
class SharedWork {
 public:
  T get(const std::function<T()>& work) EXCLUDES(mutex_) {
    std::promise<T> mine;
    const std::shared_future<T> other = join(mine);
    if (other.valid()) return other.get();
    try {
      T result = work();
      end();
      mine.set_value(result);
      return result;
    } catch (...) {
      end();
      mine.set_exception(std::current_exception());
      throw;
    }
  }

 private:
  // That of whoever does it already; none: it is to be done now, for `mine`.
  std::shared_future<T> join(std::promise<T>& mine) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (current_.valid()) return current_;
    current_ = mine.get_future().share();
    return {};
  }
  void end() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    current_ = {};
  }

  Mutex mutex_;
  std::shared_future<T> current_ GUARDED_BY(mutex_);  // none: nobody does it
};

}  // namespace pulsewatch
