#include "serve/host_metrics.h"

#include "serve/metric_families.h"
#include "worker/worker_runner.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace pulsewatch {

namespace {

using Families = std::vector<prometheus::MetricFamily>;
using Type = prometheus::MetricType;

std::vector<PluginInfo> once(std::vector<PluginInfo> plugins) {
  std::sort(plugins.begin(), plugins.end());
  const auto same = [](const PluginInfo& a, const PluginInfo& b) { return !(a < b) && !(b < a); };
  plugins.erase(std::unique(plugins.begin(), plugins.end(), same), plugins.end());
  return plugins;
}

void add(Families& families, const char* name, const char* help, Type type, double value, MetricLabels labels = {}) {
  prometheus::MetricFamily& family = addFamily(families, name, help, type);
  if (type == Type::Counter)
    addCounter(family, std::move(labels), value);
  else
    addGauge(family, std::move(labels), value);
}

}  // namespace

HostMetrics::HostMetrics(HostMetricSources sources, std::string version, WallTime started)
    : sources_(std::move(sources)), version_(std::move(version)), started_(started), last_success_(started) {}

void HostMetrics::workerEnded(const std::string& plugin, std::string_view reason) {
  const MutexLock lock(mutex_);
  ++worker_ends_[{plugin, reason}];
}

std::uint64_t HostMetrics::workerEnds(const std::string& plugin) const {
  const MutexLock lock(mutex_);
  std::uint64_t ends = 0;
  for (const std::string_view reason : kWorkerEndReasons) {
    const auto count = worker_ends_.find({plugin, reason});
    if (count != worker_ends_.end()) ends += count->second;
  }
  return ends;
}

void HostMetrics::runLate(Nanoseconds lateness) {
  const MutexLock lock(mutex_);
  lateness_.observe(seconds(lateness));
}

void HostMetrics::reloaded(bool successful, WallTime at) {
  const MutexLock lock(mutex_);
  reload_successful_ = successful;
  if (successful) last_success_ = at;
}

void HostMetrics::collectReload(Families& families) const {
  const MutexLock lock(mutex_);
  add(families, "pulsewatch_config_last_reload_successful", "Whether the configuration was valid when it was last read.", Type::Gauge,
      reload_successful_ ? 1 : 0);
  add(families, "pulsewatch_config_last_reload_success_timestamp_seconds", "Unix timestamp of when it last was.", Type::Gauge,
      unixSeconds(last_success_));
}

Families HostMetrics::Collect() const {
  Families families;
  add(families, "pulsewatch_app_info", "Application information (always 1).", Type::Gauge, 1, {{"version", version_}});
  add(families, "pulsewatch_app_start_time_seconds", "Unix timestamp of application start.", Type::Gauge, unixSeconds(started_));
  if (const std::shared_ptr<const Verdict> verdict = sources_.verdict.get())
    add(families, "pulsewatch_ready", "Whether the verdict is ready.", Type::Gauge, verdict->ready ? 1 : 0);
  collectPlugins(families);
  prometheus::MetricFamily& lateness =
      addFamily(families, "pulsewatch_schedule_lateness_seconds", "How long after it was due a run started.", Type::Histogram);
  {
    const MutexLock lock(mutex_);
    lateness.metric.emplace_back().histogram = collectedHistogram(lateness_);
  }
  add(families, "pulsewatch_log_dropped_total", "Log lines that could not be written.", Type::Counter,
      static_cast<double>(sources_.log_dropped()));
  add(families, "pulsewatch_http_connections_refused_total", "Connections refused because there were too many.", Type::Counter,
      static_cast<double>(sources_.connections_refused()));
  if (const auto not_after = sources_.certificate_not_after ? sources_.certificate_not_after() : std::nullopt)
    add(families, "pulsewatch_https_certificate_not_after_timestamp_seconds", "Unix timestamp of when the certificate of https ends.",
        Type::Gauge, *not_after);
  collectReload(families);
  return families;
}

void HostMetrics::collectPlugins(Families& families) const {
  const std::vector<PluginInfo> plugins = once(sources_.plugins());
  if (plugins.empty()) return;
  prometheus::MetricFamily& info =
      addFamily(families, "pulsewatch_plugin_info", "Plugin files by what became of them (always 1).", Type::Gauge);
  std::set<std::string> names;
  for (const PluginInfo& plugin : plugins) {
    addGauge(info, {{"plugin", plugin.plugin}, {"version", plugin.version}, {"state", plugin.state}}, 1);
    if (plugin.state == "loaded") names.insert(plugin.plugin);
  }
  if (names.empty()) return;
  prometheus::MetricFamily& restarts =
      addFamily(families, "pulsewatch_worker_restarts_total", "Restarts of a plugin's worker by reason.", Type::Counter);
  const MutexLock lock(mutex_);
  for (const std::string& plugin : names) {
    for (const std::string_view reason : kWorkerEndReasons) {
      const auto count = worker_ends_.find({plugin, reason});
      addCounter(restarts, {{"plugin", plugin}, {"reason", std::string(reason)}},
                 count == worker_ends_.end() ? 0 : static_cast<double>(count->second));
    }
  }
}

}  // namespace pulsewatch
