#include "serve/log_file.h"
#include "support/temporary_directory.h"
#include "support/unprivileged.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;
using testing::TemporaryDirectory;

// Why a path is no log: a sentence, and nothing is made or changed by asking.
class LogFileFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogFileFaultTest);
  CPPUNIT_TEST(goodPaths);
  CPPUNIT_TEST(wrongKinds);
  CPPUNIT_TEST(missingDirectories);
  CPPUNIT_TEST(permissions);
  CPPUNIT_TEST(onlyTheFileIsWritable);
  CPPUNIT_TEST(twice);
  CPPUNIT_TEST_SUITE_END();

 public:
  void goodPaths() {
    const TemporaryDirectory directory;
    directory.write("there", "x\n");
    for (const char* name : {"new", "there", "./there", "../" /* completed below */}) {
      const std::string path =
          std::string(name) == "../" ? directory / ("../" + directory.path().filename().string() + "/new") : directory / name;
      CPPUNIT_ASSERT_EQUAL(std::string(), fault(path));
    }
    CPPUNIT_ASSERT(!fs::exists(directory / "new"));
    CPPUNIT_ASSERT_EQUAL(std::string("x\n"), testing::readFile(directory / "there"));
  }

  void wrongKinds() {
    const TemporaryDirectory directory;
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo((directory / "fifo").c_str(), 0600));
    const std::string is_directory = "is a directory; write the path of a file in it";
    const std::string no_file = "is not a regular file; write the path of one, or take log.file away to log to standard output";
    CPPUNIT_ASSERT_EQUAL(is_directory, fault(directory.path()));
    CPPUNIT_ASSERT_EQUAL(is_directory, fault(directory / "missing/"));
    CPPUNIT_ASSERT_EQUAL(no_file, fault(directory / "fifo"));
    CPPUNIT_ASSERT_EQUAL(no_file, fault("/dev/null"));
    fs::create_symlink("/dev/null", directory / "link");
    CPPUNIT_ASSERT_EQUAL(no_file, fault(directory / "link"));
  }

  void missingDirectories() {
    const TemporaryDirectory directory;
    directory.write("file", "");
    CPPUNIT_ASSERT_EQUAL(
        std::string("can't be made: its directory can't be used: No such file or directory; make the directory, or choose another path"),
        fault(directory / "missing/log"));
    CPPUNIT_ASSERT(!fs::exists(directory / "missing"));
    for (const std::string& name : {std::string("file/log"), std::string(300, 'x')})
      CPPUNIT_ASSERT(fault(directory / name).find("choose") != std::string::npos);
  }

  void permissions() {
    const TemporaryDirectory directory;
    directory.write("shut/log", "");
    directory.write("shut/other", "");
    fs::permissions(directory.path(), fs::perms::owner_all | fs::perms::others_exec);
    directory.write("open/closed", "");
    fs::permissions(directory / "open", fs::perms::all);
    fs::permissions(directory / "open/closed", fs::perms::none);
    fs::permissions(directory / "shut", fs::perms::none);
    {
      const testing::Unprivileged nobody;
      CPPUNIT_ASSERT_EQUAL(std::string(), fault(directory / "open/log"));
      CPPUNIT_ASSERT_EQUAL(std::string("can't be written: Permission denied; let the daemon's user write it, or choose another path"),
                           fault(directory / "open/closed"));
      CPPUNIT_ASSERT_EQUAL(std::string("can't be made: its directory can't be written: Permission denied; let the daemon's user write the "
                                       "directory, or choose another path"),
                           fault(directory / "shut/log"));
    }
    fs::permissions(directory / "shut", fs::perms::owner_all);
  }

  // As an administrator makes one below /var/log: fine for whom others rotate.
  void onlyTheFileIsWritable() {
    const TemporaryDirectory directory;
    directory.write("log", "");
    fs::permissions(directory / "log", fs::perms::all);
    fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
    {
      const testing::Unprivileged nobody;
      CPPUNIT_ASSERT_EQUAL(
          std::string("can't be rotated: its directory can't be written: Permission denied; let the daemon's user write the "
                      "directory, or choose another path, or set log.rotate_count = 0 and leave the rotation to others"),
          fault(directory / "log"));
      CPPUNIT_ASSERT_EQUAL(std::string(), fault(directory / "log", 0));
    }
    fs::permissions(directory.path(), fs::perms::owner_all);
  }

  void twice() {
    const TemporaryDirectory directory;
    directory.write("log", "{\"timestamp\":");  // as another one's write may look from here: not ours to mend
    LogFileConfig config;
    config.path = directory / "log";
    {
      LogFile first(config);
      CPPUNIT_ASSERT_EQUAL(std::string(), first.open());
      static_cast<void>(first.take("one\n", true));
      directory.write("log", "{\"timestamp\":");
      LogFile second(config);
      CPPUNIT_ASSERT_EQUAL(std::string("is another process's log already; give each pulsewatchd a file of its own"), second.open());
      CPPUNIT_ASSERT_EQUAL(std::string("{\"timestamp\":"), testing::readFile(config.path));
      fs::rename(config.path, config.path + ".1");
      static_cast<void>(first.take("two\n", true));
      CPPUNIT_ASSERT_MESSAGE("still after a rotation", !LogFile(config).open().empty());
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), LogFile(config).open());
  }

 private:
  static std::string fault(const std::string& path, unsigned rotate_count = 5) {
    LogFileConfig config;
    config.path = path;
    config.rotate_count = rotate_count;
    return logFileFault(config);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogFileFaultTest);

}  // namespace

}  // namespace pulsewatch
