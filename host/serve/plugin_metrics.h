// The totals behind what plugins observe: families as they declared them, a series for each set of label values, shared by the checks that
// made it and gone with the last of them. The totals are the host's, so they outlive a worker. Any thread.
#pragma once

#include "base/mutex.h"
#include "plugin/check_runner.h"
#include "plugin/plugin_description.h"
#include "result/histogram.h"
#include "serve/metric_source.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace pulsewatch {

class PluginMetrics final : public MetricSource {
 public:
  static constexpr std::size_t kMostSeries = 100;  // of a check's own

  // A check of a plugin with these metrics. Families of one name are declared alike (the catalog sees to it). Of a check that is there
  // already, whose plugin has been replaced: its series keep their totals, if they are made again before its next observation and the
  // family is declared as it was.
  void addCheck(CheckId check, const std::vector<MetricDescription>& metrics) EXCLUDES(mutex_);
  void remove(CheckId check) EXCLUDES(mutex_);

  void addSeries(const SeriesReport& series) EXCLUDES(mutex_);
  void observe(CheckId check, const std::vector<Observation>& observations) EXCLUDES(mutex_);

  // Each is written some hundred series at a time under the lock, so that a scrape holds up no result for long.
  [[nodiscard]] std::vector<WrittenFamily> families() const override EXCLUDES(mutex_);

 private:
  struct Family;
  struct Series {
    std::string labels;  // as text
    double value = 0;
    std::unique_ptr<Histogram> histogram;
  };
  struct Family {
    MetricDescription description;
    std::map<std::vector<std::string>, std::weak_ptr<Series>> series;  // by label values; the checks own them
  };
  struct Check {
    std::vector<Family*> families;  // of its plugin's metrics, in their order
    // By the check's numbers. A worker that starts anew may number them otherwise.
    std::vector<std::pair<Family*, std::shared_ptr<Series>>> series;
    std::set<std::shared_ptr<Series>> own;     // all it ever made
    std::set<std::shared_ptr<Series>> former;  // of the plugin that was replaced, until it observes anew
  };

  void write(MetricText& text, const std::string& name) const EXCLUDES(mutex_);

  mutable Mutex mutex_;
  mutable std::map<std::string, Family> families_ GUARDED_BY(mutex_);  // forgets series that are gone when it is read
  std::unordered_map<CheckId, Check> checks_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
