#include "server.h"

#include "plugin/local_runner.h"
#include "readiness/judge_loop.h"
#include "result/result_board.h"
#include "schedule/scheduler.h"
#include "serve/health_handler.h"
#include "serve/host_metrics.h"
#include "serve/http_server.h"
#include "serve/http_service.h"
#include "serve/index_handler.h"
#include "serve/metrics_handler.h"
#include "serve/plugin_metrics.h"
#include "serve/process_metrics.h"
#include "serve/ready_handler.h"
#include "serve/run_log.h"

#include <prometheus/registry.h>

#include <map>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.host";
constexpr Milliseconds kStopTime{500};  // for the checks to say goodbye

CheckPolicy policyOf(const CheckSpec& spec) {
  CheckPolicy policy;
  policy.name = spec.name;
  policy.plugin = spec.plugin;
  policy.critical = spec.critical;
  policy.fall = spec.fall;
  policy.rise = spec.rise;
  policy.degraded_after = spec.degraded_after;
  policy.stale_after = 3 * spec.interval + spec.timeout;
  policy.unavailable = spec.unavailable;
  return policy;
}

// What became of a plugin's file, as the metric's `state` and as the log's event.
struct FileState {
  const char* state;
  const char* event;
};
FileState stateOf(const CatalogEntry& entry) {
  if (!entry.refusal.empty()) return {"refused", "plugin_refused"};
  return entry.disabled ? FileState{"disabled", "plugin_disabled"} : FileState{"loaded", "plugin_loaded"};
}

std::vector<PluginInfo> pluginInfos(const Catalog& catalog) {
  std::vector<PluginInfo> infos;
  for (const CatalogEntry& entry : catalog.entries) infos.push_back({entry.name, entry.version, stateOf(entry).state});
  return infos;
}

}  // namespace

const char* hostVersion() { return PULSEWATCH_VERSION; }

class Server::Parts final : public ResultSink, public BoardListener, public VerdictSink {
 public:
  Parts(const Setup& setup, LogWriter& log, const Clock& clock);
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() override { stop(); }

  void start();
  void drain();
  bool stop();
  [[nodiscard]] std::uint16_t port() const { return http_.port(); }

  // Results: from the scheduler to the board, the metrics and the log.
  void runOver(const RunReport& report) override {
    plugin_metrics_.observe(report.check, report.observations);
    board_.apply(report, {clock_.wall(), active_time_.now()});
  }
  void lateRunEnded(const RunReport& report) override { plugin_metrics_.observe(report.check, report.observations); }
  void runLate(Nanoseconds lateness) override { host_metrics_.runLate(lateness); }
  void seriesAdded(const SeriesReport& series) override { plugin_metrics_.addSeries(series); }
  void pluginLogged(const PluginLogLine& line) override { run_log_.pluginLogged(line); }

  // From the board to the judge and the log.
  void resultCame(const BoardChange& change) override {
    if (change.turned()) judge_.wake();
    run_log_.resultCame(change);
  }

  // From the judge to whoever asks.
  void judged(const std::shared_ptr<const Verdict>& verdict) override {
    verdict_.set(verdict);
    ready_.judged(verdict);
    run_log_.judged(*verdict);
  }

 private:
  void tellOfSetup(const Setup& setup);

  const HostConfig config_;
  LogWriter& log_;
  const Clock& clock_;
  ActiveTime active_time_;

  // In the order of the data's flow; taken down from the bottom.
  std::map<std::string, std::shared_ptr<CheckRunner>> runners_;  // by plugin
  Scheduler scheduler_;
  ResultBoard board_;
  Published<Verdict> verdict_;
  JudgeLoop judge_;

  RunLog run_log_;
  PluginMetrics plugin_metrics_;
  prometheus::Registry registry_;
  HttpMetrics http_metrics_;
  ProcessMetrics process_metrics_;
  HostMetrics host_metrics_;
  IndexHandler index_;
  HealthHandler health_;
  ReadyHandler ready_;
  MetricsHandler metrics_;
  HttpService service_;
  HttpServer http_;
};

Server::Parts::Parts(const Setup& setup, LogWriter& log, const Clock& clock)
    : config_(setup.config),
      log_(log),
      clock_(clock),
      scheduler_(clock, active_time_, *this),
      board_(*this),
      judge_(clock, active_time_, scheduler_.heartbeat(), board_, {config_.degraded_is_ready}, *this),
      run_log_(log),
      http_metrics_(registry_, HttpService::views()),
      host_metrics_({board_, verdict_, [this] { return scheduler_.stuckChecks(); }, [&log] { return log.dropped(); },
                     [this] { return http_.refusedConnections(); }},
                    hostVersion(), clock.wall(), pluginInfos(setup.catalog)),
      index_(hostVersion(), config_.metrics_enabled),
      health_(clock, {&scheduler_.heartbeat(), &judge_.heartbeat(), &log.heartbeat()}, hostVersion()),
      ready_(clock, judge_, verdict_, hostVersion()),
      metrics_({&registry_, &process_metrics_, &host_metrics_, &plugin_metrics_}),
      service_(config_, {&index_, &health_, &ready_, config_.metrics_enabled ? &metrics_ : nullptr}, http_metrics_, log, clock),
      http_(config_.http_address, config_.http_port, service_, log) {
  tellOfSetup(setup);
  for (const CatalogEntry& entry : setup.catalog.entries) {
    if (entry.library == nullptr) continue;
    LocalRunnerOptions options;
    options.log_level = config_.log_level;
    runners_[entry.name] = std::make_shared<LocalRunner>(entry.library, scheduler_, options);
  }
  CheckId id = 0;
  for (const CheckSpec& spec : setup.plan.checks) {
    board_.add(++id, policyOf(spec), clock_.wall());
    run_log_.addCheck(id, spec.name, spec.plugin);
    const auto runner = runners_.find(spec.plugin);
    if (!spec.unavailable.empty() || runner == runners_.end()) continue;
    for (const CatalogEntry& entry : setup.catalog.entries) {
      if (entry.name == spec.plugin && entry.library != nullptr) plugin_metrics_.addCheck(id, entry.library->description().metrics);
    }
    runner->second->add(id, spec);
    scheduler_.add(id, {spec.interval, spec.timeout}, runner->second);
  }
}

void Server::Parts::tellOfSetup(const Setup& setup) {
  for (const std::string& warning : setup.config.warnings) log_.write({LogLevel::warning, kLogger, "config_warning", warning, {}});
  if (const std::string idle = notActedOn(setup); !idle.empty()) log_.write({LogLevel::warning, kLogger, "config_not_acted_on", idle, {}});
  for (const CatalogEntry& entry : setup.catalog.entries) {
    const LogLevel level = entry.refusal.empty() ? LogLevel::info : LogLevel::error;
    const std::string what = entry.refusal.empty() ? stateOf(entry).state : "refused: " + entry.refusal;
    log_.write({level,
                "pulsewatch.core.plugin",
                stateOf(entry).event,
                entry.file + ": " + what,
                {{"plugin", entry.name}, {"version", entry.version}, {"file", entry.file}}});
  }
  for (const std::string& note : setup.catalog.notes)
    log_.write({LogLevel::warning, "pulsewatch.core.plugin", "plugin_directory", note, {}});
  for (const std::string& note : setup.plan.notes) log_.write({LogLevel::info, kLogger, "check_plan", note, {}});
  for (const CheckSpec& check : setup.plan.checks) {
    if (!check.unavailable.empty())
      log_.write({LogLevel::error,
                  "pulsewatch.core.health",
                  "health_check_failure",
                  "check " + check.name + " is unhealthy: " + check.unavailable,
                  {{"check", check.name}, {"status", "unhealthy"}, {"error", check.unavailable}}});
  }
}

void Server::Parts::start() {
  scheduler_.start();
  judge_.start();
  http_.start();
  log_.write({LogLevel::info,
              "pulsewatch.core.http",
              "listening",
              "listening on " + config_.http_address + " port " + std::to_string(port()),
              {{"address", config_.http_address}, {"port", static_cast<std::int64_t>(port())}}});
  log_.write({LogLevel::info,
              kLogger,
              "started",
              std::string("pulsewatchd ") + hostVersion() + " runs " + std::to_string(board_.size()) + " checks",
              {{"version", std::string(hostVersion())}}});
}

void Server::Parts::drain() {
  judge_.drain();
  http_.closeConnections();
}

bool Server::Parts::stop() {
  scheduler_.stop();
  const SteadyTime until = clock_.steady() + kStopTime;
  std::vector<std::thread> goodbyes;  // one hung plugin mustn't take the others' time
  std::atomic<bool> all{true};
  for (auto& [plugin, runner] : runners_)
    goodbyes.emplace_back([&runner = runner, &all, until] {
      if (!runner->stop(until)) all = false;
    });
  http_.stop();
  for (std::thread& goodbye : goodbyes) goodbye.join();
  judge_.stop();
  return all;
}

Server::Server(const Setup& setup, LogWriter& log, const Clock& clock) : parts_(std::make_unique<Parts>(setup, log, clock)) {}
Server::~Server() = default;
void Server::start() { parts_->start(); }
void Server::drain() { parts_->drain(); }
bool Server::stop() { return parts_->stop(); }
std::uint16_t Server::port() const { return parts_->port(); }

}  // namespace pulsewatch
