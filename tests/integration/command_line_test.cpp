// The program's options: what each prints, and with which code it ends.
#include "integration/daemon.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

class CommandLineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CommandLineTest);
  CPPUNIT_TEST(testVersion);
  CPPUNIT_TEST(testHelp);
  CPPUNIT_TEST(testUnknownOption);
  CPPUNIT_TEST(testCheckConfig);
  CPPUNIT_TEST(testCheckConfigLoadsPlugins);
  CPPUNIT_TEST(testOverride);
  CPPUNIT_TEST(testOverrideOfASecretIsRefused);
  CPPUNIT_TEST(testPidFile);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testVersion() {
    const Ended ended = runWith({"--version"});
    CPPUNIT_ASSERT_EQUAL(0, ended.code);
    CPPUNIT_ASSERT_MESSAGE(ended.output, ended.output.find(PULSEWATCH_VERSION) != std::string::npos);
  }

  void testHelp() {
    const Ended ended = runWith({"--help"});
    CPPUNIT_ASSERT_EQUAL(0, ended.code);
    for (const char* option : {"--config", "--check-config", "--describe", "-D", "--daemon", "--pidfile", "--help", "--version"})
      CPPUNIT_ASSERT_MESSAGE(option + (" is not in: " + ended.output), ended.output.find(option) != std::string::npos);
  }

  void testUnknownOption() {
    const Ended ended = runWith({"--chekc-config"});
    CPPUNIT_ASSERT_EQUAL(78, ended.code);
    CPPUNIT_ASSERT_MESSAGE(ended.errors, ended.errors.find("chekc-config") != std::string::npos);
  }

  void testCheckConfig() {
    const Ended ended = runWith({"--check-config"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ended.errors, 0, ended.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), ended.errors);
    for (const char* word : {"steady", "ok"}) CPPUNIT_ASSERT_MESSAGE(ended.output, ended.output.find(word) != std::string::npos);
  }

  void testCheckConfigLoadsPlugins() {
    PulsewatchOptions options = simple({"--check-config"});
    options.files["plugins/broken.so"] = "this is no library";
    const Ended ended = runTo(options);
    CPPUNIT_ASSERT_EQUAL(0, ended.code);
    const std::string all = ended.output + ended.errors;
    CPPUNIT_ASSERT_MESSAGE(all, all.find("broken.so") != std::string::npos);
  }

  void testOverride() {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"-D", "metrics.enabled=false"}, {"-Dmetrics.enabled=false"}}) {
      PulsewatchOptions options = simple(arguments);
      options.logs = true;
      options.config += "metrics.enabled = true\n";
      PulsewatchProcess daemon(options);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(arguments[0], 404, daemon.get("/metrics").status);
      daemon.stop();
    }
  }

  void testOverrideOfASecretIsRefused() {
    const std::string secret = "a-secret-in-the-process-list-0123456789-abcdefghijk";
    for (const std::string key : {"secret_key", "database.url", "redis.url", "mysql.password"}) {
      PulsewatchOptions options = simple({"-D", key + "=" + secret});
      options.secrets.push_back(secret);
      const Ended ended = runTo(options);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(key, 78, ended.code);
      CPPUNIT_ASSERT_MESSAGE(ended.errors, ended.errors.find(key) != std::string::npos);
    }
  }

  void testPidFile() {
    PulsewatchOptions options = simple({"--pidfile=@DIR@/pulsewatchd.pid"});
    options.logs = true;
    PulsewatchProcess daemon(options);
    daemon.port();
    CPPUNIT_ASSERT_EQUAL(static_cast<long>(daemon.child().pid()), std::stol(readFile(daemon.directory() / "pulsewatchd.pid")));
    const std::filesystem::path file = daemon.directory() / "pulsewatchd.pid";
    daemon.stop();
    CPPUNIT_ASSERT_MESSAGE("it takes its pid file away", !std::filesystem::exists(file));
  }

 private:
  struct Ended {
    int code;
    std::string output;
    std::string errors;
  };

  static PulsewatchOptions simple(const std::vector<std::string>& arguments) {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok"));
    options.arguments = arguments;
    options.logs = false;
    return options;
  }

  static Ended runWith(const std::vector<std::string>& arguments) { return runTo(simple(arguments)); }

  static Ended runTo(const PulsewatchOptions& options) {
    PulsewatchProcess program(options);
    const int code = program.finish();
    return {code, program.child().output(), program.child().errors()};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CommandLineTest);

}  // namespace
}  // namespace pulsewatch::testing
