// Where the host listens, and the move to other addresses while requests are answered: a new one is listened on before an old one is left.
// Where the two can't be open at once (0.0.0.0 and 127.0.0.1 of one port), the old one is left first, and opened again when the new one
// can't be.
#pragma once

#include "base/log.h"
#include "config/host_config.h"
#include "serve/http_server.h"
#include "serve/listening_socket.h"
#include "serve/tls_files.h"

#include <Poco/ErrorHandler.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

class HttpFront {
 public:
  // Listens at once; serves from start() on. Throws CannotListen and TlsFault. `service`, `metrics`, `log` and `clock` must outlive it.
  HttpFront(const HostConfig& config, HttpService& service, HttpMetrics& metrics, Log& log, const Clock& clock);
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;
  ~HttpFront();

  void start() { server_.start(); }
  void closeConnections() { server_.closeConnections(); }  // no connection is kept open for a next request; any thread
  void stop() { server_.stop(); }                          // closes everything; after the last move

  // From one thread: listens on what is new in `config`; throws CannotListen and TlsFault, and then everything is as it was. Then move()
  // serves there alone, with the new limits, while requests that came to addresses that are left are still answered. Gives the sockets that
  // are new.
  void open(const HostConfig& config);
  std::vector<std::shared_ptr<ListeningSocket>> move(const HostConfig& config);

  // What is listened on, http.port first. From the same thread.
  [[nodiscard]] const std::vector<std::shared_ptr<ListeningSocket>>& sockets() const { return sockets_; }
  [[nodiscard]] std::uint16_t port() const { return sockets_.front()->port(); }
  [[nodiscard]] std::uint64_t refusedConnections() const { return server_.refusedConnections(); }  // any thread
  [[nodiscard]] std::optional<double> certificateNotAfter() const { return tls_.notAfter(); }      // Unix time; any thread
  [[nodiscard]] std::vector<const Heartbeat*> heartbeats() const { return server_.heartbeats(); }

 private:
  using Sockets = std::vector<std::shared_ptr<ListeningSocket>>;

  // What Poco's threads would otherwise print nowhere.
  class ErrorLog final : public Poco::ErrorHandler {
   public:
    explicit ErrorLog(Log& log) : log_(log) {}
    void exception(const Poco::Exception& e) override { write(e.displayText()); }
    void exception(const std::exception& e) override { write(e.what()); }
    void exception() override { write("an exception that is no std::exception"); }

   private:
    void write(const std::string& what);
    Log& log_;
  };

  void makeRoom(const ListenAddress& address, const Sockets& next, Sockets& left);

  void listenOn(const std::vector<ListenAddress>& wanted);
  [[nodiscard]] std::vector<ListenAddress> addressesOf(const HostConfig& config) const;

  ErrorLog error_log_;
  Poco::ErrorHandler* const previous_;
  TlsFiles tls_;
  HttpsConfig https_;  // what tls_ has
  HttpServer server_;
  Sockets sockets_;
  Sockets next_;  // after the move, with those that stay; empty: none is open
};

}  // namespace pulsewatch
