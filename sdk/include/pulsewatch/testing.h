// A host for a plugin's own unit tests: it makes one check of a plugin, runs it with a deadline, and shows what the check said.
//
//   pulsewatch::testing::Library library("build/plugins/disk.so");
//   pulsewatch::testing::FakeHost host(library.plugin(), {{"path", "/tmp"}});
//   const pulsewatch::testing::Outcome outcome = host.run(std::chrono::seconds(2));
//   assert(outcome.status == PW_STATUS_HEALTHY && outcome.message == "writable" && outcome.faults.empty());
//
// A plugin that is linked in is had by pulsewatch_plugin_v1() instead of a Library. Settings are text as in a configuration file; the
// declared defaults apply. What the real host refuses, a description that breaks a rule of abi.h or settings that don't fit it, throws
// std::invalid_argument. What the real host would have changed, ignored or hidden of what a run said is shown as it was said, and told in
// Outcome::faults: text that is too long, no UTF-8 or shows a secret, an observation of a series that isn't there, a descriptor that isn't
// open, a call at a wrong time.
//
// Header only, made of the SDK and the standard library (C++17, with std::from_chars for double: libstdc++ 11 or later), and dlopen. One
// thread at a time, except for cancel() and what abi.h lets a plugin call from any thread; two hosts are independent of each other.
#pragma once

#include <pulsewatch/abi.h>
#include <pulsewatch/plugin_rules.h>
#include <pulsewatch/service_url.h>
#include <pulsewatch/setting_value.h>
#include <pulsewatch/utf8.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <dlfcn.h>
#include <exception>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

struct LogLine {
  std::int32_t level = 0;
  std::string event;
  std::string message;
  std::string error;
  double duration_ms = -1;
};

// What one run said. When create failed the check is unhealthy with its reason, as the real host has it.
struct Outcome {
  bool created = false;
  std::int32_t status = PW_STATUS_UNKNOWN;
  std::string message;
  std::string error;
  std::vector<int> watched;         // descriptors, each once for each call of watch
  std::vector<std::string> faults;  // sentences; see above
  std::chrono::milliseconds took{0};
  bool late = false;  // took so long that the real host would have called the run timed out, whatever it said
};

// A plugin's file, open as long as the object lives. Throws std::runtime_error when it can't be opened or isn't one.
class Library {
 public:
  explicit Library(const std::string& path)
      : handle_(::dlopen((path.find('/') == std::string::npos ? "./" + path : path).c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw std::runtime_error(::dlerror());
    const auto entry = reinterpret_cast<const pw_plugin* (*)()>(::dlsym(handle_, PW_ENTRY_SYMBOL));
    plugin_ = entry == nullptr ? nullptr : entry();
    if (plugin_ == nullptr) {
      ::dlclose(handle_);
      throw std::runtime_error(path + " has no " PW_ENTRY_SYMBOL ", or it gave nothing");
    }
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { ::dlclose(handle_); }

  [[nodiscard]] const pw_plugin* plugin() const { return plugin_; }

 private:
  void* handle_;
  const pw_plugin* plugin_;
};

}  // namespace pulsewatch::testing

// The host's side of a check, and of a run.
struct pw_check {
  enum class Phase { outside, create, run, destroy };
  using Series = std::pair<std::string, std::vector<std::string>>;  // family and label values

  const pw_plugin* plugin = nullptr;
  std::string name;
  std::string alias;
  std::map<std::string, pulsewatch::TypedSetting> settings;
  std::vector<std::pair<std::string, std::string>> secrets;  // by the setting's key
  std::atomic<std::int32_t> log_level{PW_LOG_DEBUG};
  std::atomic<bool> cancelled{false};

  // The calling thread's.
  Phase phase = Phase::outside;
  std::thread::id thread;
  std::optional<std::string> create_failure;
  bool watches = true;
  std::vector<Series> series;                     // a number is the index
  std::vector<std::int32_t> types;                // of each series
  std::vector<std::vector<double>> observations;  // of each series

  std::mutex mutex;  // for what any thread may add to
  std::vector<pulsewatch::testing::LogLine> log;
  std::vector<std::string> faults;
};

struct pw_run {
  pw_check& check;
  pulsewatch::testing::Outcome& outcome;
  std::chrono::steady_clock::time_point deadline;
  std::size_t observations = 0;
};

namespace pulsewatch::testing {

namespace detail {

constexpr std::size_t kMostSeries = 100;
constexpr std::size_t kMostObservations = 1000;  // of one run
constexpr std::size_t kMostMessage = 500;        // bytes
constexpr std::size_t kMostError = 4000;
constexpr std::size_t kMostLabel = 200;
constexpr std::size_t kMostEvent = 64;

inline std::string orEmpty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// The functions of pw_host.
struct Functions {
  static void fault(pw_check& check, std::string sentence) {
    const std::lock_guard<std::mutex> lock(check.mutex);
    check.faults.push_back(std::move(sentence));
  }

  // What the real host would not show as it is.
  static std::string said(pw_check& check, const char* text, const std::string& what, std::size_t most) {
    std::string whole = orEmpty(text);
    if (whole.size() > most) fault(check, what + " has more than " + std::to_string(most) + " bytes: the host cuts it");
    if (!isUtf8(whole)) fault(check, what + " is not UTF-8: the host repairs it");
    for (const auto& [key, secret] : check.secrets)
      if (whole.find(secret) != std::string::npos)
        fault(check, what + " shows the secret in the setting " + key + ": the host takes it out");
    return whole;
  }

  static bool onItsThread(pw_check& check, const char* function, bool phase_fits) {
    if (phase_fits && std::this_thread::get_id() == check.thread) return true;
    fault(check, std::string(function) + " was called at another time or on another thread than abi.h allows");
    return false;
  }

  static const char* checkName(const pw_check* check) { return check->name.c_str(); }
  static const char* checkAlias(const pw_check* check) { return check->alias.c_str(); }

  static const TypedSetting* setting(const pw_check* check, const char* key) {
    if (key == nullptr) return nullptr;
    const auto found = check->settings.find(key);
    return found == check->settings.end() ? nullptr : &found->second;
  }

  static const char* settingText(const pw_check* check, const char* key) {
    const TypedSetting* value = setting(check, key);
    return value == nullptr ? nullptr : value->text.c_str();
  }

  static std::int32_t settingInteger(const pw_check* check, const char* key, std::int64_t* value) {
    const TypedSetting* found = setting(check, key);
    if (found == nullptr || value == nullptr) return 0;
    if (found->type != PW_SETTING_INTEGER && found->type != PW_SETTING_BOOLEAN && found->type != PW_SETTING_DURATION) return 0;
    *value = found->integer;
    return 1;
  }

  static std::int32_t settingNumber(const pw_check* check, const char* key, double* value) {
    const TypedSetting* found = setting(check, key);
    if (found == nullptr || value == nullptr || (found->type != PW_SETTING_NUMBER && found->type != PW_SETTING_INTEGER)) return 0;
    *value = found->number;
    return 1;
  }

  static std::int32_t logEnabled(const pw_check* check, std::int32_t level) { return level >= check->log_level ? 1 : 0; }

  static void log(pw_check* check, pw_run*, const pw_log_line* line) {
    if (line == nullptr || line->size < sizeof(pw_log_line)) return fault(*check, "a log line without its size is not written");
    const std::int32_t level = std::clamp<std::int32_t>(line->level, PW_LOG_DEBUG, PW_LOG_CRITICAL);
    if (level != line->level) fault(*check, "a log line has a level that is none");
    if (logEnabled(check, level) == 0) return;
    LogLine whole{level, line->event == nullptr ? "plugin" : said(*check, line->event, "a log line's event", kMostEvent),
                  said(*check, line->message, "a log line's message", kMostError),
                  said(*check, line->error, "a log line's error", kMostError), std::isfinite(line->duration_ms) ? line->duration_ms : -1};
    const std::lock_guard<std::mutex> lock(check->mutex);
    check->log.push_back(std::move(whole));
  }

  static std::int32_t addSeries(pw_check* check, std::uint32_t metric, const char* const* values, std::uint32_t count) {
    if (!onItsThread(*check, "add_series", check->phase == pw_check::Phase::create || check->phase == pw_check::Phase::run)) return -1;
    const pw_plugin& plugin = *check->plugin;
    const pw_metric declared = metric < plugin.metrics_count ? declaredElement(plugin.metrics, plugin.metric_size, metric) : pw_metric{};
    const bool there = declared.name != nullptr && declared.label_count == count && (count == 0 || values != nullptr);
    if (!there) fault(*check, "add_series names a metric that is not declared, or has a wrong count of label values");
    if (!there) return -1;
    pw_check::Series wanted(declared.name, {});
    for (std::uint32_t i = 0; i < count; ++i) wanted.second.push_back(said(*check, values[i], "a label's value", kMostLabel));
    auto& series = check->series;
    const auto found = std::find(series.begin(), series.end(), wanted);
    if (found != series.end()) return static_cast<std::int32_t>(found - series.begin());
    if (series.size() == kMostSeries) fault(*check, "the check has its 100 series already: a further one is not made");
    if (series.size() == kMostSeries) return -1;
    series.push_back(std::move(wanted));
    check->types.push_back(declared.type);
    check->observations.emplace_back();
    return static_cast<std::int32_t>(series.size() - 1);
  }

  static void createFailed(pw_check* check, const char* reason) {
    if (onItsThread(*check, "create_failed", check->phase == pw_check::Phase::create))
      check->create_failure = said(*check, reason, "the reason of create_failed", kMostMessage);
  }

  static void setResult(pw_run* run, std::int32_t status, const char* message) {
    if (!onItsThread(run->check, "set_result", true)) return;
    const bool known = status >= PW_STATUS_HEALTHY && status <= PW_STATUS_UNHEALTHY;
    if (!known) fault(run->check, "set_result has a status that is none: the host takes the check as unhealthy");
    run->outcome.status = known ? status : static_cast<std::int32_t>(PW_STATUS_UNKNOWN);
    run->outcome.message = said(run->check, message, "the message", kMostMessage);
  }

  static void setError(pw_run* run, const char* error) {
    if (onItsThread(run->check, "set_error", true)) run->outcome.error = said(run->check, error, "the error", kMostError);
  }

  static void observe(pw_run* run, std::int32_t number, double value) {
    pw_check& check = run->check;
    if (!onItsThread(check, "observe", true)) return;
    if (number < 0 || static_cast<std::size_t>(number) >= check.series.size())
      return fault(check, "an observation is of a series that the check doesn't have: the host ignores it");
    const auto series = static_cast<std::size_t>(number);
    const std::string of = "an observation of " + check.series[series].first;
    if (!std::isfinite(value)) return fault(check, of + " is not finite: the host ignores it");
    if (check.types[series] == PW_METRIC_COUNTER && value < 0) return fault(check, of + " is below 0: the host ignores it");
    if (++run->observations > kMostObservations) return fault(check, of + " is not the first 1000 of its run: the host ignores it");
    check.observations[series].push_back(value);
  }

  static std::int64_t remainingMs(const pw_run* run) {
    const auto left = run->deadline - std::chrono::steady_clock::now();
    return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
  }

  static std::int32_t cancelled(const pw_run* run) { return run->check.cancelled ? 1 : 0; }

  static std::int32_t watch(pw_run* run, std::int32_t fd) {
    if (!run->check.watches) return 0;
    if (::fcntl(fd, F_GETFD) < 0) {
      fault(run->check, "watch was called with a descriptor that is not open: the host doesn't watch it");
      return 0;
    }
    run->outcome.watched.push_back(fd);
    return 1;
  }

  static const pw_host& host() {
    static const pw_host functions = {sizeof(pw_host), PW_ABI_MAJOR,  PW_ABI_MINOR, checkName,   checkAlias, settingText,
                                      settingInteger,  settingNumber, logEnabled,   log,         addSeries,  createFailed,
                                      setResult,       setError,      observe,      remainingMs, cancelled,  watch};
    return functions;
  }
};

}  // namespace detail

class FakeHost {
 public:
  // Nothing of the plugin is called yet. The name is "test" and the alias "default" unless they are given.
  explicit FakeHost(const pw_plugin* plugin, const std::map<std::string, std::string>& settings = {}, const std::string& name = "test",
                    const std::string& alias = "default") {
    if (const std::string fault = pluginFault(plugin); !fault.empty()) throw std::invalid_argument("the plugin " + fault);
    if (!isName(name) || name == "group") throw std::invalid_argument("a check cannot be named " + name);
    check_.plugin = plugin;
    check_.name = name;
    check_.alias = alias;
    std::map<std::string, std::string> left = settings;
    for (std::uint32_t i = 0; i < plugin->settings_count; ++i) {
      const pw_setting setting = declaredElement(plugin->settings, plugin->setting_size, i);
      const auto given = left.find(setting.key);
      if (given != left.end())
        set(setting, given->second);
      else if (setting.default_value != nullptr)
        set(setting, setting.default_value);
      else if ((setting.flags & PW_SETTING_REQUIRED) != 0)
        throw std::invalid_argument(std::string("the setting ") + setting.key + " is required");
      left.erase(setting.key);
    }
    if (!left.empty()) throw std::invalid_argument("the plugin declares no setting " + left.begin()->first);
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() { destroy(); }

  // Creates the check unless it is there, and runs it. `deadline` is what remaining_ms counts down from; the real host's timeout is up to a
  // tenth and at most 100 ms longer.
  Outcome run(std::chrono::milliseconds deadline) {
    Outcome outcome;
    const auto start = std::chrono::steady_clock::now();
    pw_run run{check_, outcome, start + deadline, 0};
    check_.thread = std::this_thread::get_id();
    try {
      if (self_ == nullptr) create(outcome);
      outcome.created = self_ != nullptr;
      check_.phase = pw_check::Phase::run;
      if (outcome.created) check_.plugin->run(self_, &detail::Functions::host(), &run);
    } catch (const std::exception& e) {
      threw(outcome, e.what());
    } catch (...) {
      threw(outcome, "an exception that is no std::exception");
    }
    check_.phase = pw_check::Phase::outside;
    const auto took = std::chrono::steady_clock::now() - start;
    outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
    outcome.late = took >= deadline + std::min<std::chrono::steady_clock::duration>(deadline / 9, std::chrono::milliseconds(100));
    if (outcome.status == PW_STATUS_UNKNOWN) outcome.message = "the plugin gave no result";
    const std::lock_guard<std::mutex> lock(check_.mutex);
    outcome.faults = std::exchange(check_.faults, {});
    return outcome;
  }

  // Ends the check; the next run makes a new one.
  void destroy() {
    check_.phase = pw_check::Phase::destroy;
    if (self_ != nullptr) check_.plugin->destroy(std::exchange(self_, nullptr));
    check_.phase = pw_check::Phase::outside;
  }

  // What pw_host.cancelled says from now on. From any thread.
  void cancel(bool cancelled = true) { check_.cancelled = cancelled; }

  // Whether pw_host.watch takes descriptors, as it does unless this was called: a host may not.
  void setWatches(bool watches) { check_.watches = watches; }

  void setLogLevel(std::int32_t level) { check_.log_level = level; }
  // While no thread of the plugin's own writes one.
  [[nodiscard]] const std::vector<LogLine>& log() const { return check_.log; }

  // Whether the series is there, and what it has been given since the beginning, in order.
  [[nodiscard]] bool hasSeries(const std::string& family, const std::vector<std::string>& label_values) const {
    return std::find(check_.series.begin(), check_.series.end(), std::make_pair(family, label_values)) != check_.series.end();
  }
  [[nodiscard]] std::vector<double> observations(const std::string& family, const std::vector<std::string>& label_values) const {
    for (std::size_t i = 0; i < check_.series.size(); ++i)
      if (check_.series[i] == std::make_pair(family, label_values)) return check_.observations[i];
    return {};
  }
  // The same, added up: a counter's value.
  [[nodiscard]] double total(const std::string& family, const std::vector<std::string>& label_values) const {
    double sum = 0;
    for (const double value : observations(family, label_values)) sum += value;
    return sum;
  }

 private:
  void set(const pw_setting& setting, const std::string& text) {
    const std::string which = std::string("the setting ") + setting.key;
    const bool required = (setting.flags & PW_SETTING_REQUIRED) != 0;
    if (required && text.empty()) throw std::invalid_argument(which + " is required and empty");
    const auto typed = typedSetting(setting, text);
    if (!typed && setting.type == PW_SETTING_URL) {
      try {
        ServiceUrl::parse(text);
      } catch (const std::invalid_argument& why) {
        throw std::invalid_argument(which + " is not a valid URL: " + why.what());
      }
    }
    if (!typed) throw std::invalid_argument(which + " is not " + settingTypeWords(setting));
    check_.settings[setting.key] = *typed;
    if (setting.type == PW_SETTING_SECRET || (setting.flags & PW_SETTING_HIDDEN) != 0) addSecret(setting.key, text);
    if (setting.type != PW_SETTING_URL) return;
    const ServiceUrl url = ServiceUrl::parse(text);
    addSecret(setting.key, url.password.value_or(""));
    addSecret(setting.key, url.option("password").value_or(""));
    const std::size_t at = text.rfind('@');
    const std::size_t colon = text.find(':', text.find("://") + 3);
    if (url.password && colon < at) addSecret(setting.key, text.substr(colon + 1, at - colon - 1));  // as it is written
  }

  void addSecret(const std::string& key, const std::string& secret) {
    const std::pair<std::string, std::string> entry(key, secret);
    if (!secret.empty() && std::find(check_.secrets.begin(), check_.secrets.end(), entry) == check_.secrets.end())
      check_.secrets.push_back(entry);
  }

  void create(Outcome& outcome) {
    check_.create_failure.reset();
    check_.phase = pw_check::Phase::create;
    self_ = check_.plugin->create(&detail::Functions::host(), &check_);
    if (self_ != nullptr) return;
    outcome.status = PW_STATUS_UNHEALTHY;
    outcome.message = check_.create_failure.value_or("the plugin cannot make this check, and says nothing of why");
    outcome.error = check_.create_failure.value_or("");
  }

  void threw(Outcome& outcome, const std::string& what) {
    detail::Functions::fault(check_, "an exception crossed the boundary, which abi.h forbids: " + what);
    outcome.status = PW_STATUS_UNHEALTHY;
    outcome.message = outcome.error = what;
  }

  pw_check check_;
  void* self_ = nullptr;
};

}  // namespace pulsewatch::testing
