#include "plugin/plugin_library.h"

#define BOOST_DLL_USE_STD_FS
#include "base/text.h"
#include "plugin/refusal.h"
#include <pulsewatch/plugin_rules.h>

#include <boost/dll/shared_library.hpp>

#include <dlfcn.h>
#include <link.h>
#include <list>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

constexpr int kMajorsLookedFor = 20;
using Entry = const pw_plugin*();

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

// A struct exported under the entry's name would be run as code.
void needFunction(const boost::dll::shared_library& library) {
  const ElfW(Sym)* symbol = nullptr;
  Dl_info info{};
  void* const entry = dlsym(library.native(), PW_ENTRY_SYMBOL);
  if (dladdr1(entry, &info, reinterpret_cast<void**>(const_cast<ElfW(Sym)**>(&symbol)), RTLD_DL_SYMENT) == 0 || symbol == nullptr) return;
  if (ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT)
    throw Refusal(std::string("exports ") + PW_ENTRY_SYMBOL + " as data, not as a function; its author must correct it");
}

const pw_plugin* askPlugin(const boost::dll::shared_library& library) {
  if (!library.has(PW_ENTRY_SYMBOL)) throw withoutEntry(library);
  needFunction(library);
  try {
    return library.get<Entry>(PW_ENTRY_SYMBOL)();
  } catch (const std::exception& e) {  // abi.h forbids it; this is not the place to die of it
    throw Refusal("its entry throws: " + cleanText(e.what(), 500) + "; its author must correct it");
  } catch (...) {
    throw Refusal("its entry throws something that is no std::exception; its author must correct it");
  }
}

std::string textOf(const char* text) { return text == nullptr ? "" : text; }

SettingDescription describeSetting(const pw_setting& setting) {
  SettingDescription description;
  description.key = setting.key;
  description.type = static_cast<SettingType>(setting.type);
  if (setting.default_value != nullptr) description.default_value = setting.default_value;
  description.choices = alternatives(textOf(setting.choices));
  description.meaning = textOf(setting.meaning);
  description.required = (setting.flags & PW_SETTING_REQUIRED) != 0;
  description.hidden = (setting.flags & PW_SETTING_HIDDEN) != 0;
  return description;
}

MetricDescription describeMetric(const pw_metric& metric) {
  MetricDescription description;
  description.name = metric.name;
  description.help = textOf(metric.help);
  description.type = static_cast<MetricType>(metric.type);
  if (metric.label_count > 0) description.labels.assign(metric.labels, metric.labels + metric.label_count);
  if (metric.bucket_count > 0) description.buckets.assign(metric.buckets, metric.buckets + metric.bucket_count);
  return description;
}

// With who it is, as far as that can be read.
Refusal refusalOf(const pw_plugin* plugin, const std::string& fault) {
  if (!detail::abiFault(plugin).empty() || plugin->name == nullptr || !isName(textOf(plugin->name))) return Refusal(fault);
  return {fault, plugin->name, cleanText(textOf(plugin->version), 64)};
}

// What the loader says of a library that it can't load, and what to do about it.
std::string loaderRefusal(const std::string& reason) {
  const auto says = [&reason](const char* words) { return reason.find(words) != std::string::npos; };
  const char* advice = "build it for this system";
  if (says("undefined symbol")) advice = "link it with what it uses";
  if (says("cannot open shared object file")) advice = "install that library, or build the plugin without it";
  if (says("position-independent executable")) advice = "link it with -shared";
  return "cannot be loaded: " + reason + "; " + advice;
}

}  // namespace

PluginDescription describePlugin(const pw_plugin* plugin) {
  if (const std::string fault = pluginFault(plugin); !fault.empty()) throw refusalOf(plugin, fault);
  PluginDescription description;
  description.name = plugin->name;
  description.version = plugin->version;
  description.description = textOf(plugin->description);
  if (plugin->default_check != nullptr) description.default_check = plugin->default_check;
  for (std::uint32_t i = 0; i < plugin->settings_count; ++i)
    description.settings.push_back(describeSetting(declaredElement(plugin->settings, plugin->setting_size, i)));
  for (std::uint32_t i = 0; i < plugin->metrics_count; ++i)
    description.metrics.push_back(describeMetric(declaredElement(plugin->metrics, plugin->metric_size, i)));
  return description;
}

// By way of the plugin that it would be of, so that the rules stand in one place.
std::string descriptionFault(const PluginDescription& description) {
  std::list<std::string> joined;  // what pointers below point into
  std::vector<pw_setting> settings;
  for (const SettingDescription& setting : description.settings) {
    std::string choices;
    for (const std::string& word : setting.choices) choices += (choices.empty() ? "" : "|") + word;
    const char* const words = setting.choices.empty() ? nullptr : joined.emplace_back(std::move(choices)).c_str();
    settings.push_back({setting.key.c_str(), setting.default_value ? setting.default_value->c_str() : nullptr, words,
                        setting.meaning.c_str(), static_cast<std::int32_t>(setting.type),
                        static_cast<std::uint32_t>(setting.required ? PW_SETTING_REQUIRED : 0) |
                            static_cast<std::uint32_t>(setting.hidden ? PW_SETTING_HIDDEN : 0)});
  }
  std::list<std::vector<const char*>> labels;
  std::vector<pw_metric> metrics;
  for (const MetricDescription& metric : description.metrics) {
    std::vector<const char*>& names = labels.emplace_back();
    for (const std::string& label : metric.labels) names.push_back(label.c_str());
    metrics.push_back({metric.name.c_str(), metric.help.c_str(), names.empty() ? nullptr : names.data(),
                       metric.buckets.empty() ? nullptr : metric.buckets.data(), static_cast<std::int32_t>(metric.type),
                       static_cast<std::uint32_t>(names.size()), static_cast<std::uint32_t>(metric.buckets.size()), 0});
  }
  pw_plugin plugin{};
  plugin.size = sizeof(plugin);
  plugin.abi_major = PW_ABI_MAJOR;
  plugin.abi_minor = PW_ABI_MINOR;
  plugin.name = description.name.c_str();
  plugin.version = description.version.c_str();
  plugin.description = description.description.c_str();
  plugin.default_check = description.default_check ? description.default_check->c_str() : nullptr;
  plugin.settings = settings.empty() ? nullptr : settings.data();
  plugin.metrics = metrics.empty() ? nullptr : metrics.data();
  plugin.settings_count = static_cast<std::uint32_t>(settings.size());
  plugin.setting_size = sizeof(pw_setting);
  plugin.metrics_count = static_cast<std::uint32_t>(metrics.size());
  plugin.metric_size = sizeof(pw_metric);
  plugin.create = [](const pw_host*, pw_check*) -> void* { return nullptr; };
  plugin.run = [](void*, const pw_host*, pw_run*) {};
  plugin.destroy = [](void*) {};
  return pluginFault(&plugin);
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
  throw Refusal(loaderRefusal(reason));
}

PluginLibrary::PluginLibrary(FileDescriptor copy)
    : mapped_(map(std::move(copy))), plugin_(askPlugin(mapped_.library)), description_(describePlugin(plugin_)) {}

}  // namespace pulsewatch
