#include "rehearsal.h"

#include "base/clock.h"
#include "crew.h"

#include <exception>
#include <utility>

namespace pulsewatch {

namespace {

class Nobody final : public RunnerEvents, public WorkerEvents {
 public:
  void runStarted(CheckId /*check*/, std::uint64_t /*sequence*/, SteadyTime /*at*/) override {}
  void runEnded(RunReport /*report*/) override {}
  void runWanted(CheckId /*check*/) override {}
  void seriesAdded(SeriesReport /*series*/) override {}
  void pluginLogged(PluginLogLine /*line*/) override {}
  void workerEnded(const WorkerEnd& /*end*/) override {}
};

}  // namespace

Unfit rehearse(const Setup& setup) {
  const SystemClock clock;
  Nobody nobody;
  WorkerLoop workers(clock);
  const auto specs = byPlugin(setup.plan);
  Unfit faults;
  std::vector<Crew> crews;
  CheckId id = 0;
  for (const CatalogEntry& entry : setup.catalog.entries) {
    const auto checks = specs.find(entry.name);
    if (!entry.taken() || checks == specs.end()) continue;
    try {
      Crew& crew =
          crews.emplace_back(makeCrew(entry, trialSpec(setup.plan.plugins.at(entry.name)), {nobody, nobody, workers, LogLevel::critical}));
      for (const CheckSpec* spec : checks->second) crew.trial->begin(*crew.runner, ++id, *spec);
    } catch (const std::exception& e) {
      faults[entry.name] = e.what();
    }
  }
  for (const Crew& crew : crews) {
    std::string fault = crew.trial->outcome(*crew.runner, crew.spec.limits.kill_after);
    const bool fit = fault.empty();
    if (!fit) faults[crew.entry.name] = std::move(fault);
    crew.runner->stop(clock.steady() + (fit ? std::chrono::seconds(1) : std::chrono::seconds(0)));
  }
  return faults;
}

}  // namespace pulsewatch
