#include "support/pulsewatch_process.h"

#include "support/wait.h"

#include <Poco/Exception.h>
#include <Poco/String.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

std::string placedIn(const TemporaryDirectory& directory, const std::string& text) {
  return Poco::replace(text, std::string("@DIR@"), directory.path().string());
}

std::unique_ptr<ChildProcess> startProgram(const PulsewatchOptions& options, const TemporaryDirectory& directory) {
  const auto placed = [&directory](const std::string& text) { return placedIn(directory, text); };
  directory.write("pulsewatch.properties", placed(options.config));
  for (const auto& [name, content] : options.files) directory.write(name, placed(content));

  std::vector<std::string> argv;
  for (const std::string& argument : options.launcher) argv.push_back(placed(argument));
  argv.insert(argv.end(), {PULSEWATCH_PROGRAM, "--config=" + (directory / options.config_name).string()});
  for (const std::string& argument : options.arguments) argv.push_back(placed(argument));
  Environment environment = plainEnvironment();
  for (const auto& [name, value] : options.environment) environment[name] = placed(value);
  const std::optional<User>& user = options.child.user;
  if (user && ::chown(directory.path().c_str(), user->uid, user->gid) != 0)
    throw std::system_error(errno, std::generic_category(), "chown " + directory.path().string());
  ChildOptions child = options.child;
  child.working_directory = placed(child.working_directory.string());
  return std::make_unique<ChildProcess>(argv, environment, child);
}

std::vector<std::string> secretsOf(const PulsewatchOptions& options) {
  std::vector<std::string> secrets = options.secrets;
  const auto key = options.environment.find("SECRET_KEY");
  if (key != options.environment.end() && !key->second.empty()) secrets.push_back(key->second);
  return secrets;
}

}  // namespace

PulsewatchProcess::PulsewatchProcess(const PulsewatchOptions& options)
    : secrets_(secretsOf(options)),
      logs_(options.logs),
      log_file_(placedIn(directory_, options.log_file)),
      known_port_(options.port),
      child_(startProgram(options, directory_)) {}

PulsewatchProcess::~PulsewatchProcess() {
  // A test that forgot finish() would pass without its checks.
  if (finished_ || std::uncaught_exceptions() != 0) return;
  std::fputs("a test left its PulsewatchProcess without stop() or finish()\n", stderr);
  std::abort();
}

std::uint16_t PulsewatchProcess::port() {
  if (port_ != 0) return port_;
  if (!waitUntilItListens()) fail("the program does not come to listen");
  checkCommandLine();
  return port_;
}

bool PulsewatchProcess::waitUntilItListens() {
  if (known_port_ == 0)
    return waitForLine([this](const JsonLine& line) {
      const bool other = line.text("message").find(" (") != std::string::npos;  // for https, or for administrators
      if (line.text("event") != "listening" || other) return false;
      port_ = static_cast<std::uint16_t>(line.integer("port"));
      return true;
    });
  return waitFor(
      [this] {
        try {
          static_cast<void>(HttpClient(known_port_).get("/healthz"));
          port_ = known_port_;
          return true;
        } catch (const Poco::Exception&) {
          return false;
        }
      },
      patience);
}

std::string PulsewatchProcess::logText() const { return log_file_.empty() ? child_->output() : readFile(log_file_); }

HttpResponse PulsewatchProcess::get(const std::string& target) { return send({.target = target}); }

HttpResponse PulsewatchProcess::send(const HttpRequest& request) {
  HttpResponse response = HttpClient(port()).send(request);
  remember(response.bytes);
  return response;
}

std::string PulsewatchProcess::exchange(const std::string& bytes) {
  std::string answer = HttpClient(port()).exchange(bytes);
  remember(answer);
  return answer;
}

MetricsText PulsewatchProcess::metrics() {
  const HttpResponse response = get("/metrics");
  if (response.status != 200) fail("/metrics answers " + std::to_string(response.status));
  return MetricsText(response.body);
}

Poco::JSON::Object::Ptr PulsewatchProcess::ready() { return parseJsonObject(get("/ready").body); }

Poco::JSON::Object::Ptr PulsewatchProcess::check(const std::string& name) {
  const Poco::JSON::Object::Ptr answer = ready();
  const Poco::JSON::Object::Ptr checks = answer->getObject("checks");
  if (checks.isNull() || checks->getObject(name).isNull()) fail("/ready has no check " + name);
  return checks->getObject(name);
}

JsonLines PulsewatchProcess::log() const { return parseJsonLines(logText(), true); }

bool PulsewatchProcess::waitForLine(const std::function<bool(const JsonLine&)>& wanted, std::chrono::milliseconds timeout) {
  const auto found = [&] { return !linesWhere(log(), wanted).empty(); };
  waitFor([&] { return found() || !child_->running(); }, timeout);
  return found();
}

bool PulsewatchProcess::waitForMetric(const std::string& name, const Labels& labels, const std::function<bool(double)>& wanted) {
  return waitFor(
      [&] {
        const std::optional<double> value = metrics().find(name, labels);
        return value && wanted(*value);
      },
      patience);
}

int PulsewatchProcess::finish(std::chrono::milliseconds timeout) {
  finished_ = true;
  const std::optional<int> code = child_->waitForExit(timeout);
  if (!code) fail("the program does not end");
  if (logs_) parseJsonLines(logText());
  // The undefined-behaviour sanitizer complains without an exit code.
  for (const char* complaint : {"runtime error: ", "Sanitizer: "})
    if (child_->errors().find(complaint) != std::string::npos) fail("a sanitizer complains");
  checkSecrets("standard output", child_->output());
  checkSecrets("the log", logText());
  checkSecrets("standard error", child_->errors());
  const std::lock_guard lock(mutex_);
  checkSecrets("an answer", answers_);
  return *code;
}

void PulsewatchProcess::stop() {
  port();
  child_->signal(SIGTERM);
  const int code = finish();
  if (code != 0) fail("the program ends with " + std::to_string(code));
}

void PulsewatchProcess::remember(const std::string& answer) {
  const std::lock_guard lock(mutex_);
  answers_ += answer;
}

void PulsewatchProcess::checkCommandLine() const {
  checkSecrets("the command line", readFile("/proc/" + std::to_string(child_->pid()) + "/cmdline"));
}

void PulsewatchProcess::checkSecrets(const std::string& where, const std::string& text) const {
  for (const std::string& secret : secrets_)
    if (text.find(secret) != std::string::npos) throw std::runtime_error("a secret shows in " + where);
}

void PulsewatchProcess::fail(const std::string& what) const {
  throw std::runtime_error(what + "\n-- standard error --\n" + child_->errors() + "-- standard output --\n" + child_->output());
}

}  // namespace pulsewatch::testing
