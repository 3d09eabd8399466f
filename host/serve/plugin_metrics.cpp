#include "serve/plugin_metrics.h"

#include "serve/metric_families.h"

#include <utility>

namespace pulsewatch {

void PluginMetrics::addCheck(CheckId check, const std::vector<MetricDescription>& metrics) {
  if (metrics.empty()) return;
  const MutexLock lock(mutex_);
  Check& entry = checks_[check];
  for (const MetricDescription& metric : metrics)
    entry.families.push_back(&families_.try_emplace(metric.name, Family{metric, {}}).first->second);
}

void PluginMetrics::addSeries(const SeriesReport& report) {
  const MutexLock lock(mutex_);
  const auto check = checks_.find(report.check);
  if (check == checks_.end() || report.metric >= check->second.families.size() || report.number < 0) return;
  Family& family = *check->second.families[report.metric];
  std::shared_ptr<Series>& series = family.series[report.label_values];
  if (series == nullptr) {
    series = std::make_shared<Series>();
    if (family.description.type == MetricType::histogram) series->histogram = std::make_unique<Histogram>(family.description.buckets);
  }
  const auto number = static_cast<std::size_t>(report.number);
  if (check->second.series.size() <= number) check->second.series.resize(number + 1);
  check->second.series[number] = {&family, series};
}

void PluginMetrics::observe(CheckId check, const std::vector<Observation>& observations) {
  if (observations.empty()) return;
  const MutexLock lock(mutex_);
  const auto found = checks_.find(check);
  if (found == checks_.end()) return;
  for (const Observation& observation : observations) {
    const auto number = static_cast<std::size_t>(observation.series);
    if (observation.series < 0 || number >= found->second.series.size()) continue;
    const auto& [family, series] = found->second.series[number];
    if (series == nullptr) continue;
    if (family->description.type == MetricType::histogram)
      series->histogram->observe(observation.value);
    else if (family->description.type == MetricType::gauge)
      series->value = observation.value;
    else if (observation.value > 0)
      series->value += observation.value;
  }
}

std::vector<prometheus::MetricFamily> PluginMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> collected;
  const MutexLock lock(mutex_);
  for (const auto& [name, family] : families_) {
    if (family.series.empty()) continue;
    const MetricType type = family.description.type;
    prometheus::MetricFamily& out = addFamily(collected, name, family.description.help,
                                              type == MetricType::counter ? prometheus::MetricType::Counter
                                              : type == MetricType::gauge ? prometheus::MetricType::Gauge
                                                                          : prometheus::MetricType::Histogram);
    for (const auto& [values, series] : family.series) {
      prometheus::ClientMetric& metric = out.metric.emplace_back();
      for (std::size_t i = 0; i < values.size(); ++i) metric.label.push_back({family.description.labels[i], values[i]});
      if (series->histogram != nullptr)
        metric.histogram = collectedHistogram(*series->histogram);
      else if (type == MetricType::counter)
        metric.counter.value = series->value;
      else
        metric.gauge.value = series->value;
    }
  }
  return collected;
}

}  // namespace pulsewatch
