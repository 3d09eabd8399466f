// Notices that a file of the configuration is another one: the main file, drop-ins, overlays and what NAME_FILE names, whether it was
// written in place, renamed there, or is a link that leads elsewhere now. What it says then is for others to read.
#pragma once

#include "base/folder_watcher.h"
#include "base/mutex.h"
#include "config/properties.h"
#include "plugin/file_trust.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

class ConfigWatch {
 public:
  static constexpr Milliseconds kSettled{250};  // files that have not changed for so long are complete, as far as can be seen

  // `changed` is called on the watcher's thread; it and what it uses must outlive stop().
  ConfigWatch(ConfigInput input, std::function<void()> changed) : input_(std::move(input)), changed_(std::move(changed)) {}
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;
  ~ConfigWatch() { stop(); }

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

  const ConfigInput input_;
  const std::function<void()> changed_;
  std::unique_ptr<FolderWatcher> watcher_;

  Mutex mutex_;
  States taken_ GUARDED_BY(mutex_);
  States seen_ GUARDED_BY(mutex_);  // not settled yet,
  SteadyTime since_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
