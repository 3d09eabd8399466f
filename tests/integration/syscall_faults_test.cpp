// Each system call of the serving path fails once, with each error that the kernel may have at a bad moment, made by strace: the host
// lives, and serves whoever comes next. Which calls there are is taken from what the serving threads do, not from memory.
#include "integration/daemon.h"
#include "support/http_connection.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace pulsewatch::testing {
namespace {

using std::chrono::milliseconds;

const std::vector<std::string> errors{"EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EINTR"};

// Not the server's own: locks, which glibc ends the process for when they fail otherwise than they may, and malloc's.
const std::set<std::string> not_ours{"futex", "mmap", "munmap", "mprotect", "brk", "madvise", "mremap", "restart_syscall"};

struct ServingPath {
  std::set<std::string> threads;
  std::set<std::string> calls;
};

class SyscallFaultsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SyscallFaultsTest);
  CPPUNIT_TEST(testEachCall);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testEachCall() {
    PulsewatchProcess daemon(fixtureOptions(
        {"ok"}, "http.header_timeout = 500ms\nhttp.body_timeout = 500ms\nhttp.send_timeout = 500ms\n" + checkConfig("steady", "ok")));
    waitForReady(daemon, 200);
    const ServingPath path = servingPath(daemon);
    std::string calls;
    for (const std::string& call : path.calls) calls += " " + call;
    std::cout << "\nthe serving path of " << path.threads.size() << " threads:" << calls << std::endl;
    for (const char* call : {"accept4", "epoll_wait", "epoll_ctl", "recvfrom", "close"})
      CPPUNIT_ASSERT_MESSAGE(std::string(call) + " is not among" + calls, path.calls.count(call) > 0);
    for (const std::string& call : path.calls)
      for (const std::string& error : errors) fault(daemon, path.threads, call, error);
    std::cout << path.calls.size() * errors.size() << " faults\n";
    daemon.stop();
  }

 private:
  // strace at work on these threads.
  class Trace {
   public:
    Trace(const std::filesystem::path& file, const std::set<std::string>& threads, std::vector<std::string> options) : file_(file) {
      std::filesystem::remove(file);
      std::vector<std::string> argv{"strace", "-y", "-o", file.string()};
      argv.insert(argv.end(), options.begin(), options.end());
      for (const std::string& thread : threads) argv.insert(argv.end(), {"-p", thread});
      strace_ = std::make_unique<ChildProcess>(argv, plainEnvironment());
      const auto attached = [&] {
        std::size_t count = 0;
        const std::string said = strace_->errors();
        for (std::size_t at = said.find(" attached"); at != std::string::npos; at = said.find(" attached", at + 1)) ++count;
        return count >= threads.size();
      };
      if (!waitFor([&] { return attached() || !strace_->running(); }, PulsewatchProcess::patience) || !strace_->running())
        throw std::runtime_error("strace: " + strace_->errors());
    }
    ~Trace() { end(); }
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    std::string end() {
      strace_->signal(SIGINT);
      strace_->waitForExit(PulsewatchProcess::patience);
      return readFile(file_);
    }
    [[nodiscard]] std::string soFar() const { return readFile(file_); }

   private:
    const std::filesystem::path file_;
    std::unique_ptr<ChildProcess> strace_;
  };

  static std::filesystem::path traceFile(PulsewatchProcess& daemon) { return daemon.directory() / "strace.out"; }

  // One of each kind of request; what a fault does to them doesn't matter.
  static void ask(PulsewatchProcess& daemon) {
    const std::string fields = " HTTP/1.1\r\nHost: localhost\r\n";
    const std::string close = "Connection: close\r\n\r\n";
    for (const std::string& bytes :
         {"GET /healthz" + fields + "\r\nGET /ready" + fields + close, "GET /metrics" + fields + "\r\nGET /healthz" + fields + close,
          "POST /ready" + fields + "Content-Length: 3\r\n\r\nabc",
          "POST /ready" + fields + "Content-Length: 10000\r\nExpect: 100-continue\r\n\r\n", std::string("nonsense\r\n\r\n")}) {
      try {
        const HttpConnection idle(daemon.port());
        HttpConnection connection(daemon.port(), "127.0.0.1", milliseconds(300));
        connection.send(bytes.substr(0, 20));
        connection.send(bytes.substr(std::min<std::size_t>(bytes.size(), 20)));
        if (bytes.find("Expect") == std::string::npos)
          connection.closes(milliseconds(300));
        else
          connection.readable(milliseconds(300));
      } catch (const Poco::Exception&) {
      }
    }
  }

  // The threads that have to do with connections, and their calls.
  static ServingPath servingPath(PulsewatchProcess& daemon) {
    std::string text;
    {
      Trace trace(traceFile(daemon), {std::to_string(daemon.child().pid())}, {"-f"});
      for (int i = 0; i < 5; ++i) ask(daemon);
      text = trace.end();
    }
    const std::regex serves(R"((accept4|recvfrom|recvmsg|sendto|sendmsg)\(\d+<(TCP|socket)|write\(\d+<anon_inode:\[eventfd\]>)");
    const std::regex call(R"(^(\d+) +([a-z0-9_]+)\()");
    std::map<std::string, std::set<std::string>> calls;
    ServingPath path;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::smatch parts;
      if (!std::regex_search(line, parts, call)) continue;
      if (not_ours.count(parts[2]) == 0) calls[parts[1]].insert(parts[2]);
      if (std::regex_search(line, serves)) path.threads.insert(parts[1]);
    }
    for (const std::string& thread : path.threads) path.calls.insert(calls[thread].begin(), calls[thread].end());
    return path;
  }

  static void fault(PulsewatchProcess& daemon, const std::set<std::string>& threads, const std::string& call, const std::string& error) {
    const std::string what = call + " " + error;
    {
      Trace trace(traceFile(daemon), threads, {"-e", "trace=" + call, "-e", "inject=" + call + ":error=" + error + ":when=1"});
      const bool made = waitFor(
          [&] {
            ask(daemon);
            return trace.soFar().find("(INJECTED)") != std::string::npos;
          },
          PulsewatchProcess::patience);
      CPPUNIT_ASSERT_MESSAGE(what + " was not reached", made);
    }
    CPPUNIT_ASSERT_MESSAGE(what + " ends the host", daemon.child().running());
    for (const char* path : {"/healthz", "/ready", "/metrics"}) {
      try {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, 200, daemon.get(path).status);
      } catch (const Poco::Exception& e) {
        CPPUNIT_FAIL("after " + what + " " + path + " is not answered: " + e.displayText());
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SyscallFaultsTest);

}  // namespace
}  // namespace pulsewatch::testing
