// testssl.sh on the daemon: no finding above LOW about protocols, ciphers and vulnerabilities. What it says of the certificate is about the
// test's own. PULSEWATCH_TESTSSL=full lets it try everything, which takes minutes; otherwise the protocols only.
#include "integration/https_client.h"
#include "support/child_process.h"
#include "support/private_server.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>
#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <set>

namespace pulsewatch::testing {
namespace {

const std::set<std::string> kOfTheCertificate = {"cert_chain_of_trust", "cert_expirationStatus",     "cert_notAfter", "cert_revocation",
                                                 "cert_trust",          "cert_crlDistributionPoints"};
// Of the testing machine's own OpenSSL.
const std::set<std::string> kOfTheTester = {"engine_problem"};
const std::set<std::string> kAboveLow = {"MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL"};

class TestsslTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TestsslTest);
  CPPUNIT_TEST(testFindings);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testFindings() {
    const char* const extent = std::getenv("PULSEWATCH_TESTSSL");
    const bool full = extent != nullptr && std::string(extent) == "full";
    const Certificates certificates;
    std::vector<IssuedFiles> servers = {{certificates.certificate(), certificates.key()}};
    if (full) servers.push_back(certificates.issue("rsa", {.key = "rsa:2048"}));
    for (const IssuedFiles& files : servers) {
      const std::uint16_t port = freePort();
      PulsewatchProcess daemon(httpsOptions(port, files));
      waitForReady(daemon, 200);
      waitForHttps(port);
      const TemporaryDirectory directory;
      const std::string findings = (directory / "findings.json").string();
      std::vector<std::string> argv = {"testssl",    "--quiet", "--color",    "0",      "--nodns", "none",
                                       "--warnings", "batch",   "--jsonfile", findings, "-p"};
      if (full) argv.insert(argv.end(), {"-s", "-P", "-f", "-S", "-U"});
      argv.push_back("https://127.0.0.1:" + std::to_string(port));
      ChildProcess process(argv, plainEnvironment());
      CPPUNIT_ASSERT(process.waitForExit(std::chrono::minutes(full ? 20 : 5)).has_value());
      judge(readFile(findings), full ? 60 : 8, process.output());
      daemon.stop();
    }
  }

 private:
  static void judge(const std::string& json, std::size_t least, const std::string& output) {
    const auto findings = Poco::JSON::Parser().parse(json).extract<Poco::JSON::Array::Ptr>();
    CPPUNIT_ASSERT_MESSAGE(output, findings->size() >= least);  // it has come to its end
    bool tls13 = false;
    std::string bad;
    for (std::size_t i = 0; i < findings->size(); ++i) {
      const auto finding = findings->getObject(static_cast<unsigned>(i));
      const std::string id = textOf(finding, "id");
      if (id == "TLS1_3") tls13 = textOf(finding, "finding").rfind("offered", 0) == 0;
      if (kAboveLow.count(textOf(finding, "severity")) == 0 || kOfTheCertificate.count(id) != 0 || kOfTheTester.count(id) != 0) continue;
      bad += textOf(finding, "severity") + " " + id + ": " + textOf(finding, "finding") + "\n";
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), bad);
    CPPUNIT_ASSERT_MESSAGE(output, tls13);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestsslTest);

}  // namespace
}  // namespace pulsewatch::testing
