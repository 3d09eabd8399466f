#include "bench/haproxy.h"

#include "support/http_client.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Exception.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <vector>

namespace pulsewatch::bench {

namespace {

std::string part(const std::string& name, const std::string& option, std::uint16_t server, std::uint16_t status,
                 const std::string& server_options) {
  return "backend " + name + "\n  mode tcp\n  option " + option + "\n  server one 127.0.0.1:" + std::to_string(server) + " check " +
         server_options + "\nfrontend " + name + "_status\n  mode http\n  bind 127.0.0.1:" + std::to_string(status) +
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
    : redis_status_(testing::freePort()), mariadb_status_(testing::freePort()) {
  const std::string file = directory_.write(
      "haproxy.cfg", "global\n  maxconn 100\ndefaults\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n" +
                         part("redis", "redis-check", redis_port, redis_status_, server_options) +
                         part("mariadb", "mysql-check user haproxy", mariadb_port, mariadb_status_, server_options));
  testing::ChildOptions options;
  options.user = testing::unprivilegedUser();
  testing::giveTo(directory_.path(), options.user);
  process_ =
      std::make_unique<testing::ChildProcess>(std::vector<std::string>{"haproxy", "-db", "-f", file}, testing::plainEnvironment(), options);
  const auto up = [this] { return statusOf(redis_status_) == 200 && statusOf(mariadb_status_) == 200; };
  if (!testing::waitFor([&] { return up() || !process_->running(); }, std::chrono::seconds(20)) || !process_->running())
    throw std::runtime_error("HAProxy did not start: " + process_->errors() + process_->output());
}

HaProxy::~HaProxy() {
  process_->signal(SIGTERM);
  process_->waitForExit(std::chrono::seconds(5));
}

}  // namespace pulsewatch::bench
