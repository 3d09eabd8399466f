// Where the host listens, and the move to another address while requests are answered: the new one is listened on before the old one is
// closed. Where the two can't be open at once (0.0.0.0 and 127.0.0.1 of one port), the old one is closed first, and opened again when the
// new one can't be.
#pragma once

#include "base/log.h"
#include "base/mutex.h"
#include "serve/http_server.h"

#include <Poco/ErrorHandler.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace pulsewatch {

class HttpFront {
 public:
  // Listens at once; serves from start() on. Throws CannotListen. `service` and `log` must outlive it.
  HttpFront(const std::string& address, std::uint16_t port, HttpService& service, Log& log);
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;
  ~HttpFront();

  void start();
  void closeConnections() EXCLUDES(mutex_);  // no connection is kept open for a next request; any thread
  void stop() EXCLUDES(mutex_);              // closes everything; after the last move

  // From one thread: listens on another address; throws CannotListen, and then everything is as it was. Then move() serves there alone,
  // while requests that came to the old address are still answered.
  void open(const std::string& address, std::uint16_t port) EXCLUDES(mutex_);
  void move() EXCLUDES(mutex_);  // nothing when none is open

  [[nodiscard]] std::uint16_t port() const EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t refusedConnections() const EXCLUDES(mutex_);  // any thread

 private:
  // What Poco's threads would otherwise print nowhere.
  class ErrorLog final : public Poco::ErrorHandler {
   public:
    explicit ErrorLog(Log& log) : log_(log) {}
    void exception(const Poco::Exception& e) override;
    void exception(const std::exception& e) override;
    void exception() override;

   private:
    void write(const std::string& what);
    Log& log_;
  };
  // An address that was left, until its last connection has ended.
  struct Former {
    std::shared_ptr<HttpServer> server;
    std::atomic<bool> hurry{false};
    std::atomic<bool> over{false};
    std::thread thread;
  };

  std::shared_ptr<HttpServer> current() const EXCLUDES(mutex_);
  void replace(std::shared_ptr<HttpServer> next) EXCLUDES(mutex_);
  void clearFormer(bool all) EXCLUDES(mutex_);

  HttpService& service_;
  ErrorLog error_log_;
  Poco::ErrorHandler* const previous_;

  // The moving thread's.
  std::string address_;
  std::string next_address_;
  std::shared_ptr<HttpServer> next_;

  mutable Mutex mutex_;
  std::shared_ptr<HttpServer> current_ GUARDED_BY(mutex_);
  std::list<Former> former_ GUARDED_BY(mutex_);
  std::uint64_t refused_before_ GUARDED_BY(mutex_) = 0;  // at addresses that are closed
  bool closing_ GUARDED_BY(mutex_) = false;
};

}  // namespace pulsewatch
