#include "serve/collected_metrics.h"

#include <prometheus/metric_family.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace pulsewatch {

namespace {

MetricType typeOf(const prometheus::MetricFamily& family) {
  if (family.type == prometheus::MetricType::Counter) return MetricType::counter;
  return family.type == prometheus::MetricType::Histogram ? MetricType::histogram : MetricType::gauge;
}

void writeHistogram(MetricText& text, const std::string& labels, const prometheus::ClientMetric::Histogram& histogram) {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;
  std::uint64_t below = 0;
  for (const auto& bucket : histogram.bucket) {
    bounds.push_back(bucket.upper_bound);
    counts.push_back(bucket.cumulative_count - below);
    below = bucket.cumulative_count;
  }
  bounds.pop_back();  // that of the last is +Inf
  text.histogram(labels, bounds, counts, histogram.sample_sum);
}

void write(MetricText& text, const prometheus::MetricFamily& family) {
  const MetricType type = typeOf(family);
  text.family(family.name, family.help, type);
  for (const prometheus::ClientMetric& metric : family.metric) {
    std::string labels;
    for (const auto& label : metric.label) addLabel(labels, label.name, label.value);
    if (type == MetricType::histogram)
      writeHistogram(text, labels, metric.histogram);
    else
      text.sample(labels, type == MetricType::counter ? metric.counter.value : metric.gauge.value);
  }
}

}  // namespace

std::vector<WrittenFamily> CollectedMetrics::families() const {
  std::vector<WrittenFamily> families;
  for (prometheus::MetricFamily& family : source_.Collect()) {
    const auto kept = std::make_shared<const prometheus::MetricFamily>(std::move(family));
    families.push_back({kept->name, [kept](MetricText& text) { write(text, *kept); }});
  }
  return families;
}

}  // namespace pulsewatch
