#include "base/file_watch.h"

#include <set>
#include <system_error>

namespace pulsewatch {

void FileWatch::note() {
  States now = states();
  const MutexLock lock(mutex_);
  taken_ = std::move(now);
}

void FileWatch::start() {
  if (watcher_ != nullptr) return;
  watcher_ = std::make_unique<FolderWatcher>(folders(), [this] { return look(); });
  watcher_->start();
}

void FileWatch::stop() { watcher_ = nullptr; }

FileWatch::States FileWatch::states() const {
  States states;
  for (const std::filesystem::path& file : files_()) states[file.string()] = identityOf(file);
  return states;
}

// Where files lie, and where those lie that they are links to.
std::vector<std::string> FileWatch::folders() const {
  std::set<std::string> folders(folders_.begin(), folders_.end());
  for (const std::filesystem::path& file : files_()) {
    std::error_code error;
    folders.insert(file.parent_path().string());
    const std::filesystem::path real = std::filesystem::canonical(file, error);
    if (!error) folders.insert(real.parent_path().string());
  }
  return {folders.begin(), folders.end()};
}

bool FileWatch::look() {
  {
    States now = states();
    const SteadyTime time = std::chrono::steady_clock::now();
    const MutexLock lock(mutex_);
    if (now == taken_) {
      seen_.clear();
      return false;
    }
    if (now != seen_) {
      seen_ = std::move(now);
      since_ = time;
      return true;
    }
    if (time - since_ < kSettled) return true;
    taken_ = std::move(now);
    seen_.clear();
  }
  changed_();
  return false;
}

}  // namespace pulsewatch
