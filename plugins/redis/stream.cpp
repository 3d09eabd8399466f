#include "redis/stream.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pulsewatch::redis {
namespace {

[[noreturn]] void failSystem(int number) { throw Failure(Failure::Kind::system, std::generic_category().message(number), number); }

[[noreturn]] void failTimedOut() { throw Failure(Failure::Kind::timed_out, "no answer in time"); }

[[noreturn]] void failLost(const std::string& words) { throw Failure(Failure::Kind::lost, words); }

// OpenSSL's words for its oldest error; clears them all.
std::string tlsWords() {
  std::array<char, 256> words{};
  const unsigned long code = ::ERR_get_error();
  ::ERR_error_string_n(code, words.data(), words.size());
  ::ERR_clear_error();
  return code == 0 ? "the connection ended" : words.data();
}

Failure::Kind certificateFault(long verified) {
  switch (verified) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Failure::Kind::tls_name;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Failure::Kind::tls_expired;
    default:
      return Failure::Kind::tls_untrusted;
  }
}

bool connectionGone(int number) { return number == ECONNRESET || number == EPIPE || number == ENOTCONN; }

}  // namespace

Stream::Stream(const Target& target, net::HostLookup& lookup, const net::Deadline& deadline) {
  try {
    if (target.unix_socket.empty()) {
      connectAny(lookup, deadline);
    } else {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      target.unix_socket.copy(address.sun_path, sizeof address.sun_path - 1);
      connectTo(reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
    }
    if (target.tls) startTls(target, deadline);
  } catch (...) {
    disconnect();
    throw;
  }
}

Stream::~Stream() {
  // A goodbye that doesn't wait for the server's.
  if (tls_ && SSL_is_init_finished(tls_.get())) {
    ::SSL_shutdown(tls_.get());
    ::ERR_clear_error();
  }
  disconnect();
}

void Stream::disconnect() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Stream::connectAny(net::HostLookup& lookup, const net::Deadline& deadline) {
  std::vector<net::Address> addresses;
  switch (lookup.resolve(deadline, addresses)) {
    case net::HostLookup::Outcome::timed_out:
      throw Failure(Failure::Kind::lookup_timed_out, "no answer from the name service in time");
    case net::HostLookup::Outcome::not_found:
      throw Failure(Failure::Kind::host_not_found, "no such host name");
    case net::HostLookup::Outcome::failed:
      throw Failure(Failure::Kind::lookup_failed, "the name service failed");
    case net::HostLookup::Outcome::found:
      break;
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto left = static_cast<std::int64_t>(addresses.size() - i);
    try {
      connectTo(addresses[i].get(), addresses[i].size, deadline.within(deadline.remaining() / left));
      break;
    } catch (const Failure&) {
      disconnect();
      if (left == 1) throw;
    }
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void Stream::connectTo(const sockaddr* address, socklen_t size, const net::Deadline& deadline) {
  fd_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) failSystem(errno);
  if (::connect(fd_, address, size) == 0) return;
  // EAGAIN is a unix socket's "try again later": its queue is full because nobody accepts.
  if (errno == EAGAIN) failTimedOut();
  if (errno != EINPROGRESS) failSystem(errno);
  if (deadline.wait(fd_, POLLOUT) == 0) failTimedOut();
  int error = 0;
  socklen_t error_size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &error_size);
  if (error != 0) failSystem(error);
}

void Stream::startTls(const Target& target, const net::Deadline& deadline) {
  context_.reset(::SSL_CTX_new(::TLS_client_method()));
  if (!context_) throw Failure(Failure::Kind::tls, tlsWords());
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  bool files = target.tls_ca.empty() ? ::SSL_CTX_set_default_verify_paths(context) == 1
                                     : ::SSL_CTX_load_verify_locations(context, target.tls_ca.c_str(), nullptr) == 1;
  if (files && !target.tls_cert.empty())
    files = ::SSL_CTX_use_certificate_chain_file(context, target.tls_cert.c_str()) == 1 &&
            ::SSL_CTX_use_PrivateKey_file(context, target.tls_key.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!files) throw Failure(Failure::Kind::tls_files, tlsWords());

  tls_.reset(::SSL_new(context));
  if (!tls_ || ::SSL_set_fd(tls_.get(), fd_) != 1) throw Failure(Failure::Kind::tls, tlsWords());
  ::SSL_set_verify(tls_.get(), target.tls_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  X509_VERIFY_PARAM* const parameters = ::SSL_get0_param(tls_.get());
  const bool numeric = ::X509_VERIFY_PARAM_set1_ip_asc(parameters, target.host.c_str()) == 1;
  ::ERR_clear_error();
  if (!numeric) {
    ::X509_VERIFY_PARAM_set1_host(parameters, target.host.c_str(), target.host.size());
    SSL_set_tlsext_host_name(tls_.get(), target.host.c_str());
  }
  try {
    drive([this] { return ::SSL_connect(tls_.get()); }, deadline);
  } catch (const Failure& failure) {
    // A Redis without TLS takes the handshake for the beginning of a command, and waits for the rest.
    if (failure.kind() != Failure::Kind::timed_out) throw;
    throw Failure(Failure::Kind::tls_timed_out, "no end of the TLS handshake in time; does the server speak TLS there?");
  }
}

// Runs a call of OpenSSL's until it is done; what it returned, above 0.
template <class Operation>
int Stream::drive(Operation operation, const net::Deadline& deadline) {
  for (;;) {
    ::ERR_clear_error();
    const int done = operation();
    if (done > 0) return done;
    const int error = errno;
    switch (::SSL_get_error(tls_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        if (deadline.wait(fd_, POLLIN) == 0) failTimedOut();
        break;
      case SSL_ERROR_WANT_WRITE:
        if (deadline.wait(fd_, POLLOUT) == 0) failTimedOut();
        break;
      case SSL_ERROR_ZERO_RETURN:
        failLost("the server closed the connection");
      case SSL_ERROR_SYSCALL:
        failLost(error == 0 ? "the connection ended" : std::generic_category().message(error));
      default: {
        const long verified = ::SSL_get_verify_result(tls_.get());
        const bool unexpected_end = ERR_GET_REASON(::ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
        const std::string words = tlsWords();
        if (unexpected_end) failLost(words);
        if (verified == X509_V_OK || ::SSL_get_verify_mode(tls_.get()) == SSL_VERIFY_NONE) throw Failure(Failure::Kind::tls, words);
        throw Failure(certificateFault(verified), ::X509_verify_cert_error_string(verified));
      }
    }
  }
}

void Stream::send(const std::string& bytes, const net::Deadline& deadline) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const char* const rest = bytes.data() + sent;
    const std::size_t length = bytes.size() - sent;
    if (tls_) {
      sent += static_cast<std::size_t>(drive([&] { return ::SSL_write(tls_.get(), rest, static_cast<int>(length)); }, deadline));
      continue;
    }
    const ssize_t count = ::send(fd_, rest, length, MSG_NOSIGNAL);
    if (count >= 0)
      sent += static_cast<std::size_t>(count);
    else if (connectionGone(errno))
      failLost(std::generic_category().message(errno));
    else if (errno != EAGAIN && errno != EINTR)
      failSystem(errno);
    else if (deadline.wait(fd_, POLLOUT) == 0)
      failTimedOut();
  }
}

std::string Stream::receive(const net::Deadline& deadline) {
  std::array<char, 16384> buffer{};
  if (tls_) {
    const int count = drive([&] { return ::SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size())); }, deadline);
    return {buffer.data(), static_cast<std::size_t>(count)};
  }
  for (;;) {
    if (deadline.wait(fd_, POLLIN) == 0) failTimedOut();
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count > 0) return {buffer.data(), static_cast<std::size_t>(count)};
    if (count == 0) failLost("the server closed the connection");
    if (connectionGone(errno)) failLost(std::generic_category().message(errno));
    if (errno != EAGAIN && errno != EINTR) failSystem(errno);
  }
}

}  // namespace pulsewatch::redis
