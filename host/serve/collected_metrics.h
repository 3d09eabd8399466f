// What prometheus-cpp collects, for the page: the right way for families of few series. Any thread.
#pragma once

#include "serve/metric_source.h"

#include <prometheus/collectable.h>

#include <vector>

namespace pulsewatch {

class CollectedMetrics final : public MetricSource {
 public:
  // Counters, gauges and histograms. It must outlive this.
  explicit CollectedMetrics(const prometheus::Collectable& source) : source_(source) {}

  [[nodiscard]] std::vector<WrittenFamily> families() const override;

 private:
  const prometheus::Collectable& source_;
};

}  // namespace pulsewatch
