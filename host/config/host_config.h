// The host's own configuration: parsed once, validated as a whole, immutable. What each field is: contract in the README and
// etc/pulsewatch.properties.
#pragma once
#include "base/log.h"
#include "config/mistakes.h"
#include "config/properties.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pulsewatch {

enum class AccessLog { all, errors, none };
enum class LogForm { json, text };

struct LogFileConfig {
  std::string path;                                      // absolute; "": standard output
  std::string where;                                     // how a mistake in it begins,
  std::string shown;                                     // and the path as it may be shown there
  std::uint64_t rotate_size = std::uint64_t{10} << 20U;  // bytes
  unsigned rotate_count = 5;                             // old files that are kept; 0: it is never rotated
};

struct ControlSocketConfig {
  std::string path;    // absolute; "": none
  bool given = false;  // not the default: then it must be there
  std::string where;   // how a mistake in it begins
  std::string shown;   // and the path as it may be shown there
};

// What a client may take of time and room.
struct HttpLimits {
  std::chrono::milliseconds header_timeout{2000};  // from a request's first byte, or the connection's beginning, to the end of its head
  std::chrono::milliseconds body_timeout{5000};    // from the end of the head to the end of the body
  std::chrono::milliseconds send_timeout{5000};    // for each 64 KiB of an answer
  std::chrono::milliseconds keepalive_timeout{75'000};  // between an answer and the next request's first byte
  std::uint64_t body_limit = std::uint64_t{64} << 10U;  // bytes
  unsigned max_connections = 10'000;
  unsigned max_connections_per_address = 0;  // 0: no limit
};

// A file that a key names.
struct ConfiguredFile {
  std::string path;   // absolute; "": none
  std::string where;  // how a mistake in it begins
  std::string shown;  // and the path as it may be shown there
};

struct HttpsConfig {
  [[nodiscard]] bool on() const { return !certificate.path.empty(); }
  std::uint16_t port = 8443;   // at http.address
  ConfiguredFile certificate;  // PEM: the certificate and those between it and the root
  ConfiguredFile key;          // PEM
  ConfiguredFile client_ca;    // PEM; given: clients must show a certificate of these authorities
  std::string ciphers;         // OpenSSL's list for TLS 1.2
};

struct AuthConfig {
  [[nodiscard]] bool on() const { return !token.empty() || !users.empty(); }
  std::string token;                         // a secret
  std::map<std::string, std::string> users;  // by name: the hash of the password as crypt(5) has it
};

struct AdminConfig {
  [[nodiscard]] bool on() const { return !address.empty(); }
  std::string address;  // "": there is no second listener
  std::uint16_t port = 0;
};

struct HostConfig {
  std::string profile;          // last part of settings_module
  std::string secret_key;       // 50 characters or more
  bool secret_made_up = false;  // for this process, as the profile is dev
  bool debug = false;

  std::string http_address;
  std::uint16_t http_port = 0;
  std::vector<std::string> allowed_hosts;  // Django's patterns, lower case
  bool ssl_redirect = false;
  std::vector<std::string> ssl_redirect_exempt;  // paths
  std::vector<std::string> trusted_proxies;      // addresses or networks (10.0.0.0/8)
  bool metrics_enabled = true;
  HttpLimits http_limits;
  HttpsConfig https;
  AuthConfig auth;
  AdminConfig admin;

  std::vector<std::string> plugin_directories;  // the last is the strongest
  std::vector<std::string> plugin_owners;       // user names or ids; empty: root and the daemon's own
  bool plugin_checksums = false;                // plugins.require_checksums
  std::string plugin_signature_key;             // a file's path; "": none, and so when checksums are not required
  bool plugins_watched = true;                  // loaded, replaced and unloaded while running

  bool config_watched = false;  // read again when a file of it changes

  bool degraded_is_ready = true;
  bool shared_failure_is_ready = false;  // readiness.shared_failure = degraded
  bool public_messages = true;           // whether who has shown no credentials is shown checks' messages
  std::chrono::milliseconds shutdown_drain{5000};

  LogLevel log_level = LogLevel::info;
  AccessLog log_access = AccessLog::errors;
  LogForm log_form = LogForm::json;
  LogFileConfig log_file;

  std::string state_directory;  // absolute
  ControlSocketConfig control_socket;

  std::vector<std::string> warnings;      // sentences to log at start: debug in prod, a made-up SECRET_KEY
  std::vector<std::string> not_acted_on;  // keys given that this version accepts but does not act on yet
};

// Validates every host key that is used; conditional ones (database.url, redis.url, mysql.*, celery.*) only when a check asks for them.
// A relative log.file, state.directory or control.socket is made absolute by the working directory.
HostConfig readHostConfig(const Properties& properties, Mistakes& mistakes);

// Of the config only where plugins are and which files are taken; false after a mistake in these.
bool readPluginKeys(const Properties& properties, HostConfig& config, Mistakes& mistakes);

// The process's environment as a map; of a name that is there twice the first, as getenv() has it.
std::map<std::string, std::string> processEnvironment();

}  // namespace pulsewatch
