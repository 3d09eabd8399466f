// std::mutex and std::condition_variable with clang's thread-safety annotations (-Wthread-safety): a member says GUARDED_BY(mutex_) and
// the compiler refuses an access without it. https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define PW_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define PW_THREAD_ANNOTATION(x)
#endif
#define CAPABILITY(x) PW_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY PW_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) PW_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) PW_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) PW_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) PW_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) PW_THREAD_ANNOTATION(release_capability(__VA_ARGS__))

namespace pulsewatch {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on the steady clock; the mutex is held before and after. Wakes may be spurious: loop on the condition.
class CondVar {
 public:
  void notifyOne() noexcept { condition_.notify_one(); }
  void notifyAll() noexcept { condition_.notify_all(); }
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  void waitUntil(Mutex& mutex, std::chrono::steady_clock::time_point until) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_until(lock, until);
    lock.release();
  }

 private:
  std::condition_variable condition_;
};

}  // namespace pulsewatch
