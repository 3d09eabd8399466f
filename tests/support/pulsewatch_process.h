// pulsewatchd as an operator runs it: a configuration written into a directory of its own, an environment that is exactly what the test
// gives, and from then on nothing but what the program shows: its answers, its log, its exit code.
//
// Each process must be brought to its end by stop() or finish(), which also check what must hold of every run of the program: each line
// on standard output is a whole log line (JsonLine), no sanitizer has complained, and no secret has shown in the output, in an answer or
// in the command line. One thread may use it; get() and send() may be called by several once port() has returned. Everything that goes
// wrong throws std::runtime_error with the program's own words.
#pragma once

#include "support/child_process.h"
#include "support/http_client.h"
#include "support/json_lines.h"
#include "support/metrics_text.h"
#include "support/temporary_directory.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch::testing {

// In every text here `@DIR@` stands for the directory that the files are in.
struct PulsewatchOptions {
  std::string config;                                 // pulsewatch.properties
  std::map<std::string, std::string> files;           // further files, by name relative to it
  Environment environment;                            // over plainEnvironment()
  std::vector<std::string> arguments;                 // behind --config=…
  std::vector<std::string> launcher;                  // a program that becomes it, with arguments
  std::vector<std::string> secrets;                   // what must never show; SECRET_KEY of the environment is one anyway
  std::string config_name = "pulsewatch.properties";  // what --config names, when it is not the file above
  bool logs = true;                                   // false: standard output is for people (--help, --check-config), not the log
  std::string log_file;                               // where the log is instead of standard output
  std::uint16_t port = 0;                             // the configured one, where no log can be read that says it
  ChildOptions child;                                 // its user comes to own the directory
};

class PulsewatchProcess {
 public:
  static constexpr std::chrono::seconds patience{20};  // for what normally takes milliseconds

  explicit PulsewatchProcess(const PulsewatchOptions& options);  // starts the program
  PulsewatchProcess(const PulsewatchProcess&) = delete;
  PulsewatchProcess& operator=(const PulsewatchProcess&) = delete;
  ~PulsewatchProcess();  // ends the test program when the process was never brought to its end

  // The port of the options, or from the log's event `listening`; waits until it listens.
  std::uint16_t port();

  HttpResponse get(const std::string& target);
  HttpResponse send(const HttpRequest& request);
  std::string exchange(const std::string& bytes);
  MetricsText metrics();

  // What /ready says: its whole object, or the one of a check. Any status code.
  Poco::JSON::Object::Ptr ready();
  Poco::JSON::Object::Ptr check(const std::string& name);

  // The log so far; whether a line comes to be there that the predicate holds for.
  [[nodiscard]] JsonLines log() const;
  bool waitForLine(const std::function<bool(const JsonLine&)>& wanted, std::chrono::milliseconds timeout = patience);

  // Whether a series comes to have a value that the predicate holds for.
  bool waitForMetric(const std::string& name, const Labels& labels, const std::function<bool(double)>& wanted);

  [[nodiscard]] ChildProcess& child() { return *child_; }
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

  // Waits for the end, checks what must hold of every run, and gives the exit code.
  int finish(std::chrono::milliseconds timeout = patience);
  // SIGTERM, then finish(); throws unless the exit code is 0.
  void stop();

 private:
  [[nodiscard]] std::string logText() const;
  bool waitUntilItListens();
  void remember(const std::string& answer);
  void checkCommandLine() const;
  void checkSecrets(const std::string& where, const std::string& text) const;
  [[noreturn]] void fail(const std::string& what) const;

  TemporaryDirectory directory_;
  std::vector<std::string> secrets_;
  bool logs_;
  std::string log_file_;
  std::uint16_t known_port_;
  std::unique_ptr<ChildProcess> child_;
  std::uint16_t port_ = 0;
  bool finished_ = false;

  std::mutex mutex_;
  std::string answers_;  // guarded by mutex_
};

}  // namespace pulsewatch::testing
