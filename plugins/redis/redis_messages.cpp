#include "redis/redis_messages.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

namespace pulsewatch::redis {
namespace {

std::string systemMessage(int number, const Target& target) {
  switch (number) {
    case ECONNREFUSED:
      return "Redis connection refused at " + target.where();
    case ENOENT:
      return "Redis socket not found: " + target.where();
    case EACCES:
    case EPERM:
      return "Redis socket not accessible: " + target.where();
    case ETIMEDOUT:
      return "Redis timed out at " + target.where();
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return "Redis host unreachable: " + target.where();
    case ECONNRESET:
    case EPIPE:
      return "Redis connection lost at " + target.where();
    default:
      return "Redis connection failed at " + target.where();
  }
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// NOPERM … has no permissions to run the 'get' command
std::string permissionMessage(const std::string& words) {
  const std::size_t open = words.find('\'');
  const std::size_t close = open == std::string::npos ? open : words.find('\'', open + 1);
  if (close == std::string::npos) return "Redis no permission for the key";
  std::string command = words.substr(open + 1, close - open - 1);
  std::transform(command.begin(), command.end(), command.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const bool one_word = std::all_of(command.begin(), command.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  return one_word && command.size() <= 20 ? "Redis no permission for " + command : "Redis no permission";
}

std::string replyMessage(const std::string& words, const Target& target) {
  // By an error's first word; the older servers' ERR has the rest in its sentence.
  const std::string code = words.substr(0, words.find(' '));
  const std::array<std::pair<const char*, std::string>, 12> known = {{
      {"NOAUTH", "Redis requires a password"},
      {"WRONGPASS", "Redis wrong user or password"},
      {"DENIED", "Redis is in protected mode and refuses this host at " + target.where()},
      {"LOADING", "Redis is loading its data"},
      {"BUSY", "Redis is busy with a script at " + target.where()},
      {"MASTERDOWN", "Redis replica has lost its primary"},
      {"READONLY", "Redis is a read-only replica"},
      {"OOM", "Redis is out of memory and takes no writes"},
      {"MISCONF", "Redis takes no writes: it can't save to disk"},
      {"NOREPLICAS", "Redis takes no writes: it has too few replicas"},
      {"WRONGTYPE", "Redis key of the probe holds no text"},
      {"CLUSTERDOWN", "Redis cluster is down"},
  }};
  for (const auto& [word, sentence] : known)
    if (code == word) return sentence;
  if (code == "NOPERM") return permissionMessage(words);
  if (code == "MOVED" || code == "ASK") return "Redis key of the probe is on another node of the cluster";
  if (contains(words, "invalid password")) return "Redis wrong user or password";
  if (contains(words, "without any password configured") || contains(words, "no password is set")) return "Redis has no password set";
  if (contains(words, "DB index is out of range") || contains(words, "invalid DB index"))
    return "Redis has no database " + std::to_string(target.database);
  if (contains(words, "max number of clients reached")) return "Redis has too many clients at " + target.where();
  return "Redis replied with an error";
}

}  // namespace

std::string message(const Failure& failure, const Target& target) {
  switch (failure.kind()) {
    case Failure::Kind::timed_out:
      return "Redis timed out at " + target.where();
    case Failure::Kind::lookup_timed_out:
      return "Redis host name lookup timed out: " + target.host;
    case Failure::Kind::host_not_found:
      return "Redis host name not found: " + target.host;
    case Failure::Kind::lookup_failed:
      return "Redis host name lookup failed: " + target.host;
    case Failure::Kind::system:
      return systemMessage(failure.number(), target);
    case Failure::Kind::lost:
      return "Redis connection lost at " + target.where();
    case Failure::Kind::tls:
      return "Redis TLS failed at " + target.where();
    case Failure::Kind::tls_timed_out:
      return "Redis timed out in the TLS handshake at " + target.where();
    case Failure::Kind::tls_name:
      return "Redis TLS certificate is for another name than " + target.host;
    case Failure::Kind::tls_expired:
      return "Redis TLS certificate has expired at " + target.where();
    case Failure::Kind::tls_untrusted:
      return "Redis TLS certificate is not trusted at " + target.where();
    case Failure::Kind::tls_files:
      return "Redis TLS files of url can't be used";
    case Failure::Kind::protocol:
      return "Redis protocol error at " + target.where();
    case Failure::Kind::reply:
      return replyMessage(failure.what(), target);
  }
  return "Redis failed";
}

std::string details(const Failure& failure, const Target& target) {
  std::string words = *failure.what() == '\0' ? "an error without words" : failure.what();
  if (!target.password.empty()) {
    for (std::size_t at = words.find(target.password); at != std::string::npos; at = words.find(target.password, at + 3))
      words.replace(at, target.password.size(), "***");
  }
  return failure.number() == 0 ? words : std::to_string(failure.number()) + ": " + words;
}

}  // namespace pulsewatch::redis
