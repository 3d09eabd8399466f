// Who may use the control socket, and what becomes of its file: strangers, plugins, other daemons, killed ones, and those who only connect.
#include "integration/control.h"
#include "support/skip.h"
#include "support/unprivileged.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;

const std::string kSteady = checkConfig("steady", "ok", {"interval = 100ms"});

class ControlAccessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ControlAccessTest);
  CPPUNIT_TEST(testForeignUser);
  CPPUNIT_TEST(testDaemonsOwnUserAndRoot);
  CPPUNIT_TEST(testPlugins);
  CPPUNIT_TEST(testPluginInsideTheHost);
  CPPUNIT_TEST(testTwoDaemons);
  CPPUNIT_TEST(testKilledDaemon);
  CPPUNIT_TEST(testPlacesThatCannotBe);
  CPPUNIT_TEST(testNoSocket);
  CPPUNIT_TEST(testIdleConnections);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testForeignUser() {
    const std::optional<User> user = unprivilegedUser();
    if (!user || isOutOfReach()) return skipped("ControlAccessTest::testForeignUser", "it needs root, and a program that nobody may run");
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady));
    waitForReady(daemon, 200);
    fs::permissions(daemon.directory().path(), fs::perms::others_exec, fs::perm_options::add);
    const std::string path = daemon.directory() / "control.sock";
    const auto asNobody = [&] { return runControl({"drain", "--socket=" + path}, {}, user); };
    expectTold(asNobody(), 2, "pulsewatchctl: " + path + " may be opened by root and the daemon's user alone; be one of them\n");
    // Nor when somebody has opened the file to all.
    fs::permissions(path, fs::perms::all);
    expectTold(asNobody(), 1, "pulsewatchctl: only root and the daemon's user may do this\n");
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(std::to_string(user->uid), waitForEvents(daemon, "control_refused")[0].text("user_id"));
    daemon.stop();
  }

  void testDaemonsOwnUserAndRoot() {
    const std::optional<User> user = unprivilegedUser();
    if (!user || isOutOfReach())
      return skipped("ControlAccessTest::testDaemonsOwnUserAndRoot", "it needs root, and a program that nobody may run");
    PulsewatchOptions options = controlOptions({"ok"}, kSteady);
    options.child.user = user;
    PulsewatchProcess daemon(options);
    waitForReady(daemon, 200);
    const std::string path = daemon.directory() / "control.sock";
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::lstat(path.c_str(), &status));
    CPPUNIT_ASSERT_EQUAL(user->uid, status.st_uid);
    CPPUNIT_ASSERT_EQUAL(mode_t{0600}, static_cast<mode_t>(status.st_mode & 07777));
    expectTold(runControl({"mute", "steady", "--for=1h", "--socket=" + path}, {}, user), 0, "is muted");
    expectTold(runControl({"unmute", "steady", "--socket=" + path}), 0, "votes again");
    daemon.stop();
  }

  // Each worker runs as the daemon's user.
  void testPlugins() {
    std::string checks;
    for (const std::string way : {"itself", "child", "orphan"})
      checks += checkConfig(way, "meddler", {"way = " + way, "socket = @DIR@/control.sock", "interval = 200ms", "timeout = 10s"});
    PulsewatchProcess daemon(controlOptions({"ok", "meddler"}, kSteady + checks));
    const std::string refused = "may not do this";
    for (const char* way : {"itself", "child"}) waitForCheck(daemon, way, "healthy", refused);
    if (readFile("/proc/self/status").find("NoNewPrivs:\t0") == std::string::npos)
      skipped("ControlAccessTest::testPlugins: an orphan", "all here is under no_new_privs");
    else
      waitForCheck(daemon, "orphan", "healthy", refused);
    for (const char* check : {"itself", "child", "orphan"}) {
      const Labels labels{{"check_name", check}, {"outcome", "healthy"}};
      CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_health_check_runs_total", labels, [](double runs) { return runs >= 3; }));
    }
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    expectTold(tell(daemon, {"status"}), 0, "ready\n");
    CPPUNIT_ASSERT(linesOfEvent(daemon.log(), "drain").empty());
    const double runs = daemon.metrics().sum("pulsewatch_health_check_runs_total", {{"outcome", "healthy"}});
    daemon.stop();
    const std::size_t told = linesOfEvent(daemon.log(), "control_refused").size();
    CPPUNIT_ASSERT_MESSAGE("told, but not each time", told >= 1 && static_cast<double>(told) < runs / 2);
  }

  void testPluginInsideTheHost() {
    PulsewatchProcess daemon(
        controlOptions({"meddler"}, "plugins.isolation = host\n" + checkConfig("itself", "meddler", {"socket = @DIR@/control.sock"})));
    waitForCheck(daemon, "itself", "healthy", "pulsewatchd's own processes, its plugins that is, may not do this");
    waitForReady(daemon, 200);
    daemon.stop();
  }

  void testTwoDaemons() {
    PulsewatchProcess first(controlOptions({"ok"}, kSteady));
    waitForReady(first, 200);
    PulsewatchOptions options = controlOptions({"ok"}, kSteady);
    const std::string path = first.directory() / "control.sock";
    options.arguments = {"-D", "control.socket=" + path};
    options.logs = false;
    PulsewatchProcess second(options);
    CPPUNIT_ASSERT_EQUAL(69, second.finish());
    CPPUNIT_ASSERT_EQUAL("-D: control.socket: \"" + path.substr(0, 60) + (path.size() > 60 ? "…" : "") +
                             "\" cannot be listened on: another daemon listens there; stop that one, or choose another path\n",
                         second.child().errors());
    expectTold(tell(first, {"drain"}), 0, "drained");
    first.stop();
    CPPUNIT_ASSERT(!fs::exists(path));
  }

  void testKilledDaemon() {
    const TemporaryDirectory place;
    PulsewatchOptions options = controlOptions({"ok"}, kSteady);
    const std::string path = place / "control.sock";
    options.arguments = {"-D", "control.socket=" + path};
    for (int i = 0; i < 3; ++i) {
      PulsewatchProcess daemon(options);
      waitForReady(daemon, 200);
      expectTold(runControl({"status", "--socket=" + path}), 0, "ready\n");
      daemon.child().signal(SIGKILL);
      CPPUNIT_ASSERT_EQUAL(128 + SIGKILL, daemon.finish());
      CPPUNIT_ASSERT(fs::is_socket(path));
      expectTold(runControl({"status", "--socket=" + path}), 2, "no pulsewatchd listens at " + path + " any more");
    }
  }

  void testPlacesThatCannotBe() {
    const TemporaryDirectory place;
    place.write("file", "mine");
    const std::pair<std::string, std::string> rows[] = {
        {"nowhere/control.sock", "\" cannot be listened on: No such file or directory; see to its directory, choose another path, or none"},
        {"file", "\" cannot be listened on: something else than a socket is there; remove it, or choose another path"}};
    for (const auto& [name, sentence] : rows) {
      PulsewatchOptions options = controlOptions({"ok"}, kSteady);
      options.arguments = {"-D", "control.socket=" + (place / name).string()};
      options.logs = false;
      PulsewatchProcess daemon(options);
      CPPUNIT_ASSERT_EQUAL(69, daemon.finish());
      CPPUNIT_ASSERT_MESSAGE(daemon.child().errors(), daemon.child().errors().rfind("-D: control.socket: \"/", 0) == 0);
      CPPUNIT_ASSERT_MESSAGE(daemon.child().errors(), daemon.child().errors().find(sentence) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("mine"), readFile(place / "file"));
  }

  void testNoSocket() {
    PulsewatchProcess none(fixtureOptions({"ok"}, kSteady + "control.socket = none\n"));
    waitForReady(none, 200);
    CPPUNIT_ASSERT(linesOfEvent(none.log(), "no_control_socket").empty());
    none.stop();
    if (fs::exists("/run/pulsewatch")) return skipped("ControlAccessTest::testNoSocket: by default", "/run/pulsewatch is there");
    PulsewatchProcess by_default(fixtureOptions({"ok"}, kSteady));
    waitForReady(by_default, 200);
    CPPUNIT_ASSERT_EQUAL(std::string("pulsewatchctl won't find this daemon: there is no directory /run/pulsewatch; make it, or set "
                                     "control.socket"),
                         waitForEvents(by_default, "no_control_socket")[0].text("message"));
    by_default.stop();
  }

  void testIdleConnections() {
    PulsewatchProcess daemon(controlOptions({"ok"}, kSteady));
    waitForReady(daemon, 200);
    expectTold(tell(daemon, {"status"}), 0, "ready\n");
    const double descriptors = daemon.metrics().value("process_open_fds", {});
    std::vector<std::unique_ptr<Idle>> idle;
    for (int i = 0; i < 1000; ++i) idle.push_back(std::make_unique<Idle>(daemon.directory() / "control.sock"));
    expectTold(tell(daemon, {"status"}), 0, "ready\n");
    expectTold(tell(daemon, {"run", "steady"}), 0, "steady: healthy");
    CPPUNIT_ASSERT(daemon.metrics().value("process_open_fds", {}) <= descriptors + 80);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
  }

 private:
  // Connects, and says half a request or nothing.
  class Idle {
   public:
    explicit Idle(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path.copy(address.sun_path, sizeof(address.sun_path) - 1);
      CPPUNIT_ASSERT_EQUAL(0, ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
      if (fd_ % 2 == 0) static_cast<void>(::send(fd_, "{\"protocol\":1", 13, MSG_NOSIGNAL));
    }
    Idle(const Idle&) = delete;
    Idle& operator=(const Idle&) = delete;
    ~Idle() { ::close(fd_); }

   private:
    int fd_;
  };

  static bool isOutOfReach() {
    const Unprivileged nobody;
    return ::faccessat(AT_FDCWD, PULSEWATCH_CONTROL_PROGRAM, X_OK, AT_EACCESS) != 0;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ControlAccessTest);

}  // namespace
}  // namespace pulsewatch::testing
