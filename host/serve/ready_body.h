// /ready as JSON, with exactly the specification's fields, or with more when asked. Pure.
#pragma once

#include "readiness/readiness.h"

#include <string>
#include <vector>

namespace pulsewatch {

struct ReadyDetail {
  bool verbose = false;
  std::vector<std::string> excluded;  // names that are checks
  std::vector<std::string> ignored;   // names asked to be excluded that are none
};

std::string readyBody(const Verdict& verdict, bool ready, const std::string& version, const ReadyDetail& detail = {});

// One check's object, as it stands in /ready; with its history, also `runs` and `failures`, the newest first, each with `timestamp`,
// `outcome`, `latency_ms` and `message`.
std::string checkBody(const Verdict& verdict, const CheckVerdict& check, bool verbose, const PastRuns* history = nullptr);

}  // namespace pulsewatch
