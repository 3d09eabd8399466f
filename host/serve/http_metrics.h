// What the host counts of its own HTTP server, under django-prometheus' names. Series of routes exist from the start, and no client can
// make a new one: views are the routes' names, methods HTTP's. Any thread.
#pragma once

#include "base/clock.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>
#include <vector>

namespace pulsewatch {

class HttpMetrics {
 public:
  HttpMetrics(prometheus::Registry& registry, const std::vector<std::string>& views);

  // One answered request. `view` is one of the constructor's.
  void answered(const std::string& view, const std::string& method, int status, Nanoseconds duration);

 private:
  prometheus::Family<prometheus::Counter>& by_method_;
  prometheus::Family<prometheus::Counter>& by_view_;
  prometheus::Family<prometheus::Counter>& by_status_;
  prometheus::Family<prometheus::Histogram>& durations_;
};

}  // namespace pulsewatch
