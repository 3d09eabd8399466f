#include "config/connection_url.h"

#include "config/text_parts.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostDatabaseDigits = 9;
constexpr std::array<std::string_view, 5> kMysqlOptions{"ssl-mode", "unix_socket", "ssl-ca", "ssl-cert", "ssl-key"};

// "" when every key of the query is one of `known` and is there once.
std::string queryFault(const ServiceUrl& url, const std::vector<std::string>& known) {
  std::vector<std::string> seen;
  for (const auto& [key, value] : url.query) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      return "its query has an unknown key (known: " + joinedWords(known, " and ") + ")";
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) return "its query has " + key + " twice";
    if (value.empty()) return "its query has " + key + " without a value";
    seen.push_back(key);
  }
  return {};
}

bool isDatabaseNumber(std::string_view text) {
  return !text.empty() && text.size() <= kMostDatabaseDigits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// `kept` are further characters that stay as they are.
std::string percentEncoded(std::string_view text, std::string_view kept = {}) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~*";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || kept.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4U];
    encoded += kDigits[byte & 15U];
  }
  return encoded;
}

// Brackets need no escape, other names may.
std::string hostText(const std::string& host) { return host.find(':') != std::string::npos ? bracketed(host) : percentEncoded(host); }

}  // namespace

std::string mysqlUrlFault(const ServiceUrl& url) {
  if (url.scheme != "mysql") return "its scheme is not mysql";
  std::string fault = queryFault(url, std::vector<std::string>(kMysqlOptions.begin(), kMysqlOptions.end()));
  if (!fault.empty()) return fault;
  if (url.host.empty() && !url.option("unix_socket")) return "it has neither a host nor a unix_socket";
  const std::string mode = lowerCase(url.option("ssl-mode").value_or("preferred"));
  const std::vector<std::string> modes{"disabled", "preferred", "required", "verify_ca", "verify_identity"};
  if (std::find(modes.begin(), modes.end(), mode) == modes.end())
    return "its ssl-mode is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY";
  if (url.path.find('/', 1) != std::string::npos) return "its path is more than one database's name";
  return {};
}

std::string redisUrlFault(const ServiceUrl& url) {
  const bool is_unix = url.scheme == "unix";
  if (!is_unix && url.scheme != "redis" && url.scheme != "rediss") return "its scheme is none of redis, rediss and unix";
  std::vector<std::string> known{"db", "username", "password"};
  if (url.scheme == "rediss") known.insert(known.end(), {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs"});
  std::string fault = queryFault(url, known);
  if (!fault.empty()) return fault;
  if (url.option("db") && !isDatabaseNumber(*url.option("db"))) return "its db is not a number from 0";
  if (is_unix) {
    if (!url.host.empty() || url.port != 0) return "a host stands where a unix socket has none: three slashes go before the path";
    return url.path.size() < 2 ? "it has no path of a unix socket" : "";
  }
  if (url.host.empty()) return "it has no host";
  const bool numbered = url.path.size() < 2 || isDatabaseNumber(std::string_view(url.path).substr(1));
  return numbered ? "" : "its path is not the number of a database, from 0";
}

std::string urlText(const ServiceUrl& url) {
  std::string text = url.scheme + "://" + percentEncoded(url.user);
  if (url.password) text += ":" + percentEncoded(*url.password);
  if (!url.user.empty() || url.password) text += "@";
  text += hostText(url.host);
  if (url.port != 0) text += ":" + std::to_string(url.port);
  text += percentEncoded(url.path, "/");
  for (std::size_t i = 0; i < url.query.size(); ++i)
    text += (i == 0 ? "?" : "&") + percentEncoded(url.query[i].first, "/") + "=" + percentEncoded(url.query[i].second, "/");
  return text;
}

std::string shownUrl(const std::string& url) {
  const std::string kHidden = "***";
  try {
    ServiceUrl parsed = ServiceUrl::parse(url);
    if (parsed.password) parsed.password = kHidden;
    for (auto& [key, value] : parsed.query) {
      if (key != "db" && std::find(kMysqlOptions.begin(), kMysqlOptions.end(), key) == kMysqlOptions.end()) value = kHidden;
    }
    return urlText(parsed);
  } catch (const std::invalid_argument&) {
    return kHidden;
  }
}

std::string mysqlUrl(const MysqlAddress& address) {
  return "mysql://" + percentEncoded(address.user) + (address.password.empty() ? "" : ":" + percentEncoded(address.password)) + "@" +
         hostText(address.host) + ":" + address.port + "/" + percentEncoded(address.database);
}

}  // namespace pulsewatch
