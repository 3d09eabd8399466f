#include "serve/tls_files.h"

#include "support/temporary_directory.h"
#include "support/wait.h"
#include "unit/serve/recorded_log.h"
#include "unit/serve/tls_client.h"

#include <filesystem>
#include <fstream>

namespace pulsewatch::testing {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{30};

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

const IssuedFiles& first() {
  static const IssuedFiles made = certificates().issue("first", {.subject = "/CN=first"});
  return made;
}

const IssuedFiles& second() {
  static const IssuedFiles made = certificates().issue("second", {.key = "rsa:2048", .subject = "/CN=second"});
  return made;
}

// The subject that a new client is shown.
std::string subjectShown(const TlsContext& context) {
  const SocketPair sockets;
  const auto server = context.accept(sockets.server());
  TlsClient client(sockets.client());
  for (int i = 0; i < 100 && !client.step(); ++i) server->handshake();
  X509* const shown = SSL_get0_peer_certificate(client.ssl());
  if (shown == nullptr) return "no certificate: " + client.fault();
  std::array<char, 256> text{};
  X509_NAME_oneline(X509_get_subject_name(shown), text.data(), static_cast<int>(text.size()));
  return text.data();
}

// Files in a directory of their own, watched.
struct Bench {
  Bench() { put(first()); }

  [[nodiscard]] HttpsConfig config() const {
    HttpsConfig config;
    config.certificate = {(directory / "tls.crt").string(), "WHERE:1", "CERTIFICATE"};
    config.key = {(directory / "tls.key").string(), "WHERE:2", "KEY"};
    return config;
  }
  void put(const IssuedFiles& pair) const {
    write("tls.crt", pair.certificate);
    write("tls.key", pair.key);
  }
  void write(const std::string& name, const std::string& from) const { static_cast<void>(directory.write(name, readFile(from))); }
  void renameOver(const std::string& name, const std::string& from) const {
    write(name + "~", from);
    fs::rename(directory / (name + "~"), directory / name);
  }

  [[nodiscard]] std::string served() const { return subjectShown(*files.context()); }
  [[nodiscard]] bool comesToServe(const std::string& subject) const {
    return waitFor([&] { return files.context()->certificate().subject == subject; }, kPatience);
  }
  [[nodiscard]] bool comesToSay(const std::string& event, std::size_t times) const {
    return waitFor([&] { return log.linesOf(event).size() >= times; }, kPatience);
  }

  TemporaryDirectory directory;
  RecordedLog log;
  SystemClock clock;
  TlsFiles files{log, clock};
};

class TlsFilesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsFilesTest);
  CPPUNIT_TEST(tellsWhatItServes);
  CPPUNIT_TEST(expiredCertificatesAreServed);
  CPPUNIT_TEST(filesInPlace);
  CPPUNIT_TEST(filesRenamedOver);
  CPPUNIT_TEST(linksOfKubernetes);
  CPPUNIT_TEST(linksOfCertbot);
  CPPUNIT_TEST(halfARenewal);
  CPPUNIT_TEST(clientAuthority);
  CPPUNIT_TEST(connectionsGoOn);
  CPPUNIT_TEST(otherFiles);
  CPPUNIT_TEST(off);
  CPPUNIT_TEST_SUITE_END();

  void tellsWhatItServes() {
    Bench bench;
    CPPUNIT_ASSERT(bench.files.context() == nullptr);
    CPPUNIT_ASSERT(!bench.files.notAfter());
    bench.files.use(bench.config());
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=first"), bench.served());
    const TlsCertificate certificate = bench.files.context()->certificate();
    CPPUNIT_ASSERT_EQUAL(unixSeconds(certificate.not_after), bench.files.notAfter().value_or(0));
    const auto lines = bench.log.linesOf("tls_certificate_loaded");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("INFO"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("https shows the certificate of CN=first"), fieldOf(lines[0], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("CN=first"), fieldOf(lines[0], "subject"));
    CPPUNIT_ASSERT_EQUAL(std::string("CN=authority"), fieldOf(lines[0], "issuer"));
    CPPUNIT_ASSERT_EQUAL(timestamp(certificate.not_after), fieldOf(lines[0], "not_after"));
    CPPUNIT_ASSERT_EQUAL(certificate.fingerprint, fieldOf(lines[0], "fingerprint"));
    bench.files.use(bench.config());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.log.linesOf("tls_certificate_loaded").size());
  }

  void expiredCertificatesAreServed() {
    Bench bench;
    bench.put({certificates().expired(), certificates().key()});
    bench.files.use(bench.config());
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=localhost"), bench.served());
    const auto lines = bench.log.linesOf("tls_certificate_loaded");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("WARNING"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL("the certificate has not been valid since " + fieldOf(lines[0], "not_after") + "; replace it",
                         fieldOf(lines[0], "message"));
  }

  void filesInPlace() {
    Bench bench;
    bench.files.use(bench.config());
    bench.put(second());
    CPPUNIT_ASSERT(bench.comesToServe("CN=second"));
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=second"), bench.served());
    CPPUNIT_ASSERT(bench.comesToSay("tls_certificate_loaded", 2));
  }

  void filesRenamedOver() {
    Bench bench;
    bench.files.use(bench.config());
    bench.renameOver("tls.crt", second().certificate);
    bench.renameOver("tls.key", second().key);
    CPPUNIT_ASSERT(bench.comesToServe("CN=second"));
  }

  // Links to a folder behind a link that is turned.
  void linksOfKubernetes() {
    Bench bench;
    for (const char* name : {"tls.crt", "tls.key"}) fs::remove(bench.directory / name);
    bench.write("..1/tls.crt", first().certificate);
    bench.write("..1/tls.key", first().key);
    fs::create_directory_symlink("..1", bench.directory / "..data");
    for (const std::string name : {"tls.crt", "tls.key"}) fs::create_symlink("..data/" + name, bench.directory / name);
    bench.files.use(bench.config());
    for (const auto& [folder, pair] : {std::pair("..2", second()), std::pair("..3", first())}) {
      bench.write(std::string(folder) + "/tls.crt", pair.certificate);
      bench.write(std::string(folder) + "/tls.key", pair.key);
      fs::create_directory_symlink(folder, bench.directory / "..data_tmp");
      fs::rename(bench.directory / "..data_tmp", bench.directory / "..data");
      CPPUNIT_ASSERT(bench.comesToServe(pair.certificate == second().certificate ? "CN=second" : "CN=first"));
    }
    CPPUNIT_ASSERT(bench.log.linesOf("tls_files_refused").empty());
  }

  // Links into an archive beside it, each turned by itself.
  void linksOfCertbot() {
    Bench bench;
    bench.write("archive/cert1.pem", first().certificate);
    bench.write("archive/key1.pem", first().key);
    fs::create_directory(bench.directory / "live");
    fs::create_symlink("../archive/cert1.pem", bench.directory / "live/cert.pem");
    fs::create_symlink("../archive/key1.pem", bench.directory / "live/key.pem");
    HttpsConfig config = bench.config();
    config.certificate.path = (bench.directory / "live/cert.pem").string();
    config.key.path = (bench.directory / "live/key.pem").string();
    bench.files.use(config);
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=first"), bench.served());
    bench.write("archive/cert2.pem", second().certificate);
    bench.write("archive/key2.pem", second().key);
    for (const std::string name : {"cert", "key"}) {
      fs::remove(bench.directory / ("live/" + name + ".pem"));
      fs::create_symlink("../archive/" + name + "2.pem", bench.directory / ("live/" + name + ".pem"));
    }
    CPPUNIT_ASSERT(bench.comesToServe("CN=second"));
  }

  void halfARenewal() {
    Bench bench;
    bench.files.use(bench.config());
    bench.renameOver("tls.crt", second().certificate);
    CPPUNIT_ASSERT(bench.comesToSay("tls_files_refused", 1));
    const auto line = bench.log.linesOf("tls_files_refused").front();
    CPPUNIT_ASSERT_EQUAL(std::string("https goes on with the certificate it has: WHERE:2: KEY is not the key of the certificate in "
                                     "CERTIFICATE; put there two that belong together"),
                         fieldOf(line, "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("ERROR"), fieldOf(line, "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=first"), bench.served());
    bench.renameOver("tls.key", second().key);
    CPPUNIT_ASSERT(bench.comesToServe("CN=second"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.log.linesOf("tls_files_refused").size());
    fs::remove(bench.directory / "tls.key");
    CPPUNIT_ASSERT(bench.comesToSay("tls_files_refused", 2));
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=second"), bench.served());
  }

  void clientAuthority() {
    Bench bench;
    bench.write("ca.crt", certificates().stranger());
    HttpsConfig config = bench.config();
    config.client_ca = {(bench.directory / "ca.crt").string(), "WHERE:3", "AUTHORITY"};
    bench.files.use(config);
    const std::shared_ptr<const TlsContext> before = bench.files.context();
    bench.renameOver("ca.crt", certificates().authority());
    CPPUNIT_ASSERT(waitFor([&] { return bench.files.context() != before; }, kPatience));
  }

  void connectionsGoOn() {
    Bench bench;
    bench.files.use(bench.config());
    const SocketPair open_sockets;
    const auto open = bench.files.context()->accept(open_sockets.server());
    TlsClient client(open_sockets.client());
    for (int i = 0; i < 100 && !client.step(); ++i) open->handshake();
    const SocketPair begun_sockets;
    const auto begun = bench.files.context()->accept(begun_sockets.server());
    TlsClient begun_client(begun_sockets.client());
    begun_client.step();
    CPPUNIT_ASSERT(begun->handshake() == TlsStream::Outcome::want_read);
    bench.put(second());
    CPPUNIT_ASSERT(bench.comesToServe("CN=second"));
    for (int i = 0; i < 100 && begun->handshake() != TlsStream::Outcome::done; ++i) begun_client.step();
    for (const auto& [server, other] : {std::pair(open.get(), &client), std::pair(begun.get(), &begun_client)}) {
      std::array<char, 64> buffer{};
      std::size_t moved = 0;
      other->send("request");
      CPPUNIT_ASSERT(server->receive(buffer.data(), buffer.size(), moved) == TlsStream::Outcome::done);
      CPPUNIT_ASSERT_EQUAL(std::string("request"), std::string(buffer.data(), moved));
      CPPUNIT_ASSERT(server->send("answer", 6, moved) == TlsStream::Outcome::done);
      CPPUNIT_ASSERT_EQUAL(std::string("answer"), other->receive());
    }
  }

  // A reload of the configuration that names others: what is bad changes nothing, and the former ones are no longer looked at.
  void otherFiles() {
    Bench bench;
    bench.files.use(bench.config());
    HttpsConfig bad = bench.config();
    bad.key.path = second().key;
    CPPUNIT_ASSERT_THROW(bench.files.use(bad), TlsFault);
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=first"), bench.served());
    bench.put(second());
    CPPUNIT_ASSERT(bench.comesToServe("CN=second"));  // it is watched as before
    HttpsConfig other = bench.config();
    other.certificate.path = certificates().certificate();
    other.key.path = certificates().key();
    bench.files.use(other);
    CPPUNIT_ASSERT_EQUAL(std::string("/CN=localhost"), bench.served());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, bench.log.linesOf("tls_certificate_loaded").size());
  }

  void off() {
    Bench bench;
    bench.files.use(bench.config());
    bench.files.use(HttpsConfig{});
    CPPUNIT_ASSERT(bench.files.context() == nullptr);
    CPPUNIT_ASSERT(!bench.files.notAfter());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsFilesTest);

}  // namespace

}  // namespace pulsewatch::testing
