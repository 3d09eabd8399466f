#include "conform/rule.h"
#include "conform/rule_functions.h"

namespace pulsewatch::conform {

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all{
      {"file", "nobody but its owner could have changed the file, and it is a whole library for this machine", nullptr},
      {"load", "it loads in a worker, and a host takes its ABI version and its description", nullptr},
      {"exports", "it exports its entry, and no name of its own beside it", exportsItsEntry},
      {"description", "it says what it, its settings and its metrics are, and what of them is secret", describesItself},
      {"settings", "a check bears every value that its settings allow, or is refused with a sentence", bearsSettings},
      {"failed-create", "after a create that failed the next one works, and nothing of it is left", recoversFromFailedCreate},
      {"run", "a run gives a result that a host shows as it is, in the same words each time", givesResult},
      {"secrets", "no secret shows in a message, an error, a line of the log or a label", keepsSecrets},
      {"deadline", "a run is over by its timeout, also by a short one, and when nobody answers", obeysDeadline},
      {"cancel", "a run that is given up is over soon", obeysCancel},
      {"instances", "checks are made, run and destroyed many times, several at once and on different threads", bearsInstances},
      {"memory", "no memory is left behind by runs, nor by checks that are destroyed", leavesNoMemory},
      {"descriptors", "no descriptor is left open, and none of another's is closed", leavesNoDescriptor},
      {"threads", "no thread is left running", leavesNoThread},
      {"processes", "no child process is left", leavesNoProcess},
      {"process-state", "signals, umask, working directory, locale and environment stay as they are", leavesProcessAlone},
      {"output", "nothing is written to standard output or standard error", printsNothing},
      {"unload", "the library can be unloaded, and loaded again", unloads},
  };
  return all;
}

}  // namespace pulsewatch::conform
