// The files of https.* and what is served with them now: read at the start and again when one of them changes, as a renewal does it. New
// ones that can't be used (half of a renewal) change nothing; they are tried again when they change again. A connection goes on with what
// it began with.
#pragma once

#include "base/clock.h"
#include "base/file_watch.h"
#include "base/log.h"
#include "base/published.h"
#include "serve/tls_context.h"

#include <memory>
#include <optional>

namespace pulsewatch {

class TlsFiles {
 public:
  // Both must outlive it.
  TlsFiles(Log& log, const Clock& clock) : log_(log), clock_(clock) {}
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;
  ~TlsFiles() { stop(); }

  // From one thread: reads these files, and again when they change, on a thread of its own. Throws TlsFault, and then everything is as it
  // was. Off: there is no context any more.
  void use(const HttpsConfig& config);
  void stop();  // from the same thread: they are no longer read again

  // What the next connection is accepted with; null while https is off. Any thread.
  [[nodiscard]] std::shared_ptr<const TlsContext> context() const { return context_.get(); }
  // Of the certificate, as Unix time; for pulsewatch_https_certificate_not_after_timestamp_seconds. Any thread.
  [[nodiscard]] std::optional<double> notAfter() const;

 private:
  void readAgain(const HttpsConfig& config);
  void tell(const TlsCertificate& certificate) const;

  Log& log_;
  const Clock& clock_;
  Published<TlsContext> context_;
  std::unique_ptr<FileWatch> watch_;  // the using thread's
};

}  // namespace pulsewatch
