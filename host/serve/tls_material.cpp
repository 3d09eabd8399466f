#include "serve/tls_material.h"

#include "config/property_file.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <new>
#include <optional>
#include <system_error>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

// A file's bytes, which are wiped: they may be a key.
struct Bytes {
  explicit Bytes(std::string content) : text(std::move(content)) {}
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() { OPENSSL_cleanse(text.data(), text.size()); }

  std::string text;
};

[[noreturn]] void fail(const ConfiguredFile& file, const std::string& sentence) {
  ERR_clear_error();
  throw TlsFault(file.where, file.shown + " " + sentence);
}

std::string readFile(const ConfiguredFile& file) {
  std::error_code none;  // a FIFO would be waited for
  if (std::filesystem::exists(file.path, none) && !std::filesystem::is_regular_file(file.path, none))
    fail(file, "is no regular file; write the path of a PEM file");
  std::string error;
  std::optional<std::string> content = readSmallFile(file.path, kMostBytes, error);
  if (!content) fail(file, "cannot be read: " + error);
  return std::move(*content);
}

Bio memory(const std::string& bytes) {
  Bio bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

// An encrypted key is not asked for its password, as nobody is there to be asked.
int noPassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::vector<Certificate> readCertificates(const ConfiguredFile& file, const std::string& advice) {
  const Bytes content(readFile(file));
  const Bio bio = memory(content.text);
  std::vector<Certificate> certificates;
  bool asked = false;
  ERR_clear_error();
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, &noPassword, &asked)}) certificates.push_back(std::move(next));
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    fail(file, "is damaged: certificate " + std::to_string(certificates.size() + 1) + " in it can't be read; put the file there again");
  ERR_clear_error();
  if (certificates.empty()) fail(file, "has no certificate in PEM form (-----BEGIN CERTIFICATE-----); " + advice);
  return certificates;
}

PrivateKey readKey(const ConfiguredFile& file) {
  const Bytes content(readFile(file));
  const Bio bio = memory(content.text);
  bool asked = false;
  ERR_clear_error();
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &noPassword, &asked));
  if (asked)
    fail(file, "is encrypted, and nobody is asked for its password; decrypt it with openssl pkey, and let the daemon's user alone read it");
  if (!key && content.text.find("PRIVATE KEY-----") == std::string::npos)
    fail(file, "has no private key in PEM form (-----BEGIN PRIVATE KEY-----); put the certificate's key there");
  if (!key) fail(file, "is damaged: the private key in it can't be read; put the file there again");
  ERR_clear_error();
  return key;
}

void checkKind(const ConfiguredFile& file, EVP_PKEY* key) {
  constexpr std::array kKinds = {EVP_PKEY_RSA, EVP_PKEY_RSA_PSS, EVP_PKEY_EC, EVP_PKEY_ED25519, EVP_PKEY_ED448};
  if (std::find(kKinds.begin(), kKinds.end(), EVP_PKEY_get_base_id(key)) == kKinds.end())
    fail(file, "is of a kind that TLS can't be served with; make an RSA or an EC key");
}

void checkFit(const HttpsConfig& config, const TlsMaterial& material) {
  const auto fits = [&](const Certificate& certificate) { return X509_check_private_key(certificate.get(), material.key.get()) == 1; };
  if (fits(material.chain.front())) return;
  if (std::any_of(material.chain.begin() + 1, material.chain.end(), fits))
    fail(config.certificate, "doesn't begin with the certificate of https.key; put that first, then those between it and the root");
  fail(config.key, "is not the key of the certificate in " + config.certificate.shown + "; put there two that belong together");
}

std::string nameText(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) throw std::bad_alloc();
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

WallTime wallTime(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return {};
  const std::chrono::sys_seconds at{std::chrono::seconds(::timegm(&fields))};
  return std::min(at, std::chrono::floor<std::chrono::seconds>(WallTime::max()));
}

std::string fingerprintOf(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) throw std::bad_alloc();
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += "0123456789ABCDEF"[digest[i] >> 4U];
    text += "0123456789ABCDEF"[digest[i] & 15U];
  }
  return text;
}

}  // namespace

TlsMaterial readTlsMaterial(const HttpsConfig& config) {
  if (config.key.path.empty())
    throw TlsFault(config.certificate.where, "https.certificate needs its key; set https.key to the path of its file");
  TlsMaterial material;
  material.chain = readCertificates(config.certificate, "put the server's own there, then those between it and the root");
  material.key = readKey(config.key);
  checkKind(config.key, material.key.get());
  checkFit(config, material);
  if (!config.client_ca.path.empty())
    material.authorities = readCertificates(config.client_ca, "put there those of the authorities that sign clients' certificates");
  return material;
}

TlsCertificate describedCertificate(X509* certificate) {
  return {nameText(X509_get_subject_name(certificate)), nameText(X509_get_issuer_name(certificate)), fingerprintOf(certificate),
          wallTime(X509_get0_notBefore(certificate)), wallTime(X509_get0_notAfter(certificate))};
}

std::string validityWarning(const TlsCertificate& certificate, WallTime now) {
  if (now < certificate.not_before)
    return "the certificate is not valid before " + timestamp(certificate.not_before) + "; correct the clock, or replace the certificate";
  if (now > certificate.not_after) return "the certificate has not been valid since " + timestamp(certificate.not_after) + "; replace it";
  return {};
}

}  // namespace pulsewatch
