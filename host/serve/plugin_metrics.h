// The totals behind what plugins observe: families as they declared them, a series for each set of label values, shared by the checks that
// made it and gone with the last of them. The totals are the host's, so they outlive a worker. Any thread.
#pragma once

#include "base/mutex.h"
#include "plugin/check_runner.h"
#include "plugin/plugin_description.h"
#include "result/histogram.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace pulsewatch {

class PluginMetrics final : public prometheus::Collectable {
 public:
  // A check of a plugin with these metrics. Families of one name are declared alike (the catalog sees to it).
  void addCheck(CheckId check, const std::vector<MetricDescription>& metrics) EXCLUDES(mutex_);

  void addSeries(const SeriesReport& series) EXCLUDES(mutex_);
  void observe(CheckId check, const std::vector<Observation>& observations) EXCLUDES(mutex_);

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override EXCLUDES(mutex_);

 private:
  struct Family;
  struct Series {
    double value = 0;
    std::unique_ptr<Histogram> histogram;
  };
  struct Family {
    MetricDescription description;
    std::map<std::vector<std::string>, std::shared_ptr<Series>> series;  // by label values
  };
  struct Check {
    std::vector<Family*> families;                                    // of its plugin's metrics, in their order
    std::vector<std::pair<Family*, std::shared_ptr<Series>>> series;  // by the check's numbers
  };

  mutable Mutex mutex_;
  std::map<std::string, Family> families_ GUARDED_BY(mutex_);
  std::unordered_map<CheckId, Check> checks_ GUARDED_BY(mutex_);
};

}  // namespace pulsewatch
