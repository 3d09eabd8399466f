// Which database a check looks at, and how it gets there: the setting `url`, taken apart.
//
//   mysql://user:password@host:port/database?ssl-mode=…&unix_socket=…&ssl-ca=…&ssl-cert=…&ssl-key=…
#pragma once

#include <cstdint>
#include <string>

namespace pulsewatch::mysql {

// MySQL's words for what TLS has to be.
enum class SslMode { disabled, preferred, required, verify_ca, verify_identity };

struct Target {
  std::string host;
  std::uint16_t port = 3306;
  std::string unix_socket;  // empty: TCP, to localhost too
  std::string user;
  std::string password;
  std::string database;  // empty: none is selected
  SslMode ssl_mode = SslMode::preferred;
  std::string ssl_ca;  // empty: the system's authorities, where one is needed
  std::string ssl_cert;
  std::string ssl_key;

  // A unix socket doesn't leave the machine: it is as good as TLS, for MySQL's require_secure_transport too.
  [[nodiscard]] bool usesTls() const { return unix_socket.empty() && ssl_mode != SslMode::disabled; }
  [[nodiscard]] bool requiresTls() const { return unix_socket.empty() && ssl_mode >= SslMode::required; }

  // For people: db:3306, [::1]:3306 or the socket's path.
  [[nodiscard]] std::string where() const;

  // Throws std::invalid_argument with a sentence that names the mistake and never quotes the URL.
  static Target parse(const std::string& url);
};

}  // namespace pulsewatch::mysql
