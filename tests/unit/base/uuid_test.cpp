#include "base/uuid.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

class UuidTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UuidTest);
  CPPUNIT_TEST(formIsVersion4);
  CPPUNIT_TEST(everyDigitVaries);
  CPPUNIT_TEST(threadsGetTheirOwn);
  CPPUNIT_TEST(recognised);
  CPPUNIT_TEST_SUITE_END();

 public:
  void formIsVersion4() {
    for (int i = 0; i < 1000; ++i) {
      const std::string uuid = randomUuid();
      CPPUNIT_ASSERT_MESSAGE(uuid, isUuid(uuid));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(uuid, '4', uuid[14]);
      CPPUNIT_ASSERT_MESSAGE(uuid, std::string("89ab").find(uuid[19]) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(uuid, uuid.find_first_not_of("0123456789abcdef-") == std::string::npos);
    }
  }

  void everyDigitVaries() {
    std::array<std::set<char>, 36> seen;
    for (int i = 0; i < 2000; ++i) {
      const std::string uuid = randomUuid();
      for (std::size_t at = 0; at < uuid.size(); ++at) seen.at(at).insert(uuid[at]);
    }
    for (std::size_t at = 0; at < seen.size(); ++at) {
      const bool fixed = at == 8 || at == 13 || at == 14 || at == 18 || at == 23;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(at), std::size_t{fixed ? 1U : at == 19 ? 4U : 16U}, seen.at(at).size());
    }
  }

  void threadsGetTheirOwn() {
    std::vector<std::vector<std::string>> made(4);
    std::vector<std::thread> threads;
    for (auto& own : made) {
      threads.emplace_back([&own] {
        for (int i = 0; i < 5000; ++i) own.push_back(randomUuid());
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::set<std::string> all;
    for (const auto& own : made) all.insert(own.begin(), own.end());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20'000}, all.size());
  }

  void recognised() {
    for (const char* good :
         {"123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000", "ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB"})
      CPPUNIT_ASSERT_MESSAGE(good, isUuid(good));
    for (const char* bad :
         {"", "x", "123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}", "123e4567-e89b-12d3-a456-42661417400",
          "123e4567-e89b-12d3-a456-4266141740000", "123e4567-e89b-12d3-a456-42661417400g", "123e4567-e89b-12d3-a456_426614174000",
          "123e456-7e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-42661417400\n", "-23e4567-e89b-12d3-a456-426614174000"})
      CPPUNIT_ASSERT_MESSAGE(bad, !isUuid(bad));
    CPPUNIT_ASSERT(!isUuid(std::string_view("123e4567-e89b-12d3-a456-42661417400\0", 36)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UuidTest);

}  // namespace

}  // namespace pulsewatch
