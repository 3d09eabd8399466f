#include "roster.h"

#include "plugin/refusal.h"
#include "reload_report.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.plugin";
constexpr Milliseconds kKilled{5000};   // by then a worker whose run hangs is dead, and the run over
constexpr Milliseconds kGoodbye{1000};  // of a plugin that was replaced or removed

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

Roster::Roster(const RosterParts& parts, const Setup& setup) : parts_(parts) {
  const MutexLock lock(mutex_);
  properties_ = setup.properties;
  sources_ = setup.sources;
  log_level_ = setup.config.log_level;
  catalog_ = setup.catalog;
  tellChanges({});
  apply(setup.plan, {}, ResultBoard::Comes::now);
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
  CheckPlan plan = fitIn(catalog, options, newcomers);
  const Catalog before = std::exchange(catalog_, std::move(catalog));
  tellChanges(before);
  for (const CatalogEntry& old : before.entries) {
    const bool stays =
        std::any_of(catalog_.entries.begin(), catalog_.entries.end(), [&](const CatalogEntry& entry) { return entry.name == old.name; });
    if (!stays) gone_[old.name] = old.file;
  }
  // A new check joins the verdict with its first result: to drop one in makes nobody not ready by itself.
  apply(std::move(plan), std::move(newcomers), ResultBoard::Comes::later);
  publish();
  parts_.judge_again();
  return unsettled;
}

CheckChanges Roster::reload(Setup& setup, const std::function<void(Mistakes&)>& open) {
  const SteadyTime patience_ends = std::chrono::steady_clock::now() + kMostWait;
  for (;;) {
    {
      const MutexLock lock(mutex_);
      const bool patient = std::chrono::steady_clock::now() < patience_ends;
      if (stopped_) return {};
      if (const auto changes = tryReload(setup, patient, open)) return *changes;
    }
    std::this_thread::sleep_for(kSettled / 4);  // a plugin's file is being written
  }
}

// Nothing when it is worth waiting for a plugin's file; then nothing has been done.
std::optional<CheckChanges> Roster::tryReload(Setup& setup, bool patient, const std::function<void(Mistakes&)>& open) {
  bool unsettled = false;
  CatalogOptions options = catalogOptions(*setup.properties, setup.sources, parts_.inspector);
  options.settled = [&](const std::string& path, const FileIdentity& identity) REQUIRES(mutex_) {
    const bool settled = isSettled(path, identity);
    unsettled = unsettled || !settled;
    return settled;
  };
  Catalog catalog = loadCatalog(options, knownTo(options, setup));
  if (unsettled && patient) return std::nullopt;
  if (!unsettled) seen_.clear();

  const auto old = std::tuple(properties_, sources_, log_level_);
  properties_ = setup.properties;
  sources_ = setup.sources;
  log_level_ = setup.config.log_level;
  reloading_ = true;
  Crews newcomers;
  setup.plan = fitAnew(catalog, options, newcomers, setup.mistakes);
  if (setup.mistakes.empty()) open(setup.mistakes);
  reloading_ = false;
  if (!setup.mistakes.empty()) {
    std::tie(properties_, sources_, log_level_) = old;
    for (const auto& [plugin, crew] : newcomers) crew.runner->stop(std::chrono::steady_clock::now() + kGoodbye);
    return CheckChanges();
  }
  const Catalog before = std::exchange(catalog_, std::move(catalog));
  gone_.clear();
  tellChanges(before);
  CheckChanges changes = apply(setup.plan, std::move(newcomers), ResultBoard::Comes::later);
  for (const auto& [plugin, crew] : crews_) crew.runner->setLogLevel(log_level_);
  publish();
  return changes;
}

// The catalog as it is known, but for what other keys may make otherwise: that is looked at again.
Catalog Roster::knownTo(const CatalogOptions& options, const Setup& setup) const {
  const bool other_trust = setup.sources != sources_;
  const bool other_keys = !changedKeys(*properties_, *setup.properties).empty();
  Catalog known = catalog_;
  for (CatalogEntry& entry : known.entries) {
    const bool enabled = options.enabled(std::filesystem::path(entry.path).stem().string()) && options.enabled(entry.name);
    const bool was_unfit = !entry.fault.empty() && !entry.description.name.empty();  // for what the keys were
    if (other_trust || enabled == entry.disabled || (was_unfit && other_keys)) entry.surroundings.folders.clear();
  }
  return known;
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
    if (refuseFailing(catalog, plan, newcomers, mistakes)) continue;
    for (const std::string& line : mistakes.lines()) parts_.log.write({LogLevel::error, kLogger, "config_mistake", line, {}});
    return plan;
  }
}

// The same for a reload: what is wrong is so for the configuration, unless the plugins' versions at work go with it.
CheckPlan Roster::fitAnew(Catalog& catalog, const CatalogOptions& options, Crews& newcomers, Mistakes& mistakes) {
  for (;;) {
    keepOldVersions(catalog);
    settleCatalog(catalog, options);
    Mistakes all = mistakes;
    CheckPlan plan = planFor(catalog, all);
    if (all.lines().size() > mistakes.lines().size() && keepVersions(catalog, options, mistakes)) continue;
    mistakes = std::move(all);
    if (!mistakes.empty()) return plan;
    if (refuseUnfit(catalog, plan)) continue;
    if (refuseFailing(catalog, plan, newcomers, mistakes)) continue;
    return plan;
  }
}

// Refuses all new versions of plugins at work when the configuration goes with the old ones. False when it doesn't.
bool Roster::keepVersions(Catalog& catalog, const CatalogOptions& options, const Mistakes& mistakes) const {
  Catalog older = catalog;
  bool any = false;
  for (CatalogEntry& entry : older.entries) {
    if (entry.superseded || entry.image == nullptr || !entry.fault.empty() || isAtWork(entry)) continue;
    const bool has_crew = std::any_of(crews_.begin(), crews_.end(), [&](const auto& each) { return each.second.entry.path == entry.path; });
    if (!has_crew) continue;
    setFault(entry, "its new version does not fit the configuration");
    any = true;
  }
  if (!any) return false;
  keepOldVersions(older);
  settleCatalog(older, options);
  Mistakes rest = mistakes;
  static_cast<void>(planFor(older, rest));
  if (rest.lines().size() > mistakes.lines().size()) return false;
  catalog = std::move(older);
  return true;
}

bool Roster::isAtWork(const CatalogEntry& entry, const PluginSpec& spec) const {
  return isAtWork(entry) && crews_.at(entry.name).spec == spec;
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
  if (reloading_) return planChecks(*properties_, states, mistakes);  // of a plugin that is gone no check may be configured then
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

// Tries the new versions of plugins that are at work. True when one was refused: then the plan is another. Those that passed are kept. One
// that fails with other keys than it has is a mistake in these.
bool Roster::refuseFailing(Catalog& catalog, const CheckPlan& plan, Crews& newcomers, Mistakes& mistakes) {
  for (const auto& [plugin, specs] : byPlugin(plan)) {
    const CatalogEntry* const entry = takenEntry(catalog, plugin);
    if (entry == nullptr || crews_.count(plugin) == 0 || isAtWork(*entry, plan.plugins.at(plugin))) continue;
    const auto tried = newcomers.find(plugin);
    if (tried != newcomers.end() && tried->second.entry.image == entry->image) continue;
    std::string fault;
    try {
      const PluginSpec& spec = plan.plugins.at(plugin);
      Crew newcomer = makeCrew(*entry, trialSpec(spec), crewParts());
      // One that hangs has done so before; a new version mustn't.
      fault = tryOut(newcomer, specs, isAtWork(*entry));
      if (fault.empty() && !spec.isolated) {
        newcomer.runner->stop(std::chrono::steady_clock::now() + kGoodbye);
        newcomer = makeCrew(*entry, spec, crewParts());
      }
      if (fault.empty()) newcomers[plugin] = std::move(newcomer);
    } catch (const std::exception& e) {
      fault = e.what();
    }
    if (fault.empty()) continue;
    if (isAtWork(*entry)) {
      mistakes.add("plugin." + plugin, "cannot go on with what is said of it now: " + fault + "; correct its isolation or its limits");
      continue;
    }
    for (CatalogEntry& each : catalog.entries) {
      if (each.path == entry->path && !each.superseded) setFault(each, "its new version does not take over: " + fault);
    }
    return true;
  }
  return false;
}

std::string Roster::tryOut(const Crew& newcomer, const std::vector<const CheckSpec*>& specs, bool may_hang) {
  for (const CheckSpec* spec : specs) {
    newcomer.trial->begin(*newcomer.runner, parts_.posts.idOf(spec->name), *spec);
  }
  const Milliseconds grace = newcomer.spec.limits.kill_after + (may_hang ? kKilled : Milliseconds(0));
  std::string fault = newcomer.trial->outcome(*newcomer.runner, grace, may_hang);
  if (!fault.empty()) newcomer.runner->stop(std::chrono::steady_clock::now());
  return fault;
}

CheckChanges Roster::apply(CheckPlan plan, Crews newcomers, ResultBoard::Comes comes) {
  std::vector<Crew> leaving;
  std::map<std::string, std::string> failed;  // plugins that can't be loaded after all
  const Specs specs = byPlugin(plan);
  for (const auto& [plugin, checks] : specs) {
    const CatalogEntry* const entry = takenEntry(catalog_, plugin);
    if (entry == nullptr || isAtWork(*entry, plan.plugins.at(plugin))) continue;
    try {
      const auto newcomer = newcomers.find(plugin);
      Crew crew = newcomer != newcomers.end() ? std::move(newcomer->second) : makeCrew(*entry, plan.plugins.at(plugin), crewParts());
      Crew& at_work = crews_[plugin];
      std::swap(at_work, crew);
      at_work.worker_events->takeOver();
      if (crew.runner != nullptr) leaving.push_back(std::move(crew));
    } catch (const std::exception& e) {
      failed[plugin] = e.what();
    }
  }
  std::vector<Appointment> appointments;
  for (CheckSpec& spec : plan.checks) {
    const auto crew = takenEntry(catalog_, spec.plugin) == nullptr ? crews_.end() : crews_.find(spec.plugin);
    const bool runs = crew != crews_.end() && spec.unavailable.empty();
    if (!runs && spec.unavailable.empty()) spec.unavailable = "plugin " + spec.plugin + " cannot be loaded: " + failed[spec.plugin];
    appointments.push_back({&spec, {}});
    if (runs) appointments.back().employer = {crew->second.runner, crew->second.trial.get(), crew->second.entry.description.metrics};
  }
  CheckChanges changes = parts_.posts.appoint(appointments, comes);
  for (auto crew = crews_.begin(); crew != crews_.end();) {
    const bool stays = specs.count(crew->first) > 0 && takenEntry(catalog_, crew->first) != nullptr;
    if (!stays) leaving.push_back(std::move(crew->second));
    crew = stays ? std::next(crew) : crews_.erase(crew);
  }
  for (const Crew& crew : leaving) crew.runner->stop(std::chrono::steady_clock::now() + kGoodbye);
  return changes;
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
