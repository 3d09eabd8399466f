// Who may see what, as its users come: curl, and a real Prometheus, with a token or a password; and what others see. No secret is in an
// argument list: they come from files.
#include "integration/daemon.h"
#include "integration/https_client.h"
#include "integration/prometheus.h"
#include "integration/reloads.h"
#include "support/child_process.h"
#include "support/temporary_directory.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <string>
#include <vector>

namespace pulsewatch::testing {
namespace {

const std::string token = "the-token-of-the-tests-0123456789";
const std::string password = "correct horse";
const std::string anna = "anna:$2y$05$CfxJxZUmPe5s/rpBP7V.0.NjPmNwpIQpRSkCBlsTY74GLzCDq38KO";
const std::string details = "/ready?verbose";

class AuthTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthTest);
  CPPUNIT_TEST(testToken);
  CPPUNIT_TEST(testPassword);
  CPPUNIT_TEST(testMadeByOthers);
  CPPUNIT_TEST(testGuesses);
  CPPUNIT_TEST(testMessages);
  CPPUNIT_TEST(testReload);
  CPPUNIT_TEST(testPrometheus);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testToken() {
    PulsewatchProcess daemon(guarded());
    waitForReady(daemon, 200);
    files_.write("right", "Authorization: Bearer " + token + "\n");
    files_.write("wrong", "Authorization: Bearer not-" + token + "\n");
    for (const std::string target : {"/metrics", "/ready?verbose", "/ready?explain", "/ready/steady?history", "/ready/group/all?verbose"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::string("401"), curl(daemon, target, {}));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::string("200"), curl(daemon, target, {"-H", "@" + file("right")}));
    }
    for (const std::string target : {"/", "/healthz", "/ready", "/ready/steady", "/ready/group/all"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::string("200"), curl(daemon, target, {}));
    CPPUNIT_ASSERT_EQUAL(std::string("401"), curl(daemon, "/metrics", {"-H", "@" + file("wrong")}));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="pulsewatch", Basic realm="pulsewatch", charset="UTF-8")"),
                         daemon.get("/metrics").header("WWW-Authenticate").value_or("none"));
    daemon.stop();
  }

  void testPassword() {
    PulsewatchProcess daemon(guarded());
    waitForReady(daemon, 200);
    for (const std::string target : {"/metrics", "/ready?verbose"})
      CPPUNIT_ASSERT_EQUAL(std::string("200"), curl(daemon, target, netrc("anna", "\"" + password + "\"")));
    CPPUNIT_ASSERT_EQUAL(std::string("401"), curl(daemon, "/metrics", netrc("anna", "wrong")));
    CPPUNIT_ASSERT_EQUAL(std::string("401"), curl(daemon, "/metrics", netrc("nobody", "\"" + password + "\"")));
    CPPUNIT_ASSERT(daemon.waitForLine([](const JsonLine& line) {
      return line.text("event") == "authentication_failed" && line.has("user_id") && line.text("user_id") == "nobody" &&
             line.text("level") == "WARNING" && line.text("ip_address") == "127.0.0.1";
    }));
    daemon.stop();
  }

  // By the programs that the documentation names.
  void testMadeByOthers() {
    files_.write("password", password + "\n");
    const auto output = [&](const std::vector<std::string>& command) {
      ChildOptions options;
      options.input_file = files_ / "password";
      ChildProcess maker(command, plainEnvironment(), options);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(maker.errors(), 0, maker.waitForExit(PulsewatchProcess::patience).value_or(-1));
      return maker.output();
    };
    PulsewatchOptions options = guarded();
    options.files["users"] =
        "# who may\n" + output({"htpasswd", "-niB", "bcrypt"}) + "yescrypt:" + output({"mkpasswd", "-m", "yescrypt", "--stdin"});
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    for (const std::string user : {"bcrypt", "yescrypt"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(user, std::string("200"), curl(daemon, details, netrc(user, "\"" + password + "\"")));
    CPPUNIT_ASSERT_EQUAL(std::string("401"), curl(daemon, details, netrc("yescrypt", "wrong")));
    daemon.stop();
  }

  void testGuesses() {
    PulsewatchProcess daemon(guarded());
    waitForReady(daemon, 200);
    const auto asks = [&](const std::string& with) {
      return daemon.send({.target = details, .headers = {{"Authorization", "Bearer " + with}}});
    };
    // The fifth makes it wait for a second; on a slow machine that may be over before the sixth.
    int wrong = 0;
    HttpResponse answer = asks("a-wrong-token");
    for (; answer.status == 401 && wrong < 50; ++wrong) answer = asks("a-wrong-token");
    CPPUNIT_ASSERT_EQUAL(429, answer.status);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(wrong), wrong >= 5);
    CPPUNIT_ASSERT(std::stoi(answer.header("Retry-After").value_or("0")) >= 1);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_MESSAGE("in time it may again", waitFor([&] { return asks(token).status == 200; }, PulsewatchProcess::patience));
    CPPUNIT_ASSERT_MESSAGE("and is forgiven", asks("a-wrong-token").status == 401 && asks(token).status == 200);
    daemon.stop();
  }

  void testMessages() {
    PulsewatchOptions options = guarded();
    options.config += "readiness.public_messages = false\n";
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const auto message = [&](const HttpHeaders& headers) {
      const HttpResponse answer = daemon.send({.target = "/ready/steady", .headers = headers});
      CPPUNIT_ASSERT_EQUAL(200, answer.status);
      return textOf(parseJsonObject(answer.body), "message");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), message({}));
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), textOf(daemon.check("steady"), "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("a message of ours"), message({{"Authorization", "Bearer " + token}}));
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), message({{"Authorization", "Bearer wrong"}}));
    const HttpResponse whole = daemon.send({.target = "/ready", .headers = {{"Authorization", "Bearer " + token}}});
    CPPUNIT_ASSERT(whole.body.find("a message of ours") != std::string::npos);
    daemon.stop();
  }

  void testReload() {
    PulsewatchOptions options = guarded();
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    Reloads reloads(daemon);
    const auto asks = [&](const std::string& with) {
      return daemon.send({.target = details, .headers = {{"Authorization", "Bearer " + with}}}).status;
    };
    CPPUNIT_ASSERT_EQUAL(200, asks(token));
    reloads.write("another-token-0123456789\n", "token");
    CPPUNIT_ASSERT_EQUAL(std::string("http.auth.token"), reloads.reload().text("keys"));
    CPPUNIT_ASSERT_EQUAL(401, asks(token));
    CPPUNIT_ASSERT_EQUAL(200, asks("another-token-0123456789"));
    CPPUNIT_ASSERT_EQUAL(std::string("a message of ours"), textOf(daemon.check("steady"), "message"));
    reloads.take(options.config + "readiness.public_messages = no\n");
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), textOf(daemon.check("steady"), "message"));
    reloads.write("short\n", "token");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reloads.refuse(options.config).size());
    CPPUNIT_ASSERT_EQUAL(200, asks("another-token-0123456789"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nothing of it is in effect", std::string("ok"), textOf(daemon.check("steady"), "message"));
    daemon.stop();
  }

  void testPrometheus() {
    PulsewatchProcess daemon(guarded());
    waitForReady(daemon, 200);
    const auto is = [](double wanted) { return [wanted](double value) { return value == wanted; }; };
    const std::map<std::string, std::string> files{{"token", token}, {"password", password}, {"wrong", "not-" + token}};
    for (const std::string scrape : {"authorization: {credentials_file: token}", "basic_auth: {username: anna, password_file: password}"}) {
      const Prometheus prometheus(daemon.port(), scrape, files);
      prometheus.waitFor("up", is(1));
      prometheus.waitFor("pulsewatch_ready", is(1));
    }
    const Prometheus stranger(daemon.port());
    stranger.waitFor("up", is(0));
    daemon.stop();
  }

 private:
  PulsewatchOptions guarded() const {
    PulsewatchOptions options = fixtureOptions({"ok"}, checkConfig("steady", "ok", {"message = a message of ours"}));
    options.config += "group.all.checks = steady\n";
    options.files["token"] = token + "\n";
    options.files["users"] = "# who may\n" + anna + "\n";
    options.environment["PULSEWATCH_HTTP_AUTH_TOKEN_FILE"] = "@DIR@/token";
    options.environment["PULSEWATCH_HTTP_AUTH_USERS_FILE"] = "@DIR@/users";
    options.secrets = {token, password, anna.substr(5)};
    return options;
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (files_ / name).string(); }
  [[nodiscard]] std::vector<std::string> netrc(const std::string& user, const std::string& with) const {
    files_.write("netrc", "machine localhost login " + user + " password " + with + "\n");
    return {"--netrc-file", file("netrc")};
  }

  // The status that curl got.
  static std::string curl(PulsewatchProcess& daemon, const std::string& target, std::vector<std::string> with) {
    with.insert(with.end(), {"--ipv4", "http://localhost:" + std::to_string(daemon.port()) + target});
    const CurlAnswer answer = testing::curl(with);
    CPPUNIT_ASSERT_EQUAL(0, answer.code);
    return std::to_string(answer.status);
  }

  const TemporaryDirectory files_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuthTest);

}  // namespace
}  // namespace pulsewatch::testing
