// The log on standard output, whatever that is: a terminal, a pipe that nobody reads, nothing at all; and as text for people.
#include "integration/daemon.h"
#include "integration/latency_probe.h"
#include "support/mariadb_server.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <pty.h>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

// The other end of what the daemon writes to; read only when asked.
class OutputReader {
 public:
  explicit OutputReader(int fd) : fd_(fd) {
    if (fd < 0 || ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) throw std::system_error(errno, std::generic_category(), "no reader");
  }
  OutputReader(const OutputReader&) = delete;
  OutputReader& operator=(const OutputReader&) = delete;
  ~OutputReader() { ::close(fd_); }

  [[nodiscard]] int fd() const { return fd_; }

  const std::string& text() {
    std::array<char, 65536> piece{};
    for (ssize_t got = 0; (got = ::read(fd_, piece.data(), piece.size())) > 0;) text_.append(piece.data(), static_cast<std::size_t>(got));
    return text_;
  }
  bool waitForText(const std::string& wanted) {
    return waitFor([&] { return text().find(wanted) != std::string::npos; }, PulsewatchProcess::patience);
  }

 private:
  const int fd_;
  std::string text_;
};

class LogOutputTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogOutputTest);
  CPPUNIT_TEST(testBlockedPipe);
  CPPUNIT_TEST(testReaderThatGoes);
  CPPUNIT_TEST(testNoStandardOutput);
  CPPUNIT_TEST(testFullDevice);
  CPPUNIT_TEST(testTextOnATerminal);
  CPPUNIT_TEST(testJsonOnATerminal);
  CPPUNIT_TEST(testTextOnAPipe);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testBlockedPipe() {
    const TemporaryDirectory directory;
    const std::string fifo = directory / "fifo";
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    OutputReader reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    PulsewatchOptions options = withPort("");
    options.child.output_file = fifo;
    PulsewatchProcess daemon(options);
    LatencyProbe probe(daemon.port());
    CPPUNIT_ASSERT_MESSAGE("nobody reads, and it fills up", logUntilDropped(daemon));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    probe.finish();
    const double lost = dropped(daemon);
    CPPUNIT_ASSERT(reader.waitForText("\"log_dropped\""));
    // The stop has a second for the log, and a megabyte may be waiting.
    daemon.get("/nothing-waits");
    CPPUNIT_ASSERT(reader.waitForText("/nothing-waits"));
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT(reader.waitForText("\"stopped\""));
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
    const JsonLines told = linesOfEvent(parseJsonLines(reader.text()), "log_dropped");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, told.size());
    CPPUNIT_ASSERT_EQUAL(lost, static_cast<double>(told.front().integer("dropped")));
  }

  void testReaderThatGoes() {
    const TemporaryDirectory directory;
    const std::string fifo = directory / "fifo";
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    auto reader = std::make_unique<OutputReader>(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    PulsewatchOptions options = withPort("");
    options.child.output_file = fifo;
    PulsewatchProcess daemon(options);
    daemon.port();
    reader.reset();
    checkThatItGoesOn(daemon);
  }

  // Nor does a socket or a file take its place.
  void testNoStandardOutput() {
    PulsewatchOptions options = withPort("");
    options.child.close_output = true;
    PulsewatchProcess daemon(options);
    checkThatItGoesOn(daemon);
  }

  void testFullDevice() {
    PulsewatchOptions options = withPort("");
    options.child.output_file = "/dev/full";
    PulsewatchProcess daemon(options);
    checkThatItGoesOn(daemon);
  }

  void testTextOnATerminal() {
    const std::string coloured = onATerminal("log.format = text\n", {{"TERM", "xterm"}});
    CPPUNIT_ASSERT_MESSAGE(coloured, coloured.find("\x1b[32mINFO") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(coloured, coloured.find("\x1b[33mWARNING") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE("what a client sent does not reach it", coloured.find("\x1b]0;") == std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(coloured, coloured.find(R"(\x1b]0;title\x07)") != std::string::npos);
    for (const Environment& plain : {Environment{{"TERM", "dumb"}}, Environment{{"TERM", "xterm"}, {"NO_COLOR", "1"}}}) {
      const std::string text = onATerminal("log.format = text\n", plain);
      CPPUNIT_ASSERT_EQUAL(std::string::npos, text.find('\x1b'));
      CPPUNIT_ASSERT(text.find("INFO     pulsewatch.core.http: listening on") != std::string::npos);
    }
  }

  void testJsonOnATerminal() {
    const std::string text = onATerminal("", {{"TERM", "xterm"}});
    CPPUNIT_ASSERT_EQUAL(std::string::npos, text.find('\x1b'));
    CPPUNIT_ASSERT(parseJsonLines(text).size() > 3);
  }

  void testTextOnAPipe() {
    PulsewatchOptions options = withPort("log.format = text\n");
    options.environment["TERM"] = "xterm";
    options.logs = false;
    PulsewatchProcess daemon(options);
    sendTitle(daemon);
    daemon.stop();
    const std::string text = daemon.child().output();
    for (const char c : text) CPPUNIT_ASSERT_MESSAGE(text, c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    CPPUNIT_ASSERT_MESSAGE(text, text.find(R"(WARNING  pulsewatch.core.http: request unknown 400  request_id=)") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(text, text.find(R"(\x1b]0;title\x07)") != std::string::npos);
  }

 private:
  static PulsewatchOptions withPort(const std::string& further) {
    PulsewatchOptions options = fixtureOptions({"ok"}, further + checkConfig("steady", "ok"));
    options.port = freePort();
    const std::string any = "http.port = 0";
    options.config.replace(options.config.find(any), any.size(), "http.port = " + std::to_string(options.port));
    return options;
  }

  static double dropped(PulsewatchProcess& daemon) { return daemon.metrics().value("pulsewatch_log_dropped_total"); }

  // Requests whose lines are long.
  static bool logUntilDropped(PulsewatchProcess& daemon) {
    return waitFor(
        [&] {
          for (int i = 0; i < 100; ++i) daemon.get("/" + std::string(5000, 'x'));
          return dropped(daemon) > 0;
        },
        3 * PulsewatchProcess::patience);
  }

  // Nothing can be written, which is counted, and that is all.
  static void checkThatItGoesOn(PulsewatchProcess& daemon) {
    waitForReady(daemon, 200);
    LatencyProbe probe(daemon.port());
    daemon.get("/nowhere");
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_log_dropped_total", {}, [](double lost) { return lost > 0; }));
    const double before = dropped(daemon);
    daemon.get("/nowhere");
    CPPUNIT_ASSERT(daemon.waitForMetric("pulsewatch_log_dropped_total", {}, [&](double lost) { return lost > before; }));
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    probe.finish();
    daemon.child().signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(0, daemon.finish());
  }

  // A request that would set the terminal's title.
  static void sendTitle(PulsewatchProcess& daemon) {
    daemon.exchange("GET /\x1b]0;title\x07 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }

  // All that a daemon writes to a terminal.
  static std::string onATerminal(const std::string& config, const Environment& environment) {
    int master = -1;
    int slave = -1;
    std::array<char, 64> name{};
    if (::openpty(&master, &slave, name.data(), nullptr, nullptr) != 0) throw std::system_error(errno, std::generic_category(), "openpty");
    OutputReader reader(master);
    termios raw{};
    ::tcgetattr(slave, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(slave, TCSANOW, &raw);
    PulsewatchOptions options = withPort(config);
    for (const auto& [variable, value] : environment) options.environment[variable] = value;
    options.child.output_file = name.data();
    options.logs = false;
    PulsewatchProcess daemon(options);
    sendTitle(daemon);
    CPPUNIT_ASSERT(reader.waitForText("title"));
    daemon.stop();
    std::string text = reader.text();
    ::close(slave);
    return text;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogOutputTest);

}  // namespace
}  // namespace pulsewatch::testing
