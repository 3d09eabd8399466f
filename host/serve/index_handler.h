// /: a small page with links to the others, as exporters have it. Any thread.
#pragma once

#include "serve/route.h"

#include <atomic>
#include <string>

namespace pulsewatch {

class IndexHandler final : public Route {
 public:
  IndexHandler(const std::string& version, bool metrics);

  void setMetrics(bool metrics) { metrics_ = metrics; }  // whether there is /metrics
  HttpAnswer answer(const HttpTarget& /*target*/) override { return metrics_ ? with_metrics_ : without_; }

 private:
  std::atomic<bool> metrics_;
  const HttpAnswer with_metrics_;
  const HttpAnswer without_;
};

}  // namespace pulsewatch
