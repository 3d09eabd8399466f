// One check of the tested plugin in the SDK's own fake host (sdk/include/pulsewatch/testing.h), run as a host runs it. One thread at a
// time.
#pragma once

#include "conform/progress.h"
#include "conform/subject.h"
#include <pulsewatch/testing.h>

#include <string>

namespace pulsewatch::conform {

class TrialCheck {
 public:
  // `plugin` is one of openTraced(). Throws std::invalid_argument where a host refuses the settings.
  TrialCheck(const pw_plugin* plugin, const Settings& settings) : host_(plugin, settings) {}

  // With a timeout of a host's: what the plugin sees is a little less.
  testing::Outcome run(Milliseconds timeout);
  testing::FakeHost& host() { return host_; }

 private:
  testing::FakeHost host_;
};

// The run, or Skipped when there is no check that could run: of that tells the rule `run`.
const testing::Outcome& needCreated(const testing::Outcome& outcome);

// "it says A and B", of the faults that are the plugin's and not of a secret; "" for none.
std::string wrongOf(const testing::Outcome& outcome);

bool isOfSecret(const std::string& fault);

}  // namespace pulsewatch::conform
