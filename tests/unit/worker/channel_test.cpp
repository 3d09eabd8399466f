#include "worker/channel.h"

#include "worker/wire.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace pulsewatch {

namespace {

class ChannelTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChannelTest);
  CPPUNIT_TEST(messagesInOrder);
  CPPUNIT_TEST(neverBlocks);
  CPPUNIT_TEST(promisedFlush);
  CPPUNIT_TEST(theOtherSideIsGone);
  CPPUNIT_TEST(tooLong);
  CPPUNIT_TEST(descriptors);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    std::array<int, 2> pair{};
    CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()));
    here_ = std::make_unique<Channel>(FileDescriptor(pair[0]), 1000);
    there_ = std::make_unique<Channel>(FileDescriptor(pair[1]), std::size_t{1} << 20U);
  }
  void tearDown() override {
    here_.reset();
    there_.reset();
  }

  void messagesInOrder() {
    CPPUNIT_ASSERT(here_->send("one") && here_->send("") && here_->send(std::string(500'000, 'x')) == (here_->queued() == 0));
    here_->send("last");
    std::vector<std::string> all;
    while (all.size() < 4) {
      here_->flush();
      CPPUNIT_ASSERT(there_->receive([&](std::string_view message) { all.emplace_back(message); }) == Channel::State::open);
    }
    CPPUNIT_ASSERT(all[0] == "one" && all[1].empty() && all[2].size() == 500'000 && all[3] == "last");
  }

  void neverBlocks() {
    while (here_->send(std::string(10'000, 'x'))) continue;
    const std::size_t waits = here_->queued();
    CPPUNIT_ASSERT(waits > 0 && !here_->flush());
    CPPUNIT_ASSERT(!here_->send("more"));
    CPPUNIT_ASSERT(here_->queued() > waits);
  }

  void promisedFlush() {
    here_->promiseFlush();
    here_->sendSoon("first");
    CPPUNIT_ASSERT(received(*there_).empty());
    CPPUNIT_ASSERT(here_->flush());
    CPPUNIT_ASSERT((received(*there_) == std::vector<std::string>{"first"}));
    here_->sendSoon("nothing was promised");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, received(*there_).size());
    here_->promiseFlush();
    here_->sendSoon("goes with");
    here_->send("the next");
    CPPUNIT_ASSERT((received(*there_) == std::vector<std::string>{"goes with", "the next"}));
  }

  void theOtherSideIsGone() {
    there_->send("last words");
    there_.reset();
    std::vector<std::string> all;
    const auto take = [&](std::string_view message) { all.emplace_back(message); };
    while (here_->receive(take) == Channel::State::open) continue;
    CPPUNIT_ASSERT((all == std::vector<std::string>{"last words"}));
    CPPUNIT_ASSERT(here_->send("to nobody") && here_->queued() == 0);
  }

  void tooLong() {
    there_->send(std::string(1001, 'x'));
    CPPUNIT_ASSERT_THROW(here_->receive([](std::string_view) {}), BadMessage);
  }

  // The worker's side takes one, the host's never does.
  void descriptors() {
    const FileDescriptor file(memfd_create("test", MFD_CLOEXEC));
    CPPUNIT_ASSERT_EQUAL(ssize_t{5}, ::write(file.get(), "hello", 5));
    there_->acceptDescriptors();
    here_->sendWith("load", file.get());
    CPPUNIT_ASSERT((received(*there_) == std::vector<std::string>{"load"}));
    const FileDescriptor taken = there_->takeDescriptor();
    std::array<char, 5> bytes{};
    CPPUNIT_ASSERT_EQUAL(ssize_t{5}, ::pread(taken.get(), bytes.data(), bytes.size(), 0));
    CPPUNIT_ASSERT_EQUAL(FD_CLOEXEC, ::fcntl(taken.get(), F_GETFD));
    CPPUNIT_ASSERT(!there_->takeDescriptor().valid());

    there_->sendWith("have one", file.get());
    CPPUNIT_ASSERT((received(*here_) == std::vector<std::string>{"have one"}));
    CPPUNIT_ASSERT(!here_->takeDescriptor().valid());
  }

 private:
  static std::vector<std::string> received(Channel& channel) {
    std::vector<std::string> all;
    channel.receive([&](std::string_view message) { all.emplace_back(message); });
    return all;
  }

  std::unique_ptr<Channel> here_;
  std::unique_ptr<Channel> there_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChannelTest);

}  // namespace

}  // namespace pulsewatch
