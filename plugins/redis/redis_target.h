// Which Redis a check looks at, and how it gets there: the setting `url`, taken apart.
//
//   redis://[user:password@]host:port/database      rediss://…, with TLS      unix:///path?db=1
//
// The query may also have db, username and password, and for rediss ssl_ca_certs, ssl_certfile, ssl_keyfile and
// ssl_cert_reqs=required|none, as the clients of other languages write them.
#pragma once

#include <cstdint>
#include <string>

namespace pulsewatch::redis {

struct Target {
  std::string host;
  std::uint16_t port = 6379;
  std::string unix_socket;  // empty: TCP
  std::string user;         // empty: the default user
  std::string password;     // empty: no AUTH
  int database = 0;
  bool tls = false;
  bool tls_verify = true;  // the certificate, and that it is the host's
  std::string tls_ca;      // empty: the system's authorities
  std::string tls_cert;
  std::string tls_key;

  // For people: cache:6379, [::1]:6379 or the socket's path.
  [[nodiscard]] std::string where() const;

  // Throws std::invalid_argument with a sentence that names the mistake and never quotes the URL.
  static Target parse(const std::string& url);
};

}  // namespace pulsewatch::redis
