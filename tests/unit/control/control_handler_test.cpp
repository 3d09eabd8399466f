#include "control/control_handler.h"

#include "unit/serve/recorded_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <condition_variable>
#include <mutex>
#include <string>

namespace pulsewatch {

namespace {

using testing::fieldOf;
using testing::parsedObject;
using Object = Poco::JSON::Object::Ptr;

// Notes what it is asked to do. A reload waits for release().
class NotedOperations final : public Operations {
 public:
  HostCondition condition() override {
    HostCondition host;
    host.mutes = std::make_shared<const MuteList>(MuteList{{"a", {WallTime() + std::chrono::hours(1), "why"}}});
    host.now = WallTime();
    return host;
  }
  std::vector<std::string> explain() override { return {"one", "two \x01"}; }
  std::vector<PluginCondition> plugins() override { return {}; }
  AskedRun run(const std::string& check) override {
    noted = "run " + check;
    return {refusal, 7, Milliseconds(250), true};
  }
  std::optional<RunEnd> runEnd(const std::string& check, std::uint64_t after) override {
    noted = "run_end " + check + " " + std::to_string(after);
    return after == 7 ? std::optional(RunEnd{8, RunOutcome::timeout, "timed out", 2.5, CheckStatus::healthy}) : std::nullopt;
  }
  std::string drain() override { return noted = "drain", refusal; }
  std::string undrain() override { return noted = "undrain", refusal; }
  std::string mute(const std::string& check, Milliseconds time, const std::string& reason) override {
    noted = "mute " + check + " " + std::to_string(time.count()) + " " + reason;
    return refusal;
  }
  std::string unmute(const std::string& check) override { return noted = "unmute " + check, refusal; }
  std::vector<std::string> reload() override {
    std::unique_lock lock(mutex_);
    released_.wait(lock, [this] { return free_; });
    if (throws) throw std::runtime_error("no memory");
    return mistakes;
  }

  void release() {
    const std::lock_guard lock(mutex_);
    free_ = true;
    released_.notify_all();
  }

  std::string noted;
  std::string refusal;
  std::vector<std::string> mistakes;
  bool throws = false;

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  bool free_ = false;
};

struct Bench {
  // The answer to a request of this protocol with these fields.
  Object said(const std::string& fields) { return raw("{\"protocol\":1," + fields + "}"); }
  Object raw(const std::string& request) { return parsedObject(handler.answer(request, {4321, 1000}).get()); }
  // Why it was not done.
  std::string refused(const std::string& request) {
    const Object answer = raw(request);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(request, std::string("false"), fieldOf(answer, "ok"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), fieldOf(answer, "protocol"));
    CPPUNIT_ASSERT_EQUAL(std::string("1.2.3"), fieldOf(answer, "version"));
    return fieldOf(answer, "error");
  }

  NotedOperations operations;
  testing::RecordedLog log;
  ControlHandler handler{operations, log, "1.2.3"};
};

class ControlHandlerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ControlHandlerTest);
  CPPUNIT_TEST(commands);
  CPPUNIT_TEST(refusals);
  CPPUNIT_TEST(whatIsNoRequest);
  CPPUNIT_TEST(mutesHaveALimit);
  CPPUNIT_TEST(whatChangesSomethingIsLogged);
  CPPUNIT_TEST(reload);
  CPPUNIT_TEST(reloadWithMistakes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void commands() {
    Bench bench;
    const std::pair<const char*, const char*> rows[] = {
        {R"("command":"drain")", "drain"},
        {R"("command":"undrain")", "undrain"},
        {R"("command":"mute","check":"a","for_ms":1800000,"reason":"why")", "mute a 1800000 why"},
        {R"("command":"mute","check":"a","for_ms":1)", "mute a 1 "},
        {R"("command":"unmute","check":"a")", "unmute a"},
        {R"("command":"run","check":"a")", "run a"},
        {R"("command":"run_end","check":"a","after":3)", "run_end a 3"}};
    for (const auto& [request, wanted] : rows) {
      const Object answer = bench.said(request);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(request, std::string("true"), fieldOf(answer, "ok"));
      CPPUNIT_ASSERT_EQUAL(std::string(wanted), bench.operations.noted);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("250"), fieldOf(bench.said(R"("command":"run","check":"a")"), "timeout_ms"));
    const Object ended = bench.said(R"("command":"run_end","check":"a","after":7)");
    CPPUNIT_ASSERT_EQUAL(std::string("true timeout healthy 2.5"), fieldOf(ended, "ended") + " " + fieldOf(ended, "outcome") + " " +
                                                                      fieldOf(ended, "status") + " " + fieldOf(ended, "duration_ms"));
    CPPUNIT_ASSERT_EQUAL(std::string("false"), fieldOf(bench.said(R"("command":"run_end","check":"a","after":8)"), "ended"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bench.said(R"("command":"explain")")->getArray("sentences")->size());
    const Object status = bench.said(R"("command":"status")");
    CPPUNIT_ASSERT_EQUAL(std::string("false"), fieldOf(status, "ready"));
    CPPUNIT_ASSERT_EQUAL(std::string("3600000"), fieldOf(status->getObject("mutes")->getObject("a"), "left_ms"));
  }

  void refusals() {
    Bench bench;
    bench.operations.refusal = "it can't be had";
    for (const char* fields : {R"("command":"drain")", R"("command":"undrain")", R"("command":"mute","check":"a","for_ms":1)",
                               R"("command":"unmute","check":"a")", R"("command":"run","check":"a")"})
      CPPUNIT_ASSERT_EQUAL(std::string("it can't be had"), bench.refused(std::string("{\"protocol\":1,") + fields + "}"));
    CPPUNIT_ASSERT_MESSAGE("what was not done is not logged", bench.log.lines().empty());
  }

  void whatIsNoRequest() {
    Bench bench;
    for (const std::string& request :
         {std::string(), std::string("drain"), std::string("[]"), std::string("7"), std::string("{"), std::string("{\"protocol\":1"),
          std::string("null"), std::string(5, '\0'), std::string("\xff\xfe"), std::string(16000, '['),
          std::string(R"({"protocol":1,"command":"drain","a":{"b":{"c":{"d":{"e":1}}}}})")})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(request.substr(0, 50), std::string("the request is no JSON object"), bench.refused(request));
    CPPUNIT_ASSERT_EQUAL(std::string("the request has no whole number \"protocol\""), bench.refused(R"({"command":"drain"})"));
    CPPUNIT_ASSERT_EQUAL(std::string("the request is of protocol 2 where this daemon has 1; use the pulsewatchctl of its version"),
                         bench.refused(R"({"protocol":2,"command":"drain"})"));
    CPPUNIT_ASSERT_EQUAL(std::string("the request has no text \"command\""), bench.refused(R"({"protocol":1,"command":7})"));
    CPPUNIT_ASSERT_EQUAL(std::string("this daemon knows no command \"halt\\x0a\"; use the pulsewatchctl of its version"),
                         bench.refused(R"({"protocol":1,"command":"halt\n"})"));
    CPPUNIT_ASSERT_EQUAL(std::string("the request has no text \"check\""), bench.refused(R"({"protocol":1,"command":"run"})"));
    CPPUNIT_ASSERT_EQUAL(std::string("the request has no whole number \"for_ms\""),
                         bench.refused(R"({"protocol":1,"command":"mute","check":"a","for_ms":"30m"})"));
    CPPUNIT_ASSERT_EQUAL(std::string(), bench.operations.noted);
  }

  void mutesHaveALimit() {
    Bench bench;
    for (const char* time : {"0", "-1", "2592000001", "9223372036854775807"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(time, std::string("a check can be muted for up to 720h, and for longer than 0s"),
                                   bench.refused(std::string(R"({"protocol":1,"command":"mute","check":"a","for_ms":)") + time + "}"));
    bench.said(R"("command":"mute","check":"a","for_ms":2592000000)");
    CPPUNIT_ASSERT_EQUAL(std::string("mute a 2592000000 "), bench.operations.noted);
  }

  void whatChangesSomethingIsLogged() {
    Bench bench;
    for (const char* fields : {R"("command":"drain")", R"("command":"undrain")", R"("command":"mute","check":"a","for_ms":1)",
                               R"("command":"unmute","check":"a")", R"("command":"run","check":"a")", R"("command":"status")",
                               R"("command":"explain")", R"("command":"plugins")"})
      bench.said(fields);
    std::string events;
    for (const Object& line : bench.log.lines()) {
      events += fieldOf(line, "event") + " ";
      CPPUNIT_ASSERT_EQUAL(std::string("1000"), fieldOf(line, "user_id"));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("drain undrain mute unmute run_asked "), events);
  }

  void reload() {
    Bench bench;
    auto first = bench.handler.answer(R"({"protocol":1,"command":"reload"})", {1, 0});
    CPPUNIT_ASSERT_MESSAGE("it comes later", first.wait_for(std::chrono::seconds(0)) != std::future_status::ready);
    CPPUNIT_ASSERT_EQUAL(std::string("the configuration is being reloaded already; try again when that is over"),
                         bench.refused(R"({"protocol":1,"command":"reload"})"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("others are answered", std::string("true"), fieldOf(bench.said(R"("command":"status")"), "ok"));
    bench.operations.release();
    const Object answer = parsedObject(first.get());
    CPPUNIT_ASSERT_EQUAL(std::string("true"), fieldOf(answer, "ok"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answer->getArray("mistakes")->size());
    CPPUNIT_ASSERT_EQUAL(std::string("true"), fieldOf(bench.said(R"("command":"reload")"), "ok"));
  }

  void reloadWithMistakes() {
    Bench bench;
    bench.operations.release();
    bench.operations.mistakes = {"a:1: wrong", "b:2: wrong"};
    const Object answer = bench.said(R"("command":"reload")");
    CPPUNIT_ASSERT_EQUAL(std::string("false"), fieldOf(answer, "ok"));
    CPPUNIT_ASSERT_EQUAL(std::string("the configuration was not reloaded, nothing was changed"), fieldOf(answer, "error"));
    CPPUNIT_ASSERT_EQUAL(std::string("b:2: wrong"), answer->getArray("mistakes")->getElement<std::string>(1));
    bench.operations.throws = true;
    CPPUNIT_ASSERT_EQUAL(std::string("no memory"), bench.said(R"("command":"reload")")->getArray("mistakes")->getElement<std::string>(0));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, bench.log.linesOf("reload_asked").size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ControlHandlerTest);

}  // namespace

}  // namespace pulsewatch
