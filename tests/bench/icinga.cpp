#include "bench/icinga.h"

#include "support/mariadb_server.h"
#include "support/private_server.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace pulsewatch::bench {

namespace {

// The number behind `"key":` at or after `at`; moves `at` behind it. Below 0: there is none.
double numberAfter(const std::string& text, const std::string& key, std::size_t& at) {
  const std::string word = "\"" + key + "\":";
  at = text.find(word, at);
  if (at == std::string::npos) return -1;
  at += word.size();
  return std::atof(text.c_str() + at);
}

// "-D NAME=VALUE" for who it runs as, and for where it puts its files.
std::vector<std::string> definitions(const std::string& directory, const std::optional<testing::User>& user) {
  const passwd* owner = ::getpwuid(user ? user->uid : ::geteuid());
  const group* owners = ::getgrgid(user ? user->gid : ::getegid());
  if (owner == nullptr || owners == nullptr) throw std::runtime_error("Icinga 2 needs a user and a group that have names");
  std::vector<std::string> words{"-D", std::string("RunAsUser=") + owner->pw_name, "-D", std::string("RunAsGroup=") + owners->gr_name};
  for (const char* name : {"DataDir", "LogDir", "CacheDir", "SpoolDir", "InitRunDir"}) {
    words.emplace_back("-D");
    words.push_back(std::string(name) + "=" + directory + "/" + name);
    std::filesystem::create_directory(directory + "/" + name);
  }
  return words;
}

}  // namespace

Icinga::Icinga(int services, std::chrono::milliseconds interval) : services_(services), interval_(interval) {
  const std::string seconds = fixed(static_cast<double>(interval.count()) / 1000, 3);
  directory_.write("icinga2.conf",
                   "include <itl>\nconst NodeName = \"bench\"\nobject CheckerComponent \"checker\" { }\n"
                   "object Host \"bench\" { check_command = \"dummy\"\n  enable_active_checks = false }\n"
                   "for (i in range(" +
                       std::to_string(services) +
                       ")) {\n  object Service \"s\" + i {\n"
                       "    host_name = \"bench\"\n    check_command = \"dummy\"\n    check_interval = " +
                       seconds + "\n    retry_interval = " + seconds + "\n  }\n}\n");
  testing::ChildOptions options;
  options.user = testing::unprivilegedUser();
  options.working_directory = directory_.path();
  std::vector<std::string> argv{"icinga2", "daemon", "-c", (directory_ / "icinga2.conf").string(), "-x", "warning"};
  for (std::string& word : definitions(directory_.path().string(), options.user)) argv.push_back(std::move(word));
  testing::giveTo(directory_.path(), options.user);
  process_ = std::make_unique<testing::ChildProcess>(argv, testing::plainEnvironment(), options);
}

Icinga::~Icinga() = default;

Samples Icinga::stop() {
  if (!process_->running()) throw std::runtime_error("Icinga 2 ended by itself: " + process_->output() + process_->errors());
  process_->signal(SIGTERM);
  if (process_->waitForExit(std::chrono::seconds(60)) != 0) throw std::runtime_error("Icinga 2 did not stop: " + process_->output());
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string state = testing::readFile(directory_ / "DataDir/icinga2.state");
  Samples lateness;
  int checked = 0;
  for (std::size_t at = 0; (at = state.find("\"last_check_result\":{", at)) != std::string::npos; ++checked) {
    const double started = numberAfter(state, "execution_start", at);
    const double due = numberAfter(state, "schedule_start", at);
    if (now - started < 2 * std::chrono::duration<double>(interval_).count() + 1) lateness.add((started - due) * 1000);
  }
  if (checked != services_ || static_cast<int>(lateness.count()) != services_)
    throw std::runtime_error("Icinga 2 has checked " + std::to_string(lateness.count()) + " of " + std::to_string(services_) +
                             " services in time");
  return lateness;
}

}  // namespace pulsewatch::bench
