#include "server.h"

#include "check_posts.h"
#include "readiness/dependents.h"
#include "readiness/judge_loop.h"
#include "result/result_board.h"
#include "roster.h"
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
#include "worker/worker_inspector.h"
#include "worker/worker_loop.h"

#include <prometheus/registry.h>

#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::string_view kLogger = "pulsewatch.core.host";
constexpr Milliseconds kStopTime{500};  // for the checks to say goodbye

// The log's first lines, before those about plugins.
const Setup& toldOf(const Setup& setup, Log& log) {
  for (const std::string& warning : setup.config.warnings) log.write({LogLevel::warning, kLogger, "config_warning", warning, {}});
  if (const std::string idle = notActedOn(setup); !idle.empty()) log.write({LogLevel::warning, kLogger, "config_not_acted_on", idle, {}});
  for (const std::string& note : setup.plan.notes) log.write({LogLevel::info, kLogger, "check_plan", note, {}});
  return setup;
}

ReadyHandler::Groups groupsOf(const CheckPlan& plan) {
  ReadyHandler::Groups groups;
  for (const GroupSpec& group : plan.groups)
    groups[group.name] = {group.name, {group.checks.begin(), group.checks.end()}, group.fail_status};
  return groups;
}

}  // namespace

const char* hostVersion() { return PULSEWATCH_VERSION; }

class Server::Parts final : public ResultSink, public BoardListener, public VerdictSink, public WorkerEvents {
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

  void workerEnded(const WorkerEnd& end) override {
    host_metrics_.workerEnded(end.plugin, end.end.reason);
    run_log_.workerEnded(end);
  }

  // From the board to the judge and the log.
  void resultCame(const BoardChange& change) override {
    if (change.turned()) judge_.wake();
    run_log_.resultCame(change);
  }

  // From the judge to whoever asks.
  void judged(const std::shared_ptr<const Verdict>& verdict) override {
    const Dependents::Outcome outcome = dependents_.judged(*verdict);
    for (const BlockedCheck& blocked : outcome.blocked) run_log_.blocked(blocked);
    if (outcome.changed) judge_.wake();
    verdict_.set(verdict);
    ready_.judged(verdict);
    run_log_.judged(*verdict, next_runs_);
  }

 private:
  [[nodiscard]] NextRun nextRun(CheckId check);

  const HostConfig config_;
  LogWriter& log_;
  const Clock& clock_;
  ActiveTime active_time_;

  // In the order of the data's flow; taken down from the bottom.
  const WorkerInspector inspector_;
  WorkerLoop workers_;
  Scheduler scheduler_;
  ResultBoard board_;
  Published<Verdict> verdict_;
  Dependents dependents_;
  const NextRuns next_runs_;
  JudgeLoop judge_;

  RunLog run_log_;
  PluginMetrics plugin_metrics_;
  CheckPosts posts_;
  prometheus::Registry registry_;
  HttpMetrics http_metrics_;
  ProcessMetrics process_metrics_;
  HostMetrics host_metrics_;
  Roster roster_;
  PluginWatcher watcher_;
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
      inspector_(WorkerProcess::kThisProgram),
      workers_(clock),
      scheduler_(clock, active_time_, *this),
      board_(*this),
      dependents_(
          board_, [this](CheckId check) { scheduler_.pause(check); }, [this](CheckId check) { scheduler_.resume(check); }),
      next_runs_([this](CheckId check) { return nextRun(check); }),
      judge_(clock, active_time_, scheduler_.heartbeat(), board_, {config_.degraded_is_ready, config_.shared_failure_is_ready}, *this),
      run_log_(log),
      posts_(clock, active_time_, scheduler_, board_, run_log_, plugin_metrics_),
      http_metrics_(registry_, HttpService::views()),
      host_metrics_({board_, verdict_, [this] { return scheduler_.stuckChecks(); }, [&log] { return log.dropped(); },
                     [this] { return http_.refusedConnections(); }, [this] { return roster_.plugins(); }},
                    hostVersion(), clock.wall()),
      roster_({log, posts_, scheduler_, workers_, *this, inspector_, [this] { judge_.wake(); }}, toldOf(setup, log)),
      watcher_(config_.plugin_directories, roster_),
      index_(hostVersion(), config_.metrics_enabled),
      health_(clock, {&scheduler_.heartbeat(), &judge_.heartbeat(), &log.heartbeat(), &workers_.heartbeat()}, hostVersion()),
      ready_(clock, judge_, verdict_, {board_, next_runs_}, hostVersion()),
      metrics_({&registry_, &process_metrics_, &host_metrics_, &plugin_metrics_}),
      service_(config_, {&index_, &health_, &ready_, config_.metrics_enabled ? &metrics_ : nullptr}, http_metrics_, log, clock),
      http_(config_.http_address, config_.http_port, service_, log) {
  ready_.setGroups(groupsOf(setup.plan));
}

NextRun Server::Parts::nextRun(CheckId check) {
  const auto turn = scheduler_.turnOf(check);
  if (!turn) return {};
  const auto from_now = std::chrono::duration_cast<WallTime::duration>(turn->due - clock_.steady());
  return {true, turn->running, turn->paused, clock_.wall() + from_now};
}

void Server::Parts::start() {
  scheduler_.start();
  judge_.start();
  http_.start();
  if (config_.plugins_watched) watcher_.start();
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
  watcher_.stop();
  scheduler_.stop();
  bool all = false;
  std::thread goodbyes([&] { all = roster_.stop(clock_.steady() + kStopTime); });
  http_.stop();
  goodbyes.join();
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
