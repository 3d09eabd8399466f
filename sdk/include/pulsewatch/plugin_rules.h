// The rules of abi.h for what a plugin says of itself, as code: the host refuses a plugin by them, and so does testing.h, in the same
// words. Pure; any thread.
#pragma once

#include <pulsewatch/abi.h>
#include <pulsewatch/setting_value.h>
#include <pulsewatch/utf8.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// [a-z][a-z0-9_-]{0,62}: names of plugins and of checks.
inline bool isName(std::string_view text) {
  if (text.empty() || text.size() > 63 || text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

// The same for a setting's key, without the dash.
inline bool isSettingKey(std::string_view text) { return isName(text) && text.find('-') == std::string_view::npos; }

// Keys that every check has: no setting may be named so.
inline bool isHostKey(std::string_view key) {
  for (const std::string_view own : {"plugin", "interval", "timeout", "critical", "fall", "rise", "alias", "scope", "degraded_after",
                                     "depends_on", "flap_window", "fast_interval"}) {
    if (key == own) return true;
  }
  return false;
}

// Metric families that are the host's own.
inline bool isHostMetric(std::string_view family) {
  for (const std::string_view prefix : {"pulsewatch_", "process_", "django_http_"}) {
    if (family.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

// Element i of an array whose elements are `stride` bytes apart: an older plugin's may be shorter than ours, what it lacks is zero.
template <class T>
T declaredElement(const T* first, std::uint32_t stride, std::uint32_t i) {
  T copy{};
  std::memcpy(static_cast<void*>(&copy), reinterpret_cast<const char*>(first) + std::size_t{stride} * i,
              std::min<std::size_t>(stride, sizeof(T)));
  return copy;
}

namespace detail {

constexpr std::size_t kMostText = 1000;   // bytes of a text for people
constexpr std::size_t kMostValue = 4000;  // of a default, and of choices
constexpr std::uint32_t kMostElements = 1000;

class RuleBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void require(bool fine, const std::string& sentence) {
  if (!fine) throw RuleBroken(sentence);
}

// One line of UTF-8, not longer than `most`; "" for null. `what` begins the sentence: "has a description".
inline std::string oneLine(const char* text, const std::string& what, std::size_t most) {
  if (text == nullptr) return {};
  const std::string_view bounded(text, strnlen(text, most + 1));
  require(bounded.size() <= most, what + " of more than " + std::to_string(most) + " bytes");
  require(isUtf8(bounded), what + " that is not UTF-8");
  const bool control =
      std::any_of(bounded.begin(), bounded.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  require(!control, what + " that has a line break or another control character");
  return std::string(bounded);
}

inline std::string neededText(const char* text, const std::string& what) {
  require(text != nullptr && *text != '\0', "gives no " + what);
  return std::string(text, strnlen(text, kMostValue));
}

inline bool isMetricName(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  if (text.empty() || text.size() > 200 || kLetters.find(text[0]) == std::string_view::npos) return false;
  return text.find_first_not_of(std::string(kLetters) + "0123456789") == std::string_view::npos;
}

inline void checkChoices(const pw_setting& setting, const std::string& which) {
  const std::string choices = oneLine(setting.choices, which + " with a list of choices", kMostValue);
  const bool choice = setting.type == PW_SETTING_ENUM;
  require(!choice || !choices.empty(), which + " as a choice of nothing");
  require(choices.empty() || choice || setting.type == PW_SETTING_URL, which + " with choices, which only a choice and a URL have");
  if (choices.empty()) return;
  require(choices.front() != '|' && choices.back() != '|' && choices.find("||") == std::string::npos, which + " with an empty choice");
  std::set<std::string> known;
  for (const std::string& word : alternatives(choices)) {
    require(word.front() != ' ' && word.back() != ' ', which + " with a choice that begins or ends with a space");
    require(choice || lowerCase(word) == word, which + " with the scheme " + word + ", which is never found: a URL's is in lower case");
    require(known.insert(lowerCase(word)).second, which + " with the choice " + word + " twice");
  }
}

inline void checkSetting(const pw_setting& setting, std::set<std::string>& keys) {
  const std::string key = neededText(setting.key, "key for one of its settings");
  require(isSettingKey(key), "declares a setting with a bad key: [a-z][a-z0-9_]* is needed, 63 characters at most");
  require(!isHostKey(key), "declares a setting " + key + ", a key of the host's own");
  require(keys.insert(key).second, "declares setting " + key + " twice");
  const std::string which = "declares setting " + key;
  require(setting.type >= PW_SETTING_TEXT && setting.type <= PW_SETTING_ENUM,
          which + " with type " + std::to_string(setting.type) + ", which is none");
  const std::uint32_t unknown = setting.flags & ~static_cast<std::uint32_t>(PW_SETTING_REQUIRED | PW_SETTING_HIDDEN);
  require(unknown == 0, which + " with flags " + std::to_string(unknown) + ", which are none");
  oneLine(setting.meaning, which + " with a meaning", kMostText);
  checkChoices(setting, which);
  if (setting.default_value == nullptr) return;
  const std::string value = oneLine(setting.default_value, which + " with a default", kMostValue);
  require(value.empty() || (value.front() != ' ' && value.back() != ' '), which + " with a default that begins or ends with a space");
  require(typedSetting(setting, value).has_value(), which + " with a default that is not " + settingTypeWords(setting));
}

inline void checkLabels(const pw_metric& metric, const std::string& which) {
  require(metric.label_count <= 16 && (metric.label_count == 0 || metric.labels != nullptr),
          which + " with labels that are not there, or more than 16");
  std::set<std::string> known;
  for (std::uint32_t i = 0; i < metric.label_count; ++i) {
    const std::string label = neededText(metric.labels[i], "name for a label of metric " + std::string(metric.name));
    require(isMetricName(label) && label != "le" && label.substr(0, 2) != "__",
            which + " with a label whose name is not one of Prometheus");
    require(known.insert(label).second, which + " with the label " + label + " twice");
  }
}

inline void checkBuckets(const pw_metric& metric, const std::string& which) {
  require(metric.bucket_count == 0 || metric.type == PW_METRIC_HISTOGRAM, which + " with buckets, which only a histogram has");
  require(metric.bucket_count <= 128 && (metric.bucket_count == 0 || metric.buckets != nullptr),
          which + " with buckets that are not there, or more than 128");
  for (std::uint32_t i = 0; i < metric.bucket_count; ++i)
    require(std::isfinite(metric.buckets[i]) && (i == 0 || metric.buckets[i] > metric.buckets[i - 1]),
            which + " with buckets that are not finite or do not rise");
}

inline void checkMetric(const pw_metric& metric, std::set<std::string>& names) {
  const std::string name = neededText(metric.name, "name for one of its metrics");
  require(isMetricName(name), "declares a metric whose name is not one of Prometheus, of 200 characters at most");
  require(!isHostMetric(name), "declares metric " + name + ", which is the host's own");
  require(names.insert(name).second, "declares metric " + name + " twice");
  const std::string which = "declares metric " + name;
  const std::string help = oneLine(metric.help, which + " with a help", kMostText);
  require(help.find('\\') == std::string::npos, which + " with a backslash in its help");
  require(metric.type >= PW_METRIC_COUNTER && metric.type <= PW_METRIC_HISTOGRAM,
          which + " with type " + std::to_string(metric.type) + ", which is none");
  require(metric.reserved == 0, which + " with a reserved field that is not 0");
  checkLabels(metric, which);
  checkBuckets(metric, which);
}

inline std::string abiVersion(unsigned major, unsigned minor) { return std::to_string(major) + "." + std::to_string(minor); }

// What has to be right before anything else can be read.
inline std::string abiFault(const pw_plugin* plugin) {
  if (plugin == nullptr) return "its entry gives no plugin (a null pointer); its author must correct it";
  const std::string versions = " plugin ABI " + abiVersion(plugin->abi_major, plugin->abi_minor) + ", this host has " +
                               abiVersion(PW_ABI_MAJOR, PW_ABI_MINOR) + "; ";
  if (plugin->abi_major != PW_ABI_MAJOR) return "is built for" + versions + "build it with this host's SDK";
  if (plugin->abi_minor > PW_ABI_MINOR) return "needs" + versions + "upgrade pulsewatch, or build it with this host's SDK";
  if (plugin->size < sizeof(pw_plugin))
    return "describes itself with " + std::to_string(plugin->size) + " bytes, " + std::to_string(sizeof(pw_plugin)) +
           " are needed; build it with this host's SDK";
  return {};
}

inline void checkPlugin(const pw_plugin& plugin) {
  require(isName(neededText(plugin.name, "name")), "has a name that is none: [a-z][a-z0-9_-]{0,62} is needed");
  const std::string version = neededText(plugin.version, "version");
  const bool visible = std::all_of(version.begin(), version.end(), [](char c) { return c > ' ' && c < 0x7F; });
  require(visible && version.size() <= 64, "has a version that is none: up to 64 visible ASCII characters are needed, as in 1.2.0");
  oneLine(plugin.description, "has a description", kMostText);
  if (plugin.default_check != nullptr) {
    const std::string_view check(plugin.default_check, strnlen(plugin.default_check, kMostText));
    require(isName(check) && check != "group", "has a default check name that is none: [a-z][a-z0-9_-]{0,62} is needed, and not group");
  }
  require(plugin.create != nullptr, "lacks the function create");
  require(plugin.run != nullptr, "lacks the function run");
  require(plugin.destroy != nullptr, "lacks the function destroy");

  require(plugin.settings_count == 0 || (plugin.settings != nullptr && plugin.setting_size >= sizeof(pw_setting)),
          "declares settings that are not there");
  require(plugin.metrics_count == 0 || (plugin.metrics != nullptr && plugin.metric_size >= sizeof(pw_metric)),
          "declares metrics that are not there");
  require(plugin.settings_count <= kMostElements, "declares more than 1000 settings");
  require(plugin.metrics_count <= kMostElements, "declares more than 1000 metrics");
  std::set<std::string> keys;
  for (std::uint32_t i = 0; i < plugin.settings_count; ++i) checkSetting(declaredElement(plugin.settings, plugin.setting_size, i), keys);
  std::set<std::string> names;
  for (std::uint32_t i = 0; i < plugin.metrics_count; ++i) checkMetric(declaredElement(plugin.metrics, plugin.metric_size, i), names);
}

}  // namespace detail

// Why a host can't take the plugin: a sentence that begins after "refused: " and says what to do; "" when it can. `plugin` may be null.
inline std::string pluginFault(const pw_plugin* plugin) {
  if (std::string fault = detail::abiFault(plugin); !fault.empty()) return fault;
  try {
    detail::checkPlugin(*plugin);
  } catch (const detail::RuleBroken& broken) {
    return std::string(broken.what()) + "; its author must correct it";
  }
  return {};
}

}  // namespace pulsewatch
