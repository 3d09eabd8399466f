// A host for a plugin's own unit tests: it makes one check of a plugin, runs it with a deadline, and shows what the check said.
//
//   pulsewatch::testing::Library library("build/plugins/disk.so");
//   pulsewatch::testing::FakeHost host(library.plugin(), {{"path", "/tmp"}});
//   const pulsewatch::testing::Outcome outcome = host.run(std::chrono::seconds(2));
//   assert(outcome.status == PW_STATUS_HEALTHY && outcome.message == "writable");
//
// A plugin that is linked in is had by pulsewatch_plugin_v1() instead of a Library. Settings are text as in a configuration file; the
// declared defaults apply. What the real host would refuse (an undeclared setting, a required one without a value, a wrong type) throws
// std::invalid_argument. Header only, made of abi.h and the standard library (C++17), and dlopen. One thread at a time, except for
// cancel(); two hosts are independent of each other.
#pragma once

#include <pulsewatch/abi.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
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

// What one run said. When create failed: status unknown, and the reason as the message.
struct Outcome {
  bool created = false;
  std::int32_t status = PW_STATUS_UNKNOWN;
  std::string message;
  std::string error;
  std::vector<int> watched;  // descriptors
  std::chrono::milliseconds took{0};
};

// A plugin's file, open as long as the object lives. Throws std::runtime_error when it can't be opened or isn't one.
class Library {
 public:
  explicit Library(const std::string& path) : handle_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
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
  const pw_plugin* plugin = nullptr;
  std::string name;
  std::string alias;
  std::map<std::string, std::string> settings;
  std::int32_t log_level = PW_LOG_DEBUG;
  std::vector<pulsewatch::testing::LogLine> log;
  std::vector<std::pair<std::string, std::vector<std::string>>> series;  // family and label values; a number is the index
  std::vector<std::vector<double>> observations;                         // of each series
  std::string create_failure;
  std::atomic<bool> cancelled{false};
};

struct pw_run {
  pw_check& check;
  pulsewatch::testing::Outcome& outcome;
  std::chrono::steady_clock::time_point deadline;
};

namespace pulsewatch::testing {

namespace detail {

inline std::string orEmpty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

inline const pw_setting* declared(const pw_plugin& plugin, const std::string& key) {
  for (std::uint32_t i = 0; i < plugin.settings_count; ++i)
    if (key == plugin.settings[i].key) return &plugin.settings[i];
  return nullptr;
}

inline std::optional<std::int64_t> wholeNumber(const std::string& text) {
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

inline std::optional<double> decimalNumber(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

inline std::optional<std::int64_t> truth(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* yes : {"true", "1", "yes", "on"})
    if (text == yes) return 1;
  for (const char* no : {"false", "0", "no", "off"})
    if (text == no) return 0;
  return std::nullopt;
}

inline std::optional<std::int64_t> milliseconds(const std::string& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::int64_t> count = wholeNumber(text.substr(0, digits));
  const std::string unit = text.substr(digits);
  for (const auto& [name, factor] : {std::pair<const char*, std::int64_t>{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}})
    if (count && unit == name) return *count * factor;
  return std::nullopt;
}

inline bool oneOf(const std::string& word, const std::string& choices) {
  return !word.empty() && word.find('|') == std::string::npos && ("|" + choices + "|").find("|" + word + "|") != std::string::npos;
}

inline bool fits(const pw_setting& setting, const std::string& value) {
  switch (setting.type) {
    case PW_SETTING_URL: {
      const std::size_t colon = value.find("://");
      return colon != std::string::npos && (setting.choices == nullptr || oneOf(value.substr(0, colon), setting.choices));
    }
    case PW_SETTING_INTEGER:
      return wholeNumber(value).has_value();
    case PW_SETTING_NUMBER:
      return decimalNumber(value).has_value();
    case PW_SETTING_BOOLEAN:
      return truth(value).has_value();
    case PW_SETTING_DURATION:
      return milliseconds(value).has_value();
    case PW_SETTING_ENUM:
      return oneOf(value, orEmpty(setting.choices));
    default:
      return true;
  }
}

// The functions of pw_host.
struct Functions {
  static const char* checkName(const pw_check* check) { return check->name.c_str(); }
  static const char* checkAlias(const pw_check* check) { return check->alias.c_str(); }

  static const char* settingText(const pw_check* check, const char* key) {
    const auto found = check->settings.find(key);
    return found == check->settings.end() ? nullptr : found->second.c_str();
  }

  static std::int32_t settingInteger(const pw_check* check, const char* key, std::int64_t* value) {
    const pw_setting* setting = declared(*check->plugin, key);
    const char* text = settingText(check, key);
    if (setting == nullptr || text == nullptr) return 0;
    std::optional<std::int64_t> number;
    if (setting->type == PW_SETTING_INTEGER) number = wholeNumber(text);
    if (setting->type == PW_SETTING_BOOLEAN) number = truth(text);
    if (setting->type == PW_SETTING_DURATION) number = milliseconds(text);
    if (number) *value = *number;
    return number ? 1 : 0;
  }

  static std::int32_t settingNumber(const pw_check* check, const char* key, double* value) {
    const pw_setting* setting = declared(*check->plugin, key);
    const char* text = settingText(check, key);
    if (setting == nullptr || text == nullptr) return 0;
    if (setting->type != PW_SETTING_NUMBER && setting->type != PW_SETTING_INTEGER) return 0;
    const std::optional<double> number = decimalNumber(text);
    if (number) *value = *number;
    return number ? 1 : 0;
  }

  static std::int32_t logEnabled(const pw_check* check, std::int32_t level) { return level >= check->log_level ? 1 : 0; }

  static void log(pw_check* check, pw_run*, const pw_log_line* line) {
    if (line->level < check->log_level) return;
    check->log.push_back({line->level, orEmpty(line->event), orEmpty(line->message), orEmpty(line->error), line->duration_ms});
  }

  static std::int32_t addSeries(pw_check* check, std::uint32_t metric, const char* const* values, std::uint32_t count) {
    if (metric >= check->plugin->metrics_count || check->plugin->metrics[metric].label_count != count) return -1;
    const std::pair<std::string, std::vector<std::string>> wanted(check->plugin->metrics[metric].name, {values, values + count});
    auto& series = check->series;
    const auto found = std::find(series.begin(), series.end(), wanted);
    if (found != series.end()) return static_cast<std::int32_t>(found - series.begin());
    if (series.size() == 100) return -1;
    series.push_back(wanted);
    check->observations.emplace_back();
    return static_cast<std::int32_t>(series.size() - 1);
  }

  static void createFailed(pw_check* check, const char* reason) { check->create_failure = orEmpty(reason); }

  static void setResult(pw_run* run, std::int32_t status, const char* message) {
    const bool known = status >= PW_STATUS_UNKNOWN && status <= PW_STATUS_UNHEALTHY;
    run->outcome.status = known ? status : static_cast<std::int32_t>(PW_STATUS_UNKNOWN);
    run->outcome.message = orEmpty(message);
  }

  static void setError(pw_run* run, const char* error) { run->outcome.error = orEmpty(error); }

  static void observe(pw_run* run, std::int32_t series, double value) {
    auto& all = run->check.observations;
    if (series >= 0 && static_cast<std::size_t>(series) < all.size() && std::isfinite(value))
      all[static_cast<std::size_t>(series)].push_back(value);
  }

  static std::int64_t remainingMs(const pw_run* run) {
    const auto left = run->deadline - std::chrono::steady_clock::now();
    return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
  }

  static std::int32_t cancelled(const pw_run* run) { return run->check.cancelled ? 1 : 0; }

  static std::int32_t watch(pw_run* run, std::int32_t fd) {
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
  explicit FakeHost(const pw_plugin* plugin, std::map<std::string, std::string> settings = {}, std::string name = "test",
                    std::string alias = "default") {
    check_.plugin = plugin;
    check_.name = std::move(name);
    check_.alias = std::move(alias);
    for (const auto& [key, value] : settings) {
      const pw_setting* setting = detail::declared(*plugin, key);
      if (setting == nullptr) throw std::invalid_argument("the plugin declares no setting " + key);
      if (!detail::fits(*setting, value)) throw std::invalid_argument("the setting " + key + " has a value that doesn't fit its type");
    }
    for (std::uint32_t i = 0; i < plugin->settings_count; ++i) {
      const pw_setting& setting = plugin->settings[i];
      if (setting.default_value != nullptr) settings.emplace(setting.key, setting.default_value);
      if ((setting.flags & PW_SETTING_REQUIRED) != 0 && settings.count(setting.key) == 0)
        throw std::invalid_argument(std::string("the setting ") + setting.key + " is required");
    }
    check_.settings = std::move(settings);
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() { destroy(); }

  // Creates the check unless it is there, and runs it.
  Outcome run(std::chrono::milliseconds deadline) {
    Outcome outcome;
    const auto start = std::chrono::steady_clock::now();
    if (self_ == nullptr) {
      check_.create_failure.clear();
      self_ = check_.plugin->create(&detail::Functions::host(), &check_);
    }
    outcome.created = self_ != nullptr;
    if (self_ != nullptr) {
      pw_run run{check_, outcome, start + deadline};
      check_.plugin->run(self_, &detail::Functions::host(), &run);
    } else {
      outcome.message = check_.create_failure;
    }
    outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    return outcome;
  }

  // Ends the check; the next run makes a new one.
  void destroy() {
    if (self_ != nullptr) check_.plugin->destroy(std::exchange(self_, nullptr));
  }

  // What pw_host.cancelled says from now on. From any thread.
  void cancel(bool cancelled = true) { check_.cancelled = cancelled; }

  void setLogLevel(std::int32_t level) { check_.log_level = level; }
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
  pw_check check_;
  void* self_ = nullptr;
};

}  // namespace pulsewatch::testing
