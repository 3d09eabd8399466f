#include "bench/collectd.h"
#include "bench/host.h"
#include "bench/parts.h"
#include "bench/samples.h"
#include "bench/table.h"
#include "bench/wrk.h"
#include "serve/check_metrics.h"
#include "serve/collected_metrics.h"
#include "serve/host_metrics.h"
#include "serve/http_metrics.h"
#include "serve/http_service.h"
#include "serve/metrics_handler.h"
#include "serve/process_metrics.h"
#include "support/metrics_text.h"
#include "unit/serve/board_bench.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch::bench {

namespace {

using std::chrono::steady_clock;
using testing::MetricsText;

constexpr std::chrono::seconds kInterval{10};

struct Side {
  std::uint16_t port;
  pid_t pid;
  Samples requests = {};
  Samples cpu_us = {};

  double measure(int connections, std::chrono::seconds time) {
    const LoadResult result = runLoad({"/metrics", connections, true}, port, pid, time);
    requests.add(result.requests_per_second);
    cpu_us.add(result.cpu_us_per_request);
    return result.requests_per_second;
  }
};

std::string kilobytes(const std::string& page) { return fixed(static_cast<double>(page.size()) / 1000, 0) + " kB"; }

void addServers(Table& table, int checks, const Options& options) {
  Host host(checks, kInterval, "process");
  host.waitFor("/ready");
  const std::string page = host.get("/metrics").body;
  const std::size_t series = MetricsText(page).samples().size();
  const Collectd collectd(series);
  for (const int connections : {1, 8}) {
    Side ours{host.port(), host.pid()};
    Side theirs{collectd.port(), collectd.pid()};
    Samples ratios;
    const std::chrono::seconds time(options.short_form ? 1 : 2);
    for (int round = 0; round < (options.short_form ? 1 : 5); ++round)
      ratios.add(ours.measure(connections, time) / theirs.measure(connections, time));
    table.add({std::to_string(series) + " (" + std::to_string(checks) + " checks)", kilobytes(page) + ", " + kilobytes(collectd.page()),
               std::to_string(connections), shown(ours.requests, 0), shown(theirs.requests, 0), shown(ratios, 2), shown(ours.cpu_us, 0),
               shown(theirs.cpu_us, 0)});
  }
  host.stop();
}

// The sources of a host with so many checks, each of which has run, in this process.
class Sources {
 public:
  explicit Sources(int checks)
      : http_(HttpService::views()),
        host_({board_.published, [] { return 0; }, [] { return 0; },
               [] {
                 return std::vector<PluginInfo>{{"instant", "1.0.0", "loaded"}};
               }},
              "1.0.0", board_.clock.wall()),
        checks_(board_.board, board_.published, [] { return std::vector<CheckId>(); }) {
    for (int i = 0; i < checks; ++i) {
      const std::string name = "c" + std::to_string(i);
      board_.add(testing::policy(name));
      for (int run = 0; run < 20; ++run)
        board_.result(name, RunOutcome::healthy, "Check was successful.", std::chrono::microseconds(137 * (run + i)));
    }
    board_.judgeNow();
  }

  [[nodiscard]] std::string page() { return *handler_.answer({}).body; }

 private:
  testing::BoardBench board_;
  HttpMetrics http_;
  ProcessMetrics process_;
  HostMetrics host_;
  CheckMetrics checks_;
  const CollectedMetrics collected_of_process_{process_};
  const CollectedMetrics collected_of_host_{host_};
  MetricsHandler handler_{{&http_, &collected_of_process_, &collected_of_host_, &checks_}};
};

// The same series, kept as prometheus-cpp keeps them.
void fill(prometheus::Registry& registry, const MetricsText& page) {
  for (const auto& [name, type] : page.types()) {
    std::vector<double> bounds;
    for (const std::string& le : page.labelValues(name + "_bucket", "le")) {
      if (le != "+Inf") bounds.push_back(std::stod(le));
    }
    std::sort(bounds.begin(), bounds.end());
    for (const MetricsText::Sample& sample : page.samples()) {
      if (type == "counter" && sample.name == name)
        prometheus::BuildCounter().Name(name).Help("What it is.").Register(registry).Add(sample.labels).Increment(sample.value);
      else if (type == "gauge" && sample.name == name)
        prometheus::BuildGauge().Name(name).Help("What it is.").Register(registry).Add(sample.labels).Set(sample.value);
      else if (type == "histogram" && sample.name == name + "_sum")
        prometheus::BuildHistogram().Name(name).Help("What it is.").Register(registry).Add(sample.labels, bounds).Observe(sample.value);
    }
  }
}

template <class Render>
double microseconds(Render render, int pages) {
  const auto begin = steady_clock::now();
  for (int i = 0; i < pages; ++i) {
    if (render().empty()) throw std::runtime_error("an empty page");
  }
  return std::chrono::duration<double, std::micro>(steady_clock::now() - begin).count() / pages;
}

void addSerialisers(Table& table, int checks, const Options& options) {
  Sources sources(checks);
  const MetricsText page(sources.page());
  prometheus::Registry registry;
  fill(registry, page);
  const auto theirs = [&registry] {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, registry.Collect());
    return std::move(out).str();
  };
  if (MetricsText(theirs()).samples().size() != page.samples().size()) throw std::runtime_error("prometheus-cpp has other series");
  Samples our_time;
  Samples their_time;
  Samples ratios;
  for (int round = 0; round < (options.short_form ? 1 : 5); ++round) {
    const double ours = microseconds([&] { return sources.page(); }, options.short_form ? 5 : 200);
    const double other = microseconds(theirs, options.short_form ? 5 : 200);
    our_time.add(ours);
    their_time.add(other);
    ratios.add(other / ours);
  }
  table.add({std::to_string(page.samples().size()) + " (" + std::to_string(checks) + " checks)", shown(our_time, 0), shown(their_time, 0),
             shown(ratios, 2)});
}

}  // namespace

void benchMetrics(const Options& options) {
  const std::vector<int> numbers = options.short_form ? std::vector<int>{17} : std::vector<int>{17, 317};
  std::cout << "Metrics: wrk on the same machine, by turns, against collectd's write_prometheus with as many gauges.\n" << std::flush;
  Table servers({"series", "page, pulsewatch and collectd", "connections kept alive", "pulsewatch, pages/s", "collectd, pages/s", "ratio",
                 "CPU a page, µs", "collectd's CPU a page, µs"});
  for (const int checks : numbers) addServers(servers, checks, options);
  servers.print();

  std::cout << "In one process: the host's page, from its board to a string, and the same series kept and collected by prometheus-cpp and "
               "serialised by its TextSerializer.\n"
            << std::flush;
  Table serialisers({"series", "pulsewatch, µs a page", "prometheus-cpp, µs a page", "ratio"});
  for (const int checks : numbers) addSerialisers(serialisers, checks, options);
  serialisers.print();
}

}  // namespace pulsewatch::bench
