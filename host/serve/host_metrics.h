// The host's own metrics about its plugins and itself, a few series. Any thread.
#pragma once

#include "base/mutex.h"
#include "base/published.h"
#include "readiness/readiness.h"
#include "result/histogram.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulsewatch {

struct PluginInfo {
  std::string plugin;
  std::string version;
  std::string state;         // loaded, refused, disabled
  std::string file = {};     // for people
  std::string refusal = {};  // a sentence
  bool operator<(const PluginInfo& other) const {
    return std::tie(plugin, version, state) < std::tie(other.plugin, other.version, other.state);
  }
};

// Where the numbers come from. Each is asked on the scraping thread.
struct HostMetricSources {
  const Published<Verdict>& verdict;
  std::function<std::uint64_t()> log_dropped;
  std::function<std::uint64_t()> connections_refused;
  std::function<std::vector<PluginInfo>()> plugins;
  std::function<std::optional<double>()> certificate_not_after = {};  // of https, as Unix time; nothing while there is none
};

class HostMetrics final : public prometheus::Collectable {
 public:
  HostMetrics(HostMetricSources sources, std::string version, WallTime started);

  void runLate(Nanoseconds lateness) EXCLUDES(mutex_);  // of each run's start
  void workerEnded(const std::string& plugin, std::string_view reason) EXCLUDES(mutex_);

  void reloaded(bool successful, WallTime at) EXCLUDES(mutex_);  // the configuration; the start is the first time
  // How often a worker of this plugin has ended by itself.
  [[nodiscard]] std::uint64_t workerEnds(const std::string& plugin) const EXCLUDES(mutex_);

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override EXCLUDES(mutex_);

 private:
  void collectReload(std::vector<prometheus::MetricFamily>& families) const EXCLUDES(mutex_);
  void collectPlugins(std::vector<prometheus::MetricFamily>& families) const;

  const HostMetricSources sources_;
  const std::string version_;
  const WallTime started_;

  mutable Mutex mutex_;
  Histogram lateness_ GUARDED_BY(mutex_){kCheckBuckets};
  bool reload_successful_ GUARDED_BY(mutex_) = true;
  WallTime last_success_ GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string_view>, std::uint64_t> worker_ends_ GUARDED_BY(mutex_);  // by plugin and reason
};

}  // namespace pulsewatch
