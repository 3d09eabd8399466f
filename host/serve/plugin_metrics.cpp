#include "serve/plugin_metrics.h"

#include <utility>

namespace pulsewatch {

namespace {

constexpr int kWrittenAtATime = 256;

}  // namespace

void PluginMetrics::addCheck(CheckId check, const std::vector<MetricDescription>& metrics) {
  const MutexLock lock(mutex_);
  if (metrics.empty()) {
    checks_.erase(check);
    return;
  }
  Check& entry = checks_[check];
  // Replaced once more before it observed anything: the series of the one before that are kept, too.
  if (entry.former.size() + entry.own.size() > kMostSeries) entry.former.clear();
  entry.former.merge(entry.own);
  entry.own.clear();
  entry.series.clear();
  entry.families.clear();
  for (const MetricDescription& metric : metrics) {
    Family& family = families_.try_emplace(metric.name, Family{metric, {}}).first->second;
    if (family.description != metric) family = {metric, {}};
    entry.families.push_back(&family);
  }
}

void PluginMetrics::remove(CheckId check) {
  const MutexLock lock(mutex_);
  checks_.erase(check);
}

void PluginMetrics::addSeries(const SeriesReport& report) {
  const MutexLock lock(mutex_);
  const auto found = checks_.find(report.check);
  if (found == checks_.end() || report.number < 0 || static_cast<std::size_t>(report.number) >= kMostSeries) return;
  Check& check = found->second;
  if (report.metric >= check.families.size()) return;
  Family& family = *check.families[report.metric];
  if (report.label_values.size() != family.description.labels.size()) return;
  std::weak_ptr<Series>& known = family.series[report.label_values];
  std::shared_ptr<Series> series = known.lock();
  if (series == nullptr) {
    series = std::make_shared<Series>();
    for (std::size_t i = 0; i < report.label_values.size(); ++i)
      addLabel(series->labels, family.description.labels[i], report.label_values[i]);
    if (family.description.type == MetricType::histogram) series->histogram = std::make_unique<Histogram>(family.description.buckets);
  }
  if (check.own.count(series) == 0 && check.own.size() >= kMostSeries) return;
  check.own.insert(series);
  known = series;
  const auto number = static_cast<std::size_t>(report.number);
  if (check.series.size() <= number) check.series.resize(number + 1);
  check.series[number] = {&family, std::move(series)};
}

void PluginMetrics::observe(CheckId check, const std::vector<Observation>& observations) {
  if (observations.empty()) return;
  const MutexLock lock(mutex_);
  const auto found = checks_.find(check);
  if (found == checks_.end()) return;
  found->second.former.clear();
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

std::vector<WrittenFamily> PluginMetrics::families() const {
  std::vector<WrittenFamily> families;
  const MutexLock lock(mutex_);
  for (auto& [name, family] : families_) {
    std::erase_if(family.series, [](const auto& entry) { return entry.second.expired(); });
    if (!family.series.empty()) families.push_back({name, [this, &key = name](MetricText& text) { write(text, key); }});
  }
  return families;
}

void PluginMetrics::write(MetricText& text, const std::string& name) const {
  MetricDescription description;
  std::vector<std::string> next;
  for (bool first = true, more = true; more; first = false) {
    const MutexLock lock(mutex_);
    const Family& family = families_.at(name);
    if (first) {
      description = family.description;
      text.family(name, description.help, description.type);
    }
    if (family.description != description) return;  // declared otherwise in the meantime
    auto entry = family.series.lower_bound(next);
    for (int i = 0; i < kWrittenAtATime && entry != family.series.end(); ++i, ++entry) {
      const std::shared_ptr<const Series> series = entry->second.lock();
      if (series == nullptr) continue;
      if (series->histogram != nullptr)
        text.histogram(series->labels, series->histogram->bounds(), series->histogram->counts(), series->histogram->sum());
      else
        text.sample(series->labels, series->value);
    }
    more = entry != family.series.end();
    if (more) next = entry->first;
  }
}

}  // namespace pulsewatch
