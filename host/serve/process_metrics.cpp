#include "serve/process_metrics.h"

#include "config/duration.h"
#include "serve/metric_families.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

std::string contents(const char* file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Field `number` of /proc/self/stat, counted as proc(5) does; -1 when it can't be had.
double statField(const std::string& stat, int number) {
  const std::size_t after_name = stat.rfind(')');  // the name may have spaces and parentheses
  if (after_name == std::string::npos) return -1;
  std::istringstream fields(stat.substr(after_name + 1));
  std::string field;
  for (int i = 3; i <= number; ++i) fields >> field;
  return parseNumber(field).value_or(-1);
}

double bootTime() {
  std::istringstream lines(contents("/proc/stat"));
  for (std::string word; lines >> word;) {
    double value = -1;
    if (word == "btime" && lines >> value) return value;
  }
  return -1;
}

double openDescriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error); !error && entry != std::filesystem::directory_iterator();
       entry.increment(error))
    ++count;
  return error ? -1 : count - 1;  // the listing's own
}

void add(std::vector<prometheus::MetricFamily>& families, const char* name, const char* help, prometheus::MetricType type, double value) {
  if (value < 0) return;
  prometheus::MetricFamily& family = addFamily(families, name, help, type);
  if (type == prometheus::MetricType::Counter)
    addCounter(family, {}, value);
  else
    addGauge(family, {}, value);
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  using Type = prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  const std::string stat = contents("/proc/self/stat");
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  const double user = statField(stat, 14);
  const double system = statField(stat, 15);
  if (user >= 0 && system >= 0)
    add(families, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", Type::Counter, (user + system) / ticks);
  add(families, "process_open_fds", "Number of open file descriptors.", Type::Gauge, openDescriptors());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add(families, "process_max_fds", "Maximum number of open file descriptors.", Type::Gauge, static_cast<double>(limit.rlim_cur));
  add(families, "process_virtual_memory_bytes", "Virtual memory size in bytes.", Type::Gauge, statField(stat, 23));
  const double resident = statField(stat, 24);
  if (resident >= 0) add(families, "process_resident_memory_bytes", "Resident memory size in bytes.", Type::Gauge, resident * page);
  add(families, "process_threads", "Number of threads.", Type::Gauge, statField(stat, 20));
  const double start = statField(stat, 22);
  static const double boot = bootTime();  // the kernel makes that file at some cost, and the moment doesn't change
  if (start >= 0 && boot >= 0)
    add(families, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", Type::Gauge,
        boot + start / ticks);
  return families;
}

}  // namespace pulsewatch
