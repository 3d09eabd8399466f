// A check made from a plugin's library in this process: the host's side of the C boundary (pw_check, pw_run) and the functions it lends
// (pw_host).
#pragma once

#include "base/mutex.h"
#include "plugin/check_runner.h"
#include "plugin/log_limiter.h"
#include "plugin/plugin_library.h"
#include <pulsewatch/abi.h>

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

// Where a hosted check's own reports go besides its run's result; its runner's. Any thread.
class HostedCheckEvents {
 public:
  virtual ~HostedCheckEvents() = default;
  virtual void seriesAdded(SeriesReport series) = 0;
  virtual void pluginLogged(PluginLogLine line) = 0;
  // Why the descriptor can't be watched after the run; "" when it can.
  virtual std::string watchFault(int fd) = 0;
};

// Text values that must never be shown, taken out of what a plugin says.
class Redactor {
 public:
  Redactor() = default;
  explicit Redactor(const std::vector<SettingValue>& settings) { add(settings); }
  void add(const std::vector<SettingValue>& settings);
  [[nodiscard]] std::string redacted(std::string text) const;
  // The same for text that was cut off: what a secret may have begun with at its end goes too.
  [[nodiscard]] std::string redactedCut(std::string text) const;

 private:
  struct Longer {
    bool operator()(const std::string& a, const std::string& b) const { return a.size() != b.size() ? a.size() > b.size() : a < b; }
  };
  std::set<std::string, Longer> secrets_;
};

class HostedCheck;

// One run in progress. Its flag may be set from any thread, the rest is the running thread's.
class HostedRun {
 public:
  HostedRun(RunRequest request, SteadyTime deadline) : deadline_(deadline) {
    report_.check = request.check;
    report_.sequence = request.sequence;
    report_.request_id = std::move(request.request_id);
  }
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  static constexpr std::size_t kMostWatched = 8;
  // After the run: what the check wants to be watched until the next one; of more than so many the last ones.
  [[nodiscard]] const std::vector<int>& watched() const { return watched_; }

 private:
  friend class HostedCheck;
  friend struct HostFunctions;
  bool watch(int fd);

  const SteadyTime deadline_;
  std::atomic<bool> cancelled_{false};
  RunReport report_;
  std::int32_t status_ = PW_STATUS_UNKNOWN;
  std::vector<int> watched_;
  bool watch_refused_ = false;    // and said so
  HostedCheck* owner_ = nullptr;  // once it is executed
};

class HostedCheck {
 public:
  static constexpr std::size_t kMostSeries = 100;
  static constexpr std::size_t kMostMessage = 500;  // bytes, as of every text below
  static constexpr std::size_t kMostError = 4000;

  // Copies what a run needs of the spec; nothing of the plugin's is called. `log_level` is the least that is written.
  HostedCheck(CheckId id, const CheckSpec& spec, std::shared_ptr<PluginLibrary> library, HostedCheckEvents& events, LogLevel log_level);
  HostedCheck(const HostedCheck&) = delete;
  HostedCheck& operator=(const HostedCheck&) = delete;
  ~HostedCheck() = default;  // destroy() comes first, unless a run never ends

  // Makes the plugin's check if it isn't there, and runs it. Never throws. One run at a time, any thread.
  RunReport execute(HostedRun& run);
  // Frees the plugin's check, if it is there. Not during a run.
  void destroy();

  void setLogLevel(LogLevel level) { log_level_.store(level, std::memory_order_relaxed); }  // any thread

  [[nodiscard]] CheckId id() const { return id_; }
  [[nodiscard]] Milliseconds timeout() const { return timeout_; }

 private:
  friend class HostedRun;
  friend struct HostFunctions;
  bool create();
  [[nodiscard]] const SettingValue* setting(const char* key) const;
  [[nodiscard]] std::string shown(const char* text, std::size_t most) const;
  std::int32_t addSeries(std::uint32_t metric, const char* const* label_values, std::uint32_t count);
  void log(const HostedRun* run, const pw_log_line& line) EXCLUDES(log_mutex_);
  void tellDroppedLines(bool pause) EXCLUDES(log_mutex_);

  const CheckId id_;
  const std::string name_;
  const std::string alias_;
  const Milliseconds timeout_;
  const std::vector<SettingValue> settings_;
  const std::shared_ptr<PluginLibrary> library_;
  HostedCheckEvents& events_;
  std::atomic<LogLevel> log_level_;
  const Redactor redactor_;

  Mutex log_mutex_;  // a plugin may log from threads of its own
  LogLimiter log_limiter_ GUARDED_BY(log_mutex_);

  // Touched by one thread at a time: create, run and destroy never overlap.
  void* self_ = nullptr;
  HostedRun* current_ = nullptr;
  std::map<std::pair<std::uint32_t, std::vector<std::string>>, std::int32_t> series_;
};

// The table every plugin is given.
const pw_host& hostFunctions();

}  // namespace pulsewatch
