#include "base/service_manager.h"

#include "support/notify_socket.h"
#include "support/temporary_directory.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::NotifySocket;

class ServiceManagerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceManagerTest);
  CPPUNIT_TEST(theEnvironmentIsTaken);
  CPPUNIT_TEST(noManager);
  CPPUNIT_TEST(addressesThatAreNone);
  CPPUNIT_TEST(allThatIsSaid);
  CPPUNIT_TEST(nothingOfAReloadBehindTheEnd);
  CPPUNIT_TEST(statusIsOneLineOfText);
  CPPUNIT_TEST(statusIsToldOnce);
  CPPUNIT_TEST(statusIsToldLaterWhenItCouldNotBe);
  CPPUNIT_TEST(theLongestAddress);
  CPPUNIT_TEST(watchdogPeriods);
  CPPUNIT_TEST(aManagerThatIsGone);
  CPPUNIT_TEST(aManagerThatDoesNotListen);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override { takeServiceManagerAddress(); }

  void theEnvironmentIsTaken() {
    struct Row {
      const char* microseconds;
      Nanoseconds watchdog;
    };
    for (const Row& row : {Row{"20000000", seconds(20)}, Row{"1", std::chrono::microseconds(1)}, Row{"0", seconds(0)},
                           Row{"-5", seconds(0)}, Row{"", seconds(0)}, Row{"20s", seconds(0)}, Row{"99999999999999999999", seconds(0)}}) {
      ::setenv("NOTIFY_SOCKET", "/run/some/socket", 1);
      ::setenv("WATCHDOG_USEC", row.microseconds, 1);
      ::setenv("WATCHDOG_PID", "123", 1);
      const ServiceManagerAddress address = takeServiceManagerAddress();
      CPPUNIT_ASSERT_EQUAL(std::string("/run/some/socket"), address.socket);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.microseconds, row.watchdog.count(), address.watchdog.count());
      CPPUNIT_ASSERT_EQUAL(pid_t{123}, address.watched);
      for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        CPPUNIT_ASSERT_MESSAGE(name, std::getenv(name) == nullptr);
    }
    const ServiceManagerAddress none = takeServiceManagerAddress();
    CPPUNIT_ASSERT_EQUAL(std::string(), none.socket);
    CPPUNIT_ASSERT(none.watchdog == Nanoseconds(0));
    CPPUNIT_ASSERT_EQUAL(pid_t{0}, none.watched);
  }

  void noManager() {
    ServiceManager manager({{}, seconds(20), 0});
    CPPUNIT_ASSERT(!manager.listens());
    CPPUNIT_ASSERT(manager.watchdogPeriod() == Nanoseconds(0));
    sayAll(manager);
  }

  void addressesThatAreNone() {
    for (const std::string& address : {std::string("/"), std::string("@"), std::string("run/systemd/notify"), std::string("vsock:2:1234"),
                                       "/" + std::string(107, 'x'), "@" + std::string(107, 'x')}) {
      ServiceManager manager({address, seconds(20), 0});
      CPPUNIT_ASSERT_MESSAGE(address, !manager.listens());
      sayAll(manager);
    }
  }

  void allThatIsSaid() {
    for (const std::string& address : {path(), "@" + path()}) {
      const NotifySocket socket(address);
      ServiceManager manager({address, seconds(20), ::getpid()});
      const auto before =
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
      sayAll(manager);
      const auto after = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
      CPPUNIT_ASSERT(testing::waitFor([&] { return socket.notices().size() == 5; }, seconds(20)));
      const std::vector<testing::Notice> notices = socket.notices();
      CPPUNIT_ASSERT_EQUAL(std::string("READY=1"), notices[0].text);
      CPPUNIT_ASSERT_EQUAL(std::string("STATUS=fine"), notices[1].text);
      const std::int64_t moment = std::stoll(notices[2].value("MONOTONIC_USEC"));
      CPPUNIT_ASSERT_EQUAL("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(moment), notices[2].text);
      CPPUNIT_ASSERT(moment >= before && moment <= after);
      CPPUNIT_ASSERT_EQUAL(std::string("WATCHDOG=1"), notices[3].text);
      CPPUNIT_ASSERT_EQUAL(std::string("STOPPING=1\nEXTEND_TIMEOUT_USEC=1500000"), notices[4].text);
    }
  }

  void nothingOfAReloadBehindTheEnd() {
    const NotifySocket socket(path());
    ServiceManager manager({path(), {}, 0});
    manager.stopping(seconds(1));
    manager.reloading();
    manager.ready();
    manager.status("the last");
    CPPUNIT_ASSERT(socket.waitForStatus("the last"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, socket.notices().size());
  }

  void statusIsOneLineOfText() {
    const NotifySocket socket(path());
    ServiceManager manager({path(), {}, 0});
    manager.status("a\nSTOPPING=1\r\x1b[31m \xff ü");
    CPPUNIT_ASSERT(socket.waitForStatus("a\\x0aSTOPPING=1\\x0d\\x1b[31m \xEF\xBF\xBD ü"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, socket.count("STOPPING=1"));
    manager.status(std::string(100'000, 'x'));
    CPPUNIT_ASSERT(socket.waitForStatus(std::string(1000, 'x') + "…"));
  }

  void statusIsToldOnce() {
    const NotifySocket socket(path());
    ServiceManager manager({path(), {}, 0});
    for (const char* text : {"a", "a", "b", "b", "a"}) manager.status(text);
    manager.ready();
    CPPUNIT_ASSERT(socket.waitForLine("READY=1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, socket.notices().size());
  }

  void statusIsToldLaterWhenItCouldNotBe() {
    ServiceManager manager({path(), {}, 0});
    manager.status("a");  // nobody is there
    const NotifySocket socket(path());
    manager.status("a");
    CPPUNIT_ASSERT(socket.waitForStatus("a"));
  }

  void theLongestAddress() {
    const std::string address = "@" + std::string(106, 'x');
    const NotifySocket socket(address);
    ServiceManager manager({address, {}, 0});
    manager.ready();
    CPPUNIT_ASSERT(socket.waitForLine("READY=1"));
  }

  void watchdogPeriods() {
    const auto period = [](Nanoseconds watchdog, pid_t watched) { return ServiceManager({"/x", watchdog, watched}).watchdogPeriod(); };
    CPPUNIT_ASSERT(period(seconds(20), 0) == seconds(5));
    CPPUNIT_ASSERT(period(seconds(20), ::getpid()) == seconds(5));
    CPPUNIT_ASSERT(period(seconds(20), ::getppid()) == seconds(0));
    CPPUNIT_ASSERT(period(seconds(0), ::getpid()) == seconds(0));
  }

  void aManagerThatIsGone() {
    auto socket = std::make_unique<NotifySocket>(path());
    ServiceManager manager({path(), {}, 0});
    manager.ready();
    CPPUNIT_ASSERT(socket->waitForLine("READY=1"));
    socket.reset();
    const auto begin = std::chrono::steady_clock::now();
    sayAll(manager);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < seconds(1));
  }

  // Its queue is full: what may not wait doesn't, and what has to be said is not waited for without an end.
  void aManagerThatDoesNotListen() {
    const std::string address = "@" + path();
    const FileDescriptor deaf(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    address.copy(static_cast<char*>(where.sun_path), sizeof(where.sun_path));
    where.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    CPPUNIT_ASSERT_EQUAL(0, ::bind(deaf.get(), reinterpret_cast<const sockaddr*>(&where), size));
    ServiceManager manager({address, seconds(20), 0});
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 5000; ++i) {
      manager.feedWatchdog();
      manager.status(std::to_string(i));
    }
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < seconds(1));
    begin = std::chrono::steady_clock::now();
    manager.ready();
    const auto waited = std::chrono::steady_clock::now() - begin;
    CPPUNIT_ASSERT(waited > milliseconds(500) && waited < seconds(10));
    // What was not told is told when there is room.
    std::array<char, 4096> buffer{};
    while (::recv(deaf.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) continue;
    manager.status("4999");
    const ssize_t got = ::recv(deaf.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    CPPUNIT_ASSERT_EQUAL(std::string("STATUS=4999"), std::string(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))));
  }

 private:
  [[nodiscard]] std::string path() const { return directory_ / "notify"; }

  static void sayAll(ServiceManager& manager) {
    manager.ready();
    manager.status("fine");
    manager.reloading();
    manager.feedWatchdog();
    manager.stopping(milliseconds(1500));
  }

  const testing::TemporaryDirectory directory_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceManagerTest);

}  // namespace

}  // namespace pulsewatch
