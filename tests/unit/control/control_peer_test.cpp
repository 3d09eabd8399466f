#include "control/control_peer.h"

#include "support/child_process.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <chrono>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

const std::string kOurs = "pulsewatchd's own processes, its plugins that is, may not do this";

class ControlPeerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ControlPeerTest);
  CPPUNIT_TEST(ofASocket);
  CPPUNIT_TEST(users);
  CPPUNIT_TEST(ourOwnProcesses);
  CPPUNIT_TEST(strangers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void ofASocket() {
    std::array<int, 2> pair{};
    CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()));
    const ControlPeer peer = peerOf(pair[0]);
    CPPUNIT_ASSERT_EQUAL(::getpid(), peer.pid);
    CPPUNIT_ASSERT_EQUAL(::geteuid(), peer.uid);
    for (const int fd : pair) ::close(fd);
  }

  void users() {
    const uid_t us = ::geteuid();
    CPPUNIT_ASSERT_EQUAL(std::string("only root and the daemon's user may do this"), refusalOf({0, us + 1}));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf({0, us}));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf({0, 0}));
  }

  void ourOwnProcesses() {
    CPPUNIT_ASSERT_EQUAL(kOurs, refusalOf({::getpid(), ::geteuid()}));
    testing::ChildProcess child({"sh", "-c", "sleep 60 & echo $!; wait"}, testing::plainEnvironment());
    CPPUNIT_ASSERT_EQUAL(kOurs, refusalOf({child.pid(), ::geteuid()}));
    CPPUNIT_ASSERT(testing::waitFor([&] { return child.output().find('\n') != std::string::npos; }, std::chrono::seconds(20)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("and their children", kOurs, refusalOf({static_cast<pid_t>(std::stol(child.output())), ::geteuid()}));
    child.signal(9);
    CPPUNIT_ASSERT(child.waitForExit(std::chrono::seconds(20)).has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("the process that connected is gone"), refusalOf({child.pid(), ::geteuid()}));
  }

  // The process that has started the tests is none of its own.
  void strangers() { CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf({::getppid(), ::geteuid()})); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ControlPeerTest);

}  // namespace

}  // namespace pulsewatch
