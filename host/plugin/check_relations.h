// What the configuration says of checks together: which one depends on which, and groups of them. Names that are no check's and circles are
// mistakes. Pure but for the mistakes it adds; one thread.
#pragma once
#include "config/mistakes.h"
#include "config/properties.h"
#include "plugin/check_plan.h"

#include <set>
#include <string>

namespace pulsewatch {

// Names that may be named although the plan has no check of theirs.
struct AbsentChecks {
  std::set<std::string> left_out;  // their plugin is disabled: nobody depends on them, no group has them
  std::set<std::string> missing;   // their plugin was refused, or something else is wrong that was told
  bool some_gone = false;          // plugins have gone while the host runs: any name may have been one of theirs
};

// Checks `depends_on` of the plan's checks, and adds the groups.
void readRelations(const Properties& properties, const AbsentChecks& absent, CheckPlan& plan, Mistakes& mistakes);

}  // namespace pulsewatch
