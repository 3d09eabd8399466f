// Waits for news on descriptors that plugins have handed over between two runs: readable, hung up or reset. Each check's are watched until
// the first news of any of them, which takes them all away, or until they are let go of.
//
// One epoll thread, begun with the first descriptor. A descriptor stays its plugin's: it is told by its number, and let go of before the
// plugin may close it. One that was closed all the same goes unseen, and so does the next one of its number until it is watched itself.
#pragma once

#include "base/check_result.h"
#include "base/file_descriptor.h"
#include "base/mutex.h"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace pulsewatch {

class DescriptorWatcher {
 public:
  // `news` is called on the thread, with no lock held; must not block.
  explicit DescriptorWatcher(std::function<void(CheckId)> news) : news_(std::move(news)) {}
  DescriptorWatcher(const DescriptorWatcher&) = delete;
  DescriptorWatcher& operator=(const DescriptorWatcher&) = delete;
  ~DescriptorWatcher() { stop(); }

  // Any thread, all of them.

  // "" when the descriptor can be watched, else why not.
  [[nodiscard]] std::string faultOf(int fd) EXCLUDES(mutex_);
  // Instead of the check's descriptors until now. One that can't be watched is left out.
  void watch(CheckId check, const std::vector<int>& descriptors) EXCLUDES(mutex_);
  // No news of the check from here on, but for what is being told already.
  void letGo(CheckId check) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);  // no news after it; not from the thread itself

 private:
  struct Watched {
    std::uint32_t generation = 0;  // of this registration: an event of an older one is nobody's
    std::set<CheckId> checks;      // two checks of one plugin may share a connection
  };

  void begin() REQUIRES(mutex_);  // throws std::system_error
  enum class Added { no, anew, again };
  Added add(int fd, std::uint32_t generation) REQUIRES(mutex_);
  void forget(CheckId check) REQUIRES(mutex_);
  void loop();
  std::vector<CheckId> take(std::uint64_t event) EXCLUDES(mutex_);

  const std::function<void(CheckId)> news_;

  Mutex mutex_;
  std::map<int, Watched> watched_ GUARDED_BY(mutex_);  // by descriptor
  std::unordered_map<CheckId, std::vector<int>> descriptors_ GUARDED_BY(mutex_);
  std::uint32_t generation_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);

  // Set once, before the thread begins.
  FileDescriptor epoll_;
  FileDescriptor wake_;
};

}  // namespace pulsewatch
