// Which plugins are at work and with which checks: brings the running host to what the plugin directories have become, while everything
// that didn't change goes on undisturbed. A new version of a plugin takes over only after it has been loaded and has run each of its checks
// once; until then, and if it can't, the old one stays.
#pragma once

#include "base/mutex.h"
#include "check_posts.h"
#include "crew.h"
#include "serve/host_metrics.h"
#include "setup.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

// What it works with; all must outlive it.
struct RosterParts {
  Log& log;
  CheckPosts& posts;
  RunnerEvents& events;
  WorkerLoop& workers;
  WorkerEvents& worker_events;
  const PluginInspector& inspector;
  std::function<void()> judge_again;  // the checks have changed
};

class Roster {
 public:
  static constexpr Milliseconds kSettled{250};    // a file that has not changed for so long is complete, as far as can be seen
  static constexpr Milliseconds kMostWait{2000};  // of a reload, for plugin files that are being written

  // Takes up what the setup has; the scheduler needn't run yet.
  Roster(const RosterParts& parts, const Setup& setup);
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  // Brings the host to what the plugin directories are now. True when a file there is still being written: look again soon.
  bool lookAtPlugins() EXCLUDES(mutex_);

  // Brings the host to another configuration, of which readKeys() was made; its catalog and plan are made here, as at a start. Then `open`
  // does what else can go wrong. After any mistake, which is in `setup` then, everything is as it was; otherwise all is in effect when it
  // returns. Gives which checks are others. One thread at a time.
  CheckChanges reload(Setup& setup, const std::function<void(Mistakes&)>& open) EXCLUDES(mutex_);

  // Says goodbye to all; false when something hangs inside the host. Nothing is looked at after it.
  bool stop(SteadyTime until) EXCLUDES(mutex_);

  // Any thread.
  [[nodiscard]] std::vector<PluginInfo> plugins() const EXCLUDES(infos_mutex_);
  [[nodiscard]] std::vector<pid_t> workersOf(const std::string& plugin) const EXCLUDES(infos_mutex_);

 private:
  struct Seen {
    FileIdentity identity;
    SteadyTime since;
  };
  using Crews = std::map<std::string, Crew>;                           // by plugin
  using Specs = std::map<std::string, std::vector<const CheckSpec*>>;  // by plugin

  bool isSettled(const std::string& path, const FileIdentity& identity) REQUIRES(mutex_);
  void keepOldVersions(Catalog& catalog) const REQUIRES(mutex_);
  [[nodiscard]] CheckPlan planFor(const Catalog& catalog, Mistakes& mistakes) const REQUIRES(mutex_);
  CheckPlan fitIn(Catalog& catalog, const CatalogOptions& options, Crews& newcomers) REQUIRES(mutex_);
  CheckPlan fitAnew(Catalog& catalog, const CatalogOptions& options, Crews& newcomers, Mistakes& mistakes) REQUIRES(mutex_);
  bool keepVersions(Catalog& catalog, const CatalogOptions& options, const Mistakes& mistakes) const REQUIRES(mutex_);
  bool refuseMistaken(Catalog& catalog, const CatalogOptions& options) const REQUIRES(mutex_);
  bool refuseUnfit(Catalog& catalog, const CheckPlan& plan) const REQUIRES(mutex_);
  bool refuseFailing(Catalog& catalog, const CheckPlan& plan, Crews& newcomers, Mistakes& mistakes) REQUIRES(mutex_);
  std::string tryOut(const Crew& newcomer, const std::vector<const CheckSpec*>& specs, bool may_hang) REQUIRES(mutex_);

  [[nodiscard]] Catalog knownTo(const CatalogOptions& options, const Setup& setup) const REQUIRES(mutex_);
  std::optional<CheckChanges> tryReload(Setup& setup, bool patient, const std::function<void(Mistakes&)>& open) REQUIRES(mutex_);
  CheckChanges apply(CheckPlan plan, Crews newcomers, ResultBoard::Comes comes) REQUIRES(mutex_);
  [[nodiscard]] CrewParts crewParts() const REQUIRES(mutex_) { return {parts_.events, parts_.worker_events, parts_.workers, log_level_}; }
  [[nodiscard]] bool isAtWork(const CatalogEntry& entry) const REQUIRES(mutex_);
  [[nodiscard]] bool isAtWork(const CatalogEntry& entry, const PluginSpec& spec) const REQUIRES(mutex_);
  void tellChanges(const Catalog& before) REQUIRES(mutex_);
  void publish() REQUIRES(mutex_) EXCLUDES(infos_mutex_);

  // Constant after construction.
  const RosterParts parts_;

  Mutex mutex_;  // one change at a time
  std::shared_ptr<const Properties> properties_ GUARDED_BY(mutex_);
  PluginSources sources_ GUARDED_BY(mutex_);
  LogLevel log_level_ GUARDED_BY(mutex_) = LogLevel::info;
  bool reloading_ GUARDED_BY(mutex_) = false;
  Catalog catalog_ GUARDED_BY(mutex_);
  Crews crews_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> gone_ GUARDED_BY(mutex_);  // plugins that were there once, with where
  std::map<std::string, Seen> seen_ GUARDED_BY(mutex_);         // files that were not settled yet, by path
  bool stopped_ GUARDED_BY(mutex_) = false;

  mutable Mutex infos_mutex_;
  std::vector<PluginInfo> infos_ GUARDED_BY(infos_mutex_);
  std::map<std::string, std::weak_ptr<CheckRunner>> runners_ GUARDED_BY(infos_mutex_);  // by plugin
};

}  // namespace pulsewatch
