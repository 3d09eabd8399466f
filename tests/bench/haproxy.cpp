#include "bench/haproxy.h"

#include "support/http_client.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Exception.h>

#include <chrono>
#include <stdexcept>

namespace pulsewatch::bench {

namespace {

std::string part(const std::string& name, const std::string& option, std::uint16_t server, const std::string& status,
                 const std::string& server_options) {
  return "backend " + name + "\n  mode tcp\n  option " + option + "\n  server one 127.0.0.1:" + std::to_string(server) + " check " +
         server_options + "\nfrontend " + name + "_status\n  mode http\n  bind 127.0.0.1:" + status +
         "\n  monitor-uri /\n  monitor fail if { nbsrv(" + name + ") lt 1 }\n";
}

int statusOf(std::uint16_t port) {
  try {
    return testing::HttpClient(port).get("/").status;
  } catch (const Poco::Exception&) {
    return 0;
  } catch (const testing::HttpError&) {  // its answer has no Content-Length
    return 0;
  }
}

}  // namespace

HaProxy::HaProxy(std::uint16_t redis_port, std::uint16_t mariadb_port, const std::string& server_options)
    : mariadb_status_(testing::freePort()),
      proxy_(part("redis", "redis-check", redis_port, "@PORT@", server_options) +
             part("mariadb", "mysql-check user haproxy", mariadb_port, std::to_string(mariadb_status_), server_options)) {
  if (!testing::waitFor([this] { return statusOf(redisStatusPort()) == 200 && statusOf(mariadb_status_) == 200; },
                        std::chrono::seconds(20)))
    throw std::runtime_error("HAProxy does not see the servers: " + proxy_.log());
}

}  // namespace pulsewatch::bench
