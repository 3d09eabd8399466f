#include "serve/log_descriptor.h"

#include "unit/serve/log_pipe.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <utility>

namespace pulsewatch {

namespace {

using testing::LogPipe;

class LogDescriptorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogDescriptorTest);
  CPPUNIT_TEST(takes);
  CPPUNIT_TEST(fullTakesNothing);
  CPPUNIT_TEST(tornLineIsEnded);
  CPPUNIT_TEST(closed);
  CPPUNIT_TEST(sharedDescriptionIsLeftAlone);
  CPPUNIT_TEST(colours);
  CPPUNIT_TEST_SUITE_END();

 public:
  void takes() {
    for (const LogPipe::Kind kind : {LogPipe::Kind::pipe, LogPipe::Kind::socket, LogPipe::Kind::terminal}) {
      LogPipe pipe(kind);
      LogDescriptor output(pipe.writer());
      const LogTaken taken = output.take("a\nb\n", true);
      CPPUNIT_ASSERT(taken.bytes == 4 && taken.error == 0);
      CPPUNIT_ASSERT(pipe.waitForText("a\nb\n"));
    }
  }

  void fullTakesNothing() {
    for (const LogPipe::Kind kind : {LogPipe::Kind::pipe, LogPipe::Kind::socket, LogPipe::Kind::terminal}) {
      LogPipe pipe(kind);
      LogDescriptor output(pipe.writer());
      output.take("a\n", true);  // so that the last room of a terminal is less than a piece, for which a write would wait
      fill(output);
      const LogTaken taken = output.take("more\n", true);
      CPPUNIT_ASSERT(taken.bytes == 0 && taken.error == 0);
    }
  }

  // Its rest doesn't come: the next one begins on a line of its own, and not twice.
  void tornLineIsEnded() {
    LogPipe pipe(LogPipe::Kind::socket);
    LogDescriptor output(pipe.writer());
    const std::size_t wrote = fill(output);
    pipe.text();
    while (output.take("next\n", true).bytes == 0) continue;
    CPPUNIT_ASSERT_EQUAL(std::string(wrote, 'x') + "\nnext\n", pipe.text());
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, output.take("last\n", true).bytes);
    CPPUNIT_ASSERT_EQUAL(std::string(wrote, 'x') + "\nnext\nlast\n", pipe.text());
  }

  void closed() {
    LogPipe pipe;
    LogDescriptor output(pipe.writer());
    pipe.closeReader();
    CPPUNIT_ASSERT_EQUAL(EPIPE, output.take("a\n", true).error);
    const FileDescriptor reading(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (const int fd : {1000, reading.get()}) CPPUNIT_ASSERT_EQUAL(EBADF, LogDescriptor(fd).take("a\n", true).error);
  }

  // Whoever else writes to the pipe still waits when it is full.
  void sharedDescriptionIsLeftAlone() {
    const LogPipe pipe;
    const LogDescriptor output(pipe.writer());
    CPPUNIT_ASSERT_EQUAL(0, ::fcntl(pipe.writer(), F_GETFL) & O_NONBLOCK);
  }

  void colours() {
    const LogPipe terminal(LogPipe::Kind::terminal);
    const LogPipe pipe;
    struct Row {
      const char* term;
      const char* no_color;
      bool shown;
    };
    for (const auto& [term, no_color, shown] : {Row{"xterm", nullptr, true}, Row{nullptr, nullptr, true}, Row{"dumb", nullptr, false},
                                                Row{"xterm", "1", false}, Row{"xterm", "", true}}) {
      const Variable first("TERM", term);
      const Variable second("NO_COLOR", no_color);
      CPPUNIT_ASSERT_EQUAL(shown, showsColours(terminal.writer()));
      CPPUNIT_ASSERT(!showsColours(pipe.writer()));
    }
  }

 private:
  // An environment variable as long as it lives.
  class Variable {
   public:
    Variable(std::string name, const char* value) : name_(std::move(name)) {
      const char* before = std::getenv(name_.c_str());
      had_ = before != nullptr;
      before_ = had_ ? before : "";
      set(value);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { set(had_ ? before_.c_str() : nullptr); }

   private:
    void set(const char* value) const {
      static_cast<void>(value == nullptr ? ::unsetenv(name_.c_str()) : ::setenv(name_.c_str(), value, 1));
    }
    const std::string name_;
    bool had_ = false;
    std::string before_;
  };

  // One endless line, as far as there is room. How much there was.
  static std::size_t fill(LogDescriptor& output) {
    const std::string text = std::string(8 << 20, 'x') + "\n";
    std::size_t written = 0;
    for (;;) {
      const LogTaken taken = output.take(std::string_view(text).substr(written), written == 0);
      CPPUNIT_ASSERT_EQUAL(0, taken.error);
      if (taken.bytes == 0) return written;
      written += taken.bytes;
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogDescriptorTest);

}  // namespace

}  // namespace pulsewatch
