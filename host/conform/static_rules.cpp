// What a plugin's file and its description show without the plugin at work.
#include "conform/exported_symbols.h"
#include "conform/rule.h"
#include "conform/rule_functions.h"
#include <pulsewatch/abi.h>

#include <elf.h>
#include <string_view>

namespace pulsewatch::conform {

namespace {

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Put there by the linker, for every library.
bool isLinkers(const std::string& symbol) {
  for (const std::string_view own : {"_init", "_fini", "_edata", "_end", "__bss_start", "__data_start", "_fbss", "_ftext"}) {
    if (symbol == own) return true;
  }
  return false;
}

// Whether a key is one that secrets have: password, db_password, api_token.
bool namesSecret(std::string_view key) {
  for (const std::string_view word : {"password", "passwd", "passphrase", "secret", "token", "api_key"}) {
    if (key == word || (endsWith(key, word) && key[key.size() - word.size() - 1] == '_')) return true;
  }
  return false;
}

std::string faultOf(const SettingDescription& setting) {
  if (setting.meaning.empty()) return "setting " + setting.key + " has no meaning: --describe shows people a key alone; write one line";
  if (namesSecret(setting.key) && setting.type == SettingType::text && !setting.hidden)
    return "setting " + setting.key + " is text, which listings and the log show; declare it a secret, or hidden";
  return {};
}

std::string faultOf(const MetricDescription& metric) {
  const std::string which = "metric " + metric.name;
  if (metric.help.empty()) return which + " has no help; write one line";
  if (metric.type == MetricType::counter && !endsWith(metric.name, "_total")) return which + " is a counter; end its name in _total";
  for (const std::string_view end : {"_sum", "_count", "_bucket"}) {
    if (endsWith(metric.name, end)) return which + " ends in " + std::string(end) + ", as a histogram's series do; name it otherwise";
  }
  return {};
}

}  // namespace

std::string exportsItsEntry(const Subject& subject, Progress& /*progress*/) {
  std::string others;
  std::size_t count = 0;
  for (const ExportedSymbol& symbol : exportedSymbols(subject.image.copy)) {
    // Weak ones are the compiler's, of templates and inline functions; unique ones are the rule unload's.
    if (symbol.name == PW_ENTRY_SYMBOL || symbol.binding != STB_GLOBAL || isLinkers(symbol.name)) continue;
    if (count++ < 3) others += (others.empty() ? "" : ", ") + demangled(symbol.name);
  }
  if (count == 0) return {};
  throw Broken("it exports " + others + (count > 3 ? " and " + std::to_string(count - 3) + " more" : "") +
               ", and calls whatever has that name in the host instead; build it with pulsewatch_add_plugin(), or with "
               "-fvisibility=hidden, and make the rest static");
}

std::string describesItself(const Subject& subject, Progress& /*progress*/) {
  const PluginDescription& plugin = subject.description;
  if (plugin.description.empty()) throw Broken("it has no description: --describe shows people a name alone; write one line");
  for (const SettingDescription& setting : plugin.settings) {
    if (const std::string fault = faultOf(setting); !fault.empty()) throw Broken(fault);
  }
  for (const MetricDescription& metric : plugin.metrics) {
    if (const std::string fault = faultOf(metric); !fault.empty()) throw Broken(fault);
  }
  return {};
}

}  // namespace pulsewatch::conform
