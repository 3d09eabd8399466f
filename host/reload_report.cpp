#include "reload_report.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.host";
constexpr std::size_t kMostNames = 50;

// What lives as long as the process.
constexpr const char* kNeedRestart[] = {"control.socket", "state.directory"};

std::string effective(const Properties& properties, const std::string& key) {
  Mistakes ignored;
  const auto value = properties.value(key, ignored);
  return value ? value->text : std::string();
}

// Whether it says the same whatever other keys say.
bool isSame(const Property& a, const Property& b) {
  return a.value == b.value && a.literal == b.literal && (a.literal || a.value.find('$') == std::string::npos);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNames) text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

}  // namespace

std::vector<std::string> changedKeys(const Properties& before, const Properties& now) {
  std::set<std::string> keys;
  const auto collect = [&](const Properties& one, const Properties& other) {
    for (const auto& [key, property] : one.properties()) {
      const auto same = other.properties().find(key);
      if (same == other.properties().end() ? effective(one, key) != effective(other, key)
                                           : !isSame(property, same->second) && effective(one, key) != effective(other, key))
        keys.insert(key);
    }
  };
  collect(before, now);
  collect(now, before);
  return {keys.begin(), keys.end()};
}

void ReloadReport::started(const Setup& setup) {
  properties_ = setup.properties;
  for (const char* key : kNeedRestart) since_start_[key] = effective(*properties_, key);
  sayOnce(setup);
}

void ReloadReport::taken(const Setup& setup, const CheckChanges& checks) {
  sayOnce(setup);
  const auto before = std::exchange(properties_, setup.properties);
  const std::vector<std::string> keys = changedKeys(*before, *properties_);
  for (const char* key : kNeedRestart) {
    const bool news = std::find(keys.begin(), keys.end(), key) != keys.end() && effective(*properties_, key) != since_start_.at(key);
    if (news)
      log_.write({LogLevel::warning,
                  kLogger,
                  "config_restart_needed",
                  std::string(key) + " takes effect with the next start only: restart pulsewatchd, or set it as it was",
                  {}});
  }
  LogRecord record{LogLevel::info, kLogger, "config_reload", {}, {}};
  std::string what;
  const auto add = [&](std::string_view field, const std::string& word, const std::vector<std::string>& names) {
    if (names.empty()) return;
    const std::string text = joined(names);
    what += (what.empty() ? ": " : "; ") + word + " " + text;
    record.fields.emplace_back(field, text);
  };
  add("keys", "changed", keys);
  add("checks_added", "checks added:", checks.added);
  add("checks_changed", "checks changed:", checks.changed);
  add("checks_removed", "checks removed:", checks.removed);
  record.message = "the configuration was read again" + (what.empty() ? std::string(": nothing has changed") : what);
  log_.write(record);
}

void ReloadReport::refused(const Mistakes& mistakes) {
  for (const std::string& line : mistakes.lines()) log_.write({LogLevel::error, kLogger, "config_mistake", line, {}});
  const auto count = static_cast<std::int64_t>(mistakes.lines().size());
  log_.write({LogLevel::error,
              kLogger,
              "config_reload",
              "the configuration was read again and has " + std::to_string(count) + (count == 1 ? " mistake" : " mistakes") +
                  ": the old one stays in effect",
              {{"mistakes", count}}});
}

void ReloadReport::sayOnce(const Setup& setup) {
  std::set<std::string> said;
  const auto say = [&](LogLevel level, std::string_view event, const std::string& sentence) {
    if (sentence.empty() || !said.insert(sentence).second || said_.count(sentence) > 0) return;
    log_.write({level, kLogger, event, sentence, {}});
  };
  for (const std::string& warning : setup.config.warnings) say(LogLevel::warning, "config_warning", warning);
  say(LogLevel::warning, "config_not_acted_on", notActedOn(setup));
  for (const std::string& note : setup.plan.notes) say(LogLevel::info, "check_plan", note);
  said_ = std::move(said);
}

}  // namespace pulsewatch
