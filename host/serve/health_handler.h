// /healthz: whether the host itself makes progress. No dependency ever makes it red.
#pragma once

#include "base/heartbeat.h"
#include "base/json_writer.h"
#include "serve/route.h"

#include <functional>
#include <string>
#include <vector>

namespace pulsewatch {

class HealthHandler final : public Route {
 public:
  // `heartbeats` must outlive it.
  HealthHandler(const Clock& clock, std::vector<const Heartbeat*> heartbeats, const std::string& version)
      : clock_(clock), heartbeats_(std::move(heartbeats)), tail_("\",\"version\":" + JsonWriter().text(version).str() + "}") {}

  // More of them, before the first request.
  void watch(const std::vector<const Heartbeat*>& heartbeats) {
    heartbeats_.insert(heartbeats_.end(), heartbeats.begin(), heartbeats.end());
  }

  HttpAnswer answer(const HttpTarget& target) override;

 private:
  const Clock& clock_;
  std::vector<const Heartbeat*> heartbeats_;
  const std::string tail_;  // of the body, behind the time
};

}  // namespace pulsewatch
