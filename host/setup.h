// Everything that is decided before anything runs: the configuration read, the plugins opened, the checks planned, and every mistake found
// on the way.
#pragma once

#include "config/host_config.h"
#include "plugin/check_plan.h"
#include "plugin/plugin_catalog.h"

#include <string>
#include <vector>

namespace pulsewatch {

struct Setup {
  HostConfig config;
  Catalog catalog;
  CheckPlan plan;
  Mistakes mistakes;  // not empty: nothing may be started
};

// One thread; opens the plugins' libraries.
Setup readSetup(const ConfigInput& input);

// A sentence that names the keys given that this version does not act on yet; "" when there are none.
std::string notActedOn(const Setup& setup);

// The plugins of the directories that `config` has, those opened that are enabled. One thread.
Catalog openCatalog(const Properties& properties, const HostConfig& config, Mistakes& mistakes);

}  // namespace pulsewatch
