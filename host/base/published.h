// An immutable value that one side replaces and others read. Readers hold the lock for the copy of a pointer only, so none waits for a
// writer's work. (std::atomic<std::shared_ptr> of g++ 12 does the same inside, but ThreadSanitizer can't see through it.) Any thread.
//
// Who reads so often that the lock would be felt keeps OwnCopies.
#pragma once

#include "base/mutex.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

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
    version_.fetch_add(1, std::memory_order_release);
  }
  // Another one with each set().
  [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> version_{1};
};

// One thread's own copies of a few published values. While a value is the newest, getting it costs a look at its version: no lock, and a
// pointer whose count of users is this thread's, so that no cache line is passed around. A value lives until its thread asks for the next
// one. What is published must outlive it. One thread.
class OwnCopies {
 public:
  template <class T>
  [[nodiscard]] std::shared_ptr<const T> get(const Published<T>& published) {
    Copy& copy = copyOf(&published);
    const std::uint64_t version = published.version();  // before the value: one that comes in between is got again
    if (copy.version != version) {
      auto newest = std::make_shared<const std::shared_ptr<const T>>(published.get());
      copy.value = std::shared_ptr<const void>(newest, newest->get());
      copy.version = version;
    }
    return std::static_pointer_cast<const T>(copy.value);
  }

 private:
  struct Copy {
    const void* published = nullptr;
    std::uint64_t version = 0;
    std::shared_ptr<const void> value;
  };

  Copy& copyOf(const void* published) {
    for (Copy& copy : copies_) {
      if (copy.published == published) return copy;
    }
    return copies_.emplace_back(Copy{published, 0, nullptr});
  }

  std::vector<Copy> copies_;
};

// By the thread's own copies, where it keeps some.
template <class T>
std::shared_ptr<const T> newest(const Published<T>& published, OwnCopies* copies) {
  return copies != nullptr ? copies->get(published) : published.get();
}

}  // namespace pulsewatch
