#include "base/folder_watcher.h"

#include "base/thread_name.h"

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

constexpr std::uint32_t kInFolder = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kAboveFolder = IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
constexpr Milliseconds kWithoutInotify{1000};

int waitMs(SteadyTime until) {
  const auto left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, left));
}

}  // namespace

FolderWatcher::FolderWatcher(std::vector<std::string> folders, Look look)
    : folders_(std::move(folders)),
      look_(std::move(look)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void FolderWatcher::start() {
  thread_ = std::thread([this] { loop(); });
}

void FolderWatcher::stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_event_.get(), &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
}

void FolderWatcher::loop() {
  nameThread("pw-watch");
  watchAll();
  // What changed before the watches were there is seen by the first look.
  bool soon = true;
  while (!stopping_) {
    const Nanoseconds rest = soon ? Nanoseconds(kQuiet) : inotify_.valid() ? Nanoseconds(kPeriod) : Nanoseconds(kWithoutInotify);
    if (waitForChange(std::chrono::steady_clock::now() + rest)) letSettle();
    if (stopping_) return;
    watchAll();  // first: what changes during the look is news again
    soon = look_();
  }
}

// A folder and all above it: it may be removed and come back, or be a link that is turned elsewhere. One that is watched already stays
// so.
void FolderWatcher::watchAll() const {
  for (const std::string& folder : folders_) {
    ::inotify_add_watch(inotify_.get(), folder.c_str(), kInFolder);
    std::error_code error;
    std::filesystem::path above = std::filesystem::absolute(folder, error);
    while (above.has_relative_path()) {
      above = above.parent_path();
      ::inotify_add_watch(inotify_.get(), above.c_str(), kAboveFolder | IN_MASK_ADD);
    }
  }
}

// True when something has changed, false at `until`; stop() ends it too.
bool FolderWatcher::waitForChange(SteadyTime until) const {
  std::array<pollfd, 2> ready{{{stop_event_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}}};
  if (::poll(ready.data(), ready.size(), waitMs(until)) <= 0 || (ready[1].revents & POLLIN) == 0) return false;
  alignas(inotify_event) std::array<char, 16384> events;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the call
  while (::read(inotify_.get(), events.data(), events.size()) > 0) continue;
  return true;
}

void FolderWatcher::letSettle() const {
  const SteadyTime most = std::chrono::steady_clock::now() + kMostQuiet;
  while (!stopping_ && std::chrono::steady_clock::now() < most) {
    if (!waitForChange(std::min(most, std::chrono::steady_clock::now() + kQuiet))) return;
  }
}

}  // namespace pulsewatch
