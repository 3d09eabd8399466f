#include "config/http_keys.h"

#include "config/network_text.h"
#include "config/password_hash.h"
#include "config/text_parts.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace pulsewatch {

namespace {

constexpr std::size_t kLeastToken = 16;
constexpr std::size_t kMostToken = 4096;  // a request's head has room for it

std::string readAddress(KeyReader& reader, const PropertyValue& address) {
  if (isIpAddress(address.text)) return address.text;
  reader.reject(address, address.text, "is not an IP address; write one, without brackets: 127.0.0.1, 0.0.0.0 or ::");
  return {};
}

void readLimits(KeyReader& reader, HttpLimits& limits) {
  limits.header_timeout = reader.duration("http.header_timeout");
  limits.body_timeout = reader.duration("http.body_timeout");
  limits.send_timeout = reader.duration("http.send_timeout");
  limits.keepalive_timeout = reader.duration("http.keepalive_timeout");
  limits.body_limit = static_cast<std::uint64_t>(reader.integer("http.body_limit"));
  limits.max_connections = static_cast<unsigned>(reader.integer("http.max_connections"));
  limits.max_connections_per_address = static_cast<unsigned>(reader.integer("http.max_connections_per_address"));
}

void readHttps(KeyReader& reader, HttpsConfig& https) {
  const auto port = reader.read("https.port");
  if (port) https.port = static_cast<std::uint16_t>(port->integer);
  https.certificate = reader.file("https.certificate");
  https.key = reader.file("https.key");
  https.client_ca = reader.file("https.client_ca");
  if (const auto ciphers = reader.filled("https.ciphers")) https.ciphers = ciphers->text;
  const bool certificate = reader.filled("https.certificate").has_value();
  const bool key = reader.filled("https.key").has_value();
  if (certificate && !key) reader.mistakes().add(https.certificate.where, "is given without https.key; set both, or neither");
  if (certificate) return;
  if (key) reader.mistakes().add(https.key.where, "is given without https.certificate; set both, or neither");
  for (const std::string name : {"https.client_ca", "https.ciphers", "https.port"}) {
    const auto given = reader.properties().given(name) ? reader.filled(name) : std::nullopt;
    if (given && (name != "https.port" || port))
      reader.mistakes().add(given->where, "is not used without https.certificate; set that and https.key, or leave the key out");
  }
}

void readAdmin(KeyReader& reader, AdminConfig& admin) {
  const auto address = reader.filled("admin.address");
  const auto port = reader.read("admin.port");
  const bool port_given = reader.properties().given("admin.port");
  if (address) admin.address = readAddress(reader, *address);
  if (port) admin.port = static_cast<std::uint16_t>(port->integer);
  if (address && !port_given) reader.mistakes().add(address->where, "is given without admin.port; set that too, or leave the key out");
  if (!address && port)
    reader.mistakes().add(reader.value("admin.port")->where, "is not used without admin.address; set that too, or leave the key out");
}

// Of two listeners; port 0 is any free one.
void separate(KeyReader& reader, std::string_view key, std::uint16_t port, const std::string& address, std::string_view other_key,
              std::uint16_t other_port, const std::string& other_address) {
  if (port == 0 || port != other_port || !addressesOverlap(address, other_address)) return;
  const auto value = reader.value(key);
  reader.mistakes().add(
      value ? value->where : std::string(key),
      std::to_string(port) + " is " + std::string(other_key) + ", too, at an address that overlaps; choose another port for one of them");
}

void readToken(KeyReader& reader, AuthConfig& auth) {
  const auto token = reader.value("http.auth.token");
  if (!token) return;
  auth.token = token->text;
  const std::size_t length = characters(token->text);
  const bool visible = std::all_of(token->text.begin(), token->text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (length < kLeastToken)
    reader.mistakes().add(token->where, "has " + std::to_string(length) + " characters where " + std::to_string(kLeastToken) +
                                            " or more are needed; make one with `openssl rand -hex 32`");
  else if (length > kMostToken)
    reader.mistakes().add(token->where, "has more than " + std::to_string(kMostToken) +
                                            " characters, which no request can carry; make one with `openssl rand -hex 32`");
  else if (!visible)
    reader.mistakes().add(token->where,
                          "has a space, a control character or a letter beyond ASCII, which no request can carry; make one with "
                          "`openssl rand -hex 32`");
}

// The entries of a file as htpasswd writes it, or of one line: with commas or spaces between.
std::vector<std::string> userEntries(std::string_view text) {
  constexpr std::string_view kBetween = ", \t\r\f\v";
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() == '#') continue;
    for (std::size_t at = line.find_first_not_of(kBetween); at != std::string_view::npos; at = line.find_first_not_of(kBetween)) {
      line.remove_prefix(at);
      entries.emplace_back(line.substr(0, line.find_first_of(kBetween)));
      line.remove_prefix(entries.back().size());
    }
  }
  return entries;
}

// What is wrong isn't quoted, be it a name: who has slipped may have written a password in its place.
void readUsers(KeyReader& reader, AuthConfig& auth) {
  const auto users = reader.value("http.auth.users");
  if (!users) return;
  const std::vector<std::string> entries = userEntries(users->text);
  if (entries.empty()) reader.mistakes().add(users->where, "has no user; write NAME:HASH, as `htpasswd -nB NAME` prints it");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& entry = entries[i];
    const auto refuse = [&](const std::string& fault) {
      reader.mistakes().add(users->where, "user " + std::to_string(i + 1) + " of " + std::to_string(entries.size()) + " " + fault);
    };
    const std::size_t colon = entry.find(':');
    const std::string name = entry.substr(0, colon);
    if (colon == std::string::npos || colon == 0) {
      refuse("is not NAME:HASH; write it as `htpasswd -nB NAME` prints it");
    } else if (auth.users.count(name) > 0) {
      refuse("has the name of one before it; keep one of the two");
    } else {
      const std::string fault = passwordHashFault(entry.substr(colon + 1));
      if (!fault.empty()) refuse(fault);
      auth.users[name] = entry.substr(colon + 1);
    }
  }
}

}  // namespace

void readHttpKeys(KeyReader& reader, HostConfig& config) {
  const std::size_t mistakes_before = reader.mistakes().lines().size();
  if (const auto address = reader.value("http.address")) config.http_address = readAddress(reader, *address);
  config.http_port = static_cast<std::uint16_t>(reader.integer("http.port"));
  config.allowed_hosts = reader.list("http.allowed_hosts", hostPatternFault);
  for (std::string& host : config.allowed_hosts) host = lowerCase(host);
  config.ssl_redirect = reader.flag("http.ssl_redirect");
  config.ssl_redirect_exempt = reader.list("http.ssl_redirect_exempt", pathFault);
  config.trusted_proxies = reader.list("http.trusted_proxies", networkFault);
  config.metrics_enabled = reader.flag("metrics.enabled");
  readLimits(reader, config.http_limits);
  readHttps(reader, config.https);
  readAdmin(reader, config.admin);
  readToken(reader, config.auth);
  readUsers(reader, config.auth);
  const std::string& address = config.http_address;
  if (config.https.on()) separate(reader, "https.port", config.https.port, address, "http.port", config.http_port, address);
  if (config.admin.on()) separate(reader, "admin.port", config.admin.port, config.admin.address, "http.port", config.http_port, address);
  if (config.admin.on() && config.https.on())
    separate(reader, "admin.port", config.admin.port, config.admin.address, "https.port", config.https.port, address);
  if (reader.mistakes().lines().size() > mistakes_before) config.https = {};  // its files are looked at when the rest is right
}

}  // namespace pulsewatch
