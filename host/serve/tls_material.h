// What the files of https.* hold: the certificate with those above it, its key, and the authorities of clients. Read and seen to fit
// together; never asks for a password. Any thread. Throws TlsFault.
#pragma once

#include "serve/tls_context.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace pulsewatch {

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, FreeX509>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeKey>;

struct TlsMaterial {
  std::vector<Certificate> chain;  // the server's own first
  PrivateKey key;
  std::vector<Certificate> authorities;  // of clients; empty: none is asked for a certificate
};

TlsMaterial readTlsMaterial(const HttpsConfig& config);

TlsCertificate describedCertificate(X509* certificate);

}  // namespace pulsewatch
