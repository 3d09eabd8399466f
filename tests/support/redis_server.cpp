#include "support/redis_server.h"

#include "support/mariadb_server.h"

#include <chrono>
#include <optional>
#include <stdexcept>

namespace pulsewatch::testing {
namespace {

using std::chrono::seconds;

const char* const administrator = "test-administrator";
const char* const administrator_password = "of-this-private-server";

}  // namespace

RedisServer::RedisServer(std::vector<std::string> lines) : lines_(std::move(lines)) { start(); }

std::string RedisServer::url(int database) const { return "redis://127.0.0.1:" + std::to_string(port()) + "/" + std::to_string(database); }

std::string RedisServer::url(const std::string& user, const std::string& password, int database) const {
  return "redis://" + percentEncoded(user) + ":" + percentEncoded(password) + "@127.0.0.1:" + std::to_string(port()) + "/" +
         std::to_string(database);
}

std::vector<std::string> RedisServer::commandLine() {
  std::string text = "bind 127.0.0.1\nport " + std::to_string(port()) + "\nunixsocket " + socketPath().string() +
                     "\nunixsocketperm 777\nsave \"\"\nappendonly no\ndir " + directory().string() + "\nlogfile " +
                     path("server.log").string() + "\nuser " + administrator + " on >" + administrator_password + " ~* &* +@all\n";
  for (const std::string& line : lines_) text += line + "\n";
  write("redis.conf", text);
  return {"redis-server", path("redis.conf").string()};
}

bool RedisServer::answers() const {
  try {
    return command({"PING"}) == "PONG";
  } catch (const std::runtime_error&) {
    return false;
  }
}

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

}  // namespace pulsewatch::testing
