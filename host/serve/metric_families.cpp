#include "serve/metric_families.h"

#include <limits>
#include <utility>

namespace pulsewatch {

prometheus::MetricFamily& addFamily(std::vector<prometheus::MetricFamily>& families, std::string name, std::string help,
                                    prometheus::MetricType type) {
  prometheus::MetricFamily& family = families.emplace_back();
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

void addCounter(prometheus::MetricFamily& family, MetricLabels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.counter.value = value;
}

void addGauge(prometheus::MetricFamily& family, MetricLabels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.gauge.value = value;
}

prometheus::ClientMetric::Histogram collectedHistogram(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram collected;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    count += histogram.counts()[i];
    collected.bucket.push_back({count, i < histogram.bounds().size() ? histogram.bounds()[i] : std::numeric_limits<double>::infinity()});
  }
  collected.sample_count = count;
  collected.sample_sum = histogram.sum();
  return collected;
}

}  // namespace pulsewatch
