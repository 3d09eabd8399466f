#include "plugin/plugin_library.h"

#define BOOST_DLL_USE_STD_FS
#include "base/text.h"
#include "plugin/refusal.h"

#include <boost/dll/shared_library.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <list>
#include <utility>

namespace pulsewatch {

namespace {

constexpr int kMajorsLookedFor = 20;
using Entry = const pw_plugin*();

std::string version(unsigned major, unsigned minor) { return std::to_string(major) + "." + std::to_string(minor); }

// The sentence for a library without our entry symbol: it may have another major's.
Refusal withoutEntry(const boost::dll::shared_library& library) {
  for (int major = 0; major < kMajorsLookedFor; ++major) {
    const std::string symbol = "pulsewatch_plugin_v" + std::to_string(major);
    if (library.has(symbol))
      return Refusal("is built for plugin ABI " + std::to_string(major) + ", this host has " + std::to_string(PW_ABI_MAJOR) +
                     "; build it with this host's SDK");
  }
  return Refusal(std::string("has no symbol ") + PW_ENTRY_SYMBOL +
                 "; it is not a pulsewatch plugin, or was built without PULSEWATCH_PLUGIN");
}

const pw_plugin* askPlugin(const boost::dll::shared_library& library) {
  if (!library.has(PW_ENTRY_SYMBOL)) throw withoutEntry(library);
  return library.get<Entry>(PW_ENTRY_SYMBOL)();
}

std::string needText(const char* text, const char* what) {
  if (text == nullptr || *text == '\0') throw Refusal(std::string("gives no ") + what);
  return cleanText(std::string_view(text, strnlen(text, 4096)), 4000);
}

bool isKey(const std::string& text) {
  if (text.empty() || text.size() > 63 || text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

bool isMetricName(const std::string& text) {
  const std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  if (text.empty() || letters.find(text[0]) == std::string_view::npos) return false;
  return text.find_first_not_of(std::string(letters) + "0123456789") == std::string::npos;
}

std::vector<std::string> words(const char* text) {
  std::vector<std::string> found;
  std::string_view rest = text == nullptr ? std::string_view() : text;
  while (!rest.empty()) {
    const std::size_t bar = rest.find('|');
    found.emplace_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return found;
}

// Throws unless every name is there once.
template <class Items, class Name>
void refuseTwice(const Items& items, Name name, const std::string& what) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (name(items[i]) == name(items[j])) throw Refusal("declares " + what + " " + name(items[i]) + " twice");
    }
  }
}

SettingDescription describeSetting(const pw_setting& setting) {
  SettingDescription description;
  description.key = needText(setting.key, "key for one of its settings");
  if (!isKey(description.key)) throw Refusal("declares a setting with a bad key: [a-z][a-z0-9_]* is needed");
  if (setting.type < PW_SETTING_TEXT || setting.type > PW_SETTING_ENUM)
    throw Refusal("declares setting " + description.key + " with type " + std::to_string(setting.type) + ", which is none");
  description.type = static_cast<SettingType>(setting.type);
  if (setting.default_value != nullptr) description.default_value = setting.default_value;
  description.choices = words(setting.choices);
  if (description.type == SettingType::choice && description.choices.empty())
    throw Refusal("declares setting " + description.key + " as a choice of nothing");
  if (setting.meaning != nullptr) description.meaning = cleanText(setting.meaning, 1000);
  description.required = (setting.flags & PW_SETTING_REQUIRED) != 0;
  description.hidden = (setting.flags & PW_SETTING_HIDDEN) != 0;
  return description;
}

MetricDescription describeMetric(const pw_metric& metric) {
  MetricDescription description;
  description.name = needText(metric.name, "name for one of its metrics");
  if (!isMetricName(description.name)) throw Refusal("declares a metric whose name is not one of Prometheus");
  description.help = metric.help == nullptr ? "" : cleanText(metric.help, 1000);
  if (description.help.find_first_of("\n\\") != std::string::npos)
    throw Refusal("declares metric " + description.name + " with a line break or a backslash in its help");
  if (metric.type < PW_METRIC_COUNTER || metric.type > PW_METRIC_HISTOGRAM)
    throw Refusal("declares metric " + description.name + " with type " + std::to_string(metric.type) + ", which is none");
  description.type = static_cast<MetricType>(metric.type);
  if (metric.label_count > 16 || (metric.label_count > 0 && metric.labels == nullptr) || metric.bucket_count > 128 ||
      (metric.bucket_count > 0 && metric.buckets == nullptr))
    throw Refusal("declares metric " + description.name + " with labels or buckets that are not there");
  for (std::uint32_t i = 0; i < metric.label_count; ++i) {
    description.labels.push_back(needText(metric.labels[i], "name for one of its labels"));
    if (!isMetricName(description.labels.back()) || description.labels.back() == "le" || description.labels.back().rfind("__", 0) == 0)
      throw Refusal("declares metric " + description.name + " with a label whose name is not one of Prometheus");
  }
  refuseTwice(
      description.labels, [](const std::string& label) { return label; }, "a label of metric " + description.name);
  for (std::uint32_t i = 0; i < metric.bucket_count; ++i) {
    if (!std::isfinite(metric.buckets[i]) || (i > 0 && metric.buckets[i] <= metric.buckets[i - 1]))
      throw Refusal("declares metric " + description.name + " with buckets that do not rise");
    description.buckets.push_back(metric.buckets[i]);
  }
  return description;
}

// Element i of an array whose elements are `stride` bytes apart: an older plugin's may be shorter than ours, what it lacks is zero.
template <class T>
T element(const T* first, std::uint32_t stride, std::uint32_t i) {
  T copy{};
  std::memcpy(static_cast<void*>(&copy), reinterpret_cast<const char*>(first) + std::size_t{stride} * i,
              std::min<std::size_t>(stride, sizeof(T)));
  return copy;
}

void describeArrays(const pw_plugin& plugin, PluginDescription& description) {
  constexpr std::uint32_t kMost = 1000;
  if ((plugin.settings_count > 0 && (plugin.settings == nullptr || plugin.setting_size < sizeof(pw_setting))) ||
      plugin.settings_count > kMost)
    throw Refusal("declares settings that are not there");
  if ((plugin.metrics_count > 0 && (plugin.metrics == nullptr || plugin.metric_size < sizeof(pw_metric))) || plugin.metrics_count > kMost)
    throw Refusal("declares metrics that are not there");
  for (std::uint32_t i = 0; i < plugin.settings_count; ++i)
    description.settings.push_back(describeSetting(element(plugin.settings, plugin.setting_size, i)));
  for (std::uint32_t i = 0; i < plugin.metrics_count; ++i)
    description.metrics.push_back(describeMetric(element(plugin.metrics, plugin.metric_size, i)));
  refuseTwice(
      description.settings, [](const SettingDescription& setting) { return setting.key; }, "setting");
  refuseTwice(
      description.metrics, [](const MetricDescription& metric) { return metric.name; }, "metric");
}

}  // namespace

bool isName(const std::string& text) {
  if (text.empty() || text.size() > 63 || text[0] < 'a' || text[0] > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

PluginDescription describePlugin(const pw_plugin* plugin) {
  if (plugin == nullptr) throw Refusal("its entry gives no plugin (a null pointer)");
  if (plugin->abi_major != PW_ABI_MAJOR)
    throw Refusal("is built for plugin ABI " + version(plugin->abi_major, plugin->abi_minor) + ", this host has " +
                  version(PW_ABI_MAJOR, PW_ABI_MINOR) + "; build it with this host's SDK");
  if (plugin->abi_minor > PW_ABI_MINOR)
    throw Refusal("needs plugin ABI " + version(plugin->abi_major, plugin->abi_minor) + ", this host has " +
                  version(PW_ABI_MAJOR, PW_ABI_MINOR) + "; upgrade pulsewatch, or build it with this host's SDK");
  if (plugin->size < sizeof(pw_plugin))
    throw Refusal("describes itself with " + std::to_string(plugin->size) + " bytes, " + std::to_string(sizeof(pw_plugin)) +
                  " are needed; build it with this host's SDK");
  PluginDescription description;
  description.name = needText(plugin->name, "name");
  if (!isName(description.name)) throw Refusal("has a name that is none: [a-z][a-z0-9_-]{0,62} is needed");
  description.version = needText(plugin->version, "version");
  description.description = plugin->description == nullptr ? "" : cleanText(plugin->description, 1000);
  if (plugin->default_check != nullptr) {
    description.default_check = plugin->default_check;
    if (!isName(*description.default_check) || *description.default_check == "group")
      throw Refusal("has a default check name that is none: [a-z][a-z0-9_-]{0,62} is needed, and not group");
  }
  if (plugin->create == nullptr) throw Refusal("lacks the function create");
  if (plugin->run == nullptr) throw Refusal("lacks the function run");
  if (plugin->destroy == nullptr) throw Refusal("lacks the function destroy");
  describeArrays(*plugin, description);
  return description;
}

struct PluginLibrary::Mapped {
  FileDescriptor copy;  // stays open: the loader knows libraries by name, and the name has this number in it
  boost::dll::shared_library library;
};

PluginLibrary::Mapped& PluginLibrary::map(FileDescriptor copy) {
  static auto* const ever_mapped = new std::list<Mapped>;  // never destroyed, nor is anything in it: see the header
  Mapped mapped{std::move(copy), {}};
  boost::dll::fs::error_code error;
  const std::string path = "/proc/self/fd/" + std::to_string(mapped.copy.get());
  // rtld_now: a missing symbol is an error here, where lazily it would end the process at its first call.
  mapped.library.load(path, error, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  if (!error) return ever_mapped->emplace_back(std::move(mapped));

  const char* words = dlerror();  // Boost's code says "bad file descriptor" for all; the loader's own words are still there
  std::string reason = words == nullptr ? error.message() : cleanText(words, 500);
  const std::string prefix = path + ": ";
  if (reason.rfind(prefix, 0) == 0) reason.erase(0, prefix.size());
  throw Refusal("cannot be loaded: " + reason);
}

PluginLibrary::PluginLibrary(FileDescriptor copy)
    : mapped_(map(std::move(copy))), plugin_(askPlugin(mapped_.library)), description_(describePlugin(plugin_)) {}

}  // namespace pulsewatch
