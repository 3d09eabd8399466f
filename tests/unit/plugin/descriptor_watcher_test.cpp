#include "plugin/descriptor_watcher.h"

#include "support/temporary_directory.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <sys/socket.h>

namespace pulsewatch {

namespace {

using testing::waitFor;

// Two ends of a connection.
struct Pair {
  Pair() {
    int ends[2] = {-1, -1};
    CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    near = ends[0];
    far = ends[1];
  }
  ~Pair() {
    closeNear();
    closeFar();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  void closeNear() { ::close(std::exchange(near, -1)); }
  void closeFar() { ::close(std::exchange(far, -1)); }
  void write() const { CPPUNIT_ASSERT_EQUAL(ssize_t{1}, ::write(far, "x", 1)); }
  int near = -1;
  int far = -1;
};

class DescriptorWatcherTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DescriptorWatcherTest);
  CPPUNIT_TEST(tellsOfNews);
  CPPUNIT_TEST(oneShot);
  CPPUNIT_TEST(newsBeforeIt);
  CPPUNIT_TEST(severalDescriptors);
  CPPUNIT_TEST(letGo);
  CPPUNIT_TEST(sameNumberAgain);
  CPPUNIT_TEST(sharedByChecks);
  CPPUNIT_TEST(faults);
  CPPUNIT_TEST(manyTimes);
  CPPUNIT_TEST(stopped);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    const MutexLock lock(mutex_);
    news_.clear();
  }

  void tellsOfNews() {
    const Pair closed;
    Pair written;
    Pair quiet;
    DescriptorWatcher watcher = make();
    watcher.watch(1, {closed.near});
    watcher.watch(2, {written.near});
    watcher.watch(3, {quiet.near});
    ::shutdown(closed.far, SHUT_RDWR);
    CPPUNIT_ASSERT(waitForNews({1}));
    written.write();
    CPPUNIT_ASSERT(waitForNews({1, 2}));
    watcher.stop();
    CPPUNIT_ASSERT(news() == (std::vector<CheckId>{1, 2}));
  }

  void oneShot() {
    Pair pair;
    DescriptorWatcher watcher = make();
    watcher.watch(1, {pair.near});
    for (int i = 0; i < 3; ++i) pair.write();
    CPPUNIT_ASSERT(waitForNews({1}));
    pair.write();
    pair.closeFar();
    sentinel(watcher);
    CPPUNIT_ASSERT(news() == (std::vector<CheckId>{1, 99}));
  }

  void newsBeforeIt() {
    Pair pair;
    DescriptorWatcher watcher = make();
    pair.closeFar();
    watcher.watch(1, {pair.near});
    CPPUNIT_ASSERT(waitForNews({1}));
    watcher.watch(1, {pair.near});
    CPPUNIT_ASSERT(waitForNews({1, 1}));
  }

  // The first news takes the others with it.
  void severalDescriptors() {
    Pair one;
    Pair two;
    DescriptorWatcher watcher = make();
    watcher.watch(1, {one.near, two.near});
    two.closeFar();
    CPPUNIT_ASSERT(waitForNews({1}));
    one.closeFar();
    sentinel(watcher);
    CPPUNIT_ASSERT(news() == (std::vector<CheckId>{1, 99}));
  }

  void letGo() {
    Pair pair;
    DescriptorWatcher watcher = make();
    watcher.letGo(1);  // of nothing
    watcher.watch(1, {pair.near});
    watcher.letGo(1);
    pair.closeFar();
    sentinel(watcher);
    CPPUNIT_ASSERT(news() == std::vector<CheckId>{99});
  }

  // A plugin closes its connection in a run, and another check gets the number: the news is that one's.
  void sameNumberAgain() {
    Pair old;
    DescriptorWatcher watcher = make();
    watcher.watch(1, {old.near});
    watcher.letGo(1);
    const int number = old.near;
    old.closeNear();
    const Pair fresh;
    const int moved = ::dup2(fresh.near, number);
    CPPUNIT_ASSERT_EQUAL(number, moved);
    watcher.watch(2, {moved});
    ::shutdown(fresh.far, SHUT_RDWR);
    CPPUNIT_ASSERT(waitForNews({2}));
    ::close(moved);
    // And one that was closed while it was watched, which is a mistake, harms nobody either.
    Pair broken;
    watcher.watch(3, {broken.near});
    broken.closeNear();
    sentinel(watcher);
    watcher.letGo(3);
    CPPUNIT_ASSERT(news() == (std::vector<CheckId>{2, 99}));
  }

  void sharedByChecks() {
    Pair pair;
    DescriptorWatcher watcher = make();
    watcher.watch(1, {pair.near});
    watcher.watch(2, {pair.near});
    watcher.watch(3, {pair.near});
    watcher.letGo(2);
    pair.closeFar();
    CPPUNIT_ASSERT(waitForNews({1, 3}));
  }

  void faults() {
    const testing::TemporaryDirectory directory;
    const int file = ::open(directory.write("file", "text").c_str(), O_RDONLY | O_CLOEXEC);
    const Pair pair;
    DescriptorWatcher watcher = make();
    CPPUNIT_ASSERT_EQUAL(std::string(), watcher.faultOf(pair.near));
    CPPUNIT_ASSERT_EQUAL(std::string("Operation not permitted"), watcher.faultOf(file));
    for (const int bad : {-1, -2147483647, 1'000'000, 2147483647})
      CPPUNIT_ASSERT_EQUAL(std::string("Bad file descriptor"), watcher.faultOf(bad));
    watcher.watch(1, {file, -1, 1'000'000, pair.near});  // what can be watched is
    ::shutdown(pair.far, SHUT_RDWR);
    CPPUNIT_ASSERT(waitForNews({1}));
    ::close(file);
  }

  void manyTimes() {
    Pair pair;
    DescriptorWatcher watcher = make();
    for (int i = 0; i < 100'000; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string(), watcher.faultOf(pair.near));
      watcher.watch(1, {pair.near});
    }
    CPPUNIT_ASSERT(news().empty());
    pair.closeFar();
    CPPUNIT_ASSERT(waitForNews({1}));
  }

  void stopped() {
    Pair pair;
    DescriptorWatcher never = make();
    never.stop();
    CPPUNIT_ASSERT(!never.faultOf(pair.near).empty());
    DescriptorWatcher watcher = make();
    watcher.watch(1, {pair.near});
    watcher.stop();
    watcher.stop();
    pair.closeFar();
    watcher.watch(2, {pair.near});
    CPPUNIT_ASSERT(news().empty());
  }

 private:
  DescriptorWatcher make() {
    return DescriptorWatcher([this](CheckId check) {
      const MutexLock lock(mutex_);
      news_.push_back(check);
    });
  }
  std::vector<CheckId> news() {
    const MutexLock lock(mutex_);
    return news_;
  }
  bool waitForNews(const std::vector<CheckId>& expected) {
    return waitFor([&] { return news() == expected; }, std::chrono::seconds(20));
  }
  // News of a check that has nothing to do with it: what came before has been told then.
  void sentinel(DescriptorWatcher& watcher) {
    Pair pair;
    watcher.watch(99, {pair.near});
    pair.closeFar();
    CPPUNIT_ASSERT(waitFor([&] { return !news().empty() && news().back() == 99; }, std::chrono::seconds(20)));
  }

  Mutex mutex_;
  std::vector<CheckId> news_ GUARDED_BY(mutex_);
};

CPPUNIT_TEST_SUITE_REGISTRATION(DescriptorWatcherTest);

}  // namespace

}  // namespace pulsewatch
