#include "crew.h"

#include "plugin/local_runner.h"
#include "plugin/plugin_library.h"

#include <fcntl.h>

namespace pulsewatch {

Crew makeCrew(const CatalogEntry& entry, const PluginSpec& spec, const CrewParts& parts) {
  Crew crew{entry, spec, std::make_unique<Trial>(parts.events), std::make_unique<TrialWorkerEvents>(parts.worker_events), nullptr};
  if (spec.isolated) {
    WorkerRunnerOptions options;
    options.log_level = parts.log_level;
    options.limits = spec.limits;
    crew.runner =
        std::make_shared<WorkerRunner>(entry.name, entry.image, parts.workers, *crew.trial, *crew.worker_events, std::move(options));
    return crew;
  }
  LocalRunnerOptions options;
  options.log_level = parts.log_level;
  FileDescriptor copy(::fcntl(entry.image->copy.get(), F_DUPFD_CLOEXEC, 0));
  crew.runner = std::make_shared<LocalRunner>(std::make_shared<PluginLibrary>(std::move(copy)), *crew.trial, options);
  return crew;
}

PluginSpec trialSpec(PluginSpec spec) {
  if (spec.isolated) return spec;
  spec.isolated = true;
  spec.limits.memory_max = 0;
  return spec;
}

std::map<std::string, std::vector<const CheckSpec*>> byPlugin(const CheckPlan& plan) {
  std::map<std::string, std::vector<const CheckSpec*>> specs;
  for (const CheckSpec& spec : plan.checks) specs[spec.plugin].push_back(&spec);
  return specs;
}

}  // namespace pulsewatch
