// A run that a plugin's connection asks for: through a runner in this process, and through a worker.
#include "plugin/local_runner.h"
#include "unit/plugin/runner_recorder.h"
#include "unit/worker/worker_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

namespace pulsewatch {

namespace {

using testing::waitFor;

// A server on a unix socket, as far as a connection needs one: what is accepted lives until it is closed.
class Listener {
 public:
  Listener() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    CPPUNIT_ASSERT_EQUAL(0, ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    CPPUNIT_ASSERT_EQUAL(0, ::listen(fd_.get(), 100));
  }
  [[nodiscard]] std::string path() const { return directory_ / "socket"; }
  [[nodiscard]] FileDescriptor accept() const { return FileDescriptor(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  void turnAway() const { static_cast<void>(accept()); }  // whoever has connected

 private:
  testing::TemporaryDirectory directory_;
  FileDescriptor fd_;
};

struct LocalBench {
  explicit LocalBench() : library(testing::fixtureLibrary("watcher")), runner(library, recorder, options()) {}
  void add(CheckId check, const std::string& path, const std::string& also = "") {
    runner.add(check, testing::fixtureSpec(*library, "check-" + std::to_string(check), {{"path", path}, {"also", also}}));
  }
  RunReport run(CheckId check, std::uint64_t sequence) {
    const std::size_t before = recorder.reports(check).size();
    runner.start({check, sequence, "run"});
    CPPUNIT_ASSERT(recorder.waitForReports(check, before + 1));
    return recorder.reports(check)[before];
  }
  static LocalRunnerOptions options() {
    LocalRunnerOptions options;
    options.log_level = LogLevel::debug;
    return options;
  }
  testing::RunnerRecorder recorder;
  std::shared_ptr<PluginLibrary> library;
  LocalRunner runner;
};

class WatchedRunsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchedRunsTest);
  CPPUNIT_TEST(wantedWhenThePeerCloses);
  CPPUNIT_TEST(whatCannotBeWatched);
  CPPUNIT_TEST(aMillionCalls);
  CPPUNIT_TEST(numbersUsedAgain);
  CPPUNIT_TEST(removedAndStopped);
  CPPUNIT_TEST(throughAWorker);
  CPPUNIT_TEST_SUITE_END();

 public:
  void wantedWhenThePeerCloses() {
    const Listener listener;
    LocalBench bench;
    bench.add(1, listener.path());
    CPPUNIT_ASSERT_EQUAL(std::string("connected"), bench.run(1, 1).message);
    for (std::uint64_t sequence = 2; sequence < 6; ++sequence) {
      CPPUNIT_ASSERT(bench.recorder.wanted().size() == sequence - 2);
      listener.turnAway();
      CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted().size() == sequence - 1; }, std::chrono::seconds(20)));
      CPPUNIT_ASSERT_EQUAL(std::string("connected"), bench.run(1, sequence).message);
    }
    const FileDescriptor kept = listener.accept();
    CPPUNIT_ASSERT_EQUAL(std::string("there"), bench.run(1, 6).message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, bench.recorder.wanted().size());
  }

  // 0 for the plugin, and one line at DEBUG for whoever wonders.
  void whatCannotBeWatched() {
    const Listener listener;
    LocalBench bench;
    bench.add(1, listener.path(), "a bad one");
    bench.add(2, listener.path(), "a file");
    CPPUNIT_ASSERT_EQUAL(std::string("connected"), bench.run(1, 1).message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.recorder.lines().size());
    const PluginLogLine line = bench.recorder.lines()[0];
    CPPUNIT_ASSERT(line.level == LogLevel::debug && line.event == "watch_refused" && line.check == 1 &&
                   line.error == "Bad file descriptor");
    CPPUNIT_ASSERT_EQUAL(
        std::string("descriptor -1 can't be watched: the check runs at its interval, and not at once when the peer is gone"), line.message);
    CPPUNIT_ASSERT_EQUAL(std::string("connected"), bench.run(2, 1).message);
    CPPUNIT_ASSERT_EQUAL(std::string("Operation not permitted"), bench.recorder.lines().at(1).error);
    for (int i = 0; i < 2; ++i) listener.turnAway();
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted().size() == 2; }, std::chrono::seconds(20)));
  }

  void aMillionCalls() {
    const Listener listener;
    LocalBench bench;
    bench.add(1, listener.path(), "too many");
    CPPUNIT_ASSERT_EQUAL(std::string("connected"), bench.run(1, 1).message);
    listener.turnAway();
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted().size() == 1; }, std::chrono::seconds(20)));
  }

  // Two checks whose connections get each other's numbers in turn.
  void numbersUsedAgain() {
    const Listener listener;
    const Listener other;
    LocalBench bench;
    bench.add(1, listener.path(), "its number");
    bench.add(2, other.path(), "its number");
    const std::string number = bench.run(1, 1).message;
    const FileDescriptor kept = listener.accept();
    ::shutdown(kept.get(), SHUT_RDWR);
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted() == std::vector<CheckId>{1}; }, std::chrono::seconds(20)));
    const std::size_t taken = static_cast<std::size_t>(::dup(0));
    CPPUNIT_ASSERT_EQUAL(number, bench.run(1, 2).message);  // closed, and opened under the same number
    bench.run(2, 1);
    const FileDescriptor again = listener.accept();
    other.turnAway();
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted() == (std::vector<CheckId>{1, 2}); }, std::chrono::seconds(20)));
    ::shutdown(again.get(), SHUT_RDWR);
    CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted() == (std::vector<CheckId>{1, 2, 1}); }, std::chrono::seconds(20)));
    ::close(static_cast<int>(taken));
  }

  void removedAndStopped() {
    const Listener listener;
    LocalBench bench;
    bench.add(1, listener.path());
    bench.add(2, listener.path());
    bench.run(1, 1);
    FileDescriptor first = listener.accept();
    bench.run(2, 1);
    const FileDescriptor second = listener.accept();
    bench.runner.remove(1);
    char byte = 0;
    CPPUNIT_ASSERT_EQUAL(ssize_t{0}, ::recv(first.get(), &byte, 1, 0));  // its check is destroyed
    CPPUNIT_ASSERT(bench.runner.stop(std::chrono::steady_clock::now() + std::chrono::seconds(20)));
    bench.recorder.end();
    ::shutdown(second.get(), SHUT_RDWR);
    CPPUNIT_ASSERT(bench.recorder.wanted().empty() && !bench.recorder.eventAfterEnd());
  }

  void throughAWorker() {
    const Listener listener;
    testing::WorkerBench bench("watcher");
    bench.add(1, {{"path", listener.path()}, {"also", ""}});
    CPPUNIT_ASSERT_EQUAL(std::string("connected"), bench.run(1).message);
    for (std::uint64_t sequence = 2; sequence < 5; ++sequence) {
      listener.turnAway();
      CPPUNIT_ASSERT(waitFor([&] { return bench.recorder.wanted().size() == sequence - 1; }, std::chrono::seconds(20)));
      CPPUNIT_ASSERT_EQUAL(std::string("connected"), bench.run(1, sequence).message);
    }
    CPPUNIT_ASSERT(bench.ends.ends().empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchedRunsTest);

}  // namespace

}  // namespace pulsewatch
