// TLS for the server's connections: what all of them share, made of https.* by Poco's NetSSL, and one connection's side of it, which never
// waits.
#pragma once

#include "config/host_config.h"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

namespace pulsewatch {

// The files can't be used: `where` is the key or line, `what` says what is wrong and what to do. Never a key's bytes.
class TlsFault : public std::runtime_error {
 public:
  TlsFault(std::string where, const std::string& what) : std::runtime_error(what), where_(std::move(where)) {}
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  std::string where_;
};

// One connection over a descriptor that doesn't block. One thread. Doesn't own the descriptor.
class TlsStream {
 public:
  enum class Outcome {
    done,        // handshake over, or bytes received or sent
    want_read,   // again when the descriptor is readable,
    want_write,  // or takes more
    ended,       // the other side is done
    failed,      // no TLS, no common version, no client certificate, a broken connection
  };
  virtual ~TlsStream() = default;
  virtual Outcome handshake() = 0;
  virtual Outcome receive(char* buffer, std::size_t size, std::size_t& received) = 0;
  virtual Outcome send(const char* bytes, std::size_t size, std::size_t& sent) = 0;
  virtual void shutdown() = 0;  // says goodbye, as far as it can be sent at once
};

// Immutable; any thread. Connections keep what they need of it.
class TlsContext {
 public:
  // Reads the files. Throws TlsFault.
  explicit TlsContext(const HttpsConfig& config);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  [[nodiscard]] std::unique_ptr<TlsStream> accept(int fd) const;  // throws std::bad_alloc

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace pulsewatch
