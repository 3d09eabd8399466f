// TLS for the server's connections: what all of them share, made of https.* by Poco's NetSSL, and one connection's side of it, which never
// waits.
//
// TLS 1.2 and 1.3. No session is resumed: there are no tickets and no cache, so that no key outlives its connection, and each connection
// shows its certificate anew. No compression, no renegotiation, no early data.
#pragma once

#include "base/clock.h"
#include "config/host_config.h"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

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
    ended,       // the other side is done; it may still read
    failed,      // no TLS, no common version, no client certificate, a broken connection; nothing more can be received or sent
  };
  virtual ~TlsStream() = default;
  virtual Outcome handshake() = 0;
  // Until it wants something: what has been decrypted already doesn't make the descriptor readable.
  virtual Outcome receive(char* buffer, std::size_t size, std::size_t& received) = 0;
  // A part may be sent, which is done too. After want_write the same bytes must come again, from wherever, and more may follow them.
  virtual Outcome send(const char* bytes, std::size_t size, std::size_t& sent) = 0;
  virtual void shutdown() = 0;  // says goodbye, as far as it can be sent at once
  // After `failed`: why, in OpenSSL's words; "" when the connection broke.
  [[nodiscard]] virtual const std::string& fault() const = 0;
};

// Of the certificate that clients are shown.
struct TlsCertificate {
  std::string subject;  // as RFC 2253 writes it
  std::string issuer;
  std::string fingerprint;  // SHA-256, as openssl writes it
  WallTime not_before;
  WallTime not_after;  // 2262 at most, where the clock ends
};

// What clients will object to at this time, and what to do: "" when nothing is.
std::string validityWarning(const TlsCertificate& certificate, WallTime now);

// Immutable; any thread. Connections keep what they need of it.
class TlsContext {
 public:
  // Reads the files. Throws TlsFault.
  explicit TlsContext(const HttpsConfig& config);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  [[nodiscard]] std::unique_ptr<TlsStream> accept(int fd) const;  // throws std::bad_alloc
  [[nodiscard]] const TlsCertificate& certificate() const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

// Adds what a TlsContext of it would be refused for; nothing when https is off.
void checkTls(const HttpsConfig& config, Mistakes& mistakes);

}  // namespace pulsewatch
