#include "conform/trial_check.h"

#include "conform/rule.h"

#include <algorithm>

namespace pulsewatch::conform {

namespace {

constexpr Milliseconds kMostMargin{100};

}  // namespace

testing::Outcome TrialCheck::run(Milliseconds timeout) { return host_.run(timeout - std::min(timeout / 10, kMostMargin)); }

const testing::Outcome& needCreated(const testing::Outcome& outcome) {
  if (!outcome.created) throw Skipped("no check can be made with these settings, as the rule run tells");
  return outcome;
}

bool isOfSecret(const std::string& fault) { return fault.find(" shows the secret ") != std::string::npos; }

std::string wrongOf(const testing::Outcome& outcome) {
  for (const std::string& fault : outcome.faults) {
    if (!isOfSecret(fault)) return fault;
  }
  return {};
}

}  // namespace pulsewatch::conform
