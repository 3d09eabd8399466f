// A byte stream to a server, TCP or unix socket, plain or TLS, on which nothing waits beyond a deadline. Poco's SecureStreamSocket can't
// do that: its timeouts begin anew with each byte, handshake included.
//
// One thread at a time. Throws a Failure.
#pragma once

#include "common/deadline.h"
#include "common/host_lookup.h"
#include "redis/redis_target.h"

#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace pulsewatch::redis {

// Why something went wrong, with words for the log.
class Failure : public std::runtime_error {
 public:
  enum class Kind {
    timed_out,
    lookup_timed_out,
    host_not_found,
    lookup_failed,
    system,         // number() is errno
    lost,           // the server has closed the connection
    tls,            //
    tls_timed_out,  // in the handshake
    tls_name,       // the certificate is another host's
    tls_expired,
    tls_untrusted,
    tls_files,  // those of ours can't be used
    protocol,   // what came is no reply
    reply,      // an error that the server replied with; what() is its text
  };

  Failure(Kind kind, const std::string& words, int number = 0) : std::runtime_error(words), kind_(kind), number_(number) {}

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] int number() const { return number_; }

 private:
  Kind kind_;
  int number_;
};

class Stream {
 public:
  // Connected, through the TLS handshake where there is one. Tries every address of the name, each for its share of the time.
  Stream(const Target& target, net::HostLookup& lookup, const net::Deadline& deadline);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  void send(const std::string& bytes, const net::Deadline& deadline);
  // At least one byte, at most 16 KiB.
  std::string receive(const net::Deadline& deadline);

  [[nodiscard]] int fd() const { return fd_; }

 private:
  void connectAny(net::HostLookup& lookup, const net::Deadline& deadline);
  void connectTo(const sockaddr* address, socklen_t size, const net::Deadline& deadline);
  void startTls(const Target& target, const net::Deadline& deadline);
  template <class Operation>
  int drive(Operation operation, const net::Deadline& deadline);
  void disconnect();

  int fd_ = -1;
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_{nullptr, ::SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&::SSL_free)> tls_{nullptr, ::SSL_free};
};

}  // namespace pulsewatch::redis
