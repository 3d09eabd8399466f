#include "serve/tls_context.h"

#include "support/certificates.h"
#include "support/child_process.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <sys/stat.h>

namespace pulsewatch::testing {

namespace {

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

ConfiguredFile fileAt(const std::string& path, const std::string& where, const std::string& shown) { return {path, where, shown}; }

HttpsConfig configOf(const std::string& certificate, const std::string& key, const std::string& client_ca = {}) {
  HttpsConfig config;
  config.certificate = fileAt(certificate, "WHERE:1", "CERTIFICATE");
  config.key = fileAt(key, "WHERE:2", "KEY");
  config.client_ca = fileAt(client_ca, "WHERE:3", "AUTHORITY");
  return config;
}

HttpsConfig good() { return configOf(certificates().certificate(), certificates().key()); }

// Each way in which files can't be used, and what the operator reads then.
class TlsContextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsContextTest);
  CPPUNIT_TEST(takesEveryKindOfKey);
  CPPUNIT_TEST(describesTheCertificate);
  CPPUNIT_TEST(warnsOfTheValidity);
  CPPUNIT_TEST(unreadableFiles);
  CPPUNIT_TEST(filesOfOtherThings);
  CPPUNIT_TEST(keysThatDontFit);
  CPPUNIT_TEST(encryptedKeys);
  CPPUNIT_TEST(weakKeysAndSignatures);
  CPPUNIT_TEST(clientAuthorities);
  CPPUNIT_TEST(ciphers);
  CPPUNIT_TEST(becomesAMistake);
  CPPUNIT_TEST_SUITE_END();

  // "" when it is taken.
  static std::string faultOf(const HttpsConfig& config) {
    try {
      const TlsContext context(config);
      return {};
    } catch (const TlsFault& fault) {
      return fault.where() + ": " + fault.what();
    }
  }
  static void assertFault(const std::string& sentence, const HttpsConfig& config) { CPPUNIT_ASSERT_EQUAL(sentence, faultOf(config)); }

  static std::string written(const std::string& name, const std::string& content) { return directory().write(name, content).string(); }
  static const TemporaryDirectory& directory() {
    static const TemporaryDirectory made;
    return made;
  }

  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    ChildProcess process(arguments, plainEnvironment());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.errors(), 0, process.waitForExit(std::chrono::seconds(60)).value_or(-1));
  }

  void takesEveryKindOfKey() {
    for (const char* key : {"rsa:2048", "ec:P-256", "ec:P-384", "ed25519"}) {
      const IssuedFiles files = certificates().issue("kind", {.key = key});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(key, std::string(), faultOf(configOf(files.certificate, files.key)));
    }
    const std::string both = written("both.pem", readFile(certificates().key()) + readFile(certificates().certificate()));
    CPPUNIT_ASSERT_EQUAL(std::string(), faultOf(configOf(both, both)));
    CPPUNIT_ASSERT_EQUAL(std::string(), faultOf(configOf(certificates().expired(), certificates().key())));
  }

  void describesTheCertificate() {
    const IssuedFiles files = certificates().issue("named", {.subject = "/O=Some, Body/CN=localhost"});
    const TlsContext context(configOf(files.certificate, files.key));
    CPPUNIT_ASSERT_EQUAL(std::string("CN=localhost,O=Some\\, Body"), context.certificate().subject);
    CPPUNIT_ASSERT_EQUAL(std::string("CN=authority"), context.certificate().issuer);
    ChildProcess process({"openssl", "x509", "-in", files.certificate, "-noout", "-fingerprint", "-sha256"}, plainEnvironment());
    CPPUNIT_ASSERT_EQUAL(0, process.waitForExit(std::chrono::seconds(60)).value_or(-1));
    CPPUNIT_ASSERT(process.output().find("=" + context.certificate().fingerprint + "\n") != std::string::npos);
    const auto valid = context.certificate().not_after - context.certificate().not_before;
    CPPUNIT_ASSERT_EQUAL(std::int64_t{48}, std::chrono::duration_cast<std::chrono::hours>(valid).count());
  }

  void warnsOfTheValidity() {
    const TlsCertificate certificate = TlsContext(good()).certificate();
    CPPUNIT_ASSERT_EQUAL(std::string(), validityWarning(certificate, certificate.not_before));
    CPPUNIT_ASSERT_EQUAL(std::string(), validityWarning(certificate, certificate.not_after));
    CPPUNIT_ASSERT_EQUAL(
        "the certificate is not valid before " + timestamp(certificate.not_before) + "; correct the clock, or replace the certificate",
        validityWarning(certificate, certificate.not_before - Milliseconds(1)));
    CPPUNIT_ASSERT_EQUAL("the certificate has not been valid since " + timestamp(certificate.not_after) + "; replace it",
                         validityWarning(certificate, certificate.not_after + Milliseconds(1)));
    // For ever, as RFC 5280 writes it, is beyond what the clock can say.
    const IssuedFiles files = certificates().issue("forever", {.days = "100000"});
    CPPUNIT_ASSERT_EQUAL(std::string("2262-04-11T23:47:16.000000Z"),
                         timestamp(TlsContext(configOf(files.certificate, files.key)).certificate().not_after));
  }

  void unreadableFiles() {
    const std::string key = certificates().key();
    assertFault("WHERE:1: CERTIFICATE cannot be read: No such file or directory; correct its path or its permissions",
                configOf("/none/at/all", key));
    assertFault("WHERE:2: KEY cannot be read: No such file or directory; correct its path or its permissions",
                configOf(certificates().certificate(), "/none/at/all"));
    assertFault("WHERE:3: AUTHORITY cannot be read: No such file or directory; correct its path or its permissions",
                configOf(certificates().certificate(), key, "/none/at/all"));
    assertFault("WHERE:1: CERTIFICATE is no regular file; write the path of a PEM file", configOf("/", key));
    const std::string fifo = (directory() / "fifo").string();
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    assertFault("WHERE:1: CERTIFICATE is no regular file; write the path of a PEM file", configOf(fifo, key));
    assertFault("WHERE:1: CERTIFICATE cannot be read: it is larger than 1024 KiB; it is not the file that was meant",
                configOf(written("large", std::string(1100 * 1024, 'x')), key));
    assertFault("WHERE:1: https.certificate needs its key; set https.key to the path of its file",
                configOf(certificates().certificate(), ""));
  }

  void filesOfOtherThings() {
    const std::string certificate = readFile(certificates().certificate());
    const std::string key = readFile(certificates().key());
    const std::string empty = written("empty", "");
    const std::string no_certificate =
        "WHERE:1: CERTIFICATE has no certificate in PEM form (-----BEGIN CERTIFICATE-----); put the server's own there, then those between "
        "it and the root";
    const std::string no_key = "WHERE:2: KEY has no private key in PEM form (-----BEGIN PRIVATE KEY-----); put the certificate's key there";
    assertFault(no_certificate, configOf(empty, certificates().key()));
    assertFault(no_certificate, configOf(certificates().key(), certificates().key()));
    assertFault(no_key, configOf(certificates().certificate(), empty));
    assertFault(no_key, configOf(certificates().certificate(), certificates().certificate()));
    assertFault("WHERE:1: CERTIFICATE is damaged: certificate 1 in it can't be read; put the file there again",
                configOf(written("half.pem", certificate.substr(0, certificate.size() / 2)), certificates().key()));
    assertFault("WHERE:1: CERTIFICATE is damaged: certificate 2 in it can't be read; put the file there again",
                configOf(written("one_and_a_half.pem", certificate + certificate.substr(0, certificate.size() / 2)), certificates().key()));
    assertFault("WHERE:2: KEY is damaged: the private key in it can't be read; put the file there again",
                configOf(certificates().certificate(), written("half.key", key.substr(0, key.size() / 2))));
  }

  void keysThatDontFit() {
    const IssuedFiles other = certificates().issue("other");
    assertFault("WHERE:2: KEY is not the key of the certificate in CERTIFICATE; put there two that belong together",
                configOf(certificates().certificate(), other.key));
    const std::string upside_down =
        written("upside_down.pem", readFile(certificates().authority()) + readFile(certificates().certificate()));
    assertFault("WHERE:1: CERTIFICATE doesn't begin with the certificate of https.key; put that first, then those between it and the root",
                configOf(upside_down, certificates().key()));
    openssl({"dsaparam", "-genkey", "-noout", "-out", (directory() / "dsa.key").string(), "1024"});
    assertFault("WHERE:2: KEY is of a kind that TLS can't be served with; make an RSA or an EC key",
                configOf(certificates().certificate(), (directory() / "dsa.key").string()));
  }

  // Nobody is asked: with a terminal on standard input, OpenSSL would.
  void encryptedKeys() {
    const std::string sentence =
        "WHERE:2: KEY is encrypted, and nobody is asked for its password; decrypt it with openssl pkey, and let the daemon's user alone "
        "read it";
    const std::string pkcs8 = (directory() / "pkcs8.key").string();
    openssl({"pkcs8", "-topk8", "-in", certificates().key(), "-passout", "pass:open sesame", "-out", pkcs8});
    assertFault(sentence, configOf(certificates().certificate(), pkcs8));
    const std::string traditional = (directory() / "traditional.key").string();
    openssl({"ec", "-in", certificates().key(), "-aes128", "-passout", "pass:open sesame", "-out", traditional});
    assertFault(sentence, configOf(certificates().certificate(), traditional));
  }

  void weakKeysAndSignatures() {
    const std::string short_key = " is too weak: its key is too short; make one with an RSA key of at least 2048 bits, or an EC key";
    const std::string old_hash = " is too weak: it is signed with a broken hash; have it signed with SHA-256";
    const IssuedFiles weak = certificates().issue("weak", {.key = "rsa:1024"});
    assertFault("WHERE:1: CERTIFICATE: certificate 1 in it" + short_key, configOf(weak.certificate, weak.key));
    HttpsConfig lowered = configOf(weak.certificate, weak.key);
    lowered.ciphers = "ECDHE+AESGCM:@SECLEVEL=0";
    assertFault("WHERE:1: CERTIFICATE: certificate 1 in it" + short_key, lowered);
    const IssuedFiles sha1 = certificates().issue("sha1", {.digest = "sha1"});
    assertFault("WHERE:1: CERTIFICATE: certificate 1 in it" + old_hash, configOf(sha1.certificate, sha1.key));
    const IssuedFiles between = certificates().issue("between", {.key = "rsa:1024", .subject = "/CN=between", .signs = true});
    const IssuedFiles leaf = certificates().issue("leaf", {.authority = "between"});
    const std::string chain = written("chain.pem", readFile(leaf.certificate) + readFile(between.certificate));
    assertFault("WHERE:1: CERTIFICATE: certificate 2 in it" + short_key, configOf(chain, leaf.key));
  }

  void clientAuthorities() {
    HttpsConfig config = good();
    config.client_ca = fileAt(certificates().authority(), "WHERE:3", "AUTHORITY");
    CPPUNIT_ASSERT_EQUAL(std::string(), faultOf(config));
    const std::string two = readFile(certificates().authority()) + readFile(certificates().stranger());
    config.client_ca.path = written("two.pem", two + two);
    CPPUNIT_ASSERT_EQUAL(std::string(), faultOf(config));
    config.client_ca.path = written("nobody.pem", "");
    assertFault(
        "WHERE:3: AUTHORITY has no certificate in PEM form (-----BEGIN CERTIFICATE-----); put there those of the authorities that "
        "sign clients' certificates",
        config);
  }

  void ciphers() {
    HttpsConfig config = good();
    for (const char* list : {"ECDHE+AESGCM", "HIGH:!aNULL", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE+CHACHA20:DHE+AESGCM"}) {
      config.ciphers = list;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(list, std::string(), faultOf(config));
    }
    for (const char* list : {"nonsense", "TLS_AES_128_GCM_SHA256", "!ALL"}) {
      config.ciphers = list;
      assertFault("https.ciphers: names no cipher of TLS 1.2 that OpenSSL has here; openssl ciphers -v -tls1_2 lists them", config);
    }
    config.ciphers = "ECDHE+AESGCM:eNULL:@SECLEVEL=0";
    CPPUNIT_ASSERT(
        faultOf(config).ends_with("NULL-SHA256, which doesn't authenticate or doesn't encrypt; add :!aNULL:!eNULL to the list") ||
        faultOf(config).ends_with("NULL-SHA, which doesn't authenticate or doesn't encrypt; add :!aNULL:!eNULL to the list"));
    config.ciphers = "ADH-AES128-GCM-SHA256:@SECLEVEL=0";
    assertFault("https.ciphers: takes ADH-AES128-GCM-SHA256, which doesn't authenticate or doesn't encrypt; add :!aNULL:!eNULL to the list",
                config);
    config.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
    assertFault("https.ciphers: has no cipher of TLS 1.2 for an EC key as the one of https.key; add one", config);
  }

  void becomesAMistake() {
    Mistakes mistakes;
    checkTls(HttpsConfig{}, mistakes);
    checkTls(good(), mistakes);
    CPPUNIT_ASSERT(mistakes.empty());
    checkTls(configOf("/none/at/all", certificates().key()), mistakes);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("WHERE:1: CERTIFICATE cannot be read: No such file or directory; correct its path or its permissions"),
                         mistakes.lines().front());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsContextTest);

}  // namespace

}  // namespace pulsewatch::testing
