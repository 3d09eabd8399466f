#include "control/control_socket.h"

#include "control/unix_address.h"
#include "serve/listening_socket.h"
#include "support/temporary_directory.h"
#include "unit/serve/recorded_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;
using testing::TemporaryDirectory;

constexpr std::chrono::seconds kPatience{20};

// Answers a request with itself; "later" when release() has been called.
class Echo final : public ControlService {
 public:
  std::future<std::string> answer(const std::string& request, const ControlPeer& /*peer*/) override {
    if (request == "later") {
      later_ = std::promise<std::string>();
      return later_.get_future();
    }
    std::promise<std::string> promise;
    promise.set_value(request == "long" ? std::string(8 << 20, 'x') : "echo " + request);
    return promise.get_future();
  }
  [[nodiscard]] std::string refusal(const std::string& sentence) const override { return "refused: " + sentence; }
  void release() { later_.set_value("late answer"); }

 private:
  std::promise<std::string> later_;
};

class Client {
 public:
  explicit Client(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const UnixAddress address(path);
    const timeval limit{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    connected_ = ::connect(socket_.get(), address.get(), address.size()) == 0;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  void send(const std::string& text) const { static_cast<void>(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL)); }
  void endSending() const { ::shutdown(socket_.get(), SHUT_WR); }
  // All that comes until the end; what there is of it when none does.
  [[nodiscard]] std::string all(std::chrono::milliseconds patience = kPatience) const {
    std::string text;
    std::array<char, 65536> buffer{};
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      pollfd ready{socket_.get(), POLLIN, 0};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return text + "(no end)";
      const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  FileDescriptor socket_;
  bool connected_ = false;
};

struct Bench {
  Bench() : path(directory / "control.sock") {}
  [[nodiscard]] ControlSocketConfig config() const { return {path, true, "p:1: control.socket", "\"" + path + "\""}; }
  [[nodiscard]] std::unique_ptr<ControlSocket> started() {
    auto socket = std::make_unique<ControlSocket>(config(), echo, log, clock, allowAll);
    socket->start();
    return socket;
  }
  [[nodiscard]] std::string said(const std::string& text) const {
    const Client client(path);
    client.send(text);
    return client.all();
  }
  // The test is of the daemon's own processes.
  static std::string allowAll(const ControlPeer& /*peer*/) { return {}; }
  // Why it can't be listened on, behind the path.
  [[nodiscard]] std::string faultOf(const ControlSocketConfig& place) {
    try {
      ControlSocket socket(place, echo, log, clock, allowAll);
    } catch (const CannotListen& e) {
      const std::string beginning = place.where + ": " + place.shown + " cannot be listened on: ";
      const std::string text = e.what();
      return text.rfind(beginning, 0) == 0 ? text.substr(beginning.size()) : "not as it should begin: " + text;
    }
    return "none";
  }

  TemporaryDirectory directory;
  const std::string path;
  SystemClock clock;
  testing::RecordedLog log;
  Echo echo;
};

class ControlSocketTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ControlSocketTest);
  CPPUNIT_TEST(aLineForALine);
  CPPUNIT_TEST(strictFraming);
  CPPUNIT_TEST(lateAnswersHoldUpNobody);
  CPPUNIT_TEST(theSilentGiveWay);
  CPPUNIT_TEST(whoReadsNothingGivesWay);
  CPPUNIT_TEST(theSilentAreLetGoOf);
  CPPUNIT_TEST(theFile);
  CPPUNIT_TEST(staleFiles);
  CPPUNIT_TEST(placesThatCannotBe);
  CPPUNIT_TEST(theRefusedAreTold);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aLineForALine() {
    Bench bench;
    const auto socket = bench.started();
    CPPUNIT_ASSERT_EQUAL(std::string("echo hello\n"), bench.said("hello\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("echo \n"), bench.said("\n"));
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) {
      if (byte != '\n') bytes += static_cast<char>(byte);
    }
    CPPUNIT_ASSERT_EQUAL("echo " + bytes + "\n", bench.said(bytes + "\n"));
    const Client slowly(bench.path);
    for (const char c : std::string("piece by piece\n")) slowly.send(std::string(1, c));
    CPPUNIT_ASSERT_EQUAL(std::string("echo piece by piece\n"), slowly.all());
    CPPUNIT_ASSERT_EQUAL(std::size_t{8 << 20} + 1, bench.said("long\n").size());
  }

  void strictFraming() {
    Bench bench;
    const auto socket = bench.started();
    const std::string longest(ControlSocket::kMostRequest, 'x');
    CPPUNIT_ASSERT_EQUAL("echo " + longest + "\n", bench.said(longest + "\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("refused: the request is longer than 16384 bytes\n"), bench.said(longest + "x\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("refused: the request is longer than 16384 bytes\n"), bench.said(std::string(1 << 20, 'x')));
    CPPUNIT_ASSERT_EQUAL(std::string("refused: one request a connection, but there is more\n"), bench.said("a\nb\n"));
    const Client unended(bench.path);
    unended.send("no end");
    unended.endSending();
    CPPUNIT_ASSERT_EQUAL(std::string(), unended.all());
  }

  void lateAnswersHoldUpNobody() {
    Bench bench;
    const auto socket = bench.started();
    const Client late(bench.path);
    late.send("later\n");
    CPPUNIT_ASSERT_EQUAL(std::string("echo meanwhile\n"), bench.said("meanwhile\n"));
    bench.echo.release();
    CPPUNIT_ASSERT_EQUAL(std::string("late answer\n"), late.all());
    // Whoever has gone before his answer came costs nothing either.
    { Client(bench.path).send("later\n"); }
    CPPUNIT_ASSERT_EQUAL(std::string("echo after\n"), bench.said("after\n"));
    bench.echo.release();
  }

  void theSilentGiveWay() {
    Bench bench;
    const auto socket = bench.started();
    std::vector<std::unique_ptr<Client>> silent;
    for (int i = 0; i < 1000; ++i) {
      silent.push_back(std::make_unique<Client>(bench.path));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(i), silent.back()->connected());
      if (i % 100 == 0) CPPUNIT_ASSERT_EQUAL(std::string("echo heard\n"), bench.said("heard\n"));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("echo heard\n"), bench.said("heard\n"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the oldest was let go of", std::string(), silent.front()->all());
  }

  void whoReadsNothingGivesWay() {
    Bench bench;
    const auto socket = bench.started();
    std::vector<std::unique_ptr<Client>> deaf;
    for (std::size_t i = 0; i < 2 * ControlSocket::kMostClients; ++i) {
      deaf.push_back(std::make_unique<Client>(bench.path));
      deaf.back()->send("long\n");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("echo heard\n"), bench.said("heard\n"));
  }

  void theSilentAreLetGoOf() {
    Bench bench;
    const auto socket = bench.started();
    const Client silent(bench.path);
    const Client half(bench.path);
    half.send("half a request");
    CPPUNIT_ASSERT_EQUAL(std::string(), silent.all());
    CPPUNIT_ASSERT_EQUAL(std::string(), half.all());
  }

  void theFile() {
    Bench bench;
    auto socket = bench.started();
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::lstat(bench.path.c_str(), &status));
    CPPUNIT_ASSERT(S_ISSOCK(status.st_mode));
    CPPUNIT_ASSERT_EQUAL(mode_t{0600}, static_cast<mode_t>(status.st_mode & 07777));
    CPPUNIT_ASSERT_EQUAL(std::string("another daemon listens there; stop that one, or choose another path"), bench.faultOf(bench.config()));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("and goes on to", std::string("echo a\n"), bench.said("a\n"));
    socket.reset();
    CPPUNIT_ASSERT(!fs::exists(bench.path));
    // What has taken its place isn't its to remove.
    socket = bench.started();
    fs::remove(bench.path);
    std::ofstream(bench.path) << "other";
    socket.reset();
    CPPUNIT_ASSERT(fs::exists(bench.path));
  }

  void staleFiles() {
    Bench bench;
    {
      const FileDescriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const UnixAddress address(bench.path);
      CPPUNIT_ASSERT_EQUAL(0, ::bind(dead.get(), address.get(), address.size()));
      CPPUNIT_ASSERT_EQUAL(0, ::listen(dead.get(), 1));
    }
    CPPUNIT_ASSERT(fs::exists(bench.path));
    const auto socket = bench.started();
    CPPUNIT_ASSERT_EQUAL(std::string("echo a\n"), bench.said("a\n"));
  }

  void placesThatCannotBe() {
    Bench bench;
    const auto at = [&](const std::string& name) {
      ControlSocketConfig config = bench.config();
      config.path = bench.directory / name;
      return bench.faultOf(config);
    };
    const std::string advice = "; see to its directory, choose another path, or none to have no control socket";
    CPPUNIT_ASSERT_EQUAL("No such file or directory" + advice, at("no/control.sock"));
    std::ofstream(bench.directory / "file") << "mine";
    CPPUNIT_ASSERT_EQUAL(std::string("something else than a socket is there; remove it, or choose another path"), at("file"));
    CPPUNIT_ASSERT_EQUAL("Not a directory" + advice, at("file/control.sock"));
    CPPUNIT_ASSERT_EQUAL(std::string("mine"), testing::readFile(bench.directory / "file"));
  }

  void theRefusedAreTold() {
    Bench bench;
    ControlSocket socket(bench.config(), bench.echo, bench.log, bench.clock);
    socket.start();
    for (int i = 0; i < 50; ++i)
      CPPUNIT_ASSERT_EQUAL(std::string("refused: pulsewatchd's own processes, its plugins that is, may not do this\n"),
                           bench.said("hello\n"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a line now and then", std::size_t{1}, bench.log.linesOf("control_refused").size());
    CPPUNIT_ASSERT_EQUAL(std::to_string(::getpid()), testing::fieldOf(bench.log.linesOf("control_refused")[0], "pid"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ControlSocketTest);

}  // namespace

}  // namespace pulsewatch
