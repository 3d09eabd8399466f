// Notices that one of some files is another one: whether it was written in place, renamed there, or is a link that leads elsewhere now.
// What it says then is for others to read.
#pragma once

#include "base/file_identity.h"
#include "base/folder_watcher.h"
#include "base/mutex.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

class FileWatch {
 public:
  static constexpr Milliseconds kSettled{250};  // files that have not changed for so long are complete, as far as can be seen

  using Files = std::function<std::vector<std::filesystem::path>()>;

  // `files` says which they are at the time; in `folders` further ones may come to be. `changed` is called on the watcher's thread; it,
  // `files` and what they use must outlive stop().
  FileWatch(Files files, std::vector<std::string> folders, std::function<void()> changed)
      : files_(std::move(files)), folders_(std::move(folders)), changed_(std::move(changed)) {}
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch() { stop(); }

  // The files are about to be read as they are: only what comes later is news. Any thread.
  void note() EXCLUDES(mutex_);
  // One thread.
  void start();
  void stop();

 private:
  using States = std::map<std::string, std::optional<FileIdentity>>;
  [[nodiscard]] States states() const;
  [[nodiscard]] std::vector<std::string> folders() const;
  bool look() EXCLUDES(mutex_);

  const Files files_;
  const std::vector<std::string> folders_;
  const std::function<void()> changed_;
  std::unique_ptr<FolderWatcher> watcher_;

  Mutex mutex_;
  States taken_ GUARDED_BY(mutex_);
  States seen_ GUARDED_BY(mutex_);  // not settled yet,
  SteadyTime since_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
