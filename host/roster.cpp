#include "roster.h"

#include "base/uuid.h"
#include "plugin/local_runner.h"
#include "plugin/refusal.h"

#include <algorithm>
#include <atomic>
#include <fcntl.h>
#include <iterator>
#include <set>
#include <thread>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.plugin";
constexpr Milliseconds kGoodbye{1000};  // of a plugin that was replaced or removed

std::map<std::string, std::vector<const CheckSpec*>> byPlugin(const CheckPlan& plan) {
  std::map<std::string, std::vector<const CheckSpec*>> specs;
  for (const CheckSpec& spec : plan.checks) specs[spec.plugin].push_back(&spec);
  return specs;
}

const CatalogEntry* takenEntry(const Catalog& catalog, const std::string& plugin) {
  const auto found = std::find_if(catalog.entries.begin(), catalog.entries.end(),
                                  [&](const CatalogEntry& entry) { return entry.name == plugin && entry.taken(); });
  return found == catalog.entries.end() ? nullptr : &*found;
}

bool sameFiles(const Catalog& a, const Catalog& b) {
  const auto files = [](const Catalog& catalog) {
    std::map<std::string, std::pair<std::int64_t, Surroundings>> states;
    for (const CatalogEntry& entry : catalog.entries) {
      if (!entry.superseded) states[entry.path] = {entry.identity ? entry.identity->changed_ns : 0, entry.surroundings};
    }
    return states;
  };
  return files(a) == files(b) && a.notes == b.notes;
}

void setFault(CatalogEntry& entry, const std::string& why) {
  entry.fault = why;
  entry.image = nullptr;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < 5; ++i) text += (i == 0 ? "" : "; ") + lines[i];
  return text;
}

// A plugin that runs inside the host is tried in a worker: one that crashes or hangs would take the host with it. It has the host's limits.
PluginSpec trialSpec(PluginSpec spec) {
  spec.isolated = true;
  spec.limits.memory_max = 0;
  return spec;
}

// What the plan says of a plugin that has no check.
std::string noteOf(const CheckPlan& plan, const std::string& plugin) {
  const std::string beginning = "plugin " + plugin + " ";
  const auto note =
      std::find_if(plan.notes.begin(), plan.notes.end(), [&](const std::string& each) { return each.rfind(beginning, 0) == 0; });
  return note == plan.notes.end() ? "name one: check.NAME.plugin = " + plugin : *note;
}

// What became of a plugin's file, as the metric's `state`.
std::string stateOf(const CatalogEntry& entry) {
  if (entry.taken()) return "loaded";
  return entry.disabled ? "disabled" : "refused";
}

}  // namespace

Roster::Roster(const RosterParts& parts, const Setup& setup)
    : parts_(parts), properties_(setup.properties), sources_(setup.sources), log_level_(setup.config.log_level) {
  const MutexLock lock(mutex_);
  catalog_ = setup.catalog;
  tellChanges({});
  apply(setup.plan, {});
  publish();
}

bool Roster::lookAtPlugins() {
  const MutexLock lock(mutex_);
  if (stopped_) return false;
  bool unsettled = false;
  CatalogOptions options = catalogOptions(*properties_, sources_, parts_.inspector);
  options.settled = [&](const std::string& path, const FileIdentity& identity) REQUIRES(mutex_) {
    const bool settled = isSettled(path, identity);
    unsettled = unsettled || !settled;
    return settled;
  };
  Catalog catalog = loadCatalog(options, catalog_);
  if (!unsettled) seen_.clear();
  if (sameFiles(catalog, catalog_)) return unsettled;

  Crews newcomers;
  const CheckPlan plan = fitIn(catalog, options, newcomers);
  const Catalog before = std::exchange(catalog_, std::move(catalog));
  tellChanges(before);
  for (const CatalogEntry& old : before.entries) {
    const bool stays =
        std::any_of(catalog_.entries.begin(), catalog_.entries.end(), [&](const CatalogEntry& entry) { return entry.name == old.name; });
    if (!stays) gone_[old.name] = old.file;
  }
  apply(plan, std::move(newcomers));
  publish();
  parts_.judge_again();
  return unsettled;
}

bool Roster::isSettled(const std::string& path, const FileIdentity& identity) {
  const SteadyTime now = std::chrono::steady_clock::now();
  Seen& seen = seen_.try_emplace(path, Seen{identity, now}).first->second;
  if (seen.identity != identity) seen = {identity, now};
  return now - seen.since >= kSettled;
}

// The plan for this catalog, from which has been struck what doesn't fit; newcomers have been tried out.
CheckPlan Roster::fitIn(Catalog& catalog, const CatalogOptions& options, Crews& newcomers) {
  for (;;) {
    keepOldVersions(catalog);
    settleCatalog(catalog, options);
    Mistakes mistakes;
    CheckPlan plan = planFor(catalog, mistakes);
    if (!mistakes.empty() && refuseMistaken(catalog, options)) continue;
    if (refuseUnfit(catalog, plan)) continue;
    if (refuseFailing(catalog, plan, newcomers)) continue;
    for (const std::string& line : mistakes.lines()) parts_.log.write({LogLevel::error, kLogger, "config_mistake", line, {}});
    return plan;
  }
}

bool Roster::isAtWork(const CatalogEntry& entry) const {
  const auto crew = crews_.find(entry.name);
  return crew != crews_.end() && crew->second.entry.image == entry.image;
}

// A plugin whose file has been replaced by one that can't be taken goes on as it was.
void Roster::keepOldVersions(Catalog& catalog) const {
  std::erase_if(catalog.entries, [](const CatalogEntry& entry) { return entry.superseded; });
  std::vector<CatalogEntry> kept;
  for (CatalogEntry& entry : catalog.entries) {
    if (entry.fault.empty()) continue;
    for (const auto& [plugin, crew] : crews_) {
      if (crew.entry.path != entry.path) continue;
      entry.name = plugin;
      kept.push_back(crew.entry);
      kept.back().superseded = true;
      kept.back().rank = entry.rank;
    }
  }
  std::move(kept.begin(), kept.end(), std::back_inserter(catalog.entries));
}

CheckPlan Roster::planFor(const Catalog& catalog, Mistakes& mistakes) const {
  std::vector<PluginState> states = pluginStates(catalog);
  std::set<std::string> names;
  for (const PluginState& state : states) names.insert(state.name);
  const auto addGone = [&](const std::string& plugin, const std::string& file) {
    if (!names.insert(plugin).second) return;
    PluginState state;
    state.name = plugin;
    state.gone = true;
    state.refusal = "plugin " + plugin + " is gone: " + file + " was removed";
    states.push_back(std::move(state));
  };
  for (const auto& [plugin, file] : gone_) addGone(plugin, file);
  for (const CatalogEntry& entry : catalog_.entries) addGone(entry.name, entry.file);
  return planChecks(*properties_, states, mistakes);
}

// Refuses a file that is new and makes the configuration wrong. False when none is to blame.
bool Roster::refuseMistaken(Catalog& catalog, const CatalogOptions& options) const {
  const auto isNew = [&](const CatalogEntry& entry)
                         REQUIRES(mutex_) { return entry.fault.empty() && entry.image != nullptr && !isAtWork(entry); };
  for (CatalogEntry& suspect : catalog.entries) {
    if (!isNew(suspect)) continue;
    Catalog alone = catalog;
    for (CatalogEntry& entry : alone.entries) {
      if (isNew(entry) && entry.path != suspect.path) setFault(entry, "left out for now");
    }
    keepOldVersions(alone);
    settleCatalog(alone, options);
    Mistakes mistakes;
    static_cast<void>(planFor(alone, mistakes));
    if (mistakes.empty()) continue;
    setFault(suspect, "does not fit the configuration: " + joined(mistakes.lines()));
    return true;
  }
  return false;
}

// Refuses the new version of a plugin at work when it doesn't go with other plugins, or would have no check any more. True when there was
// one: then the old version stays, and the plan is another.
bool Roster::refuseUnfit(Catalog& catalog, const CheckPlan& plan) const {
  const Specs specs = byPlugin(plan);
  for (CatalogEntry& entry : catalog.entries) {
    if (entry.superseded || !entry.fault.empty() || entry.image == nullptr) continue;
    const auto crew = std::find_if(crews_.begin(), crews_.end(), [&](const auto& each) { return each.second.entry.path == entry.path; });
    if (crew == crews_.end() || crew->second.entry.image == entry.image) continue;
    const std::string& plugin = crew->first;
    if (!entry.taken() && takenEntry(catalog, plugin) == nullptr) {
      entry.fault = entry.refusal;  // with its image: it is asked again when the other plugins are others
      return true;
    }
    if (entry.taken() && entry.name == plugin && specs.count(plugin) == 0) {
      setFault(entry, "its new version does not take over: it would have no check; " + noteOf(plan, plugin));
      return true;
    }
  }
  return false;
}

// Tries the new versions of plugins that are at work. True when one was refused: then the plan is another. Those that passed are kept.
bool Roster::refuseFailing(Catalog& catalog, const CheckPlan& plan, Crews& newcomers) {
  for (const auto& [plugin, specs] : byPlugin(plan)) {
    const CatalogEntry* const entry = takenEntry(catalog, plugin);
    if (entry == nullptr || crews_.count(plugin) == 0 || isAtWork(*entry)) continue;
    const auto tried = newcomers.find(plugin);
    if (tried != newcomers.end() && tried->second.entry.image == entry->image) continue;
    std::string fault;
    try {
      const PluginSpec& spec = plan.plugins.at(plugin);
      Crew newcomer = makeCrew(*entry, spec.isolated ? spec : trialSpec(spec));
      fault = tryOut(newcomer, specs);
      if (fault.empty() && !spec.isolated) {
        newcomer.runner->stop(std::chrono::steady_clock::now() + kGoodbye);
        newcomer = makeCrew(*entry, spec);
      }
      if (fault.empty()) newcomers[plugin] = std::move(newcomer);
    } catch (const std::exception& e) {
      fault = e.what();
    }
    if (fault.empty()) continue;
    for (CatalogEntry& each : catalog.entries) {
      if (each.path == entry->path && !each.superseded) setFault(each, "its new version does not take over: " + fault);
    }
    return true;
  }
  return false;
}

std::string Roster::tryOut(const Crew& newcomer, const std::vector<const CheckSpec*>& specs) {
  for (const CheckSpec* spec : specs) {
    const CheckId id = parts_.posts.idOf(spec->name);
    newcomer.trial->put(id, *spec);
    newcomer.runner->add(id, *spec);
    newcomer.runner->start({id, 1, randomUuid()});
  }
  std::string fault = newcomer.trial->outcome(*newcomer.runner, newcomer.spec.limits.kill_after);
  if (!fault.empty()) newcomer.runner->stop(std::chrono::steady_clock::now());
  return fault;
}

Roster::Crew Roster::makeCrew(const CatalogEntry& entry, const PluginSpec& spec) const {
  Crew crew{entry, spec, std::make_unique<Trial>(parts_.events), nullptr};
  if (spec.isolated) {
    WorkerRunnerOptions options;
    options.log_level = log_level_;
    options.limits = spec.limits;
    crew.runner =
        std::make_shared<WorkerRunner>(entry.name, entry.image, parts_.workers, *crew.trial, parts_.worker_events, std::move(options));
    return crew;
  }
  LocalRunnerOptions options;
  options.log_level = log_level_;
  FileDescriptor copy(::fcntl(entry.image->copy.get(), F_DUPFD_CLOEXEC, 0));
  crew.runner = std::make_shared<LocalRunner>(std::make_shared<PluginLibrary>(std::move(copy)), *crew.trial, options);
  return crew;
}

void Roster::apply(const CheckPlan& plan, Crews newcomers) {
  std::set<std::string> planned;
  for (const CheckSpec& spec : plan.checks) planned.insert(spec.name);
  std::vector<std::string> unplanned;
  for (const auto& [name, post] : parts_.posts.all()) {
    if (planned.count(name) == 0) unplanned.push_back(name);
  }
  for (const std::string& name : unplanned) parts_.posts.remove(name);

  std::vector<std::shared_ptr<CheckRunner>> leaving;
  std::vector<std::unique_ptr<Trial>> left_trials;
  std::map<std::string, std::string> failed;  // plugins that can't be loaded after all
  const Specs specs = byPlugin(plan);
  for (const auto& [plugin, checks] : specs) {
    const CatalogEntry* const entry = takenEntry(catalog_, plugin);
    if (entry == nullptr || isAtWork(*entry)) continue;
    Crew crew;
    try {
      const auto newcomer = newcomers.find(plugin);
      crew = newcomer != newcomers.end() ? std::move(newcomer->second) : makeCrew(*entry, plan.plugins.at(plugin));
    } catch (const std::exception& e) {
      failed[plugin] = e.what();
      continue;
    }
    Crew& at_work = crews_[plugin];
    std::swap(at_work, crew);
    if (crew.runner != nullptr) leaving.push_back(std::move(crew.runner));
    left_trials.push_back(std::move(crew.trial));
  }
  for (const auto& [plugin, checks] : specs) {
    const auto crew = takenEntry(catalog_, plugin) == nullptr ? crews_.end() : crews_.find(plugin);
    for (const CheckSpec* spec : checks) {
      if (crew == crews_.end() || !spec->unavailable.empty()) {
        CheckSpec idle = *spec;
        if (idle.unavailable.empty()) idle.unavailable = "plugin " + plugin + " cannot be loaded: " + failed[plugin];
        parts_.posts.set(idle, {});
      } else {
        parts_.posts.set(*spec, {crew->second.runner, crew->second.trial.get(), crew->second.entry.description.metrics});
      }
    }
  }
  for (auto crew = crews_.begin(); crew != crews_.end();) {
    const bool stays = specs.count(crew->first) > 0 && takenEntry(catalog_, crew->first) != nullptr;
    if (stays) {
      ++crew;
      continue;
    }
    leaving.push_back(std::move(crew->second.runner));
    left_trials.push_back(std::move(crew->second.trial));
    crew = crews_.erase(crew);
  }
  for (const auto& runner : leaving) runner->stop(std::chrono::steady_clock::now() + kGoodbye);
}

void Roster::tellChanges(const Catalog& before) {
  const auto known = [&](const CatalogEntry& entry) {
    return std::any_of(before.entries.begin(), before.entries.end(), [&](const CatalogEntry& old) {
      return old.path == entry.path && old.identity == entry.identity && old.refusal == entry.refusal && old.image == entry.image;
    });
  };
  for (const CatalogEntry& entry : catalog_.entries) {
    if (known(entry) || entry.superseded) continue;
    LogRecord record{LogLevel::info, kLogger, "plugin_loaded", entry.file + ": " + stateOf(entry), {}};
    const auto crew = crews_.find(entry.name);
    if (!entry.refusal.empty()) {
      record.level = LogLevel::error;
      record.event = "plugin_refused";
      record.message = entry.file + ": refused: " + entry.refusal;
      const bool stays = crew != crews_.end() && crew->second.entry.path == entry.path;
      if (stays) record.message += "; version " + crew->second.entry.version + " goes on";
    } else if (entry.disabled) {
      record.event = "plugin_disabled";
    } else if (crew != crews_.end()) {
      record.event = "plugin_replaced";
      record.message = entry.file + ": replaces version " + crew->second.entry.version + " of plugin " + entry.name;
      if (!crew->second.spec.isolated) record.message += "; the old library stays mapped, as it ran inside the host";
    }
    record.fields = {{"plugin", entry.name}, {"version", entry.version}, {"file", entry.file}};
    parts_.log.write(record);
  }
  for (const CatalogEntry& old : before.entries) {
    const bool stays =
        std::any_of(catalog_.entries.begin(), catalog_.entries.end(), [&](const CatalogEntry& entry) { return entry.path == old.path; });
    if (stays || old.superseded) continue;
    parts_.log.write({LogLevel::info,
                      kLogger,
                      "plugin_unloaded",
                      old.file + ": removed" + (old.taken() ? ", plugin " + old.name + " is unloaded" : ""),
                      {{"plugin", old.name}, {"version", old.version}, {"file", old.file}}});
  }
  for (const std::string& note : catalog_.notes) {
    if (std::find(before.notes.begin(), before.notes.end(), note) == before.notes.end())
      parts_.log.write({LogLevel::warning, kLogger, "plugin_directory", note, {}});
  }
}

void Roster::publish() {
  std::vector<PluginInfo> infos;
  for (const CatalogEntry& entry : catalog_.entries)
    infos.push_back({entry.name, entry.version, stateOf(entry), entry.file, entry.refusal});
  std::map<std::string, std::weak_ptr<CheckRunner>> runners;
  for (const auto& [plugin, crew] : crews_) runners[plugin] = crew.runner;
  const MutexLock lock(infos_mutex_);
  infos_ = std::move(infos);
  runners_ = std::move(runners);
}

std::vector<pid_t> Roster::workersOf(const std::string& plugin) const {
  std::shared_ptr<CheckRunner> runner;
  {
    const MutexLock lock(infos_mutex_);
    const auto found = runners_.find(plugin);
    if (found != runners_.end()) runner = found->second.lock();
  }
  return runner == nullptr ? std::vector<pid_t>() : runner->workers();
}

std::vector<PluginInfo> Roster::plugins() const {
  const MutexLock lock(infos_mutex_);
  return infos_;
}

bool Roster::stop(SteadyTime until) {
  const MutexLock lock(mutex_);
  stopped_ = true;
  std::atomic<bool> all{true};
  std::vector<std::thread> goodbyes;  // one hung plugin mustn't take the others' time
  for (auto& [plugin, crew] : crews_)
    goodbyes.emplace_back([&runner = crew.runner, &all, until] {
      if (!runner->stop(until)) all = false;
    });
  for (std::thread& goodbye : goodbyes) goodbye.join();
  return all;
}

}  // namespace pulsewatch
