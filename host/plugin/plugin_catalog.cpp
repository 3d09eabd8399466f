#include "plugin/plugin_catalog.h"

#include "base/text.h"
#include "plugin/plugin_file.h"
#include "plugin/refusal.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

namespace pulsewatch {

namespace {

using KnownEntries = std::map<std::string, const CatalogEntry*>;  // by path

bool saysNothing(const std::error_code& error) {
  return error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system ||
         error == std::errc::not_enough_memory;
}

// The names of a directory's *.so, sorted. While the process has no descriptor for a look, those that were there are there still.
std::vector<std::string> candidates(const std::string& directory, const KnownEntries& known, std::vector<std::string>& notes) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".so") names.push_back(entry->path().filename().string());
  }
  if (error) notes.push_back("plugin directory " + visibleText(directory) + " cannot be read: " + error.message());
  if (saysNothing(error)) {
    names.clear();
    for (const auto& [path, before] : known) {
      const std::filesystem::path file(path);
      if (file == std::filesystem::path(directory) / file.filename()) names.push_back(file.filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A directory that is listed twice would have every plugin of it taken by itself. The later place counts.
std::vector<std::string> directoriesOnce(const std::vector<std::string>& directories, std::vector<std::string>& notes) {
  std::vector<std::string> once;
  for (auto directory = directories.begin(); directory != directories.end(); ++directory) {
    const auto same = [&](const std::string& later) {
      std::error_code error;
      return later == *directory || std::filesystem::equivalent(later, *directory, error);
    };
    if (std::none_of(std::next(directory), directories.end(), same))
      once.push_back(*directory);
    else
      notes.push_back("plugin directory " + visibleText(*directory) + " is listed twice in plugins.directories; the later place counts");
  }
  return once;
}

// A plugin's words or a file's name in a sentence: one line of a bearable length.
std::string sentence(const std::string& text) { return cleanText(visibleText(text), 2000); }

void refuse(CatalogEntry& entry, const std::string& why) { entry.refusal = sentence(why); }

void setFault(CatalogEntry& entry, const Refusal& refusal, const CatalogOptions& options) {
  if (!refusal.plugin().empty()) entry.name = refusal.plugin();
  entry.version = refusal.version();
  entry.image = nullptr;
  entry.disabled = !options.enabled(entry.name);
  if (!entry.disabled) entry.fault = sentence(refusal.what());
}

Surroundings surroundingsOf(const std::string& directory, const CatalogOptions& options) {
  return {statesUpTo(directory), checksumFilesOf(directory, options.checksums)};
}

CatalogEntry openEntry(const std::string& directory, const std::string& file_name, const CatalogOptions& options) {
  CatalogEntry entry;
  entry.path = (std::filesystem::path(directory) / file_name).string();
  entry.identity = identityOf(entry.path);
  entry.surroundings = surroundingsOf(directory, options);
  entry.file = visibleText(entry.path);
  entry.name = cleanText(visibleText(std::filesystem::path(file_name).stem().string()), 63);
  if (!options.enabled(entry.name)) {
    entry.disabled = true;
    return entry;
  }
  try {
    entry.image = std::make_shared<const PluginImage>(
        PluginImage{entry.file, openPluginFile(directory, file_name, options.owners, options.checksums)});
  } catch (const Refusal& refusal) {
    setFault(entry, refusal, options);
  }
  return entry;
}

// Whether SHA256SUMS and its signature, when they are others than before, are complete as far as that can be seen.
bool checksumsSettled(const std::string& directory, const ChecksumFiles& now, const ChecksumFiles& before, const CatalogOptions& options) {
  const bool sums = !now.sums || now.sums == before.sums || options.settled(checksumsOf(directory), *now.sums);
  const bool signature = !now.signature || now.signature == before.signature || options.settled(signatureOf(directory), *now.signature);
  return sums && signature;
}

// Of a file that was taken and is the same: only what is around it was checked again, and the library at work stays.
void keepImage(CatalogEntry& entry, const CatalogEntry& before, const CatalogOptions& options) {
  if (entry.image == nullptr || before.image == nullptr || entry.identity != before.identity) return;
  if (!sameBytes(entry.image->copy, before.image->copy)) return;
  entry.image = before.image;
  entry.description = before.description;
  entry.name = before.name;
  entry.version = before.version;
  entry.disabled = !options.enabled(entry.name);
  if (entry.disabled) entry.image = nullptr;
}

// Several at a time: one that hangs while it is loaded holds up no other.
std::vector<Inspected> inspectAll(const std::vector<CatalogEntry*>& entries, const PluginInspector& inspector) {
  constexpr std::size_t kAtATime = 16;
  std::vector<Inspected> all(entries.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(kAtATime, entries.size()); ++i)
    threads.emplace_back([&] {
      for (std::size_t index = next++; index < entries.size(); index = next++) all[index] = inspector.inspect(*entries[index]->image);
    });
  for (std::thread& thread : threads) thread.join();
  return all;
}

void setDescription(CatalogEntry& entry, Inspected inspected, const CatalogOptions& options) {
  if (const auto* refusal = std::get_if<Refusal>(&inspected)) return setFault(entry, *refusal, options);
  entry.description = std::move(std::get<PluginDescription>(inspected));
  entry.name = entry.description.name;
  entry.version = entry.description.version;
  entry.disabled = !options.enabled(entry.name);
  if (entry.disabled) entry.image = nullptr;
}

// Of entries of one name the last that was opened stays.
void refuseTakenNames(std::vector<CatalogEntry>& entries) {
  std::map<std::string, CatalogEntry*> taken;
  for (CatalogEntry& entry : entries) {
    if (!entry.taken()) continue;
    CatalogEntry*& winner = taken[entry.name];
    if (winner != nullptr) refuse(*winner, "the name " + entry.name + " is taken by " + entry.file + "; remove one of the two");
    winner = &entry;
  }
}

// Of plugins of one default check name the last that was opened has it, but for a name that is promised to one of them. Another one would
// not vote and nobody would notice, so it is refused; unless the configuration makes checks of it, which then must run.
void refuseTakenDefaults(std::vector<CatalogEntry>& entries, const CatalogOptions& options) {
  std::map<std::string, const CatalogEntry*> owners;
  for (const CatalogEntry& entry : entries) {
    if (!entry.taken() || !entry.description.default_check) continue;
    const std::string& check = *entry.description.default_check;
    const CatalogEntry*& owner = owners[check];
    if (owner == nullptr || promisedCheckName(owner->name) != check) owner = &entry;
  }
  for (CatalogEntry& entry : entries) {
    if (!entry.taken() || !entry.description.default_check) continue;
    const std::string check = *entry.description.default_check;
    const CatalogEntry* const owner = owners[check];
    if (owner == &entry) continue;
    entry.default_taken_by = owner->name;
    if (options.has_checks(entry.name)) continue;
    refuse(entry, "its default check name " + check + " is that of plugin " + owner->name + " (" + owner->file +
                      "); remove one of the two, or name a check of it yourself: check.NAME.plugin = " + entry.name);
  }
}

using Families = std::map<std::string, std::pair<MetricDescription, std::string>>;  // with the plugin that declared it first

// Whether a family's name is that of a histogram's own series.
bool isPartOf(const std::string& name, const MetricDescription& histogram) {
  if (histogram.type != MetricType::histogram || name.rfind(histogram.name, 0) != 0) return false;
  const std::string rest = name.substr(histogram.name.size());
  return rest == "_bucket" || rest == "_count" || rest == "_sum";
}

// Why the plugin's metrics can't be taken beside those of `families`; "" when they can.
std::string metricsRefusal(const PluginDescription& plugin, Families families) {
  for (const MetricDescription& metric : plugin.metrics) {
    const auto [same, added] = families.try_emplace(metric.name, metric, plugin.name);
    if (same->second.first != metric)
      return "declares metric " + metric.name + " otherwise than plugin " + same->second.second +
             " does; declare it alike or name it otherwise";
    for (const auto& [name, other] : families) {
      const bool is_part = isPartOf(metric.name, other.first);
      if (!is_part && !isPartOf(name, metric)) continue;
      return "declares metric " + metric.name + " beside " + name + " of plugin " + other.second + ", and " +
             (is_part ? metric.name : name) + " is a series of that histogram; name it otherwise";
    }
  }
  return {};
}

// A family must be declared alike by all; the first by plugin name decides.
void refuseOtherwiseDeclaredMetrics(std::vector<CatalogEntry>& entries) {
  Families families;
  for (CatalogEntry& entry : entries) {
    if (!entry.taken()) continue;
    const PluginDescription& plugin = entry.description;
    if (const std::string refusal = metricsRefusal(plugin, families); !refusal.empty()) {
      refuse(entry, refusal);
      continue;
    }
    for (const MetricDescription& metric : plugin.metrics) families.try_emplace(metric.name, metric, entry.name);
  }
}

}  // namespace

Catalog loadCatalog(const CatalogOptions& options, const Catalog& before) {
  Catalog catalog;
  KnownEntries known;
  for (const CatalogEntry& entry : before.entries) {
    if (!entry.superseded) known[entry.path] = &entry;
  }
  for (const std::string& directory : directoriesOnce(options.directories, catalog.notes)) {
    const Surroundings surroundings = surroundingsOf(directory, options);
    for (const std::string& file_name : candidates(directory, known, catalog.notes)) {
      const std::string path = (std::filesystem::path(directory) / file_name).string();
      const auto identity = identityOf(path);
      const auto same = known.find(path);
      const CatalogEntry* const old = same == known.end() ? nullptr : same->second;
      const bool same_file = old != nullptr && old->identity && old->identity == identity;
      const bool unchanged = same_file && old->surroundings == surroundings;
      const bool settled = !identity || ((same_file || options.settled(path, *identity)) &&
                                         checksumsSettled(directory, surroundings.checksums,
                                                          old == nullptr ? ChecksumFiles() : old->surroundings.checksums, options));
      const bool look = !unchanged && settled;
      if (!look && old == nullptr) continue;
      catalog.entries.push_back(look ? openEntry(directory, file_name, options) : *old);
      if (look && old != nullptr) keepImage(catalog.entries.back(), *old, options);
      if (unchanged && catalog.entries.back().image != nullptr) catalog.entries.back().fault.clear();
      catalog.entries.back().rank = catalog.entries.size();
    }
  }
  std::vector<CatalogEntry*> unknown;
  for (CatalogEntry& entry : catalog.entries) {
    if (entry.image != nullptr && entry.description.name.empty()) unknown.push_back(&entry);
  }
  std::vector<Inspected> inspected = inspectAll(unknown, *options.inspector);
  for (std::size_t i = 0; i < unknown.size(); ++i) setDescription(*unknown[i], std::move(inspected[i]), options);
  settleCatalog(catalog, options);
  return catalog;
}

void settleCatalog(Catalog& catalog, const CatalogOptions& options) {
  for (CatalogEntry& entry : catalog.entries) {
    entry.refusal = entry.fault;
    entry.default_taken_by.clear();
  }
  std::stable_sort(catalog.entries.begin(), catalog.entries.end(),
                   [](const CatalogEntry& a, const CatalogEntry& b) { return a.rank < b.rank; });
  refuseTakenNames(catalog.entries);
  refuseTakenDefaults(catalog.entries, options);
  std::stable_sort(catalog.entries.begin(), catalog.entries.end(), [](const CatalogEntry& a, const CatalogEntry& b) {
    return a.name != b.name ? a.name < b.name : a.refusal.empty() && !b.refusal.empty();
  });
  refuseOtherwiseDeclaredMetrics(catalog.entries);
}

std::vector<PluginState> pluginStates(const Catalog& catalog) {
  std::vector<PluginState> states;
  for (const CatalogEntry& entry : catalog.entries) {
    const bool known =
        std::any_of(states.begin(), states.end(), [&](const PluginState& state) { return state.name == entry.name && state.loaded; });
    if (known) continue;  // refused only because the name is taken
    PluginState state;
    state.name = entry.name;
    state.loaded = entry.taken();
    state.default_taken_by = entry.default_taken_by;
    state.refusal = entry.refusal.empty() ? "" : "plugin refused: " + entry.refusal;
    if (entry.taken()) state.description = entry.description;
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace pulsewatch
