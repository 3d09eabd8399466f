#include "plugin/plugin_watcher.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::uint32_t kInDirectory = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                       IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kAboveDirectory = IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
constexpr Milliseconds kWithoutInotify{1000};

int waitMs(SteadyTime until) {
  const auto left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, left));
}

}  // namespace

PluginWatcher::PluginWatcher(std::vector<std::string> directories, PluginDirectoryListener& listener)
    : directories_(std::move(directories)),
      listener_(listener),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void PluginWatcher::start() {
  thread_ = std::thread([this] { loop(); });
}

void PluginWatcher::stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_event_.get(), &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
}

void PluginWatcher::loop() {
  watchAll();
  // What changed before the watches were there is seen by the first look.
  bool soon = true;
  while (!stopping_) {
    const Nanoseconds rest = soon ? Nanoseconds(kQuiet) : inotify_.valid() ? Nanoseconds(kPeriod) : Nanoseconds(kWithoutInotify);
    if (waitForChange(std::chrono::steady_clock::now() + rest)) letSettle();
    if (stopping_) return;
    watchAll();  // first: what changes during the look is news again
    soon = listener_.lookAtPlugins();
  }
}

// A directory and all above it: it may be removed and come back, or be a link that is turned elsewhere. One that is watched already stays
// so.
void PluginWatcher::watchAll() const {
  for (const std::string& directory : directories_) {
    ::inotify_add_watch(inotify_.get(), directory.c_str(), kInDirectory);
    std::error_code error;
    std::filesystem::path above = std::filesystem::absolute(directory, error);
    while (above.has_relative_path()) {
      above = above.parent_path();
      ::inotify_add_watch(inotify_.get(), above.c_str(), kAboveDirectory | IN_MASK_ADD);
    }
  }
}

// True when something has changed, false at `until`; stop() ends it too.
bool PluginWatcher::waitForChange(SteadyTime until) const {
  std::array<pollfd, 2> ready{{{stop_event_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}}};
  if (::poll(ready.data(), ready.size(), waitMs(until)) <= 0 || (ready[1].revents & POLLIN) == 0) return false;
  alignas(inotify_event) std::array<char, 16384> events;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the call
  while (::read(inotify_.get(), events.data(), events.size()) > 0) continue;
  return true;
}

void PluginWatcher::letSettle() const {
  const SteadyTime most = std::chrono::steady_clock::now() + kMostQuiet;
  while (!stopping_ && std::chrono::steady_clock::now() < most) {
    if (!waitForChange(std::min(most, std::chrono::steady_clock::now() + kQuiet))) return;
  }
}

}  // namespace pulsewatch
