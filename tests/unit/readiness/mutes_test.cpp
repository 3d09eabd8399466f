#include "readiness/mutes.h"

#include "readiness/mute_file.h"
#include "support/manual_clock.h"
#include "support/skip.h"
#include "support/small_disk.h"
#include "support/temporary_directory.h"
#include "support/unprivileged.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::readFile;
using testing::TemporaryDirectory;

struct Bench {
  [[nodiscard]] std::string file() const { return directory / "state/mutes"; }
  [[nodiscard]] std::string state() const { return directory / "state"; }
  // What a daemon that starts now has.
  [[nodiscard]] MuteList afterRestart() const {
    Mutes mutes(clock, state());
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.load());
    return *mutes.list();
  }
  void write(const std::string& content) const {
    fs::create_directories(state());
    std::ofstream(file(), std::ios::binary) << content;
    fs::permissions(file(), fs::perms::owner_read | fs::perms::owner_write);
  }

  TemporaryDirectory directory;
  testing::ManualClock clock;
};

class MutesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MutesTest);
  CPPUNIT_TEST(outlivesARestart);
  CPPUNIT_TEST(reasonsAreOneVisibleLine);
  CPPUNIT_TEST(muteAgainReplaces);
  CPPUNIT_TEST(unmuteLeavesNothing);
  CPPUNIT_TEST(ends);
  CPPUNIT_TEST(whatIsNotWrittenIsNotMuted);
  CPPUNIT_TEST(unmuteIsDoneAllTheSame);
  CPPUNIT_TEST(fullDisk);
  CPPUNIT_TEST(badFiles);
  CPPUNIT_TEST(strangeFiles);
  CPPUNIT_TEST(everyCutIsRefused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void outlivesARestart() {
    Bench bench;
    Mutes mutes(bench.clock, bench.state());
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.load());
    CPPUNIT_ASSERT(mutes.list()->empty());
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.mute("redis", minutes(30), "move"));
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.mute("data-base_2", milliseconds(1), ""));
    const MuteList wanted{{"redis", {bench.clock.wall() + minutes(30), "move"}},
                          {"data-base_2", {bench.clock.wall() + milliseconds(1), ""}}};
    CPPUNIT_ASSERT(*mutes.list() == wanted);
    CPPUNIT_ASSERT(bench.afterRestart() == wanted);
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(bench.file().c_str(), &status));
    CPPUNIT_ASSERT_EQUAL(mode_t{0600}, static_cast<mode_t>(status.st_mode & 07777));
  }

  void reasonsAreOneVisibleLine() {
    Bench bench;
    Mutes mutes(bench.clock, bench.state());
    for (const int byte : {0x00, 0x01, 0x09, 0x0A, 0x0D, 0x1B, 0x20, 0x5C, 0x7F, 0x80, 0xA0, 0xC0, 0xFF}) {
      const std::string reason = "a" + std::string(1, static_cast<char>(byte)) + "\x1b[31m\xe2\x80\xae b ";
      CPPUNIT_ASSERT_EQUAL(std::string(), mutes.mute("a", hours(1), reason));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(byte), bench.afterRestart() == *mutes.list());
      const std::string kept = mutes.list()->at("a").reason;
      CPPUNIT_ASSERT_MESSAGE(kept, kept.find_first_of("\n\r\x1b") == std::string::npos && kept.find("\xe2\x80\xae") == std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.mute("a", hours(1), std::string(100'000, 'x')));
    CPPUNIT_ASSERT(mutes.list()->at("a").reason.size() <= kMostMuteReason + 3);
  }

  void muteAgainReplaces() {
    Bench bench;
    Mutes mutes(bench.clock, bench.state());
    mutes.mute("a", hours(2), "first");
    mutes.mute("a", hours(1), "second");
    const MuteList wanted{{"a", {bench.clock.wall() + hours(1), "second"}}};
    CPPUNIT_ASSERT(bench.afterRestart() == wanted);
  }

  void unmuteLeavesNothing() {
    Bench bench;
    Mutes mutes(bench.clock, bench.state());
    CPPUNIT_ASSERT_EQUAL(std::string("check a is not muted"), mutes.unmute("a"));
    mutes.mute("a", hours(1), "");
    mutes.mute("b", hours(1), "");
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.unmute("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.afterRestart().count("b"));
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.unmute("b"));
    CPPUNIT_ASSERT(fs::is_empty(bench.state()));
  }

  void ends() {
    Bench bench;
    Mutes mutes(bench.clock, bench.state());
    mutes.mute("a", minutes(1), "");
    mutes.mute("b", minutes(2), "");
    const WallTime begin = bench.clock.wall();
    CPPUNIT_ASSERT(mutes.ended(WallTime::min(), begin + minutes(1) - milliseconds(1)).empty());
    CPPUNIT_ASSERT((mutes.ended(begin, begin + minutes(1)) == std::vector<std::string>{"a"}));
    CPPUNIT_ASSERT((mutes.ended(begin + minutes(1), begin + minutes(9)) == std::vector<std::string>{"b"}));
    bench.clock.advance(minutes(1));
    CPPUNIT_ASSERT_EQUAL(std::string("check a is not muted"), mutes.unmute("a"));
    mutes.mute("c", minutes(1), "");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("it is forgotten with the next change", std::size_t{0}, bench.afterRestart().count("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bench.afterRestart().size());
  }

  void whatIsNotWrittenIsNotMuted() {
    Bench bench;
    std::ofstream(bench.state()) << "a file where a directory should be";
    Mutes mutes(bench.clock, bench.state());
    const std::string fault = mutes.mute("a", hours(1), "");
    CPPUNIT_ASSERT_MESSAGE(
        fault, fault.rfind("check a was not muted, as that would not outlive a restart: " + bench.file() + " cannot be written: ", 0) == 0);
    CPPUNIT_ASSERT(mutes.list()->empty());
  }

  void unmuteIsDoneAllTheSame() {
    Bench bench;
    Mutes mutes(bench.clock, bench.state());
    mutes.mute("a", hours(1), "");
    mutes.mute("b", hours(1), "");
    fs::rename(bench.state(), bench.state() + ".away");
    std::ofstream(bench.state()) << "a file where a directory should be";
    const std::string fault = mutes.unmute("a");
    CPPUNIT_ASSERT_MESSAGE(fault, fault.rfind("check a votes again, but is muted again after a restart: ", 0) == 0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mutes.list()->count("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mutes.list()->count("b"));
  }

  // The old list stays, whole, and there is nothing left of the try.
  void fullDisk() {
    Bench bench;
    fs::create_directories(bench.state());
    testing::SmallDisk disk(bench.state(), 64 * 1024);
    if (!disk.mounted()) return testing::skipped("mutes on a full disk", disk.reason());
    Mutes mutes(bench.clock, bench.state());
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.mute("a", hours(1), "kept"));
    const MuteList before = *mutes.list();
    disk.fill();
    const std::string fault = mutes.mute("b", hours(1), "");
    CPPUNIT_ASSERT_MESSAGE(fault, fault.find("cannot be written: No space left on device; see to state.directory") != std::string::npos);
    CPPUNIT_ASSERT(*mutes.list() == before && bench.afterRestart() == before);
    CPPUNIT_ASSERT(!fs::exists(bench.file() + ".new"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the last one's end needs no room", std::string(), mutes.unmute("a"));
    disk.empty();
    CPPUNIT_ASSERT_EQUAL(std::string(), mutes.mute("b", hours(1), ""));
  }

  void badFiles() {
    const Bench bench;
    const std::string first = "pulsewatch mutes 1\n";
    for (const std::string& content :
         {std::string("\n"), std::string("pulsewatch mutes 2\n"), first + "a\n", first + "a 1\n", first + "a x y\n", first + "a -1 y\n",
          first + "a 99999999999999 y\n", first + " 1 y\n", first + "A 1 y\n", first + "../a 1 y\n", first + "a 1 y\na 2 z\n",
          first + "a 1 y\x1b\n", first + "a 1 y\xff\n", first + "a 1 y", first + std::string(64, 'a') + " 1 y\n", first + "\n",
          std::string("\x7f"
                      "ELF\0\0",
                      6),
          std::string(20 << 20, 'x')}) {
      bench.write(content);
      Mutes mutes(bench.clock, bench.state());
      const std::string fault = mutes.load();
      CPPUNIT_ASSERT_MESSAGE(content.substr(0, 100), fault.rfind(bench.file() + " is ", 0) == 0);
      CPPUNIT_ASSERT(mutes.list()->empty());
      CPPUNIT_ASSERT_EQUAL(std::string(), mutes.mute("a", hours(1), ""));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.afterRestart().size());
    }
  }

  void strangeFiles() {
    const Bench bench;
    const auto faultOf = [&] {
      Mutes mutes(bench.clock, bench.state());
      const std::string fault = mutes.load();
      CPPUNIT_ASSERT(mutes.list()->empty());
      return fault.empty() ? fault : fault.substr(bench.file().size() + 1, fault.find(": no check") - bench.file().size() - 1);
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), faultOf());
    bench.write("pulsewatch mutes 1\na 9000000 x\n");
    fs::permissions(bench.file(), fs::perms::others_write, fs::perm_options::add);
    CPPUNIT_ASSERT_EQUAL(std::string("could have been written by others than root and the daemon's user"), faultOf());
    fs::remove(bench.file());
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(bench.file().c_str(), 0600));
    CPPUNIT_ASSERT_EQUAL(std::string("is no regular file"), faultOf());
    fs::remove(bench.file());
    fs::create_symlink("/etc/passwd", bench.file());
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be read: Too many levels of symbolic links"), faultOf());
    fs::remove(bench.file());
    fs::create_directory(bench.file());
    CPPUNIT_ASSERT_EQUAL(std::string("is no regular file"), faultOf());
  }

  // As a crash in the middle of a write would leave it, if it were written in place: only whole lines are ever taken for a list.
  void everyCutIsRefused() {
    const Bench bench;
    const std::string whole = "pulsewatch mutes 1\nab 1761906600123 why\n";
    bench.write(whole);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.afterRestart().size());
    for (std::size_t length = 1; length < whole.size(); ++length) {
      if (whole[length - 1] == '\n') continue;
      bench.write(whole.substr(0, length));
      Mutes mutes(bench.clock, bench.state());
      CPPUNIT_ASSERT_MESSAGE(whole.substr(0, length), !mutes.load().empty());
      CPPUNIT_ASSERT(mutes.list()->empty());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MutesTest);

}  // namespace

}  // namespace pulsewatch
