#include "server.h"

#include "base/folder_watcher.h"
#include "base/progress.h"
#include "check_posts.h"
#include "config_watch.h"
#include "control/control_handler.h"
#include "control/control_socket.h"
#include "host_operations.h"
#include "log_outlet.h"
#include "readiness/dependents.h"
#include "readiness/explanation.h"
#include "readiness/judge_loop.h"
#include "reload_report.h"
#include "reloader.h"
#include "result/result_board.h"
#include "roster.h"
#include "schedule/scheduler.h"
#include "serve/check_metrics.h"
#include "serve/collected_metrics.h"
#include "serve/health_handler.h"
#include "serve/host_metrics.h"
#include "serve/http_front.h"
#include "serve/http_service.h"
#include "serve/index_handler.h"
#include "serve/metrics_handler.h"
#include "serve/plugin_metrics.h"
#include "serve/process_metrics.h"
#include "serve/ready_handler.h"
#include "serve/run_log.h"
#include "worker/worker_inspector.h"
#include "worker/worker_loop.h"

#include <exception>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

std::string checksText(std::size_t count) { return std::to_string(count) + (count == 1 ? " check" : " checks"); }

constexpr std::string_view kLogger = "pulsewatch.core.host";
constexpr std::size_t kMostInStatus = 3;           // of the reasons for a verdict
constexpr std::chrono::seconds kMostStopTime{10};  // which takes one, on a machine with nothing else to do
constexpr Milliseconds kStopTime{500};             // for the checks to say goodbye, and for a reload to end

// Relative paths mean what they meant at the start, also when --daemon has changed to /. (The directory is the process's: whoever else
// opens a relative path meanwhile means the same.)
class WorkingDirectory {
 public:
  explicit WorkingDirectory(const std::filesystem::path& directory) {
    std::error_code error;
    before_ = std::filesystem::current_path(error);
    moved_ = !directory.empty() && before_ != directory;
    if (moved_) std::filesystem::current_path(directory, error);
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;
  ~WorkingDirectory() {
    std::error_code error;
    if (moved_) std::filesystem::current_path(before_, error);
  }

 private:
  std::filesystem::path before_;
  bool moved_ = false;
};

// None where the configuration doesn't ask for one and there is no place for it.
std::unique_ptr<ControlSocket> controlSocket(const ControlSocketConfig& config, ControlService& service, Log& log, const Clock& clock) {
  const auto without = [&](LogLevel level, const std::string& why) {
    log.write({level, kLogger, "no_control_socket", "pulsewatchctl won't find this daemon: " + why, {}});
    return nullptr;
  };
  if (config.path.empty()) return nullptr;
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::path(config.path).parent_path();
  if (!config.given && !std::filesystem::exists(directory, error))
    return without(LogLevel::info, "there is no directory " + directory.string() + "; make it, or set control.socket");
  try {
    return std::make_unique<ControlSocket>(config, service, log, clock);
  } catch (const CannotListen& e) {
    if (config.given) throw;
    return without(LogLevel::warning, e.what());
  }
}

// What people are told of a listening socket that isn't the plain one.
std::string kindOf(const ListenAddress& address) {
  if (address.tls != nullptr) return " (https)";
  return address.door == Door::admin ? " (admin)" : "";
}

// Whoever may see messages, and whoever may not.
void setForms(ReadyHandler& ready, const HostConfig& config) {
  ready.setForms(config.public_messages || config.auth.on(), !config.public_messages);
}

ReadinessPolicy readinessOf(const HostConfig& config) { return {config.degraded_is_ready, config.shared_failure_is_ready}; }

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
  Parts(const Setup& setup, LogWriter& log, ServiceManager& manager, const Clock& clock);
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() override { stop(); }

  void start();
  void drain();
  void feedWatchdog();
  bool stop();
  std::vector<std::string> reload() { return reloader_.askAndWait(); }
  void reloadSoon() { reloader_.ask(); }
  [[nodiscard]] Milliseconds drainTime() const { return config_.get()->shutdown_drain; }
  [[nodiscard]] std::uint16_t port() const { return http_.port(); }

  // Results: from the scheduler to the board, the metrics and the log.
  Pace runOver(const RunReport& report) override {
    plugin_metrics_.observe(report.check, report.observations);
    return board_.apply(report, {clock_.wall(), active_time_.now()});
  }
  void lateRunEnded(const RunReport& report) override { plugin_metrics_.observe(report.check, report.observations); }
  void runLate(Nanoseconds lateness) override { host_metrics_.runLate(lateness); }
  void hostStalled(Nanoseconds length) override { run_log_.hostStalled(length); }
  void seriesAdded(const SeriesReport& series) override { plugin_metrics_.addSeries(series); }
  void pluginLogged(const PluginLogLine& line) override { run_log_.pluginLogged(line); }

  void workerEnded(const WorkerEnd& end) override {
    if (!end.on_trial) host_metrics_.workerEnded(end.plugin, end.end.reason);
    run_log_.workerEnded(end);
  }

  // From the board to the judge and the log.
  void resultCame(const BoardChange& change) override {
    if (change.turned()) judge_.wake();
    asked_runs_.resultCame(change);
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
    operations_.judged(*verdict);
    tellStatus(*verdict);
  }

 private:
  [[nodiscard]] NextRun nextRun(CheckId check);
  void tellStatus(const Verdict& verdict);
  std::vector<std::string> reloadNow();
  std::vector<std::string> readAgain();
  std::vector<std::string> refused(const Mistakes& mistakes);
  void open(const Setup& setup, std::shared_ptr<LogSink>& sink, Mistakes& mistakes);
  void take(const Setup& setup, std::shared_ptr<LogSink> sink);
  void watchPlugins(const HostConfig& config);
  void watchConfig(const HostConfig& config);
  [[nodiscard]] HostConfig withPorts(HostConfig config) const;
  void tellListening(const std::vector<std::shared_ptr<ListeningSocket>>& sockets);
  // The log's first lines, before those about plugins.
  const Setup& said(const Setup& setup) {
    report_.started(setup);
    return setup;
  }

  const ConfigInput input_;
  Published<HostConfig> config_;
  LogWriter& log_;
  ServiceManager& manager_;
  ReloadReport report_;  // the reloader's
  const Clock& clock_;
  ActiveTime active_time_;

  // In the order of the data's flow; taken down from the bottom.
  const WorkerInspector inspector_;
  WorkerLoop workers_;
  Scheduler scheduler_;
  ResultBoard board_;
  Published<Verdict> verdict_;
  Mutes mutes_;
  Dependents dependents_;
  const NextRuns next_runs_;
  JudgeLoop judge_;

  RunLog run_log_;
  AskedRuns asked_runs_;
  PluginMetrics plugin_metrics_;
  CheckPosts posts_;
  HttpMetrics http_metrics_;
  ProcessMetrics process_metrics_;
  HostMetrics host_metrics_;
  CheckMetrics check_metrics_;
  const CollectedMetrics collected_of_process_{process_metrics_};
  const CollectedMetrics collected_of_host_{host_metrics_};
  Roster roster_;
  std::unique_ptr<FolderWatcher> plugin_watcher_;
  IndexHandler index_;
  Progress progress_;
  std::string told_stuck_;  // of progress_, by feedWatchdog()
  HealthHandler health_;
  ReadyHandler ready_;
  MetricsHandler metrics_;
  HttpService service_;
  HttpFront http_;
  Reloader reloader_;
  ConfigWatch config_watch_;
  HostOperations operations_;
  ControlHandler control_handler_;
  const std::unique_ptr<ControlSocket> control_;  // may be null
};

Server::Parts::Parts(const Setup& setup, LogWriter& log, ServiceManager& manager, const Clock& clock)
    : input_(setup.input),
      log_(log),
      manager_(manager),
      report_(log),
      clock_(clock),
      inspector_(WorkerProcess::kThisProgram),
      workers_(clock),
      scheduler_(clock, active_time_, *this),
      board_(*this),
      mutes_(clock, setup.config.state_directory),
      dependents_(
          board_, [this](CheckId check) { scheduler_.pause(check); }, [this](CheckId check) { scheduler_.resume(check); }),
      next_runs_([this](CheckId check) { return nextRun(check); }),
      judge_(clock, active_time_, scheduler_.heartbeat(), board_, readinessOf(setup.config), *this),
      run_log_(log),
      posts_(clock, active_time_, scheduler_, board_, run_log_, plugin_metrics_),
      http_metrics_(HttpService::views()),
      host_metrics_({verdict_, [&log] { return log.dropped(); }, [this] { return http_.refusedConnections(); },
                     [this] { return roster_.plugins(); }, [this] { return http_.certificateNotAfter(); }},
                    hostVersion(), clock.wall()),
      check_metrics_(board_, verdict_, [this] { return scheduler_.stuckChecks(); }),
      roster_({log, posts_, scheduler_, workers_, *this, inspector_, [this] { judge_.wake(); }}, said(setup)),
      index_(hostVersion(), setup.config.metrics_enabled),
      progress_(clock, {{"the scheduler", &scheduler_.heartbeat()},
                        {"the judge", &judge_.heartbeat()},
                        {"the log", &log.heartbeat()},
                        {"the workers' supervisor", &workers_.heartbeat()}}),
      health_(clock, progress_, hostVersion()),
      ready_(clock, judge_, verdict_, {board_, next_runs_}, hostVersion()),
      metrics_({&http_metrics_, &collected_of_process_, &collected_of_host_, &check_metrics_, &plugin_metrics_}),
      service_(setup.config, {&index_, &health_, &ready_, &metrics_}, http_metrics_, log, clock),
      http_(setup.config, service_, http_metrics_, log, clock),
      reloader_([this] { return reloadNow(); }),
      config_watch_(setup.input, [this] { reloader_.ask(); }),
      operations_({clock, log, scheduler_, board_, verdict_, judge_, mutes_, asked_runs_, roster_, host_metrics_, next_runs_,
                   [this] { return reloader_.askAndWait(); }}),
      control_handler_(operations_, log, hostVersion()),
      control_(controlSocket(setup.config.control_socket, control_handler_, log, clock)) {
  config_.set(std::make_shared<const HostConfig>(setup.config));
  for (const Heartbeat* heartbeat : http_.heartbeats()) progress_.add({"HTTP", heartbeat});
  service_.configure(withPorts(setup.config));
  config_watch_.note();
  setForms(ready_, setup.config);
  ready_.setGroups(groupsOf(setup.plan));
}

// Every user of the machine can see it.
void Server::Parts::tellStatus(const Verdict& verdict) {
  if (!manager_.listens()) return;
  const bool open = config_.get()->public_messages;
  std::string status = summary(open ? verdict : neutral(verdict), kMostInStatus);
  if (verdict.ready) status += ", " + checksText(verdict.checks.size());
  if (const std::string stuck = progress_.stuck(); !stuck.empty()) status += "; no progress: " + stuck;
  manager_.status(status);
}

void Server::Parts::feedWatchdog() {
  const std::string stuck = progress_.stuck();
  if (stuck.empty()) manager_.feedWatchdog();
  if (!stuck.empty() && stuck != told_stuck_)
    log_.write({LogLevel::critical, kLogger, "no_progress", "no progress: " + stuck + "; the service manager's watchdog is not fed", {}});
  told_stuck_ = stuck;
}

NextRun Server::Parts::nextRun(CheckId check) {
  const auto turn = scheduler_.turnOf(check);
  if (!turn) return {};
  const auto from_now = std::chrono::duration_cast<WallTime::duration>(turn->due - clock_.steady());
  return {true, turn->running, turn->paused, clock_.wall() + from_now};
}

void Server::Parts::start() {
  const std::shared_ptr<const HostConfig> config = config_.get();
  scheduler_.start();
  operations_.start();
  judge_.start();
  http_.start();
  if (control_ != nullptr) control_->start();
  watchPlugins(*config);
  tellListening(http_.sockets());
  log_.write({LogLevel::info,
              kLogger,
              "started",
              std::string("pulsewatchd ") + hostVersion() + " runs " + checksText(board_.size()),
              {{"version", std::string(hostVersion())}}});
  manager_.ready();
  watchConfig(*config);
  reloader_.start();
}

void Server::Parts::drain() {
  manager_.stopping(drainTime() + kMostStopTime);
  http_.closeConnections();  // before anybody can see that it drains
  judge_.drain();
  reloader_.close();
}

bool Server::Parts::stop() {
  board_.hurry();
  if (!reloader_.stop(clock_.steady() + kStopTime)) return false;
  config_watch_.stop();  // a reload may have begun it anew until now
  if (control_ != nullptr) control_->stop();
  plugin_watcher_ = nullptr;
  scheduler_.stop();
  bool all = false;
  std::thread goodbyes([&] { all = roster_.stop(clock_.steady() + kStopTime); });
  http_.stop();
  goodbyes.join();
  judge_.stop();
  return all;
}

void Server::Parts::watchPlugins(const HostConfig& config) {
  plugin_watcher_ = nullptr;
  if (!config.plugins_watched) return;
  plugin_watcher_ = std::make_unique<FolderWatcher>(config.plugin_directories, [this] { return roster_.lookAtPlugins(); });
  plugin_watcher_->start();
}

void Server::Parts::watchConfig(const HostConfig& config) {
  if (config.config_watched)
    config_watch_.start();
  else
    config_watch_.stop();
}

// With the port of https that was picked, which a redirect names.
HostConfig Server::Parts::withPorts(HostConfig config) const {
  for (const auto& socket : http_.sockets()) {
    if (socket->where().tls != nullptr) config.https.port = socket->port();
  }
  return config;
}

void Server::Parts::tellListening(const std::vector<std::shared_ptr<ListeningSocket>>& sockets) {
  for (const auto& socket : sockets) {
    const std::string& address = socket->where().address;
    log_.write({LogLevel::info,
                "pulsewatch.core.http",
                "listening",
                "listening on " + address + " port " + std::to_string(socket->port()) + kindOf(socket->where()),
                {{"address", address}, {"port", static_cast<std::int64_t>(socket->port())}}});
  }
}

// On the reloader's thread.
std::vector<std::string> Server::Parts::reloadNow() {
  manager_.reloading();
  std::vector<std::string> lines;
  try {
    lines = readAgain();
  } catch (const std::exception& e) {  // no thread, no memory
    Mistakes mistakes;
    mistakes.add("internal error", e.what());
    lines = refused(mistakes);
  }
  manager_.ready();
  return lines;
}

std::vector<std::string> Server::Parts::refused(const Mistakes& mistakes) {
  host_metrics_.reloaded(false, clock_.wall());
  report_.refused(mistakes);
  return mistakes.lines();
}

std::vector<std::string> Server::Parts::readAgain() {
  const WorkingDirectory directory(input_.directory);
  config_watch_.note();
  const std::shared_ptr<const HostConfig> old = config_.get();
  Setup setup = readKeys(input_);
  if (setup.config.secret_made_up && old->secret_made_up) setup.config.secret_key = old->secret_key;
  std::shared_ptr<LogSink> sink;
  CheckChanges changes;
  if (!setup.config.plugin_directories.empty()) changes = roster_.reload(setup, [&](Mistakes& mistakes) { open(setup, sink, mistakes); });
  if (!setup.mistakes.empty()) return refused(setup.mistakes);
  take(setup, std::move(sink));
  host_metrics_.reloaded(true, clock_.wall());
  report_.taken(setup, changes);
  return {};
}

// What can still go wrong, the address last: one that overlaps with the old one takes its place at once.
void Server::Parts::open(const Setup& setup, std::shared_ptr<LogSink>& sink, Mistakes& mistakes) {
  const std::shared_ptr<const HostConfig> old = config_.get();
  const HostConfig& config = setup.config;
  if (config.log_file.path != old->log_file.path || config.log_file.rotate_size != old->log_file.rotate_size ||
      config.log_file.rotate_count != old->log_file.rotate_count)
    sink = logSink(config, old->log_file, mistakes);
  if (!mistakes.empty()) return;
  try {
    http_.open(config);
  } catch (const CannotListen& e) {
    const std::string what = e.what();
    const std::size_t colon = what.find(": ");
    mistakes.add(what.substr(0, colon), what.substr(colon + 2));
  } catch (const TlsFault& e) {
    mistakes.add(e.where(), e.what());
  }
}

void Server::Parts::take(const Setup& setup, std::shared_ptr<LogSink> sink) {
  const std::shared_ptr<const HostConfig> old = config_.get();
  const HostConfig& config = setup.config;
  config_.set(std::make_shared<const HostConfig>(config));
  log_.setLevel(config.log_level);
  log_.setOutput(std::move(sink), logFormat(config));
  index_.setMetrics(config.metrics_enabled);
  setForms(ready_, config);
  judge_.setPolicy(readinessOf(config));
  ready_.setGroups(groupsOf(setup.plan));
  tellListening(http_.move(config));
  service_.configure(withPorts(config));
  if (config.plugins_watched != old->plugins_watched || config.plugin_directories != old->plugin_directories) watchPlugins(config);
  watchConfig(config);
}

Server::Server(const Setup& setup, LogWriter& log, ServiceManager& manager, const Clock& clock)
    : parts_(std::make_unique<Parts>(setup, log, manager, clock)) {}
Server::~Server() = default;
void Server::start() { parts_->start(); }
void Server::drain() { parts_->drain(); }
void Server::feedWatchdog() { parts_->feedWatchdog(); }
bool Server::stop() { return parts_->stop(); }
std::vector<std::string> Server::reload() { return parts_->reload(); }
void Server::reloadSoon() { parts_->reloadSoon(); }
Milliseconds Server::drainTime() const { return parts_->drainTime(); }
std::uint16_t Server::port() const { return parts_->port(); }

}  // namespace pulsewatch
