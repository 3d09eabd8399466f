#include "bench/host.h"
#include "bench/icinga.h"
#include "bench/parts.h"
#include "bench/process_tree.h"
#include "bench/samples.h"
#include "bench/table.h"
#include "support/metrics_text.h"

#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::MetricsText;

struct Plan {
  milliseconds interval;
  milliseconds settle;  // until the first runs are over and the others are spread
  milliseconds window;  // in which CPU is counted
  milliseconds watch;   // in which lateness is
  int rounds;
};

Plan planOf(bool short_form) {
  if (short_form) return {milliseconds(1000), milliseconds(2000), milliseconds(2000), milliseconds(1000), 1};
  return {milliseconds(10'000), milliseconds(25'000), milliseconds(30'000), milliseconds(20'000), 3};
}

struct Usage {
  Samples cpu_percent;
  Samples resident;
  Samples proportional;
  Samples scraped;
  Samples late_median;
  Samples late_p99;

  void watch(pid_t pid, const Plan& plan) {
    std::this_thread::sleep_for(plan.settle);
    const auto begin = steady_clock::now();
    const double before = cpuSeconds(pid);
    std::this_thread::sleep_for(plan.window);
    const double cpu = cpuSeconds(pid) - before;
    cpu_percent.add(100 * cpu / std::chrono::duration<double>(steady_clock::now() - begin).count());
    const Memory memory = memoryOf(pid);
    resident.add(memory.resident_mib);
    proportional.add(memory.proportional_mib);
  }
};

// How many runs began up to each bound, in seconds.
std::map<double, double> lateness(const Host& host) {
  std::map<double, double> counts;
  const MetricsText page(host.get("/metrics").body);
  for (const MetricsText::Sample& sample : page.samples()) {
    if (sample.name == "pulsewatch_schedule_lateness_seconds_bucket") counts[std::stod(sample.labels.at("le"))] = sample.value;
  }
  return counts;
}

// In milliseconds; within a bucket as if its runs were spread evenly in it. Above the last bound it is that bound.
double quantile(const std::map<double, double>& before, const std::map<double, double>& after, double q) {
  const double wanted = q * (after.rbegin()->second - before.rbegin()->second);
  double low = 0;
  double below = 0;
  for (const auto& [bound, count] : after) {
    const double up_to = count - before.at(bound);
    if (!std::isfinite(bound)) break;
    if (up_to >= wanted) return 1000 * (low + (bound - low) * (up_to > below ? (wanted - below) / (up_to - below) : 1));
    low = bound;
    below = up_to;
  }
  return 1000 * low;
}

void measureHost(int checks, const std::string& isolation, const Plan& plan, Usage& usage) {
  Host host(checks, plan.interval, isolation);
  usage.watch(host.pid(), plan);
  const std::map<double, double> before = lateness(host);
  std::this_thread::sleep_for(plan.watch);
  const std::map<double, double> after = lateness(host);
  const double runs = after.rbegin()->second - before.rbegin()->second;
  const double due = checks * (static_cast<double>(plan.watch.count()) / static_cast<double>(plan.interval.count()));
  if (runs < 0.9 * due) throw std::runtime_error("pulsewatchd ran " + fixed(runs, 0) + " checks where " + fixed(due, 0) + " were due");
  usage.scraped.add(memoryOf(host.pid()).resident_mib);
  usage.late_median.add(quantile(before, after, 0.5));
  usage.late_p99.add(quantile(before, after, 0.99));
  host.stop();
}

void measureIcinga(int services, const Plan& plan, Usage& usage) {
  Icinga icinga(services, plan.interval);
  usage.watch(icinga.pid(), plan);
  const Samples late = icinga.stop();
  usage.late_median.add(late.median());
  usage.late_p99.add(late.quantile(0.99));
}

struct Subjects {
  Usage worker;  // the plugin in a worker, as is the default
  Usage inside;  // the plugin inside the host
  Usage icinga;
};

std::string ratio(const Samples& ours, const Samples& theirs) {
  return theirs.median() > 0 ? fixed(ours.median() / theirs.median(), 2) : "–";
}

void addRow(Table& table, const std::string& what, const Subjects& of, Samples Usage::*measured, int digits, const std::string& aim) {
  const Samples& worker = of.worker.*measured;
  const Samples& inside = of.inside.*measured;
  const Samples& theirs = of.icinga.*measured;
  table.add({what, shown(worker, digits), shown(inside, digits), theirs.count() > 0 ? shown(theirs, digits) : "–", ratio(worker, theirs),
             ratio(inside, theirs), aim});
}

}  // namespace

void benchScale(const Options& options) {
  const Plan plan = planOf(options.short_form);
  std::cout
      << "Scale: checks that answer at once, each every " << plan.interval.count() / 1000 << " s; CPU over " << plan.window.count() / 1000
      << " s after " << plan.settle.count() / 1000 << " s, " << plan.rounds
      << " times by turns; all processes of each. pulsewatch's lateness is read from a histogram (bounds 0.5, 1, 2.5, 5, 10, 25, 50 ms), "
         "evenly spread within a bucket; Icinga 2's is each service's last.\n"
      << std::flush;
  Table table({"", "in a worker", "inside the host", "Icinga 2", "ratio, worker", "ratio, inside", "aim"});
  for (const int checks : options.short_form ? std::vector<int>{200} : std::vector<int>{1000, 10'000}) {
    Subjects subjects;
    for (int round = 0; round < plan.rounds; ++round) {
      measureHost(checks, "process", plan, subjects.worker);
      measureHost(checks, "host", plan, subjects.inside);
      if (options.with_icinga) measureIcinga(checks, plan, subjects.icinga);
    }
    const std::string prefix = std::to_string(checks) + " checks: ";
    addRow(table, prefix + "CPU, % of a core", subjects, &Usage::cpu_percent, 2, "worker under a half, inside a third");
    addRow(table, prefix + "resident, MiB", subjects, &Usage::resident, 1, "inside a third");
    addRow(table, prefix + "resident, shared pages divided, MiB", subjects, &Usage::proportional, 1, "");
    addRow(table, prefix + "resident after two scrapes, MiB", subjects, &Usage::scraped, 1, "");
    addRow(table, prefix + "start lateness, median, ms", subjects, &Usage::late_median, 2, "");
    addRow(table, prefix + "start lateness, p99, ms", subjects, &Usage::late_p99, 2, "under 10 ms");
  }
  table.print();
}

}  // namespace pulsewatch::bench
