#include "plugin/hosted_check.h"

#include "base/stack_trace.h"
#include "base/text.h"
#include <pulsewatch/service_url.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <utility>

namespace pulsewatch {

namespace {

// The C boundary's opaque types are these two.
pw_check* handle(HostedCheck* check) { return reinterpret_cast<pw_check*>(check); }
pw_run* handle(HostedRun* run) { return reinterpret_cast<pw_run*>(run); }
const HostedCheck& of(const pw_check* check) { return *reinterpret_cast<const HostedCheck*>(check); }
HostedCheck& of(pw_check* check) { return *reinterpret_cast<HostedCheck*>(check); }
const HostedRun& of(const pw_run* run) { return *reinterpret_cast<const HostedRun*>(run); }
HostedRun& of(pw_run* run) { return *reinterpret_cast<HostedRun*>(run); }

RunOutcome outcomeOf(std::int32_t status) {
  return status == PW_STATUS_HEALTHY ? RunOutcome::healthy : status == PW_STATUS_DEGRADED ? RunOutcome::degraded : RunOutcome::unhealthy;
}

// The password of a URL as it is written and as it is meant.
void addUrlSecrets(const std::string& text, std::vector<std::string>& secrets) {
  const std::size_t scheme = text.find("://");
  const std::size_t at = text.rfind('@');
  if (scheme != std::string::npos && at != std::string::npos && at > scheme) {
    const std::size_t colon = text.find(':', scheme + 3);
    if (colon != std::string::npos && colon < at) secrets.push_back(text.substr(colon + 1, at - colon - 1));
  }
  try {
    const ServiceUrl url = ServiceUrl::parse(text);
    if (url.password) secrets.push_back(*url.password);
    if (const auto password = url.option("password")) secrets.push_back(*password);
  } catch (const std::invalid_argument&) {  // NOLINT(bugprone-empty-catch): not a URL: there is no password in it
  }
}

}  // namespace

void Redactor::add(const std::vector<SettingValue>& settings) {
  std::vector<std::string> found;
  for (const SettingValue& setting : settings) {
    if (setting.type == SettingType::url) addUrlSecrets(setting.text, found);
    if (setting.secret) found.push_back(setting.text);
  }
  std::erase_if(found, [](const std::string& secret) { return secret.empty(); });
  secrets_.insert(found.begin(), found.end());
}

std::string Redactor::redacted(std::string text) const {
  for (const std::string& secret : secrets_) {
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  }
  return text;
}

std::string Redactor::redactedCut(std::string text) const {
  std::size_t end = text.size();
  for (const std::string& secret : secrets_) {
    for (std::size_t length = std::min(secret.size() - 1, text.size()); length > 0; --length) {
      if (text.compare(text.size() - length, length, secret, 0, length) != 0) continue;
      end = std::min(end, text.size() - length);
      break;
    }
  }
  text.resize(end);
  return redacted(std::move(text));
}

bool HostedRun::watch(int fd) {
  const std::string fault = owner_->events_.watchFault(fd);
  if (!fault.empty()) {
    if (std::exchange(watch_refused_, true)) return false;
    const std::string message =
        "descriptor " + std::to_string(fd) + " can't be watched: the check runs at its interval, and not at once when the peer is gone";
    owner_->log(this, {sizeof(pw_log_line), PW_LOG_DEBUG, "watch_refused", message.c_str(), fault.c_str(), -1});
    return false;
  }
  std::erase(watched_, fd);
  if (watched_.size() >= kMostWatched) watched_.erase(watched_.begin());
  watched_.push_back(fd);
  return true;
}

HostedCheck::HostedCheck(CheckId id, const CheckSpec& spec, std::shared_ptr<PluginLibrary> library, HostedCheckEvents& events,
                         LogLevel log_level)
    : id_(id),
      name_(spec.name),
      alias_(spec.alias),
      timeout_(spec.timeout),
      settings_(spec.settings),
      library_(std::move(library)),
      events_(events),
      log_level_(log_level),
      redactor_(settings_),
      log_limiter_(std::chrono::steady_clock::now()) {}

RunReport HostedCheck::execute(HostedRun& run) {
  const SteadyTime begin = std::chrono::steady_clock::now();
  current_ = &run;
  run.owner_ = this;
  try {
    if (self_ != nullptr || create()) library_->plugin().run(self_, &hostFunctions(), handle(&run));
  } catch (const std::exception& e) {  // abi.h forbids it; this is not the place to die of it
    run.status_ = PW_STATUS_UNHEALTHY;
    run.report_.message = shown(e.what(), kMostMessage);
    run.report_.error = shown(e.what(), kMostError);
    run.report_.stack_trace = currentExceptionTrace();
  } catch (...) {
    run.status_ = PW_STATUS_UNHEALTHY;
    run.report_.message = run.report_.error = "an exception that is no std::exception";
    run.report_.stack_trace = currentExceptionTrace();
  }
  tellDroppedLines(true);
  current_ = nullptr;
  run.report_.duration = std::chrono::steady_clock::now() - begin;
  run.report_.outcome = outcomeOf(run.status_);
  if (run.status_ == PW_STATUS_UNKNOWN) run.report_.message = "the plugin gave no result";
  return std::move(run.report_);
}

bool HostedCheck::create() {
  self_ = library_->plugin().create(&hostFunctions(), handle(this));
  if (self_ == nullptr && current_->status_ == PW_STATUS_UNKNOWN) {
    current_->status_ = PW_STATUS_UNHEALTHY;
    current_->report_.message = "the plugin cannot make this check, and says nothing of why";
  }
  return self_ != nullptr;
}

void HostedCheck::destroy() {
  if (self_ == nullptr) return;
  try {
    library_->plugin().destroy(self_);
  } catch (...) {  // NOLINT(bugprone-empty-catch): abi.h forbids it; nothing is left to be done
  }
  self_ = nullptr;
}

const SettingValue* HostedCheck::setting(const char* key) const {
  if (key == nullptr) return nullptr;
  const auto found = std::find_if(settings_.begin(), settings_.end(), [key](const SettingValue& value) { return value.key == key; });
  return found == settings_.end() ? nullptr : &*found;
}

std::string HostedCheck::shown(const char* text, std::size_t most) const {
  if (text == nullptr) return {};
  // Bounded first, so that megabytes cost little; redacted before it is cut to size, so that no part of a secret stays.
  const std::size_t bound = most + 4096;
  const std::size_t size = strnlen(text, bound + 1);
  std::string bounded(text, std::min(size, bound));
  return cleanText(size > bound ? redactor_.redactedCut(std::move(bounded)) + "…" : redactor_.redacted(std::move(bounded)), most);
}

std::int32_t HostedCheck::addSeries(std::uint32_t metric, const char* const* label_values, std::uint32_t count) {
  const std::vector<MetricDescription>& metrics = library_->description().metrics;
  if (metric >= metrics.size() || count != metrics[metric].labels.size() || (count > 0 && label_values == nullptr)) return -1;
  std::vector<std::string> values;
  for (std::uint32_t i = 0; i < count; ++i) values.push_back(shown(label_values[i], 200));
  const auto next = static_cast<std::int32_t>(series_.size());
  const auto found = series_.find({metric, values});
  if (found != series_.end()) return found->second;
  if (series_.size() >= kMostSeries) return -1;
  series_.emplace(std::make_pair(metric, values), next);
  events_.seriesAdded({id_, next, metric, std::move(values)});
  return next;
}

void HostedCheck::log(const HostedRun* run, const pw_log_line& line) {
  const auto level = static_cast<LogLevel>(std::clamp<std::int32_t>(line.level, PW_LOG_DEBUG, PW_LOG_CRITICAL));
  if (level < log_level_.load(std::memory_order_relaxed)) return;
  bool allowed = false;
  {
    const MutexLock lock(log_mutex_);
    allowed = log_limiter_.allow(std::chrono::steady_clock::now());
  }
  if (!allowed) return tellDroppedLines(false);
  events_.pluginLogged({id_, run == nullptr ? "" : run->report_.request_id, level, line.event == nullptr ? "plugin" : shown(line.event, 64),
                        shown(line.message, kMostError), shown(line.error, kMostError),
                        std::isfinite(line.duration_ms) ? line.duration_ms : -1});
}

void HostedCheck::tellDroppedLines(bool pause) {
  std::uint64_t dropped = 0;
  {
    const MutexLock lock(log_mutex_);
    dropped = log_limiter_.toTell(std::chrono::steady_clock::now(), pause);
  }
  if (dropped == 0) return;
  events_.pluginLogged({id_, "", LogLevel::warning, "log_dropped",
                        std::to_string(dropped) + " log lines of this check were dropped: it may write " +
                            std::to_string(LogLimiter::kPerSecond) + " a second",
                        "", -1});
}

// The functions of pw_host. What they promise is in abi.h.
struct HostFunctions {
  static const char* checkName(const pw_check* check) { return of(check).name_.c_str(); }
  static const char* checkAlias(const pw_check* check) { return of(check).alias_.c_str(); }

  static const char* settingText(const pw_check* check, const char* key) {
    const SettingValue* value = of(check).setting(key);
    return value == nullptr ? nullptr : value->text.c_str();
  }
  static std::int32_t settingInteger(const pw_check* check, const char* key, std::int64_t* value) {
    const SettingValue* found = of(check).setting(key);
    if (found == nullptr || value == nullptr) return 0;
    if (found->type != SettingType::integer && found->type != SettingType::boolean && found->type != SettingType::duration) return 0;
    *value = found->integer;
    return 1;
  }
  static std::int32_t settingNumber(const pw_check* check, const char* key, double* value) {
    const SettingValue* found = of(check).setting(key);
    if (found == nullptr || value == nullptr || (found->type != SettingType::integer && found->type != SettingType::number)) return 0;
    *value = found->number;
    return 1;
  }

  static std::int32_t logEnabled(const pw_check* check, std::int32_t level) {
    return level >= static_cast<std::int32_t>(of(check).log_level_.load(std::memory_order_relaxed)) ? 1 : 0;
  }
  static void log(pw_check* check, pw_run* run, const pw_log_line* line) {
    if (line == nullptr || line->size < sizeof(pw_log_line)) return;
    of(check).log(run == nullptr ? nullptr : &of(run), *line);
  }

  static std::int32_t addSeries(pw_check* check, std::uint32_t metric, const char* const* label_values, std::uint32_t count) {
    return of(check).addSeries(metric, label_values, count);
  }

  static void createFailed(pw_check* check, const char* reason) {
    if (of(check).current_ == nullptr) return;
    HostedRun& run = *of(check).current_;
    run.status_ = PW_STATUS_UNHEALTHY;
    run.report_.message = of(check).shown(reason, HostedCheck::kMostMessage);
    run.report_.error = of(check).shown(reason, HostedCheck::kMostError);
    run.report_.stack_trace = currentExceptionTrace();
  }

  static void setResult(pw_run* run, std::int32_t status, const char* message) {
    of(run).status_ = status >= PW_STATUS_HEALTHY && status <= PW_STATUS_UNHEALTHY ? status : PW_STATUS_UNKNOWN;
    of(run).report_.message = of(run).owner_->shown(message, HostedCheck::kMostMessage);
  }
  static void setError(pw_run* run, const char* error) {
    of(run).report_.error = of(run).owner_->shown(error, HostedCheck::kMostError);
    of(run).report_.stack_trace = error == nullptr ? "" : currentExceptionTrace();
  }
  static void observe(pw_run* run, std::int32_t series, double value) {
    if (!std::isfinite(value) || series < 0 || static_cast<std::size_t>(series) >= of(run).owner_->series_.size()) return;
    constexpr std::size_t kMostObservations = 1000;  // of one run
    if (of(run).report_.observations.size() < kMostObservations) of(run).report_.observations.push_back({series, value});
  }
  static std::int64_t remainingMs(const pw_run* run) {
    const auto left = std::chrono::floor<Milliseconds>(of(run).deadline_ - std::chrono::steady_clock::now());
    return std::max<std::int64_t>(0, left.count());
  }
  static std::int32_t cancelled(const pw_run* run) { return of(run).cancelled_.load(std::memory_order_relaxed) ? 1 : 0; }
  static std::int32_t watch(pw_run* run, std::int32_t fd) { return of(run).watch(fd) ? 1 : 0; }
};

const pw_host& hostFunctions() {
  static const pw_host functions = {
      sizeof(pw_host),
      PW_ABI_MAJOR,
      PW_ABI_MINOR,
      &HostFunctions::checkName,
      &HostFunctions::checkAlias,
      &HostFunctions::settingText,
      &HostFunctions::settingInteger,
      &HostFunctions::settingNumber,
      &HostFunctions::logEnabled,
      &HostFunctions::log,
      &HostFunctions::addSeries,
      &HostFunctions::createFailed,
      &HostFunctions::setResult,
      &HostFunctions::setError,
      &HostFunctions::observe,
      &HostFunctions::remainingMs,
      &HostFunctions::cancelled,
      &HostFunctions::watch,
  };
  return functions;
}

}  // namespace pulsewatch
