// The HTTP server: loops that have the connections, and Poco's HTTPServer behind them for what takes longer than a loop may.
//
// Nothing a client sends, or doesn't, makes another one wait: whole requests alone get a thread, every wait has a deadline, and there is a
// cap on connections and on what answers may hold.
#pragma once

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "config/host_config.h"
#include "serve/http_metrics.h"
#include "serve/http_service.h"
#include "serve/listening_socket.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace pulsewatch {

class HttpServer {
 public:
  // `service`, `metrics`, `log` and `clock` must outlive it.
  HttpServer(HttpService& service, const HttpLimits& limits, HttpMetrics& metrics, Log& log, const Clock& clock);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  void start();
  void stop();  // closes every connection; returns when all threads are done

  // From one thread. Serves there from start() on; leave() accepts what waits there, and the address is free when it returns: connections
  // from there go on until their next answer.
  void listen(const std::shared_ptr<ListeningSocket>& socket);
  void leave(const std::shared_ptr<ListeningSocket>& socket);
  void setLimits(const HttpLimits& limits);

  void closeConnections();  // from now on no connection is kept open for a next request; any thread

  [[nodiscard]] std::uint64_t refusedConnections() const;  // any thread
  [[nodiscard]] std::vector<const Heartbeat*> heartbeats() const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace pulsewatch
