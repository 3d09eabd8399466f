#include "serve/tls_socket.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <sys/socket.h>

namespace pulsewatch {

// What OpenSSL calls for the socket's bytes.
struct TlsBio {
  static TlsSocket& socketOf(BIO* bio) { return *static_cast<TlsSocket*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* buffer, int size) {
    TlsSocket& socket = socketOf(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got = 0;
    do got = ::recv(socket.fd_, buffer, static_cast<std::size_t>(size), MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
    if (got == 0) socket.read_to_end_ = true;
    return static_cast<int>(got);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    ssize_t put = 0;
    do put = ::send(socketOf(bio).fd_, bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
    return static_cast<int>(put);
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return socketOf(bio).read_to_end_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  // Never freed: connections may use it until the process ends.
  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = make();
    return made;
  }

  static const BIO_METHOD* make() {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pulsewatch socket");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(made, &TlsBio::read);
    BIO_meth_set_write(made, &TlsBio::write);
    BIO_meth_set_ctrl(made, &TlsBio::control);
    return made;
  }
};

namespace {

// As other servers say it to a client that speaks plain HTTP: it can't read an alert.
constexpr std::string_view kPlainHttp =
    "HTTP/1.0 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 75\r\nConnection: close\r\n\r\n"
    R"({"error":"bad request","detail":"plain HTTP was sent to the port of https"})";
static_assert(kPlainHttp.size() - kPlainHttp.find("\r\n\r\n") == 4 + 75);

}  // namespace

TlsSocket::TlsSocket(SSL_CTX* context, int fd) : fd_(fd), ssl_(SSL_new(context)) {
  BIO* const bio = ssl_ ? BIO_new(TlsBio::method()) : nullptr;
  if (bio == nullptr) {
    ERR_clear_error();
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsStream::Outcome TlsSocket::handshake() {
  if (failed_) return Outcome::failed;
  ERR_clear_error();
  return outcomeOf(SSL_do_handshake(ssl_.get()));
}

TlsStream::Outcome TlsSocket::receive(char* buffer, std::size_t size, std::size_t& received) {
  received = 0;
  if (failed_) return Outcome::failed;
  ERR_clear_error();
  return outcomeOf(SSL_read_ex(ssl_.get(), buffer, size, &received));
}

TlsStream::Outcome TlsSocket::send(const char* bytes, std::size_t size, std::size_t& sent) {
  sent = 0;
  if (failed_) return Outcome::failed;
  if (size == 0) return Outcome::done;
  ERR_clear_error();
  const Outcome outcome = outcomeOf(SSL_write_ex(ssl_.get(), bytes, size, &sent));
  if (outcome != Outcome::ended) return outcome;
  failed_ = true;  // that the other side had ended is old: now it doesn't read either
  return Outcome::failed;
}

void TlsSocket::shutdown() {
  if (failed_ || SSL_is_init_finished(ssl_.get()) != 1) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

TlsStream::Outcome TlsSocket::outcomeOf(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  Outcome outcome = Outcome::failed;
  if (error == SSL_ERROR_NONE) outcome = Outcome::done;
  if (error == SSL_ERROR_WANT_READ) outcome = Outcome::want_read;
  if (error == SSL_ERROR_WANT_WRITE) outcome = Outcome::want_write;
  if (error == SSL_ERROR_ZERO_RETURN) outcome = Outcome::ended;
  if (outcome == Outcome::failed) failed();
  ERR_clear_error();
  return outcome;
}

void TlsSocket::failed() {
  failed_ = true;
  const unsigned long code = ERR_peek_error();
  const char* const words = ERR_reason_error_string(code);
  if (words != nullptr) fault_ = words;
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) fault_ += std::string(": ") + X509_verify_cert_error_string(verified);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST)
    ::send(fd_, kPlainHttp.data(), kPlainHttp.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace pulsewatch
