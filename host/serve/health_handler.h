// /healthz: whether the host itself makes progress. No dependency ever makes it red.
#pragma once

#include "base/heartbeat.h"
#include "serve/route.h"

#include <functional>
#include <string>
#include <vector>

namespace pulsewatch {

class HealthHandler final : public Route {
 public:
  // `heartbeats` must outlive it.
  HealthHandler(const Clock& clock, std::vector<const Heartbeat*> heartbeats, std::string version)
      : clock_(clock), heartbeats_(std::move(heartbeats)), version_(std::move(version)) {}

  // More of them, before the first request.
  void watch(const std::vector<const Heartbeat*>& heartbeats) {
    heartbeats_.insert(heartbeats_.end(), heartbeats.begin(), heartbeats.end());
  }

  HttpAnswer answer(const HttpTarget& target) override;

 private:
  const Clock& clock_;
  std::vector<const Heartbeat*> heartbeats_;
  const std::string version_;
};

}  // namespace pulsewatch
