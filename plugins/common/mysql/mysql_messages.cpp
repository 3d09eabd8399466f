#include "common/mysql/mysql_messages.h"

#include <cerrno>
#include <errmsg.h>

namespace pulsewatch::mysql {
namespace {

std::string systemMessage(int number, const Target& target) {
  switch (number) {
    case ECONNREFUSED:
      return "MySQL connection refused at " + target.where();
    case ENOENT:
      return "MySQL socket not found: " + target.where();
    case EACCES:
    case EPERM:
      return "MySQL socket not accessible: " + target.where();
    case ETIMEDOUT:
      return "MySQL timed out at " + target.where();
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return "MySQL host unreachable: " + target.where();
    case ECONNRESET:
    case EPIPE:
      return "MySQL connection lost at " + target.where();
    default:
      return "MySQL connection failed at " + target.where();
  }
}

std::string tlsMessage(const std::string& words, const Target& target) {
  if (words.find("Validation of SSL server certificate failed") != std::string::npos)
    return "MySQL TLS certificate is for another name than " + target.host;
  if (words.find("certificate has expired") != std::string::npos) return "MySQL TLS certificate has expired at " + target.where();
  if (words.find("certificate") != std::string::npos && words.find("alert") == std::string::npos)
    return "MySQL TLS certificate is not trusted at " + target.where();
  return "MySQL TLS failed at " + target.where();
}

std::string serverMessage(const Failure& failure, const Target& target) {
  switch (failure.number()) {
    case 1045:
    case 1698:
      return "MySQL access denied for user " + target.user;
    case 1044:
      return "MySQL access denied for user " + target.user + " to database " + target.database;
    case 1049:
      return "MySQL unknown database " + target.database;
    case 1040:
      return "MySQL has too many connections at " + target.where();
    case 1203:
    case 1226:
      return "MySQL user " + target.user + " has reached a limit";
    case 1129:
      return "MySQL blocks this host after many connection errors at " + target.where();
    case 1130:
      return "MySQL allows no connection from this host at " + target.where();
    case 1820:
    case 1862:
      return "MySQL password of user " + target.user + " has expired";
    case 3118:
    case 4151:
      return "MySQL account " + target.user + " is locked";
    case 3159:
      return "MySQL requires TLS at " + target.where();
    case 1053:
      return "MySQL is shutting down at " + target.where();
    case 1251:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case CR_AUTH_PLUGIN_ERR:
    case CR_PLUGIN_NOT_ALLOWED:
      return "MySQL login method of user " + target.user + " is not supported";
    case 1927:
    case 4031:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_ERR_NET_READ:
    case CR_ERR_NET_WRITE:
      return "MySQL connection lost at " + target.where();
    case CR_SSL_CONNECTION_ERROR:
      return tlsMessage(failure.what(), target);
    case CR_VERSION_ERROR:
    case CR_SERVER_HANDSHAKE_ERR:
    case CR_COMMANDS_OUT_OF_SYNC:
    case CR_NET_PACKET_TOO_LARGE:
    case CR_MALFORMED_PACKET:
    case CR_UNKNOWN_ERROR:
      return "MySQL protocol error at " + target.where();
    default:
      return "MySQL error " + std::to_string(failure.number());
  }
}

}  // namespace

std::string message(const Failure& failure, const Target& target) {
  switch (failure.kind()) {
    case Failure::Kind::timed_out:
      return "MySQL timed out at " + target.where();
    case Failure::Kind::lookup_timed_out:
      return "MySQL host name lookup timed out: " + target.host;
    case Failure::Kind::host_not_found:
      return "MySQL host name not found: " + target.host;
    case Failure::Kind::lookup_failed:
      return "MySQL host name lookup failed: " + target.host;
    case Failure::Kind::no_tls:
      return "MySQL TLS is not offered at " + target.where();
    case Failure::Kind::tls_file:
      return std::string("MySQL TLS file not readable: ") + failure.what();
    case Failure::Kind::too_large:
      return "MySQL answer is too large at " + target.where();
    case Failure::Kind::system:
      return systemMessage(failure.number(), target);
    case Failure::Kind::server:
      return serverMessage(failure, target);
  }
  return "MySQL failed";
}

std::string details(const Failure& failure, const Target& target) {
  std::string words = failure.what();
  if (!target.password.empty()) {
    for (std::size_t at = words.find(target.password); at != std::string::npos; at = words.find(target.password, at + 3))
      words.replace(at, target.password.size(), "***");
  }
  return failure.number() == 0 ? words : std::to_string(failure.number()) + ": " + words;
}

}  // namespace pulsewatch::mysql
