// What pulsewatch takes as the address of a MySQL or a Redis server. Faults are a sentence's end and never quote the URL: it may hold a
// password. Pure; any thread.
#pragma once
#include <pulsewatch/service_url.h>

#include <string>

namespace pulsewatch {

// mysql://[user[:password]@]host[:port][/database][?ssl-mode=…&unix_socket=…&ssl-ca=…&ssl-cert=…&ssl-key=…]; "" when it is one.
std::string mysqlUrlFault(const ServiceUrl& url);

// redis://[user:password@]host[:port][/number], rediss:// alike, unix://[user:password@]/path, each with [?db=number&username=…&password=…]
// and rediss with &ssl_ca_certs=…&ssl_certfile=…&ssl_keyfile=…&ssl_cert_reqs=…; "" when it is one.
std::string redisUrlFault(const ServiceUrl& url);

// A URL that gives each part back when it is parsed, whatever characters are in it.
std::string urlText(const ServiceUrl& url);

// A URL for people to see: its password, and the values of a query's options that neither MySQL nor Redis has, as ***; *** alone when it is
// no URL.
std::string shownUrl(const std::string& url);

struct MysqlAddress {
  std::string host;  // a name or an address; an IPv6 one without brackets
  std::string port;
  std::string user;
  std::string password;  // "": none
  std::string database;
};

std::string mysqlUrl(const MysqlAddress& address);

}  // namespace pulsewatch
