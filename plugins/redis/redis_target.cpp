#include "redis/redis_target.h"

#include <pulsewatch/service_url.h>

#include <charconv>
#include <stdexcept>

namespace pulsewatch::redis {
namespace {

int databaseNumber(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    throw std::invalid_argument("the database in url is not a number from 0");
  return number;
}

bool verification(const std::string& word) {
  if (word == "required" || word == "CERT_REQUIRED") return true;
  if (word == "none" || word == "CERT_NONE") return false;
  throw std::invalid_argument("the ssl_cert_reqs in url is neither required nor none");
}

void applyOption(Target& target, const std::string& key, const std::string& value) {
  if (!target.tls && key.rfind("ssl_", 0) == 0) throw std::invalid_argument("url has the option " + key + ", which only rediss:// takes");
  if (key == "db")
    target.database = databaseNumber(value);
  else if (key == "username")
    target.user = value;
  else if (key == "password")
    target.password = value;
  else if (key == "ssl_ca_certs")
    target.tls_ca = value;
  else if (key == "ssl_certfile")
    target.tls_cert = value;
  else if (key == "ssl_keyfile")
    target.tls_key = value;
  else if (key == "ssl_cert_reqs")
    target.tls_verify = verification(value);
  else
    throw std::invalid_argument("url has the unknown option " + key +
                                "; known are db, username, password, ssl_ca_certs, ssl_certfile, ssl_keyfile and ssl_cert_reqs");
}

}  // namespace

std::string Target::where() const { return unix_socket.empty() ? hostAndPort(host, port) : unix_socket; }

Target Target::parse(const std::string& text) {
  ServiceUrl url;
  try {
    url = ServiceUrl::parse(text);
  } catch (const std::invalid_argument& mistake) {
    throw std::invalid_argument(std::string("url is not a valid URL: ") + mistake.what());
  }
  Target target;
  target.user = url.user;
  target.password = url.password.value_or("");
  if (url.scheme == "unix") {
    target.unix_socket = url.path;
    if (!url.host.empty() || url.path.size() < 2) throw std::invalid_argument("url names no socket: it is written unix:///path");
    // sun_path ends in NUL.
    if (url.path.size() > 107) throw std::invalid_argument("the socket in url is longer than 107 bytes");
  } else if (url.scheme == "redis" || url.scheme == "rediss") {
    target.host = url.host;
    target.tls = url.scheme == "rediss";
    if (url.port != 0) target.port = url.port;
    if (url.host.empty()) throw std::invalid_argument("url names no host");
    if (url.path.size() > 1) target.database = databaseNumber(url.path.substr(1));
  } else {
    throw std::invalid_argument("url does not begin with redis://, rediss:// or unix://");
  }
  for (const auto& [key, value] : url.query) applyOption(target, key, value);
  if (!target.user.empty() && target.password.empty()) throw std::invalid_argument("url has a user and no password");
  if (target.tls_cert.empty() != target.tls_key.empty()) throw std::invalid_argument("url has only one of ssl_certfile and ssl_keyfile");
  return target;
}

}  // namespace pulsewatch::redis
