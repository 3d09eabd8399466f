#include "serve/tls_context.h"

#include "serve/tls_material.h"
#include "serve/tls_socket.h"

#include <Poco/Net/Context.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <new>

namespace pulsewatch {

namespace {

// Forward secrecy and authenticated encryption only. The server chooses: what is cheapest to compute comes first.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kCiphersKey = "https.ciphers";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr int kSecurityLevel = 2;  // RSA of 2048 bits, SHA-256
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

void need(bool worked) {
  if (worked) return;
  ERR_clear_error();
  throw std::bad_alloc();
}

// RFC 7301: who offers protocols of which we have none is told so.
int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, kHttp11.data(), kHttp11.size(), offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Poco::Net::Context::Ptr makeContext() {
  Poco::Net::Context::Params params;
  params.verificationMode = Poco::Net::Context::VERIFY_NONE;
  params.cipherList = kCiphers;
  params.dhUse2048Bits = true;
  Poco::Net::Context::Ptr context(new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, params));
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  context->disableStatelessSessionResumption();
  context->enableSessionCache(false);
  context->preferServerCiphers();
  SSL_CTX* const ssl = context->sslContext();
  need(SSL_CTX_set_num_tickets(ssl, 0) == 1);
  // A half-closed connection is still answered, as without TLS: where a request ends, HTTP says.
  SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(ssl, 1);
  SSL_CTX_set_dh_auto(ssl, 1);  // for an operator's list with DHE, of a size that fits the key
  need(SSL_CTX_set_ciphersuites(ssl, kSuites) == 1 && SSL_CTX_set1_groups_list(ssl, kGroups) == 1);
  SSL_CTX_set_alpn_select_cb(ssl, &chooseProtocol, nullptr);
  return context;
}

void setCiphers(SSL_CTX* ssl, const std::string& ciphers) {
  if (SSL_CTX_set_cipher_list(ssl, ciphers.empty() ? kCiphers : ciphers.c_str()) != 1) {
    ERR_clear_error();
    throw TlsFault(kCiphersKey, "names no cipher of TLS 1.2 that OpenSSL has here; openssl ciphers -v -tls1_2 lists them");
  }
  SSL_CTX_set_security_level(ssl, kSecurityLevel);  // a list may have lowered it
  const STACK_OF(SSL_CIPHER)* const taken = SSL_CTX_get_ciphers(ssl);
  for (int i = 0; i < sk_SSL_CIPHER_num(taken); ++i) {
    const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(taken, i);
    if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null || SSL_CIPHER_get_cipher_nid(cipher) == NID_undef)
      throw TlsFault(kCiphersKey, std::string("takes ") + SSL_CIPHER_get_name(cipher) +
                                      ", which doesn't authenticate or doesn't encrypt; add :!aNULL:!eNULL to the list");
  }
}

// A list without one for this kind of key would end TLS 1.2 silently.
void checkCiphersFit(SSL_CTX* ssl, EVP_PKEY* key) {
  const int kind = EVP_PKEY_get_base_id(key);
  const bool rsa = kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS;
  const STACK_OF(SSL_CIPHER)* const taken = SSL_CTX_get_ciphers(ssl);
  for (int i = 0; i < sk_SSL_CIPHER_num(taken); ++i)
    if (SSL_CIPHER_get_auth_nid(sk_SSL_CIPHER_value(taken, i)) == (rsa ? NID_auth_rsa : NID_auth_ecdsa)) return;
  throw TlsFault(kCiphersKey,
                 std::string("has no cipher of TLS 1.2 for ") + (rsa ? "an RSA" : "an EC") + " key as the one of https.key; add one");
}

// What OpenSSL has against a certificate, as the rest of a sentence.
std::string objection() {
  const unsigned long code = ERR_peek_last_error();
  const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  if (reason == SSL_R_EE_KEY_TOO_SMALL || reason == SSL_R_CA_KEY_TOO_SMALL)
    return "is too weak: its key is too short; make one with an RSA key of at least 2048 bits, or an EC key";
  if (reason == SSL_R_CA_MD_TOO_WEAK) return "is too weak: it is signed with a broken hash; have it signed with SHA-256";
  const char* const words = ERR_reason_error_string(code);
  return std::string("is refused by OpenSSL: ") + (words == nullptr ? "it doesn't say why" : words) + "; replace it";
}

void useChain(SSL_CTX* ssl, const TlsMaterial& material, const ConfiguredFile& file) {
  for (std::size_t i = 0; i < material.chain.size(); ++i) {
    X509* const certificate = material.chain[i].get();
    ERR_clear_error();
    const long used = i == 0 ? SSL_CTX_use_certificate(ssl, certificate) : SSL_CTX_add1_chain_cert(ssl, certificate);
    if (used != 1) {
      const std::string why = objection();
      ERR_clear_error();
      throw TlsFault(file.where, file.shown + ": certificate " + std::to_string(i + 1) + " in it " + why);
    }
  }
}

void askClients(SSL_CTX* ssl, const std::vector<Certificate>& authorities) {
  for (const Certificate& authority : authorities)
    need(X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), authority.get()) == 1 && SSL_CTX_add_client_CA(ssl, authority.get()) == 1);
  // Without Poco's callback, which asks the terminal.
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace

struct TlsContext::Parts {
  Poco::Net::Context::Ptr context = makeContext();
  TlsCertificate certificate;
};

TlsContext::TlsContext(const HttpsConfig& config) : parts_(std::make_unique<Parts>()) {
  SSL_CTX* const ssl = parts_->context->sslContext();
  setCiphers(ssl, config.ciphers);
  const TlsMaterial material = readTlsMaterial(config);
  useChain(ssl, material, config.certificate);
  if (SSL_CTX_use_PrivateKey(ssl, material.key.get()) != 1) {
    ERR_clear_error();
    throw TlsFault(config.key.where, config.key.shown + " is refused by OpenSSL; make another key and certificate");
  }
  checkCiphersFit(ssl, material.key.get());
  if (!material.authorities.empty()) askClients(ssl, material.authorities);
  parts_->certificate = describedCertificate(material.chain.front().get());
}

TlsContext::~TlsContext() = default;

std::unique_ptr<TlsStream> TlsContext::accept(int fd) const { return std::make_unique<TlsSocket>(parts_->context->sslContext(), fd); }

const TlsCertificate& TlsContext::certificate() const { return parts_->certificate; }

void checkTls(const HttpsConfig& config, Mistakes& mistakes) {
  if (!config.on()) return;
  try {
    const TlsContext context(config);
  } catch (const TlsFault& fault) {
    mistakes.add(fault.where(), fault.what());
  }
}

}  // namespace pulsewatch
