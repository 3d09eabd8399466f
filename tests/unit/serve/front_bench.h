// A HttpFront with its loops, in front of the routes of a ServiceBench. The test's thread is the one that moves it.
#pragma once

#include "serve/http_front.h"
#include "support/connect.h"
#include "support/http_connection.h"
#include "unit/serve/conversation_bench.h"
#include "unit/serve/service_bench.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

inline HostConfig listeningAt(const std::string& address, std::uint16_t port = 0) {
  HostConfig config = serviceConfig();
  config.http_address = address;
  config.http_port = port;
  return config;
}

struct FrontBench {
  explicit FrontBench(const HostConfig& config = listeningAt("127.0.0.1"), bool starts = true)
      : service(config), front(config, service.service, service.http_metrics, service.log, service.clock) {
    if (starts) front.start();
  }

  std::vector<std::shared_ptr<ListeningSocket>> move(const HostConfig& config) {
    front.open(config);
    return front.move(config);
  }
  [[nodiscard]] std::uint16_t port(std::size_t socket = 0) const { return front.sockets().at(socket)->port(); }

  ServiceBench service;
  HttpFront front;
};

// Whether /healthz is answered there.
inline bool answers(std::uint16_t port, const std::string& address = "127.0.0.1") {
  return HttpConnection(port, address, kPatience).ask(asked("/healthz")).status == 200;
}

// What the answer says of the connection; "".
inline std::string said(const HttpResponse& answer) { return answer.header("Connection").value_or(""); }

}  // namespace pulsewatch::testing
