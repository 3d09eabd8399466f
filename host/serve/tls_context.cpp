#include "serve/tls_context.h"
namespace pulsewatch {
struct TlsContext::Parts {};
TlsContext::TlsContext(const HttpsConfig&) {}
TlsContext::~TlsContext() = default;
std::unique_ptr<TlsStream> TlsContext::accept(int) const { return nullptr; }
}  // namespace pulsewatch
