// A ReadyHandler over a board, judged when the test says so; and short ways into its answers. One thread.
#pragma once

#include "serve/ready_handler.h"
#include "unit/serve/board_bench.h"
#include "unit/serve/recorded_log.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pulsewatch::testing {

using Object = Poco::JSON::Object::Ptr;

struct ReadyBench final : public VerdictSink {
  explicit ReadyBench(ReadinessPolicy readiness = {}) : host(readiness) { host.also = this; }
  void judged(const std::shared_ptr<const Verdict>& verdict) override { handler.judged(verdict); }

  HttpAnswer get(const std::string& target) { return handler.answer(parseTarget(target)); }
  Object object(const std::string& target) { return parsedObject(*get(target).body); }
  std::string body(const std::string& target) { return *get(target).body; }
  Object check(const std::string& target, const std::string& name) { return object(target)->getObject("checks")->getObject(name); }

  BoardBench host;
  std::map<CheckId, NextRun> next_runs;
  ReadyHandler handler{
      host.clock, host.judge_loop, host.published, {host.board, [this](CheckId check) { return next_runs[check]; }}, "1.2.3"};
};

// database and redis critical, mail not.
inline void addThree(ReadyBench& bench) {
  bench.host.add(policy("database"));
  bench.host.add(policy("redis"));
  bench.host.add(policy("mail", false));
}

inline std::set<std::string> keys(const Object& object) {
  const std::vector<std::string> names = object->getNames();
  return {names.begin(), names.end()};
}

inline std::string list(const Object& object, const std::string& key) {
  std::string all;
  for (const auto& entry : *object->getArray(key)) all += (all.empty() ? "" : " | ") + entry.toString();
  return all;
}

inline const std::set<std::string> kPlainFields{"status", "latency_ms", "message"};
inline const std::set<std::string> kVerboseFields{
    "status",       "latency_ms",           "message", "critical", "plugin", "since", "last_run",
    "last_success", "consecutive_failures", "age_ms",  "reason",   "muted"};

}  // namespace pulsewatch::testing
