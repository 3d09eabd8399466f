// /healthz: whether the host itself makes progress. No dependency ever makes it red.
#pragma once

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/progress.h"
#include "serve/route.h"

#include <string>

namespace pulsewatch {

class HealthHandler final : public Route {
 public:
  // The clock and `progress` must outlive it.
  HealthHandler(const Clock& clock, const Progress& progress, const std::string& version)
      : clock_(clock), progress_(progress), tail_("\",\"version\":" + JsonWriter().text(version).str() + "}") {}

  HttpAnswer answer(const HttpTarget& target) override;

 private:
  const Clock& clock_;
  const Progress& progress_;
  const std::string tail_;  // of the body, behind the time
};

}  // namespace pulsewatch
