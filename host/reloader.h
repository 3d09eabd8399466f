// When the configuration is read again: on a thread of its own, one time after the other. Those who ask while that goes on are answered
// together, by one more.
#pragma once

#include "base/clock.h"
#include "base/mutex.h"

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

class Reloader {
 public:
  // Reads the configuration again; gives the mistakes' lines, none when it is in effect. On the reloader's thread.
  using Reload = std::function<std::vector<std::string>()>;

  explicit Reloader(Reload reload) : reload_(std::move(reload)) {}
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  ~Reloader();

  void start();
  // No reload begins any more; any thread.
  void close() EXCLUDES(mutex_);
  // Closes, and waits for the one that goes on, until `until`; false when it still does: then the reloader can't be taken down.
  bool stop(SteadyTime until) EXCLUDES(mutex_);

  void ask() EXCLUDES(mutex_);  // any thread, at once
  // The outcome of a reload that began after the call. Any thread but the reloader's.
  std::vector<std::string> askAndWait() EXCLUDES(mutex_);

 private:
  void loop() EXCLUDES(mutex_);

  const Reload reload_;
  std::thread thread_;

  Mutex mutex_;
  CondVar changed_;
  std::uint64_t asked_ GUARDED_BY(mutex_) = 0;
  std::uint64_t answered_ GUARDED_BY(mutex_) = 0;  // of asked_
  std::vector<std::string> outcome_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  bool idle_ GUARDED_BY(mutex_) = true;
};

}  // namespace pulsewatch
