// A plugin that answers at once, as the `dummy` command of Icinga 2 does: what is measured is the host.
#include <pulsewatch/plugin.h>

namespace {

class InstantCheck : public pulsewatch::Check {
 public:
  explicit InstantCheck(pulsewatch::Setup& /*setup*/) {}
  pulsewatch::Result run(pulsewatch::Run& /*run*/) override { return pulsewatch::healthy("Check was successful."); }
};

}  // namespace

PULSEWATCH_PLUGIN(InstantCheck, pulsewatch::Plugin("instant", "1.0.0", "Answers at once"))
