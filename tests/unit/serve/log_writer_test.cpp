#include "serve/log_writer.h"

#include "serve/json_line.h"
#include "serve/log_descriptor.h"
#include "serve/text_line.h"
#include "support/manual_clock.h"
#include "unit/serve/log_pipe.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

using testing::fieldOf;
using testing::in;
using testing::kPatience;
using testing::LogPipe;
using testing::numbered;
using testing::received;

std::size_t countOf(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

class LogWriterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogWriterTest);
  CPPUNIT_TEST(writesLines);
  CPPUNIT_TEST(levels);
  CPPUNIT_TEST(beforeItStarts);
  CPPUNIT_TEST(stopWritesOut);
  CPPUNIT_TEST(manyWriters);
  CPPUNIT_TEST(neverStarted);
  CPPUNIT_TEST(anotherOutput);
  CPPUNIT_TEST(anotherLevel);
  CPPUNIT_TEST_SUITE_END();

 public:
  void writesLines() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    log.write({LogLevel::info, "pulsewatch.test", "hello", "a \"message\"\n\xff", {{"number", std::int64_t{1}}}});
    CPPUNIT_ASSERT(sink.waitForText("\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("{\"timestamp\":\"2025-10-31T10:30:00.000000Z\",\"level\":\"INFO\",\"logger\":\"pulsewatch.test\","
                                     "\"message\":\"a \\\"message\\\"\\n\xEF\xBF\xBD\",\"event\":\"hello\",\"number\":1}\n"),
                         sink.text());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log.dropped());
  }

  void levels() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::warning, clock);
    log.start();
    const LogLevel all[] = {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::critical};
    for (const LogLevel level : all) {
      CPPUNIT_ASSERT_EQUAL(level >= LogLevel::warning, log.enabled(level));
      log.write({level, "l", "e", "m", {}});
    }
    log.stop(in(kPatience));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, sink.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log.dropped());
  }

  // Each line is in one of them, in its form, and none is lost; the sink that was left is freed.
  void anotherOutput() {
    LogPipe first;
    LogPipe second;
    first.widen();
    second.widen();
    const testing::ManualClock clock;
    auto before = std::make_shared<LogDescriptor>(first.writer());
    const std::weak_ptr<LogDescriptor> left = before;
    LogWriter log(std::move(before), jsonLine, LogLevel::info, clock);
    log.write(numbered(1));
    log.setOutput(std::make_shared<LogDescriptor>(second.writer()), textLine);
    log.write(numbered(2));
    log.start();
    CPPUNIT_ASSERT(second.waitForText("\n"));
    CPPUNIT_ASSERT(left.expired());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, first.lines().size());
    CPPUNIT_ASSERT_EQUAL('{', first.text().front());
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i)
      writers.emplace_back([&] {
        for (int n = 0; n < 500; ++n) log.write(numbered(n));
      });
    for (int i = 0; i < 20; ++i) {
      const bool to_first = i % 2 == 0;
      log.setOutput(std::make_shared<LogDescriptor>(to_first ? first.writer() : second.writer()), to_first ? jsonLine : textLine);
    }
    for (std::thread& writer : writers) writer.join();
    log.stop(in(std::chrono::seconds(20)));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log.dropped());
    const std::string text = "\n" + second.text();
    CPPUNIT_ASSERT(text.find("\n{") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2 + 2000}, first.lines().size() + countOf(text, std::string(20, 'x')));  // lines() takes JSON only
  }

  void anotherLevel() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.setLevel(LogLevel::debug);
    CPPUNIT_ASSERT(log.enabled(LogLevel::debug));
    log.setLevel(LogLevel::error);
    CPPUNIT_ASSERT(!log.enabled(LogLevel::warning) && log.enabled(LogLevel::error));
  }

  void beforeItStarts() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.write(numbered(1));
    CPPUNIT_ASSERT_EQUAL(std::string(), sink.text());
    log.start();
    CPPUNIT_ASSERT(sink.waitForText("\n"));
  }

  void stopWritesOut() {
    LogPipe sink;
    sink.widen();
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    for (int i = 0; i < 3000; ++i) log.write(numbered(i));
    log.stop(in(kPatience));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3000}, received(sink.lines()).lines);
    log.stop(in(kPatience));  // again: nothing
  }

  void manyWriters() {
    constexpr int kThreads = 4;
    constexpr std::int64_t kEach = 500;
    LogPipe sink;
    sink.widen();
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    log.start();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&log, thread] {
        for (std::int64_t i = 0; i < kEach; ++i) {
          log.write({LogLevel::info, "l", "e", "m", {{"thread", std::to_string(thread)}, {"number", i}}});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    log.stop(in(kPatience));
    std::map<std::string, std::int64_t> next;
    for (const auto& line : sink.lines()) CPPUNIT_ASSERT_EQUAL(next[fieldOf(line, "thread")]++, line->getValue<std::int64_t>("number"));
    for (int thread = 0; thread < kThreads; ++thread) CPPUNIT_ASSERT_EQUAL(kEach, next[std::to_string(thread)]);
  }

  void neverStarted() {
    LogPipe sink;
    const testing::ManualClock clock;
    LogDescriptor output(sink.writer());
    LogWriter log(output, jsonLine, LogLevel::info, clock);
    for (int i = 0; i < 100; ++i) log.write(numbered(i, 65536));
    CPPUNIT_ASSERT_MESSAGE("bounded", log.dropped() > 0);
    log.stop(in(kPatience));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogWriterTest);

}  // namespace

}  // namespace pulsewatch
