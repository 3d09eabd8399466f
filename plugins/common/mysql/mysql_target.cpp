#include "common/mysql/mysql_target.h"

#include <pulsewatch/service_url.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace pulsewatch::mysql {
namespace {

SslMode sslMode(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (word == "DISABLED") return SslMode::disabled;
  if (word == "PREFERRED") return SslMode::preferred;
  if (word == "REQUIRED") return SslMode::required;
  if (word == "VERIFY_CA") return SslMode::verify_ca;
  if (word == "VERIFY_IDENTITY") return SslMode::verify_identity;
  throw std::invalid_argument("the ssl-mode in url is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY");
}

void applyOption(Target& target, const std::string& key, const std::string& value) {
  if (key == "ssl-mode")
    target.ssl_mode = sslMode(value);
  else if (key == "unix_socket")
    target.unix_socket = value;
  else if (key == "ssl-ca")
    target.ssl_ca = value;
  else if (key == "ssl-cert")
    target.ssl_cert = value;
  else if (key == "ssl-key")
    target.ssl_key = value;
  else
    throw std::invalid_argument("url has the unknown option " + key + "; known are ssl-mode, ssl-ca, ssl-cert, ssl-key and unix_socket");
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
  if (url.scheme != "mysql") throw std::invalid_argument("url does not begin with mysql://");
  Target target;
  target.host = url.host;
  if (url.port != 0) target.port = url.port;
  target.user = url.user;
  target.password = url.password.value_or("");
  if (!url.path.empty()) target.database = url.path.substr(1);
  for (const auto& [key, value] : url.query) applyOption(target, key, value);
  if (target.user.empty()) throw std::invalid_argument("url names no user");
  if (target.host.empty() && target.unix_socket.empty()) throw std::invalid_argument("url names neither a host nor a unix_socket");
  // sun_path ends in NUL.
  if (target.unix_socket.size() > 107) throw std::invalid_argument("the unix_socket in url is longer than 107 bytes");
  if (target.ssl_cert.empty() != target.ssl_key.empty()) throw std::invalid_argument("url has only one of ssl-cert and ssl-key");
  return target;
}

}  // namespace pulsewatch::mysql
