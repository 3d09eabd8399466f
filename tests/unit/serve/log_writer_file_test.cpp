#include "serve/json_line.h"
#include "serve/log_file.h"
#include "serve/log_writer.h"
#include "serve/text_line.h"
#include "support/manual_clock.h"
#include "support/skip.h"
#include "support/small_disk.h"
#include "support/temporary_directory.h"
#include "unit/serve/file_size_limit.h"
#include "unit/serve/log_pipe.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <memory>
#include <string>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;
using testing::in;
using testing::kPatience;
using testing::numbered;
using testing::readFile;
using testing::waitFor;

// The log in a file that can't be written for a while.
class LogWriterFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogWriterFileTest);
  CPPUNIT_TEST(directoryVanishes);
  CPPUNIT_TEST(shortLossCostsNothing);
  CPPUNIT_TEST(textIsCountedByRecords);
  CPPUNIT_TEST(fullDisk);
  CPPUNIT_TEST(limitOfFileSize);
  CPPUNIT_TEST(rotationIsToldOf);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    directory_ = std::make_unique<testing::TemporaryDirectory>();
    fs::create_directory(*directory_ / "logs");
    config_ = {};
    config_.path = *directory_ / "logs/log";
  }
  void tearDown() override { directory_.reset(); }

  void directoryVanishes() {
    Logging logging(config_);
    logging.writeLines(1);
    CPPUNIT_ASSERT(logging.waitForText("\"number\":0"));
    fs::remove_all(*directory_ / "logs");
    logging.writeLines(10);
    CPPUNIT_ASSERT(waitFor([&] { return logging.log.dropped() == 10; }, kPatience));
    logging.checkThatItLives();
    fs::create_directory(*directory_ / "logs");
    CPPUNIT_ASSERT_MESSAGE("told of without another line", logging.waitForText("log_dropped"));
    logging.writeLines(1);
    logging.log.stop(in(kPatience));
    const testing::Lines lines = testing::parsedLines(readFile(config_.path));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("10"), testing::fieldOf(lines[0], "dropped"));
    CPPUNIT_ASSERT_EQUAL(std::string("No such file or directory"), testing::fieldOf(lines[0], "error"));
  }

  void shortLossCostsNothing() {
    Logging logging(config_);
    logging.writeLines(10);
    CPPUNIT_ASSERT(logging.waitForText("\"number\":9"));
    fs::rename(*directory_ / "logs", *directory_ / "away");
    logging.writeLines(10);
    fs::rename(*directory_ / "away", *directory_ / "logs");
    logging.writeLines(10);
    CPPUNIT_ASSERT(logging.waitForText("\"number\":29"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, logging.log.dropped());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{30}, testing::received(testing::parsedLines(readFile(config_.path))).lines);
  }

  void textIsCountedByRecords() {
    config_.path = *directory_ / "missing/log";
    Logging logging(config_, textLine);
    for (int i = 0; i < 3; ++i) logging.log.write({LogLevel::error, "l", "e", "m", {{"stack_trace", "one\ntwo\nthree"}}});
    CPPUNIT_ASSERT(waitFor([&] { return logging.log.dropped() > 0; }, kPatience));
    logging.log.stop(in(kPatience));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, logging.log.dropped());
  }

  void fullDisk() {
    const testing::SmallDisk disk(*directory_ / "logs", 65536);
    if (!disk.mounted()) return testing::skipped("LogWriterFileTest::fullDisk", disk.reason());
    fillAndEmpty([&] { disk.fill(); }, [&] { disk.empty(); }, "No space left on device");
  }

  // What a full disk is, where none can be mounted.
  void limitOfFileSize() {
    std::unique_ptr<testing::FileSizeLimit> limit;
    fillAndEmpty([&] { limit = std::make_unique<testing::FileSizeLimit>(10000); }, [&] { limit.reset(); }, "File too large");
  }

  void rotationIsToldOf() {
    config_.rotate_size = 1000;
    config_.rotate_count = 1;
    directory_->write("logs/log.1/in-the-way", "");
    Logging logging(config_);
    logging.writeLines(100);
    CPPUNIT_ASSERT(logging.waitForText("\"log_trouble\""));
    logging.log.stop(in(kPatience));
    const std::string text = readFile(config_.path);
    CPPUNIT_ASSERT(text.find("can't be rotated") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("once", text.find("log_trouble"), text.rfind("log_trouble"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, logging.log.dropped());
    CPPUNIT_ASSERT_EQUAL(std::size_t{101}, testing::parsedLines(text).size());
  }

 private:
  struct Logging {
    explicit Logging(const LogFileConfig& config, LogFormat format = jsonLine)
        : path(config.path), file(config), log(file, format, LogLevel::info, clock) {
      log.start();
    }
    void writeLines(int count, std::size_t size = 20) {
      for (int i = 0; i < count; ++i) log.write(numbered(written++, size));
    }
    [[nodiscard]] bool waitForText(const std::string& text) const {
      return waitFor([&] { return readFile(path).find(text) != std::string::npos; }, kPatience);
    }
    void checkThatItLives() {
      clock.advance(std::chrono::hours(1));
      CPPUNIT_ASSERT(waitFor([&] { return log.heartbeat().age(clock.steady()) == Nanoseconds(0); }, kPatience));
    }

    const std::string path;
    testing::ManualClock clock;
    LogFile file;
    LogWriter log;
    std::int64_t written = 0;
  };

  // While it is full the file holds whole lines; once there is room again it goes on, what was lost is counted and told of once.
  template <class Fill, class Empty>
  void fillAndEmpty(Fill fill, Empty empty, const std::string& error) {
    Logging logging(config_);
    logging.writeLines(1);
    CPPUNIT_ASSERT(logging.waitForText("\"number\":0"));
    fill();
    CPPUNIT_ASSERT(waitFor(
        [&] {
          logging.writeLines(10, 300);
          return logging.log.dropped() > 100;
        },
        kPatience));
    CPPUNIT_ASSERT_NO_THROW_MESSAGE("whole lines", testing::parsedLines(readFile(config_.path)));
    logging.checkThatItLives();
    logging.writeLines(10, 300);
    empty();
    CPPUNIT_ASSERT(logging.waitForText("log_dropped"));
    logging.writeLines(1);
    logging.log.stop(in(kPatience));
    const std::string text = readFile(config_.path);
    CPPUNIT_ASSERT(text.find(error) != std::string::npos);
    const testing::Received result = testing::received(testing::parsedLines(text));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, result.times_told);
    CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(logging.log.dropped()), result.told_dropped);
    CPPUNIT_ASSERT_EQUAL(logging.written, result.lines + result.told_dropped);
  }

  std::unique_ptr<testing::TemporaryDirectory> directory_;
  LogFileConfig config_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogWriterFileTest);

}  // namespace

}  // namespace pulsewatch
