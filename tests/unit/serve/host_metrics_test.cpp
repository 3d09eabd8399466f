#include "serve/host_metrics.h"

#include "serve/check_metrics.h"
#include "serve/collected_metrics.h"
#include "unit/serve/board_bench.h"
#include "unit/serve/page_families.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Families;
using testing::familyOf;
using testing::hasFamily;
using testing::histogramOf;
using testing::labelValues;
using testing::policy;
using testing::valueOf;

struct MetricsBench {
  explicit MetricsBench(std::vector<PluginInfo> list = {})
      : plugins(std::move(list)),
        metrics({host.published, [this] { return log_dropped; }, [this] { return refused; }, [this] { return plugins; },
                 [this] { return certificate_not_after; }},
                "1.2.3", host.clock.wall()),
        check_metrics(host.board, host.published, [this] { return stuck; }) {}

  [[nodiscard]] Families collect() const { return testing::familiesOf({&collected, &check_metrics}); }

  testing::BoardBench host;
  std::vector<CheckId> stuck;
  std::uint64_t log_dropped = 0;
  std::uint64_t refused = 0;
  std::vector<PluginInfo> plugins;
  std::optional<double> certificate_not_after;
  HostMetrics metrics;
  const CollectedMetrics collected{metrics};
  CheckMetrics check_metrics;
};

class HostMetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HostMetricsTest);
  CPPUNIT_TEST(ofTheHost);
  CPPUNIT_TEST(seriesFromTheStart);
  CPPUNIT_TEST(families);
  CPPUNIT_TEST(runs);
  CPPUNIT_TEST(transitions);
  CPPUNIT_TEST(durations);
  CPPUNIT_TEST(verdict);
  CPPUNIT_TEST(staleIsNotHealthy);
  CPPUNIT_TEST(stuckRuns);
  CPPUNIT_TEST(lateness);
  CPPUNIT_TEST(plugins);
  CPPUNIT_TEST(certificate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void ofTheHost() {
    MetricsBench bench;
    bench.log_dropped = 7;
    bench.refused = 9;
    const Families families = bench.collect();
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, "pulsewatch_app_info", {{"version", "1.2.3"}}));
    CPPUNIT_ASSERT_EQUAL(1761906600.0, valueOf(families, "pulsewatch_app_start_time_seconds"));
    CPPUNIT_ASSERT_EQUAL(7.0, valueOf(families, "pulsewatch_log_dropped_total"));
    CPPUNIT_ASSERT_EQUAL(9.0, valueOf(families, "pulsewatch_http_connections_refused_total"));
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, "pulsewatch_config_last_reload_successful"));
    bench.host.clock.advance(seconds(100));
    bench.log_dropped = 8;
    CPPUNIT_ASSERT_EQUAL(1761906600.0, valueOf(bench.collect(), "pulsewatch_app_start_time_seconds"));
    CPPUNIT_ASSERT_EQUAL(8.0, valueOf(bench.collect(), "pulsewatch_log_dropped_total"));
  }

  // Each at 0, before any run.
  void certificate() {
    MetricsBench bench;
    const std::string name = "pulsewatch_https_certificate_not_after_timestamp_seconds";
    CPPUNIT_ASSERT(!hasFamily(bench.collect(), name));
    bench.certificate_not_after = 1795557600.0;
    CPPUNIT_ASSERT_EQUAL(1795557600.0, valueOf(bench.collect(), name));
  }

  void seriesFromTheStart() {
    MetricsBench bench;
    bench.host.add(policy("database"));
    bench.host.add(policy("redis", false));
    bench.host.judgeNow();
    const Families families = bench.collect();
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_ready"));
    for (const std::string check : {"database", "redis"}) {
      for (const std::string outcome : {"healthy", "degraded", "unhealthy", "timeout", "crash"})
        CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", outcome}}));
      for (const std::string to : {"healthy", "degraded", "unhealthy"})
        CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_health_check_transitions_total", {{"check_name", check}, {"to", to}}));
      CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_health_check_status", {{"check_name", check}}));
      CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_health_check_last_success_timestamp_seconds", {{"check_name", check}}));
      CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_stuck_runs", {{"check_name", check}}));
      const auto& histogram = histogramOf(families, "pulsewatch_health_check_duration_seconds", {{"check_name", check}});
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, histogram.sample_count);
      CPPUNIT_ASSERT_EQUAL(0.0, histogram.sample_sum);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, familyOf(families, "pulsewatch_health_check_runs_total").metric.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, familyOf(families, "pulsewatch_health_check_transitions_total").metric.size());
  }

  // Types as promised, a help each, no family without a series, with or without checks.
  void families() {
    using Type = prometheus::MetricType;
    MetricsBench bench({{"redis", "1.0.0", "loaded"}});
    for (const bool with_check : {false, true}) {
      if (with_check) bench.host.add(policy("redis"));
      bench.host.judgeNow();
      const Families families = bench.collect();
      for (const prometheus::MetricFamily& family : families) {
        CPPUNIT_ASSERT_MESSAGE(family.name, !family.metric.empty() && !family.help.empty());
        const bool total = family.name.size() > 6 && family.name.compare(family.name.size() - 6, 6, "_total") == 0;
        CPPUNIT_ASSERT_EQUAL_MESSAGE(family.name, total, family.type == Type::Counter);
        familyOf(families, family.name);  // once
      }
      CPPUNIT_ASSERT_EQUAL(with_check, hasFamily(families, "pulsewatch_health_check_status"));
      CPPUNIT_ASSERT_EQUAL(with_check, hasFamily(families, "pulsewatch_health_check_runs_total"));
      CPPUNIT_ASSERT(familyOf(families, "pulsewatch_schedule_lateness_seconds").type == Type::Histogram);
    }
    CPPUNIT_ASSERT(familyOf(bench.collect(), "pulsewatch_health_check_duration_seconds").type == Type::Histogram);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("before the first verdict there is none to tell", false,
                                 hasFamily(MetricsBench().collect(), "pulsewatch_ready"));
  }

  void runs() {
    MetricsBench bench;
    CheckPolicy slow = policy("slow");
    slow.degraded_after = milliseconds(100);
    bench.host.add(slow);
    bench.host.add(policy("other"));
    const std::pair<RunOutcome, int> rows[] = {
        {RunOutcome::healthy, 5}, {RunOutcome::degraded, 4}, {RunOutcome::unhealthy, 3}, {RunOutcome::timeout, 2}, {RunOutcome::crash, 1}};
    for (const auto& [outcome, count] : rows) {
      for (int i = 0; i < count; ++i) bench.host.result("slow", outcome, "so");
    }
    bench.host.result("slow", RunOutcome::healthy, "so", milliseconds(101));  // counts as degraded
    const Families families = bench.collect();
    for (const auto& [outcome, count] : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          std::string(name(outcome)), count + (outcome == RunOutcome::degraded ? 1.0 : 0.0),
          valueOf(families, "pulsewatch_health_check_runs_total", {{"check_name", "slow"}, {"outcome", std::string(name(outcome))}}));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_health_check_runs_total", {{"check_name", "other"}, {"outcome", "healthy"}}));
  }

  void transitions() {
    MetricsBench bench;
    bench.host.add(policy("database"));
    for (const RunOutcome outcome : {RunOutcome::healthy, RunOutcome::healthy, RunOutcome::unhealthy, RunOutcome::timeout,
                                     RunOutcome::degraded, RunOutcome::healthy, RunOutcome::crash})
      bench.host.result("database", outcome, "so");
    const Families families = bench.collect();
    const auto to = [&families](const std::string& status) {
      return valueOf(families, "pulsewatch_health_check_transitions_total", {{"check_name", "database"}, {"to", status}});
    };
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the first result is one, too", 2.0, to("healthy"));
    CPPUNIT_ASSERT_EQUAL(2.0, to("unhealthy"));
    CPPUNIT_ASSERT_EQUAL(1.0, to("degraded"));
  }

  void durations() {
    MetricsBench bench;
    bench.host.add(policy("database"));
    for (const Nanoseconds duration : {Nanoseconds(microseconds(400)), Nanoseconds(microseconds(500)), Nanoseconds(milliseconds(3)),
                                       Nanoseconds(seconds(2)), Nanoseconds(seconds(60))})
      bench.host.result("database", RunOutcome::healthy, "fine", duration);
    const Families families = bench.collect();
    const auto& histogram = histogramOf(families, "pulsewatch_health_check_duration_seconds", {{"check_name", "database"}});
    const std::pair<double, std::uint64_t> rows[] = {
        {0.0005, 2}, {0.001, 2}, {0.0025, 2}, {0.005, 3}, {0.01, 3}, {0.025, 3}, {0.05, 3}, {0.1, 3},
        {0.25, 3},   {0.5, 3},   {1, 3},      {2.5, 4},   {5, 4},    {10, 4},    {30, 4},   {std::numeric_limits<double>::infinity(), 5}};
    CPPUNIT_ASSERT_EQUAL(std::size(rows), histogram.bucket.size());
    for (std::size_t i = 0; i < std::size(rows); ++i) {
      CPPUNIT_ASSERT_EQUAL(rows[i].first, histogram.bucket[i].upper_bound);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(rows[i].first), rows[i].second, histogram.bucket[i].cumulative_count);
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, histogram.sample_count);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(62.0039, histogram.sample_sum, 1e-9);
  }

  void verdict() {
    MetricsBench bench;
    for (const std::string name : {"a-healthy", "b-degraded", "c-unhealthy"}) bench.host.add(policy(name, name != "c-unhealthy"));
    bench.host.run(seconds(2));
    bench.host.result("a-healthy", RunOutcome::healthy, "fine");
    bench.host.result("b-degraded", RunOutcome::degraded, "slow");
    bench.host.result("c-unhealthy", RunOutcome::healthy, "fine");
    bench.host.run(milliseconds(500));
    bench.host.result("c-unhealthy", RunOutcome::unhealthy, "down");
    bench.host.judgeNow();
    const Families families = bench.collect();
    const auto status = [&families](const std::string& check) {
      return valueOf(families, "pulsewatch_health_check_status", {{"check_name", check}});
    };
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(families, "pulsewatch_ready"));
    CPPUNIT_ASSERT_EQUAL(1.0, status("a-healthy"));
    CPPUNIT_ASSERT_EQUAL(1.0, status("b-degraded"));
    CPPUNIT_ASSERT_EQUAL(0.0, status("c-unhealthy"));
    for (const std::string check : {"a-healthy", "b-degraded", "c-unhealthy"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(check, 1761906602.0,
                                   valueOf(families, "pulsewatch_health_check_last_success_timestamp_seconds", {{"check_name", check}}));
    bench.host.result("a-healthy", RunOutcome::crash, "crashed");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(bench.collect(), "pulsewatch_ready"));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(bench.collect(), "pulsewatch_health_check_status", {{"check_name", "a-healthy"}}));
  }

  void staleIsNotHealthy() {
    MetricsBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.run(seconds(33));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(bench.collect(), "pulsewatch_health_check_status", {{"check_name", "database"}}));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(bench.collect(), "pulsewatch_ready"));
  }

  void stuckRuns() {
    MetricsBench bench;
    bench.host.add(policy("database"));
    bench.host.add(policy("redis"));
    bench.stuck = {bench.host.id("redis"), 4711};
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(bench.collect(), "pulsewatch_stuck_runs", {{"check_name", "database"}}));
    CPPUNIT_ASSERT_EQUAL(1.0, valueOf(bench.collect(), "pulsewatch_stuck_runs", {{"check_name", "redis"}}));
    bench.stuck.clear();
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(bench.collect(), "pulsewatch_stuck_runs", {{"check_name", "redis"}}));
  }

  void lateness() {
    MetricsBench bench;
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, histogramOf(bench.collect(), "pulsewatch_schedule_lateness_seconds").sample_count);
    bench.metrics.runLate(microseconds(100));
    bench.metrics.runLate(milliseconds(20));
    const Families families = bench.collect();
    const auto& histogram = histogramOf(families, "pulsewatch_schedule_lateness_seconds");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, histogram.sample_count);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.0201, histogram.sample_sum, 1e-12);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, histogram.bucket.front().cumulative_count);
  }

  void plugins() {
    MetricsBench bench({{"redis", "1.0.0", "loaded"},
                        {"disk", "", "refused"},
                        {"mysql", "1.0.0", "loaded"},
                        {"disk", "", "refused"},
                        {"mysql", "0.9.0", "refused"},
                        {"mail", "2", "disabled"}});
    const Families families = bench.collect();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("each once", std::size_t{5}, familyOf(families, "pulsewatch_plugin_info").metric.size());
    for (const PluginInfo& info :
         {PluginInfo{"redis", "1.0.0", "loaded"}, PluginInfo{"disk", "", "refused"}, PluginInfo{"mysql", "1.0.0", "loaded"},
          PluginInfo{"mysql", "0.9.0", "refused"}, PluginInfo{"mail", "2", "disabled"}})
      CPPUNIT_ASSERT_EQUAL(
          1.0, valueOf(families, "pulsewatch_plugin_info", {{"plugin", info.plugin}, {"version", info.version}, {"state", info.state}}));
    CPPUNIT_ASSERT((std::set<std::string>{"mysql", "redis"} == labelValues(families, "pulsewatch_worker_restarts_total", "plugin")));
    CPPUNIT_ASSERT_EQUAL(0.0, valueOf(families, "pulsewatch_worker_restarts_total", {{"plugin", "mysql"}, {"reason", "crash"}}));
    CPPUNIT_ASSERT(!hasFamily(MetricsBench({{"disk", "", "refused"}}).collect(), "pulsewatch_worker_restarts_total"));
    CPPUNIT_ASSERT(!hasFamily(MetricsBench().collect(), "pulsewatch_plugin_info"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostMetricsTest);

}  // namespace

}  // namespace pulsewatch
