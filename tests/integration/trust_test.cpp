// Plugins that must be signed: openssl signs them, a file that was tampered with is refused while the one at work goes on, and new sums
// with their signature have it taken without a touch of it.
#include "integration/daemon.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;

class TrustTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TrustTest);
  CPPUNIT_TEST(testSignedPlugins);
  CPPUNIT_TEST(testKeyMistakes);
  CPPUNIT_TEST(testDirectoryAbove);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testSignedPlugins() {
    shell(keys_.path(), "openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out key.pub");
    PulsewatchOptions options = this->options();
    const fs::path release = keys_ / "release";
    fs::create_directory(release);
    std::ofstream(release / "ok.so", std::ios::binary) << options.files["plugins/ok.so"];
    sumAndSign(release);
    for (const char* name : {"SHA256SUMS", "SHA256SUMS.sig"}) options.files[std::string("plugins/") + name] = readFile(release / name);
    PulsewatchProcess daemon(options);
    waitForCheck(daemon, "works", "healthy", "fine");
    waitForReady(daemon, 200);

    // Still a library that would load and run, but not the one that was signed.
    std::ofstream(release / "ok.so", std::ios::binary | std::ios::app) << "tampered with";
    const fs::path plugins = daemon.directory() / "plugins";
    drop(release, plugins, "ok.so");
    const auto isRefusal = [](const JsonLine& line) { return line.text("event") == "plugin_refused"; };
    CPPUNIT_ASSERT(daemon.waitForLine(isRefusal));
    const std::string message = linesOfEvent(daemon.log(), "plugin_refused")[0].text("message");
    CPPUNIT_ASSERT_MESSAGE(message, message.find("has not the bytes that SHA256SUMS lists: its sum is ") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(message, message.find("; version 1.0.0 goes on") != std::string::npos);
    const double runs = runsOf(daemon);
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", kHealthyRuns, [&](double now) { return now > runs + 2; }));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT(linesOfEvent(daemon.log(), "plugin_replaced").empty());

    // New sums that are not signed change nothing; their signature does, and the plugin itself is not touched again.
    sumAndSign(release);
    drop(release, plugins, "SHA256SUMS");
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) {
      return line.text("event") == "plugin_refused" && line.text("message").find("is not this SHA256SUMS' signature") != std::string::npos;
    }));
    drop(release, plugins, "SHA256SUMS.sig");
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "plugin_replaced"; }));
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_plugin_info", {{"plugin", "ok"}, {"version", "1.0.0"}, {"state", "loaded"}},
                                        [](double value) { return value == 1; }));
    const double before = runsOf(daemon);
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", kHealthyRuns, [&](double now) { return now > before; }));
    daemon.stop();
  }

  void testKeyMistakes() {
    shell(keys_.path(), "openssl genpkey -algorithm x25519 -out curve.pem && openssl pkey -in curve.pem -pubout -out curve.pub");
    const std::pair<std::string, std::string> rows[] = {
        {"nowhere.pub", "cannot be read: No such file or directory; correct its path or its permissions"},
        {"curve.pem", "is not a public key in PEM; write it with openssl pkey -in KEY -pubout"},
        {"curve.pub", "is a public key of another kind than Ed25519; make one with openssl genpkey -algorithm ed25519"}};
    for (const auto& [file, sentence] : rows) {
      PulsewatchOptions options = this->options();
      const std::string path = (keys_ / file).string();
      options.config += "plugins.signature_key = " + path + "\n";
      options.logs = false;
      PulsewatchProcess daemon(options);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(file, 78, daemon.finish());
      const std::string wanted = "plugins.signature_key: \"" + path + "\" " + sentence + "\n";
      CPPUNIT_ASSERT_MESSAGE(daemon.child().errors(), daemon.child().errors().find(wanted) != std::string::npos);
    }
  }

  void testDirectoryAbove() {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("works", "ok"));
    const fs::path above = keys_ / "above";
    fs::create_directories(above / "plugins");
    std::ofstream(above / "plugins" / "ok.so", std::ios::binary) << options.files["plugins/ok.so"];
    fs::permissions(above, fs::perms(0777));
    options.config += "plugins.directories = " + (above / "plugins").string() + "\n";
    const std::string first = "plugins.directories = @DIR@/plugins\n";
    options.config.erase(options.config.find(first), first.size());
    PulsewatchProcess daemon(options);
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "plugin_refused"; }));
    const std::string real = fs::canonical(above).string();
    CPPUNIT_ASSERT_EQUAL((above / "plugins" / "ok.so").string() + ": refused: directory " + real +
                             " on the way to it is writable by others; chmod o-w " + real,
                         linesOfEvent(daemon.log(), "plugin_refused")[0].text("message"));
    fs::permissions(above, fs::perms(0755));  // what the sentence says is enough
    waitForReady(daemon, 200);
    daemon.stop();
  }

 private:
  static inline const Labels kHealthyRuns{{"check_name", "works"}, {"outcome", "healthy"}};

  PulsewatchOptions options() const {
    std::string further = "plugins.require_checksums = true\n" + checkConfig("works", "ok", {"interval = 50ms"});
    if (fs::exists(keys_ / "key.pub")) further += "plugins.signature_key = " + (keys_ / "key.pub").string() + "\n";
    return fixtureOptions({"ok"}, further);
  }
  static double runsOf(PulsewatchProcess& daemon) { return daemon.metrics().value("pulsewatch_health_check_runs_total", kHealthyRuns); }

  static void shell(const fs::path& directory, const std::string& command) {
    ChildOptions options;
    options.working_directory = directory;
    ChildProcess child({"sh", "-c", "umask 022; " + command}, plainEnvironment(), options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(command + ": " + child.errors(), 0, child.waitForExit(PulsewatchProcess::patience).value_or(-1));
  }
  void sumAndSign(const fs::path& release) const {
    shell(release, "sha256sum *.so > SHA256SUMS && openssl pkeyutl -sign -inkey '" + (keys_ / "key.pem").string() +
                       "' -rawin -in SHA256SUMS -out SHA256SUMS.sig");
  }
  static void drop(const fs::path& release, const fs::path& plugins, const std::string& name) {
    fs::copy_file(release / name, plugins / name, fs::copy_options::overwrite_existing);
  }

  const TemporaryDirectory keys_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TrustTest);

}  // namespace
}  // namespace pulsewatch::testing
