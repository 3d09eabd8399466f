// The HTTP server: Poco's HTTPServer with threads of its own, carrying requests to HttpService and answers back.
//
// No request waits for a check. Poco 1.11 leaves gaps that are closed here as far as can be from the outside: a connection ends after any
// request with a body, answers are in HTTP/1.0 or 1.1 only, sending has a time limit, two servers never share a port.
#pragma once

#include "serve/http_service.h"
#include "serve/listening_socket.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace pulsewatch {

class HttpServer {
 public:
  // Listens at once; serves from start() on. Throws CannotListen. `service` must outlive stop().
  HttpServer(const std::string& address, std::uint16_t port, HttpService& service);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  void start();
  void closeConnections();  // from now on no connection is kept open for a next request; any thread
  void stopListening();     // the address is free when it returns; open connections go on
  // Waits until every connection has ended, as each does with its request or after the keep-alive time, or `hurry` says that it is enough;
  // then stops.
  void finish(const std::atomic<bool>& hurry);
  void stop();  // closes every connection; returns when all threads are done

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::uint64_t refusedConnections() const;  // any thread

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace pulsewatch
