#include "support/redis_server.h"

#include "support/mariadb_server.h"
#include "support/wait.h"

#include <csignal>
#include <optional>
#include <stdexcept>

namespace pulsewatch::testing {
namespace {

using std::chrono::seconds;

const char* const administrator = "test-administrator";
const char* const administrator_password = "of-this-private-server";

}  // namespace

RedisServer::RedisServer(std::vector<std::string> lines) : lines_(std::move(lines)) { start(); }

RedisServer::~RedisServer() = default;

std::filesystem::path RedisServer::socketPath() const { return directory_ / "socket"; }

std::string RedisServer::url(int database) const { return "redis://127.0.0.1:" + std::to_string(port_) + "/" + std::to_string(database); }

std::string RedisServer::url(const std::string& user, const std::string& password, int database) const {
  return "redis://" + percentEncoded(user) + ":" + percentEncoded(password) + "@127.0.0.1:" + std::to_string(port_) + "/" +
         std::to_string(database);
}

void RedisServer::writeConfiguration() const {
  std::string text = "bind 127.0.0.1\nport " + std::to_string(port_) + "\nunixsocket " + socketPath().string() +
                     "\nunixsocketperm 777\nsave \"\"\nappendonly no\ndir " + directory_.path().string() + "\nlogfile " +
                     (directory_ / "log").string() + "\nuser " + administrator + " on >" + administrator_password + " ~* &* +@all\n";
  for (const std::string& line : lines_) text += line + "\n";
  directory_.write("redis.conf", text);
}

bool RedisServer::answers() const {
  try {
    return command({"PING"}) == "PONG";
  } catch (const std::runtime_error&) {
    return false;
  }
}

void RedisServer::start() {
  if (process_) return;
  ChildOptions options;
  options.working_directory = directory_.path();
  options.user = unprivilegedUser();
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (!port_is_settled_) port_ = freePort();
    std::filesystem::remove(directory_ / "log");
    writeConfiguration();
    giveTo(directory_.path(), options.user);
    auto process = std::make_unique<ChildProcess>(std::vector<std::string>{"redis-server", (directory_ / "redis.conf").string()},
                                                  plainEnvironment(), options);
    bool ended = false;
    if (waitFor([&] { return answers() || (ended = !process->running()); }, seconds(30)) && !ended) {
      port_is_settled_ = true;
      process_ = std::move(process);
      return;
    }
    if (log().find("Address already in use") == std::string::npos)
      throw std::runtime_error("redis-server did not start:\n" + process->output() + process->errors() + log());
  }
  throw std::runtime_error("redis-server found no free port:\n" + log());
}

void RedisServer::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->signal(SIGCONT);
  if (!process_->waitForExit(seconds(30))) throw std::runtime_error("redis-server did not stop:\n" + log());
  process_.reset();
}

void RedisServer::kill() { process_.reset(); }

void RedisServer::freeze() {
  process_->signal(SIGSTOP);
  const std::string stat = "/proc/" + std::to_string(process_->pid()) + "/stat";
  if (!waitFor([&] { return readFile(stat).find(") T ") != std::string::npos; }, seconds(5)))
    throw std::runtime_error("redis-server did not freeze");
}

void RedisServer::thaw() { process_->signal(SIGCONT); }

std::string RedisServer::command(const std::vector<std::string>& words) const {
  std::vector<std::string> argv = {"redis-cli", "-s", socketPath().string(), "--user", administrator, "--no-auth-warning"};
  argv.insert(argv.end(), words.begin(), words.end());
  Environment environment = plainEnvironment();
  environment["REDISCLI_AUTH"] = administrator_password;
  ChildProcess cli(argv, environment);
  const std::optional<int> code = cli.waitForExit(seconds(20));
  std::string output = cli.output();
  while (!output.empty() && output.back() == '\n') output.pop_back();
  if (code != 0) throw std::runtime_error("redis-cli " + words.at(0) + " failed: " + output + cli.errors());
  return output;
}

std::string RedisServer::log() const { return readFile(directory_ / "log"); }

}  // namespace pulsewatch::testing
