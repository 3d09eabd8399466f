// /metrics: everything collected, in Prometheus' text format.
#pragma once

#include "serve/route.h"

#include <prometheus/collectable.h>

#include <string>
#include <vector>

namespace pulsewatch {

class MetricsHandler final : public Route {
 public:
  // The sources must outlive it.
  explicit MetricsHandler(std::vector<const prometheus::Collectable*> sources) : sources_(std::move(sources)) {}

  HttpAnswer answer(const HttpTarget& target) override;

 private:
  [[nodiscard]] std::string page() const;

  const std::vector<const prometheus::Collectable*> sources_;
};

}  // namespace pulsewatch
