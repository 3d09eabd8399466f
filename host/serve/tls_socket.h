// One connection of the server's side of TLS over OpenSSL, which reads and writes the socket through a BIO of our own: OpenSSL's would
// raise SIGPIPE. One thread.
#pragma once

#include "serve/tls_context.h"

#include <openssl/ssl.h>

namespace pulsewatch {

class TlsSocket final : public TlsStream {
 public:
  // Throws std::bad_alloc. Keeps the context, doesn't own the descriptor.
  TlsSocket(SSL_CTX* context, int fd);

  Outcome handshake() override;
  Outcome receive(char* buffer, std::size_t size, std::size_t& received) override;
  Outcome send(const char* bytes, std::size_t size, std::size_t& sent) override;
  void shutdown() override;
  [[nodiscard]] const std::string& fault() const override { return fault_; }

 private:
  friend struct TlsBio;
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  Outcome outcomeOf(int result);
  void failed();

  const int fd_;
  const std::unique_ptr<SSL, FreeSsl> ssl_;
  bool read_to_end_ = false;
  bool failed_ = false;
  std::string fault_;
};

}  // namespace pulsewatch
