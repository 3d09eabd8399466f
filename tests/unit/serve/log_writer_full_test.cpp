#include "serve/json_line.h"
#include "serve/log_descriptor.h"
#include "serve/log_writer.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"
#include "unit/serve/file_size_limit.h"
#include "unit/serve/log_pipe.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>

namespace pulsewatch {

namespace {

using std::chrono::seconds;
using testing::FileSizeLimit;
using testing::in;
using testing::kPatience;
using testing::LogPipe;
using testing::numbered;
using testing::Received;
using testing::received;
using testing::waitFor;

// A log whose sink takes nothing: full, or gone.
class LogWriterFullTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogWriterFullTest);
  CPPUNIT_TEST(fullPipe);
  CPPUNIT_TEST(fullSocket);
  CPPUNIT_TEST(fullTerminal);
  CPPUNIT_TEST(fullAgain);
  CPPUNIT_TEST(lineLargerThanTheBuffer);
  CPPUNIT_TEST(stopOnAFullSink);
  CPPUNIT_TEST(closedPipe);
  CPPUNIT_TEST(closedWhileFull);
  CPPUNIT_TEST(fullDisk);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fullPipe() { full(LogPipe::Kind::pipe); }
  void fullSocket() { full(LogPipe::Kind::socket); }

  void fullTerminal() { full(LogPipe::Kind::terminal); }

  // Every time it is full is told of on its own.
  void fullAgain() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    std::int64_t written = 0;
    for (int round = 1; round <= 2; ++round) {
      const std::uint64_t before = log.dropped();
      while (log.dropped() == before) log.write(numbered(written++, 65536));
      CPPUNIT_ASSERT(waitFor([&] { return timesTold(sink.text()) == round; }, kPatience));
      log.write({LogLevel::info, "l", "mark", "m", {{"number", written++}, {"round", "round-" + std::to_string(round) + "-ends"}}});
      CPPUNIT_ASSERT(sink.waitForText("round-" + std::to_string(round) + "-ends"));
    }
    const Received result = received(sink.lines());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, result.times_told);
    CPPUNIT_ASSERT_EQUAL(written, result.lines + result.told_dropped);
    CPPUNIT_ASSERT_EQUAL(result.told_dropped, static_cast<std::int64_t>(log.dropped()));
  }

  void lineLargerThanTheBuffer() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    log.write(numbered(1, LogWriter::kMostBuffered));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, log.dropped());
    CPPUNIT_ASSERT(sink.waitForText("log_dropped"));
    log.write(numbered(2));
    CPPUNIT_ASSERT(sink.waitForText("\"number\":2"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, received(sink.lines()).told_dropped);
  }

  void stopOnAFullSink() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    for (int i = 0; i < 20; ++i) log.write(numbered(i, 65536));
    CPPUNIT_ASSERT(waitFor([&] { return !sink.text().empty(); }, kPatience));
    const SteadyTime begin = std::chrono::steady_clock::now();
    log.stop(in(std::chrono::milliseconds(50)));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begin < seconds(5));
  }

  void closedPipe() {
    LogPipe sink;
    testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    sink.closeReader();
    for (int i = 0; i < 5; ++i) log.write(numbered(i));
    CPPUNIT_ASSERT(waitFor([&] { return log.dropped() == 5; }, kPatience));
    clock.advance(std::chrono::hours(1));
    CPPUNIT_ASSERT(waitFor([&] { return log.heartbeat().age(clock.steady()) == Nanoseconds(0); }, kPatience));
    log.write(numbered(6));
    CPPUNIT_ASSERT(waitFor([&] { return log.dropped() == 6; }, kPatience));
    const SteadyTime begin = std::chrono::steady_clock::now();
    log.stop(in(kPatience));
    CPPUNIT_ASSERT_MESSAGE("nothing to wait for", std::chrono::steady_clock::now() - begin < seconds(5));
  }

  void closedWhileFull() {
    LogPipe sink;
    testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    std::uint64_t written = 0;
    while (log.dropped() == 0) log.write(numbered(static_cast<std::int64_t>(written++), 65536));
    sink.closeReader();
    const bool counted = waitFor([&] { return log.dropped() >= written; }, kPatience);
    CPPUNIT_ASSERT_MESSAGE("what stood before it is lost and counted: " + std::to_string(log.dropped()) + " of " + std::to_string(written),
                           counted && log.dropped() == written);
    log.stop(in(kPatience));
  }

  // A file that can't grow in the middle of a line, and later can: each line of it is still one.
  void fullDisk() {
    const testing::TemporaryDirectory directory;
    const std::string path = directory / "log";
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    CPPUNIT_ASSERT(file.valid());
    testing::ManualClock clock;
    LogDescriptor output(file.get());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    {
      const FileSizeLimit limit(10000);
      log.start();
      for (int i = 0; i < 100; ++i) log.write(numbered(i, 300));
      CPPUNIT_ASSERT(waitFor([&] { return log.dropped() > 0; }, kPatience));
      CPPUNIT_ASSERT_MESSAGE("a torn line is taken back", testing::readFile(path).back() == '\n');
      for (int i = 0; i < 2; ++i) {  // twice round its loop: it has tried to go on
        clock.advance(std::chrono::seconds(1));
        CPPUNIT_ASSERT(waitFor([&] { return log.heartbeat().age(clock.steady()) == Nanoseconds(0); }, kPatience));
      }
    }
    log.write(numbered(1000));
    CPPUNIT_ASSERT(waitFor([&] { return testing::readFile(path).find("\"number\":1000}\n") != std::string::npos; }, kPatience));
    log.stop(in(kPatience));
    const Received result = received(testing::parsedLines(testing::readFile(path)));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{101}, result.lines + result.told_dropped);
    CPPUNIT_ASSERT_EQUAL(result.told_dropped, static_cast<std::int64_t>(log.dropped()));
  }

 private:
  static std::int64_t timesTold(const std::string& text) {
    std::int64_t count = 0;
    for (std::size_t at = text.find("\"log_dropped\""); at != std::string::npos; at = text.find("\"log_dropped\"", at + 1)) ++count;
    return count;
  }

  // Nobody reads: writers go on, lines are lost and counted, the thread lives; once somebody reads again, the log tells of it.
  static void full(LogPipe::Kind kind) {
    constexpr std::int64_t kLines = 300;
    LogPipe sink(kind);
    testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    std::atomic<bool> done{false};
    std::thread writer([&] {
      for (std::int64_t i = 0; i < kLines; ++i) log.write(numbered(i, 65536));
      done = true;
    });
    const bool free = waitFor([&] { return done.load(); }, kPatience);
    if (!free) sink.closeReader();  // lets it go
    writer.join();
    CPPUNIT_ASSERT_MESSAGE("writing never blocks", free);
    const auto dropped = static_cast<std::int64_t>(log.dropped());
    CPPUNIT_ASSERT_MESSAGE("at most what is being written, what is buffered and what the sink holds is kept",
                           dropped > 0 && kLines - dropped <= std::int64_t{2 * LogWriter::kMostBuffered / 65536 + 16});
    for (int i = 0; i < 3; ++i) {
      clock.advance(std::chrono::hours(1));
      CPPUNIT_ASSERT_MESSAGE("the log lives", waitFor([&] { return log.heartbeat().age(clock.steady()) == Nanoseconds(0); }, kPatience));
    }

    CPPUNIT_ASSERT(sink.waitForText("\"log_dropped\""));
    log.write(numbered(kLines));
    CPPUNIT_ASSERT(sink.waitForText("\"number\":" + std::to_string(kLines)));
    const Received result = received(sink.lines());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, result.times_told);
    CPPUNIT_ASSERT_EQUAL(dropped, result.told_dropped);
    CPPUNIT_ASSERT_EQUAL(kLines + 1 - dropped, result.lines);
    CPPUNIT_ASSERT_EQUAL(dropped, static_cast<std::int64_t>(log.dropped()));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogWriterFullTest);

}  // namespace

}  // namespace pulsewatch
