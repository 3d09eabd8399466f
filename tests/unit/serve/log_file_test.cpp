#include "serve/log_file.h"

#include "serve/log_lines.h"
#include "support/temporary_directory.h"
#include "support/unprivileged.h"
#include "support/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utility>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;
using testing::readFile;
using testing::TemporaryDirectory;

constexpr std::uint64_t kRotateSize = 1000;

std::string numbered(int number) { return "line " + std::to_string(number) + " " + std::string(80, 'x') + "\n"; }

class LogFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogFileTest);
  CPPUNIT_TEST(isMade);
  CPPUNIT_TEST(goesOn);
  CPPUNIT_TEST(rotates);
  CPPUNIT_TEST(rotatesInOneCall);
  CPPUNIT_TEST(rotatesWholeRecords);
  CPPUNIT_TEST(keepsOne);
  CPPUNIT_TEST(neverRotates);
  CPPUNIT_TEST(longLine);
  CPPUNIT_TEST(alreadyTooLarge);
  CPPUNIT_TEST(rotationFails);
  CPPUNIT_TEST(rotationWithoutDescriptors);
  CPPUNIT_TEST(rotationAsAnOrdinaryUser);
  CPPUNIT_TEST(renamed);
  CPPUNIT_TEST(renamedAndMade);
  CPPUNIT_TEST(deleted);
  CPPUNIT_TEST(truncated);
  CPPUNIT_TEST(replacedByADirectory);
  CPPUNIT_TEST(directoryVanishes);
  CPPUNIT_TEST(permissionVanishes);
  CPPUNIT_TEST(tornEnds);
  CPPUNIT_TEST(symbolicLink);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { directory_ = std::make_unique<TemporaryDirectory>(); }
  void tearDown() override { directory_.reset(); }

  void isMade() {
    const mode_t mask = ::umask(0);
    LogFile file(config());
    CPPUNIT_ASSERT_EQUAL(std::string(), file.open());
    ::umask(mask);
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(path().c_str(), &status));
    CPPUNIT_ASSERT_EQUAL(mode_t{S_IFREG | 0640}, status.st_mode);
    for (const auto& link : fs::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      if (fs::read_symlink(link.path(), error) != path()) continue;
      const int fd = std::stoi(link.path().filename().string());
      CPPUNIT_ASSERT(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
      CPPUNIT_ASSERT(::fcntl(fd, F_GETFL) & O_APPEND);
      return;
    }
    CPPUNIT_FAIL("it is not open");
  }

  void goesOn() {
    directory_->write("log", "before\n");
    LogFile file(config());
    write(file, 1, 2);
    CPPUNIT_ASSERT_EQUAL("before\n" + lines(1, 2), readFile(path()));
  }

  void rotates() {
    LogFile file(config());
    for (int i = 1; i <= 100; ++i) write(file, i, i);
    checkRotated(100);
  }

  void rotatesInOneCall() {
    LogFile file(config());
    write(file, 1, 100);
    checkRotated(100);
  }

  void rotatesWholeRecords() {
    LogFile file(config());
    std::string all;
    for (std::size_t i = 0; i < 30; ++i)
      all += "record " + std::to_string(i) + "\n    stack_trace:\n      " + std::string(i * 7, 'x') + "\n";
    CPPUNIT_ASSERT_EQUAL(all.size(), taken(file, all));
    std::string found;
    for (int i = 5; i >= 0; --i) {
      const std::string part = readFile(i == 0 ? path() : old(i));
      CPPUNIT_ASSERT(part.size() <= kRotateSize && (part.empty() || part.front() == 'r'));
      found += part;
    }
    CPPUNIT_ASSERT_EQUAL(all, found);
  }

  void keepsOne() {
    LogFileConfig one = config();
    one.rotate_count = 1;
    LogFile file(one);
    write(file, 1, 100);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, fileCount());
    CPPUNIT_ASSERT_EQUAL(lines(100 - linesOf(path()) - linesOf(old(1)) + 1, 100), readFile(old(1)) + readFile(path()));
  }

  void neverRotates() {
    LogFileConfig none = config();
    none.rotate_count = 0;
    LogFile file(none);
    write(file, 1, 100);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, fileCount());
    CPPUNIT_ASSERT_EQUAL(lines(1, 100), readFile(path()));
  }

  void longLine() {
    LogFile file(config());
    const std::string large = std::string(5000, 'y') + "\n";
    CPPUNIT_ASSERT_EQUAL(large.size() + 2 * numbered(1).size(), taken(file, numbered(1) + large + numbered(2)));
    CPPUNIT_ASSERT_EQUAL(numbered(2), readFile(path()));
    CPPUNIT_ASSERT_EQUAL(large, readFile(old(1)));
    CPPUNIT_ASSERT_EQUAL(numbered(1), readFile(old(2)));
  }

  void alreadyTooLarge() {
    const std::string before = std::string(2000, 'z') + "\n";
    directory_->write("log", before);
    LogFile file(config());
    write(file, 1, 1);
    CPPUNIT_ASSERT_EQUAL(numbered(1), readFile(path()));
    CPPUNIT_ASSERT_EQUAL(before, readFile(old(1)));
  }

  // It grows on, says so once, and the old files stay what they are however often it is tried.
  void rotationFails() {
    for (int i = 1; i <= 4; ++i) directory_->write("log." + std::to_string(i), "old " + std::to_string(i) + "\n");
    directory_->write("log.5/in-the-way", "");
    LogFile file(config());
    for (int i = 1; i <= 30; ++i) write(file, i, i);
    CPPUNIT_ASSERT_EQUAL(lines(1, 30), readFile(path()));
    const std::string notice = file.notice();
    CPPUNIT_ASSERT_MESSAGE(notice, notice.find("can't be rotated") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string(), file.notice());
    for (int i = 1; i <= 4; ++i) CPPUNIT_ASSERT_EQUAL("old " + std::to_string(i) + "\n", readFile(old(i)));
    fs::remove_all(old(5));
    int last = 30;
    const auto rotated = [&] {
      write(file, last + 1, last + 1);
      ++last;
      return fs::exists(old(5));
    };
    CPPUNIT_ASSERT(testing::waitFor(rotated, std::chrono::seconds(20)));
    CPPUNIT_ASSERT_EQUAL(lines(1, last), readFile(old(1)) + readFile(path()));
    CPPUNIT_ASSERT_EQUAL(std::string("old 1\n"), readFile(old(2)));
    CPPUNIT_ASSERT_EQUAL(std::string(), file.notice());
  }

  void rotationWithoutDescriptors() {
    LogFile file(config());
    write(file, 1, 1);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_NOFILE, &none));
    const LogTaken taken = file.take(lines(2, 30), true);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CPPUNIT_ASSERT_EQUAL(lines(2, 30).size(), taken.bytes);
    CPPUNIT_ASSERT_EQUAL(lines(1, 30), readFile(path()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, fileCount());
  }

  void rotationAsAnOrdinaryUser() {
    if (const auto user = testing::unprivilegedUser()) CPPUNIT_ASSERT_EQUAL(0, ::chown(directory_->path().c_str(), user->uid, user->gid));
    const testing::Unprivileged nobody;
    LogFile file(config());
    CPPUNIT_ASSERT_EQUAL(std::string(), file.open());
    write(file, 1, 100);
    checkRotated(100);
    fs::rename(path(), *directory_ / "away");
    write(file, 101, 101);
    CPPUNIT_ASSERT_EQUAL(numbered(101), readFile(path()));
  }

  void renamed() {
    LogFile file(config());
    write(file, 1, 2);
    fs::rename(path(), *directory_ / "away");
    write(file, 3, 4);
    CPPUNIT_ASSERT_EQUAL(lines(1, 2), readFile(*directory_ / "away"));
    CPPUNIT_ASSERT_EQUAL(lines(3, 4), readFile(path()));
  }

  // logrotate's `create`.
  void renamedAndMade() {
    LogFile file(config());
    write(file, 1, 2);
    fs::rename(path(), *directory_ / "away");
    directory_->write("log", "");
    write(file, 3, 4);
    CPPUNIT_ASSERT_EQUAL(lines(3, 4), readFile(path()));
  }

  void deleted() {
    LogFile file(config());
    write(file, 1, 2);
    fs::remove(path());
    write(file, 3, 4);
    CPPUNIT_ASSERT_EQUAL(lines(3, 4), readFile(path()));
  }

  // logrotate's `copytruncate`: no hole is left at the front.
  void truncated() {
    LogFile file(config());
    write(file, 1, 2);
    fs::resize_file(path(), 0);
    write(file, 3, 4);
    CPPUNIT_ASSERT_EQUAL(lines(3, 4), readFile(path()));
  }

  void replacedByADirectory() {
    LogFile file(config());
    write(file, 1, 1);
    fs::remove(path());
    fs::create_directory(path());
    CPPUNIT_ASSERT_EQUAL(EISDIR, file.take(numbered(2), true).error);
    fs::remove(path());
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(path().c_str(), 0600));
    CPPUNIT_ASSERT(file.take(numbered(2), true).error != 0);
    fs::remove(path());
    write(file, 2, 2);
    CPPUNIT_ASSERT_EQUAL(numbered(2), readFile(path()));
  }

  void directoryVanishes() {
    fs::create_directory(*directory_ / "logs");
    LogFileConfig inside = config();
    inside.path = *directory_ / "logs/log";
    LogFile file(inside);
    write(file, 1, 1);
    for (const bool moved : {true, false}) {
      if (moved)
        fs::rename(*directory_ / "logs", *directory_ / "away");
      else
        fs::remove_all(*directory_ / "logs");
      const LogTaken taken = file.take(numbered(2), true);
      CPPUNIT_ASSERT_EQUAL(ENOENT, taken.error);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, taken.bytes);
      fs::create_directory(*directory_ / "logs");
      write(file, 3, 3);
      CPPUNIT_ASSERT_EQUAL(numbered(3), readFile(inside.path));
    }
    CPPUNIT_ASSERT_EQUAL(numbered(1), readFile(*directory_ / "away/log"));
  }

  void permissionVanishes() {
    if (const auto user = testing::unprivilegedUser()) CPPUNIT_ASSERT_EQUAL(0, ::chown(directory_->path().c_str(), user->uid, user->gid));
    const testing::Unprivileged nobody;
    LogFile file(config());
    write(file, 1, 1);
    fs::permissions(directory_->path(), fs::perms::none);
    CPPUNIT_ASSERT_EQUAL(EACCES, file.take(numbered(2), true).error);
    fs::permissions(directory_->path(), fs::perms::owner_all);
    write(file, 3, 3);
    CPPUNIT_ASSERT_EQUAL(numbered(1) + numbered(3), readFile(path()));
  }

  // What a killed process, or a stranger, left at the end.
  void tornEnds() {
    const std::string whole = "{\"timestamp\":\"1\"}\n";
    const std::pair<std::string, std::string> rows[] = {
        {whole, whole},
        {whole + "{\"timestamp\":\"2025-10", whole},
        {whole + "{\"time", whole},
        {"{\"timestamp\":\"2025-10", ""},
        {whole + "a stranger's", whole + "a stranger's\n"},
        {"2025-10-31T10:30:00.123456Z INFO", "2025-10-31T10:30:00.123456Z INFO\n"},
        {whole + "{\"timestamp\":\"" + std::string(200'000, 'x'), whole},
        {whole + std::string(5'000'000, 'x'), whole + std::string(5'000'000, 'x') + "\n"},
    };
    for (const auto& [before, after] : rows) {
      directory_->write("log", before);
      LogFileConfig none = config();
      none.rotate_count = 0;
      LogFile file(none);
      CPPUNIT_ASSERT_EQUAL(std::string(), file.open());
      write(file, 1, 1);
      CPPUNIT_ASSERT_MESSAGE(before.substr(0, 100), after + numbered(1) == readFile(path()));
    }
  }

  // What it leads to is the log, and lies beside the old ones; the link stays.
  void symbolicLink() {
    fs::create_directory(*directory_ / "real");
    fs::create_symlink("real/log", path());
    for (int i = 0; i < 2; ++i) {  // it leads to nothing yet, then to a file
      LogFile file(config());
      write(file, 1, 20);
      CPPUNIT_ASSERT(fs::is_symlink(path()));
      CPPUNIT_ASSERT(fs::exists(*directory_ / "real/log.1"));
      CPPUNIT_ASSERT(!fs::exists(old(1)));
    }
  }

 private:
  [[nodiscard]] std::string path() const { return *directory_ / "log"; }
  [[nodiscard]] std::string old(int number) const { return path() + "." + std::to_string(number); }
  [[nodiscard]] LogFileConfig config() const {
    LogFileConfig config;
    config.path = path();
    config.rotate_size = kRotateSize;
    return config;
  }

  static std::string lines(int first, int last) {
    std::string text;
    for (int i = first; i <= last; ++i) text += numbered(i);
    return text;
  }
  static std::size_t taken(LogFile& file, const std::string& text) {
    const LogTaken taken = file.take(text, true);
    CPPUNIT_ASSERT_EQUAL(0, taken.error);
    return taken.bytes;
  }
  static void write(LogFile& file, int first, int last) {
    CPPUNIT_ASSERT_EQUAL(lines(first, last).size(), taken(file, lines(first, last)));
  }
  static int linesOf(const std::string& path) { return static_cast<int>(countRecords(readFile(path))); }
  [[nodiscard]] std::size_t fileCount() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(directory_->path())) count += entry.exists() ? 1 : 0;
    return count;
  }

  // Five old files, none too large, that with the present one hold the last lines without a gap.
  void checkRotated(int last) {
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, fileCount());
    std::string all;
    int count = 0;
    for (int i = 5; i >= 0; --i) {
      const std::string part = readFile(i == 0 ? path() : old(i));
      CPPUNIT_ASSERT(!part.empty() && part.size() <= kRotateSize);
      CPPUNIT_ASSERT_MESSAGE("a full one", i == 0 || part.size() + numbered(last).size() > kRotateSize);
      all += part;
      count += static_cast<int>(countRecords(part));
    }
    CPPUNIT_ASSERT_EQUAL(lines(last - count + 1, last), all);
  }

  std::unique_ptr<TemporaryDirectory> directory_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogFileTest);

}  // namespace

}  // namespace pulsewatch
