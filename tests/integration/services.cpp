#include "integration/services.h"

#include "integration/daemon.h"

namespace pulsewatch::testing {

const std::string redis_user = "watcher";
const std::string redis_password = "correct-horse-battery-staple";

MariaDbServer& mariaDb() {
  static MariaDbServer server;
  return server;
}

RedisServer& redis() {
  static RedisServer server({"user " + redis_user + " on >" + redis_password + " ~* &* +@all"});
  return server;
}

PulsewatchOptions serviceOptions(const std::string& further) {
  PulsewatchOptions options;
  options.config = shippedPluginsConfig(
      "check.database.interval = 250ms\ncheck.database.timeout = 1s\ncheck.redis.interval = 250ms\ncheck.redis.timeout = 1s\n" + further);
  options.environment = requiredEnvironment();
  options.environment["DATABASE_URL"] = mariaDb().url();
  options.environment["REDIS_URL"] = redis().url(redis_user, redis_password);
  options.secrets = {MariaDbServer::password(), percentEncoded(MariaDbServer::password()), redis_password};
  return options;
}

}  // namespace pulsewatch::testing
