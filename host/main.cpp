// pulsewatchd: options, signals and exit codes. Everything else is in setup.h and server.h.
#include "base/service_manager.h"
#include "check_listing.h"
#include "log_outlet.h"
#include "plugin_listing.h"
#include "rehearsal.h"
#include "serve/listening_socket.h"
#include "serve/log_descriptor.h"
#include "serve/log_file.h"
#include "server.h"
#include "setup.h"
#include "worker/worker_inspector.h"
#include "worker/worker_main.h"
#include "worker/worker_process.h"

#include <Poco/Channel.h>
#include <Poco/Message.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/ServerApplication.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <malloc.h>
#include <memory>
#include <optional>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

// sysexits.h
constexpr int kExitUnavailable = 69;
constexpr int kExitInternal = 70;
constexpr int kExitConfig = 78;
constexpr Milliseconds kFlushTime{200};
constexpr std::string_view kLogger = "pulsewatch.core.host";

sigset_t ourSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// Each plugin takes three descriptors, and 1024, which is what most are started with, are soon gone. What is allowed is taken, within
// reason.
void raiseDescriptorLimit() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  setrlimit(RLIMIT_NOFILE, &limit);
}

// One of our signals, or 0 when none has come until then. Feeds the service manager's watchdog meanwhile; never, with a time of 0.
int nextSignal(SteadyTime until, Server& server, Nanoseconds feed_every) {
  const sigset_t signals = ourSignals();
  const bool feeds = feed_every > Nanoseconds(0);
  for (;;) {
    const Nanoseconds left = until - std::chrono::steady_clock::now();
    if (left <= Nanoseconds(0)) return 0;
    if (feeds) server.feedWatchdog();
    const Nanoseconds length = std::min(left, feeds ? feed_every : std::chrono::hours(1));
    const auto whole = std::chrono::floor<std::chrono::seconds>(length);
    const timespec wait{whole.count(), static_cast<long>((length - whole).count())};
    if (const int signal = sigtimedwait(&signals, nullptr, &wait); signal > 0) return signal;
  }
}

int failed(const Mistakes& mistakes) {
  for (const std::string& line : mistakes.lines()) std::cerr << line << '\n';
  return kExitConfig;
}

// Poco reports a wrong command line through its logger: as one line on standard error, like every mistake.
class StandardError final : public Poco::Channel {
 public:
  void log(const Poco::Message& message) override { std::cerr << "command line: " << message.getText() << "; --help lists the options\n"; }
};

class Daemon final : public Poco::Util::ServerApplication {
 public:
  explicit Daemon(ServiceManagerAddress manager) : manager_(std::move(manager)) {
    setUnixOptions(true);
    logger().setChannel(new StandardError);
    std::error_code error;
    started_in_ = std::filesystem::current_path(error);
  }

 protected:
  void defineOptions(Poco::Util::OptionSet& options) override;
  void handleOption(const std::string& name, const std::string& value) override;
  int main(const ArgVec& arguments) override;

 private:
  enum class Task { run, checkConfig, describe, help, version };

  void printHelp() const;
  int describePlugins() const;
  int runServer(Setup setup);
  static void serveUntilStopped(Server& server, Nanoseconds feed_every, Log& log);
  [[noreturn]] void leaveAtOnce() const;

  const ServiceManagerAddress manager_;
  const WorkerInspector inspector_{WorkerProcess::kThisProgram};
  Task task_ = Task::run;
  bool offline_ = false;  // --check-config runs no check
  std::filesystem::path started_in_;
  std::string config_file_ = "/etc/pulsewatch/pulsewatch.properties";
  bool config_named_ = false;
  std::optional<std::string> described_;  // the plugin that --describe names
  std::string pid_file_;
  std::vector<std::string> overrides_;
};

void Daemon::defineOptions(Poco::Util::OptionSet& options) {
  using Poco::Util::Option;
  ServerApplication::defineOptions(options);
  options.addOption(Option("config", "c", "the .properties file; default " + config_file_).argument("FILE"));
  options.addOption(Option("check-config", "",
                           "read and validate everything, load every plugin, run each check once, print the table of checks; with "
                           "=offline no check is run")
                        .argument("offline", false));
  options.addOption(Option("describe", "", "print what the plugins are, or one: settings, metrics; a configuration need not be complete")
                        .argument("PLUGIN", false));
  options.addOption(Option("define", "D", "override one property; strongest; refused for a secret").repeatable(true).argument("key=value"));
  options.addOption(Option("help", "h", "print this help"));
  options.addOption(Option("version", "", "print the version"));
}

void Daemon::handleOption(const std::string& name, const std::string& value) {
  if (name == "config") {
    config_file_ = std::filesystem::absolute(value).string();  // now: --daemon changes to / later
    config_named_ = true;
  }
  if (name == "describe" && !value.empty()) described_ = value;
  if (name == "check-config" && !value.empty()) {
    if (value != "offline") throw Poco::Util::InvalidArgumentException("--check-config takes =offline or nothing");
    offline_ = true;
  }
  if (name == "define") overrides_.push_back(value);
  if (name == "pidfile") pid_file_ = value;
  const Task task = name == "help"           ? Task::help
                    : name == "version"      ? Task::version
                    : name == "describe"     ? Task::describe
                    : name == "check-config" ? Task::checkConfig
                                             : Task::run;
  if (task != Task::run) {
    task_ = task;
  } else if (name != "config" && name != "define") {
    ServerApplication::handleOption(name, value);
  }
  if (task == Task::help || task == Task::version) stopOptionsProcessing();
}

int Daemon::main(const ArgVec& arguments) {
  if (task_ == Task::help) return printHelp(), 0;
  if (task_ == Task::version) return std::cout << "pulsewatchd " << hostVersion() << "\n", 0;
  if (!arguments.empty()) {
    std::cerr << "command line: " << quoted(arguments.front()) << " is no option; "
              << (task_ == Task::describe ? "a plugin's name goes behind a =: --describe=PLUGIN\n" : "--help lists the options\n");
    return kExitConfig;
  }
  for (const int signal : {SIGILL, SIGBUS, SIGSEGV, SIGFPE, SIGSYS}) std::signal(signal, SIG_DFL);  // Poco made aborts of them

  // --daemon has changed to /: relative paths in the configuration mean what they meant where it was started.
  std::error_code error;
  std::filesystem::current_path(started_in_, error);
  if (task_ == Task::describe) return describePlugins();
  Setup setup =
      readSetup({.file = config_file_, .overrides = overrides_, .environment = processEnvironment(), .directory = started_in_}, inspector_);
  if (config().getBool("application.runAsDaemon", false)) std::filesystem::current_path("/", error);
  if (task_ == Task::checkConfig)
    std::cout << checkListing(setup, offline_ || !setup.mistakes.empty() ? Unfit() : rehearse(setup)) << std::flush;
  if (!setup.mistakes.empty()) return failed(setup.mistakes);
  return task_ == Task::checkConfig ? 0 : runServer(std::move(setup));
}

int Daemon::describePlugins() const {
  const PluginListing listing =
      listPlugins({.file = config_file_, .file_optional = !config_named_, .overrides = overrides_, .environment = processEnvironment()},
                  described_, inspector_);
  std::cout << listing.text << std::flush;
  for (const std::string& warning : listing.warnings) std::cerr << "warning: " << warning << '\n';
  return listing.mistakes.empty() ? 0 : failed(listing.mistakes);
}

int Daemon::runServer(Setup setup) {
  const SystemClock clock;
  const LogFileConfig log_file = setup.config.log_file;
  const auto file = log_file.path.empty() ? nullptr : std::make_shared<LogFile>(log_file);
  const std::shared_ptr<LogSink> sink = file != nullptr ? std::shared_ptr<LogSink>(file) : std::make_shared<LogDescriptor>(STDOUT_FILENO);
  LogWriter log(sink, logFormat(setup.config), setup.config.log_level, clock);
  try {
    ServiceManager manager(manager_);
    Server server(setup, log, manager, clock);
    Mistakes mistakes;
    if (file != nullptr) addLogFileFault(log_file, file->open(), mistakes);
    if (!mistakes.empty()) return failed(mistakes);
    setup = Setup();  // the server has all of it that it needs; of ten thousand checks it is megabytes
    malloc_trim(0);
    log.start();
    server.start();
    serveUntilStopped(server, manager.watchdogPeriod(), log);
    const bool all_ended = server.stop();
    log.write({LogLevel::info, kLogger, "stopped", all_ended ? "stopped" : "stopped; a check that hangs was left behind", {}});
    log.stop(clock.steady() + kFlushTime);
    if (!all_ended) leaveAtOnce();
    return 0;
  } catch (const CannotListen& e) {
    std::cerr << e.what() << '\n';
    return kExitUnavailable;
  }
}

void Daemon::serveUntilStopped(Server& server, Nanoseconds feed_every, Log& log) {
  while (nextSignal(SteadyTime::max(), server, feed_every) == SIGHUP) server.reloadSoon();

  const Milliseconds drain_time = server.drainTime();
  log.write({LogLevel::info,
             kLogger,
             "stopping",
             "stopping: not ready from now on, serving for another " + std::to_string(drain_time.count()) + " ms",
             {}});
  server.drain();
  const SteadyTime until = std::chrono::steady_clock::now() + drain_time;
  while (nextSignal(until, server, feed_every) == SIGHUP) continue;
}

// A thread hangs in a plugin: the program can't be taken down around it.
void Daemon::leaveAtOnce() const {
  std::error_code error;
  if (!pid_file_.empty()) std::filesystem::remove(pid_file_, error);
  std::cout.flush();
  _exit(0);
}

void Daemon::printHelp() const {
  Poco::Util::HelpFormatter formatter(options());
  formatter.setUnixStyle(true);
  formatter.setWidth(100);
  formatter.setCommand("pulsewatchd");
  formatter.setUsage("[OPTION]...");
  formatter.setHeader("Loads health-check plugins, runs them on a schedule and serves /healthz, /ready and /metrics.");
  formatter.setFooter("Exit codes: 0 stopped; 78 a mistake in the configuration; 69 the address cannot be bound; 70 an internal error.");
  formatter.format(std::cout);
}

// What is closed would be taken by the next file or socket, and written to as standard output. Writing to what stands in for it fails.
void holdStandardDescriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

// --daemon forks before anything is read and has no standard error after: what is wrong with the configuration is asked of a child that
// checks it first.
int checkBeforeDaemon(int argc, char** argv) {
  std::vector<char*> arguments;
  bool daemon = false;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--daemon") == 0)
      daemon = true;
    else if (std::strncmp(argv[i], "--pidfile", std::strlen("--pidfile")) != 0)
      arguments.push_back(argv[i]);
  }
  if (!daemon) return 0;
  std::string check = "--check-config=offline";
  arguments.push_back(check.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return 0;  // then it is found out later
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kExitInternal;
}

}  // namespace

}  // namespace pulsewatch

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], pulsewatch::WorkerProcess::kWorkerArgument) == 0) return pulsewatch::runWorker();
  // A worker is of the same user: it must not look into the host's memory and environment, where every secret is. (No core dumps either.)
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const pulsewatch::ServiceManagerAddress manager = pulsewatch::takeServiceManagerAddress();
  const sigset_t signals = pulsewatch::ourSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // first of all: a signal during the start waits until it can be answered
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);  // a log that can't be written is no reason to end
  pulsewatch::raiseDescriptorLimit();
  mallopt(M_ARENA_MAX, 1);  // no thread here allocates much; an arena for each of sixty would keep a fifth of the memory for nothing
  mallopt(M_MMAP_THRESHOLD, 1 << 20);  // a page of ten thousand checks is the system's again when it is sent, also the second one
  mallopt(M_TRIM_THRESHOLD, 2 << 20);  // set by hand with it, or smaller ones would be given back and fetched again each time
  try {
    pulsewatch::holdStandardDescriptors();
    if (const int code = pulsewatch::checkBeforeDaemon(argc, argv); code != 0) return code;
    pulsewatch::Daemon daemon(manager);
    return daemon.run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "internal error: " << e.what() << '\n';
  } catch (...) {
    std::cerr << "internal error\n";
  }
  return pulsewatch::kExitInternal;
}
