// Write a pulsewatch plugin in C++: a class with one virtual function, and one macro.
//
//   class DiskCheck : public pulsewatch::Check {
//    public:
//     explicit DiskCheck(pulsewatch::Setup& setup) : path_(setup.text("path")) {}
//     pulsewatch::Result run(pulsewatch::Run&) override {
//       return ::access(path_.c_str(), W_OK) == 0 ? pulsewatch::healthy("writable") : pulsewatch::unhealthy("not writable");
//     }
//    private:
//     std::string path_;
//   };
//   PULSEWATCH_PLUGIN(DiskCheck, pulsewatch::Plugin("disk", "1.0.0", "A path can be written")
//                                    .defaultCheck("disk")
//                                    .setting("path", pulsewatch::Type::text, "the path to look at", "/"))
//
// Header only, made of abi.h and the standard library (C++17). Exceptions stop here: one that leaves the constructor or run() makes the
// run unhealthy with its what(), and the log line has the stack trace of the throw. The threads are abi.h's: one check never runs twice
// at the same time, two checks of a plugin may.
#pragma once

#include <pulsewatch/abi.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulsewatch {

enum class Status : std::int32_t {
  unknown = PW_STATUS_UNKNOWN,
  healthy = PW_STATUS_HEALTHY,
  degraded = PW_STATUS_DEGRADED,
  unhealthy = PW_STATUS_UNHEALTHY,
};

enum class Level : std::int32_t {
  debug = PW_LOG_DEBUG,
  info = PW_LOG_INFO,
  warning = PW_LOG_WARNING,
  error = PW_LOG_ERROR,
  critical = PW_LOG_CRITICAL,
};

enum class Type : std::int32_t {
  text = PW_SETTING_TEXT,
  secret = PW_SETTING_SECRET,
  url = PW_SETTING_URL,
  integer = PW_SETTING_INTEGER,
  number = PW_SETTING_NUMBER,
  boolean = PW_SETTING_BOOLEAN,
  duration = PW_SETTING_DURATION,
  choice = PW_SETTING_ENUM,
};

// What a run found. The message is short, stable from run to run and without a secret; `error` is for the log only and may have numbers.
struct Result {
  Status status = Status::unknown;
  std::string message;
  std::string error;
};

inline Result healthy(std::string message) { return {Status::healthy, std::move(message), {}}; }
inline Result degraded(std::string message, std::string error = {}) { return {Status::degraded, std::move(message), std::move(error)}; }
inline Result unhealthy(std::string message, std::string error = {}) { return {Status::unhealthy, std::move(message), std::move(error)}; }

// One series of a metric, to observe. A default one observes nothing.
class Series {
 public:
  Series() = default;

 private:
  friend class Run;
  friend class Setup;
  explicit Series(std::int32_t number) : number_(number) {}
  std::int32_t number_ = -1;
};

// A check's settings and name; handed to the constructor and valid in it only.
class Setup {
 public:
  Setup(const pw_host& host, pw_check& check, const pw_plugin& plugin) : host_(host), check_(check), plugin_(plugin) {}

  [[nodiscard]] std::string name() const { return host_.check_name(&check_); }
  [[nodiscard]] std::string alias() const { return host_.check_alias(&check_); }  // the `alias` label of its queries

  // A setting's value or default; "", 0, false when it has neither. has() tells the difference.
  [[nodiscard]] bool has(const char* key) const { return host_.setting_text(&check_, key) != nullptr; }
  [[nodiscard]] std::string text(const char* key) const {
    const char* value = host_.setting_text(&check_, key);
    return value == nullptr ? std::string() : std::string(value);
  }
  [[nodiscard]] std::int64_t integer(const char* key) const {
    std::int64_t value = 0;
    host_.setting_integer(&check_, key, &value);
    return value;
  }
  [[nodiscard]] double number(const char* key) const {
    double value = 0;
    host_.setting_number(&check_, key, &value);
    return value;
  }
  [[nodiscard]] bool flag(const char* key) const { return integer(key) != 0; }
  [[nodiscard]] std::chrono::milliseconds duration(const char* key) const { return std::chrono::milliseconds(integer(key)); }

  // The series of a declared metric with these label values, shown at 0 from now on. One that can't be had observes nothing.
  [[nodiscard]] Series series(std::string_view metric, const std::vector<std::string>& label_values) const;

 private:
  const pw_host& host_;
  pw_check& check_;
  const pw_plugin& plugin_;
};

// One run; valid in Check::run() only, on its thread.
class Run {
 public:
  Run(const pw_host& host, pw_check& check, pw_run& run) : host_(host), check_(check), run_(run) {}

  // Time until the run should be over; 0 when that is past.
  [[nodiscard]] std::chrono::milliseconds remaining() const { return std::chrono::milliseconds(host_.remaining_ms(&run_)); }
  // The host has given the run up: return soon.
  [[nodiscard]] bool cancelled() const { return host_.cancelled(&run_) != 0; }

  // Adds to a counter, sets a gauge, samples a histogram.
  void observe(Series series, double value) { host_.observe(&run_, series.number_, value); }
  void increment(Series series) { observe(series, 1.0); }

  // "Run me again at once when this descriptor hangs up or becomes readable." One shot; false when this host doesn't watch.
  bool watch(int fd) { return host_.watch(&run_, fd) != 0; }

  [[nodiscard]] bool logs(Level level) const { return host_.log_enabled(&check_, static_cast<std::int32_t>(level)) != 0; }
  // One log line; `duration_ms` below 0 is left out.
  void log(Level level, const char* event, const std::string& message, double duration_ms = -1, const std::string& error = {}) {
    const pw_log_line line{sizeof(pw_log_line), static_cast<std::int32_t>(level),        event,
                           message.c_str(),     error.empty() ? nullptr : error.c_str(), duration_ms};
    host_.log(&check_, &run_, &line);
  }

 private:
  const pw_host& host_;
  pw_check& check_;
  pw_run& run_;
};

// A check: made once, run again and again. Derive from it, with a constructor that takes a Setup&.
class Check {
 public:
  Check() = default;
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  virtual ~Check() = default;
  virtual Result run(Run& run) = 0;
};

// What a plugin is; built once, by PULSEWATCH_PLUGIN's second argument.
class Plugin {
 public:
  enum Flag : std::uint32_t { optional = 0, required = PW_SETTING_REQUIRED, hidden = PW_SETTING_HIDDEN };

  Plugin(const char* name, const char* version, const char* description) {
    plugin_.name = name;
    plugin_.version = version;
    plugin_.description = description;
  }

  // All text given here must live as long as the library: literals.
  Plugin& defaultCheck(const char* name) {
    plugin_.default_check = name;
    return *this;
  }
  Plugin& setting(const char* key, Type type, const char* meaning, const char* default_value = nullptr, std::uint32_t flags = optional) {
    settings_.push_back({key, default_value, nullptr, meaning, static_cast<std::int32_t>(type), flags});
    return *this;
  }
  Plugin& choice(const char* key, const char* choices, const char* meaning, const char* default_value = nullptr,
                 std::uint32_t flags = optional) {
    settings_.push_back({key, default_value, choices, meaning, PW_SETTING_ENUM, flags});
    return *this;
  }
  // A URL of one of these schemes, separated by '|'.
  Plugin& url(const char* key, const char* schemes, const char* meaning, const char* default_value = nullptr,
              std::uint32_t flags = optional) {
    settings_.push_back({key, default_value, schemes, meaning, PW_SETTING_URL, flags});
    return *this;
  }
  Plugin& counter(const char* name, const char* help, std::vector<const char*> labels = {}) {
    return metric(PW_METRIC_COUNTER, name, help, std::move(labels), {});
  }
  Plugin& gauge(const char* name, const char* help, std::vector<const char*> labels = {}) {
    return metric(PW_METRIC_GAUGE, name, help, std::move(labels), {});
  }
  Plugin& histogram(const char* name, const char* help, std::vector<const char*> labels, std::vector<double> buckets) {
    return metric(PW_METRIC_HISTOGRAM, name, help, std::move(labels), std::move(buckets));
  }

  // The C description, completed for this class of check. Used by PULSEWATCH_PLUGIN.
  template <class CheckClass>
  const pw_plugin* complete();

 private:
  Plugin& metric(std::int32_t type, const char* name, const char* help, std::vector<const char*> labels, std::vector<double> buckets) {
    labels_.push_back(std::move(labels));
    buckets_.push_back(std::move(buckets));
    metrics_.push_back({name, help, nullptr, nullptr, type, 0, 0, 0});
    return *this;
  }

  pw_plugin plugin_{};
  std::vector<pw_setting> settings_;
  std::vector<pw_metric> metrics_;
  std::vector<std::vector<const char*>> labels_;  // of each metric; complete() points metrics_ at them
  std::vector<std::vector<double>> buckets_;
};

inline Series Setup::series(std::string_view metric, const std::vector<std::string>& label_values) const {
  std::vector<const char*> values;
  for (const std::string& value : label_values) values.push_back(value.c_str());
  for (std::uint32_t i = 0; i < plugin_.metrics_count; ++i) {
    if (metric == plugin_.metrics[i].name)
      return Series(host_.add_series(&check_, i, values.data(), static_cast<std::uint32_t>(values.size())));
  }
  return {};
}

namespace detail {

// What `self` points to across the boundary.
template <class CheckClass>
struct Instance {
  explicit Instance(pw_check& host_check, Setup& setup) : host_side(host_check), check(setup) {}
  pw_check& host_side;
  CheckClass check;
};

// The C functions of one class of check, with the description they need.
template <class CheckClass>
struct Boundary {
  static const pw_plugin*& plugin() noexcept {
    static const pw_plugin* description = nullptr;
    return description;
  }

  static void* create(const pw_host* host, pw_check* check) noexcept {
    try {
      Setup setup(*host, *check, *plugin());
      return new Instance<CheckClass>(*check, setup);
    } catch (const std::exception& e) {
      host->create_failed(check, e.what());
    } catch (...) {
      host->create_failed(check, "an exception that is no std::exception");
    }
    return nullptr;
  }

  static void run(void* self, const pw_host* host, pw_run* run) noexcept {
    auto& instance = *static_cast<Instance<CheckClass>*>(self);
    try {
      Run face(*host, instance.host_side, *run);
      const Result result = instance.check.run(face);
      host->set_result(run, static_cast<std::int32_t>(result.status), result.message.c_str());
      if (!result.error.empty()) host->set_error(run, result.error.c_str());
    } catch (const std::exception& e) {
      host->set_result(run, PW_STATUS_UNHEALTHY, e.what());
      host->set_error(run, e.what());
    } catch (...) {
      host->set_result(run, PW_STATUS_UNHEALTHY, "an exception that is no std::exception");
      host->set_error(run, "an exception that is no std::exception");
    }
  }

  static void destroy(void* self) noexcept { delete static_cast<Instance<CheckClass>*>(self); }
};

}  // namespace detail

template <class CheckClass>
const pw_plugin* Plugin::complete() {
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    metrics_[i].labels = labels_[i].data();
    metrics_[i].label_count = static_cast<std::uint32_t>(labels_[i].size());
    metrics_[i].buckets = buckets_[i].empty() ? nullptr : buckets_[i].data();
    metrics_[i].bucket_count = static_cast<std::uint32_t>(buckets_[i].size());
  }
  plugin_.size = sizeof(pw_plugin);
  plugin_.abi_major = PW_ABI_MAJOR;
  plugin_.abi_minor = PW_ABI_MINOR;
  plugin_.settings = settings_.data();
  plugin_.settings_count = static_cast<std::uint32_t>(settings_.size());
  plugin_.setting_size = sizeof(pw_setting);
  plugin_.metrics = metrics_.data();
  plugin_.metrics_count = static_cast<std::uint32_t>(metrics_.size());
  plugin_.metric_size = sizeof(pw_metric);
  plugin_.create = &detail::Boundary<CheckClass>::create;
  plugin_.run = &detail::Boundary<CheckClass>::run;
  plugin_.destroy = &detail::Boundary<CheckClass>::destroy;
  detail::Boundary<CheckClass>::plugin() = &plugin_;
  return &plugin_;
}

}  // namespace pulsewatch

// Makes the library's entry. Once in a library, outside any namespace: the class of the check, then an expression of type
// pulsewatch::Plugin. The description is made at the first call and lives as long as the library.
#define PULSEWATCH_PLUGIN(CheckClass, ...)                                    \
  extern "C" PW_EXPORT const pw_plugin* pulsewatch_plugin_v1(void) {          \
    try {                                                                     \
      static pulsewatch::Plugin plugin = __VA_ARGS__;                         \
      static const pw_plugin* const complete = plugin.complete<CheckClass>(); \
      return complete;                                                        \
    } catch (...) {                                                           \
      return nullptr;                                                         \
    }                                                                         \
  }
