// The other side of a TlsStream: OpenSSL's client between two buffers, so that a test decides which bytes go over the wire when. One
// thread.
#pragma once

#include "support/certificates.h"

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace pulsewatch::testing {

// Two ends of a connection that don't block.
class SocketPair {
 public:
  SocketPair() { CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data())); }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  ~SocketPair() {
    closeClient();
    ::close(ends_[0]);
  }
  [[nodiscard]] int server() const { return ends_[0]; }
  [[nodiscard]] int client() const { return ends_[1]; }
  void closeClient() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

struct TlsClientOptions {
  int least = TLS1_2_VERSION;
  int most = TLS1_3_VERSION;
  std::string ciphers = {};    // of TLS 1.2
  IssuedFiles shown = {};      // a certificate of its own
  std::string alpn = {};       // as it is sent: each with its length before it
  std::string authority = {};  // "": the server isn't verified
};

class TlsClient {
 public:
  explicit TlsClient(int fd, const TlsClientOptions& options = {}) : fd_(fd), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX* const context = context_.get();
    SSL_CTX_set_security_level(context, 0);
    check(SSL_CTX_set_min_proto_version(context, options.least) == 1 && SSL_CTX_set_max_proto_version(context, options.most) == 1);
    check(SSL_CTX_set_cipher_list(context, options.ciphers.empty() ? "ALL:COMPLEMENTOFALL:@SECLEVEL=0" : options.ciphers.c_str()) == 1);
    if (!options.shown.certificate.empty())
      check(SSL_CTX_use_certificate_chain_file(context, options.shown.certificate.c_str()) == 1 &&
            SSL_CTX_use_PrivateKey_file(context, options.shown.key.c_str(), SSL_FILETYPE_PEM) == 1);
    if (!options.authority.empty()) {
      check(SSL_CTX_load_verify_locations(context, options.authority.c_str(), nullptr) == 1);
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
    ssl_.reset(SSL_new(context));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    if (!options.alpn.empty())
      check(SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.alpn.data()),
                                static_cast<unsigned>(options.alpn.size())) == 0);
  }

  // Goes on with the handshake as far as the bytes that have come allow. True once it is over, well or not.
  bool step() {
    fill();
    if (fault_.empty() && SSL_is_init_finished(ssl_.get()) == 0) keepFault(SSL_do_handshake(ssl_.get()));
    flush();
    return !fault_.empty() || SSL_is_init_finished(ssl_.get()) == 1;
  }

  // The next bytes that it wants to send, for a test that sends them itself.
  std::string nextFlight() {
    fill();
    keepFault(SSL_do_handshake(ssl_.get()));
    return pending();
  }

  void send(const std::string& text) {
    keepFault(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())));
    flush();
  }

  // What can be read now.
  std::string receive() {
    fill();
    std::string text;
    std::array<char, 16384> buffer{};
    for (;;) {
      ERR_clear_error();
      const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) {
        keepFault(got);
        break;
      }
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    flush();
    return text;
  }

  void sayGoodbye() {
    SSL_shutdown(ssl_.get());
    flush();
  }
  bool renegotiate() {
    const bool began = SSL_renegotiate(ssl_.get()) == 1;
    keepFault(SSL_do_handshake(ssl_.get()));
    flush();
    return began;
  }

  [[nodiscard]] bool wasToldGoodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  // OpenSSL's words of what went wrong; "" when nothing did.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

 private:
  static void check(bool worked) { CPPUNIT_ASSERT_MESSAGE("the test's client can't be made as it should be", worked); }
  void keepFault(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (result > 0 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) return;
    const char* const words = ERR_reason_error_string(ERR_peek_error());
    fault_ = words == nullptr ? "no words" : words;
    ERR_clear_error();
  }
  void fill() {
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0;) BIO_write(in_, buffer.data(), static_cast<int>(got));
  }
  std::string pending() {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  void flush() {
    const std::string bytes = pending();
    if (!bytes.empty()) ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  const int fd_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::string fault_;
};

}  // namespace pulsewatch::testing
