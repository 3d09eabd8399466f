// One connection to a MySQL or MariaDB server, with a deadline over everything that waits: name lookup, connect, handshake, TLS, query
// and result. Poco's SessionHandle owns libmariadb's handle; the waiting is ours, through libmariadb's non-blocking calls.
//
// Opened and asked by one thread at a time. Whatever goes wrong throws a Failure and leaves the connection closed, except that an error
// the server answered a query with leaves it open. Closing is polite (COM_QUIT) and never waits.
#pragma once

#include "common/deadline.h"
#include "common/host_lookup.h"
#include "common/mysql/mysql_target.h"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch::mysql {

// Why something went wrong: what of it is ours, else the client library's or server's error number and words.
class Failure : public std::runtime_error {
 public:
  enum class Kind { timed_out, lookup_timed_out, host_not_found, lookup_failed, no_tls, tls_file, too_large, system, server };

  Failure(Kind kind, int number, const std::string& words) : std::runtime_error(words), kind_(kind), number_(number) {}

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] int number() const { return number_; }  // system: errno; server: of the client library or the server
  // The server has closed the connection, so that a new one may fare better.
  [[nodiscard]] bool connectionLost() const;

 private:
  Kind kind_;
  int number_;
};

using Row = std::vector<std::optional<std::string>>;  // none: NULL

class Connection {
 public:
  explicit Connection(const Target& target);  // the target must outlive it
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] bool isOpen() const { return session_ != nullptr; }
  void open(const net::Deadline& deadline);
  void close();

  // Hands over each row of what a query gives; a statement gives none. When `take` says false the connection is closed, and so does this.
  bool query(const std::string& query, const std::function<bool(Row)>& take, const net::Deadline& deadline);
  // The one value that a query gives; NULL is "NULL". A result of another shape is an error of Kind::server.
  std::string value(const std::string& query, const net::Deadline& deadline);

  [[nodiscard]] int fd() const;  // -1: closed
  [[nodiscard]] bool encrypted() const;

 private:
  class Session;

  void openTo(const std::string& address, const net::Deadline& deadline);

  const Target& target_;
  net::HostLookup lookup_;
  std::unique_ptr<Session> session_;
};

}  // namespace pulsewatch::mysql
