// Every request of the tables, read in this process: what comes of it, whatever the pieces are that it comes in.
#include "base/text.h"
#include "requests/reading.h"
#include "requests/request.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>

namespace pulsewatch::testing {
namespace {

// Longer ones are only read whole and byte by byte: all that is long in them is filling.
constexpr std::size_t most_split = 1024;

class RequestRowsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestRowsTest);
  CPPUNIT_TEST(testTable);
  CPPUNIT_TEST(testRows);
  CPPUNIT_TEST(testBytes);
  CPPUNIT_TEST(testSplits);
  CPPUNIT_TEST(testFollowed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testTable() {
    std::set<std::string> names;
    std::set<std::string> contents;
    std::size_t refused = 0;
    for (const Request& row : allRequests()) {
      CPPUNIT_ASSERT_MESSAGE(shownName(row), names.insert(row.name).second);
      CPPUNIT_ASSERT_MESSAGE(shownName(row), contents.insert(row.bytes).second);
      if (row.outcome == Outcome::refused) ++refused;
    }
    CPPUNIT_ASSERT(refused >= 500);
  }

  void testRows() {
    judge([](const Request& row) { return readRequest(row.bytes); });
  }

  void testBytes() {
    judge([](const Request& row) { return readBytes(row.bytes); });
  }

  // In two pieces, at each place.
  void testSplits() {
    std::string wrong;
    for (const Request& row : allRequests()) {
      if (row.bytes.size() > most_split) continue;
      const Reading whole = readRequest(row.bytes);
      for (std::size_t i = 1; i < row.bytes.size(); ++i) {
        const Reading split = readRequest(row.bytes, {i});
        if (!(split == whole)) wrong += shownName(row) + ": " + "split at " + std::to_string(i) + ": " + visibleText(shown(split)) + "\n";
      }
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
  }

  // What comes behind a request changes nothing of it, and isn't taken.
  void testFollowed() {
    std::string wrong;
    for (const Request& row : allRequests()) {
      if (row.outcome == Outcome::incomplete) continue;
      const Reading alone = readRequest(row.bytes);
      const Reading followed = readRequest(row.bytes + "GET /healthz HTTP/1.1\r\n" + host_field + "\r\n");
      if (!(followed == alone)) wrong += shownName(row) + ": " + visibleText(shown(followed)) + "\n";
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
  }

 private:
  template <typename Read>
  static void judge(const Read& read) {
    std::string wrong;
    for (const Request& row : allRequests()) {
      const Reading reading = read(row);
      std::string fault = readingFault(row.bytes, reading);
      if (fault.empty()) fault = rowFault(row, reading);
      if (!fault.empty()) wrong += shownName(row) + ": " + fault + ": " + visibleText(shown(reading).substr(0, 1000)) + "\n";
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
  }

  static std::string rowFault(const Request& row, const Reading& reading) {
    if (row.outcome == Outcome::refused) return reading.status == row.status ? "" : "not refused with " + std::to_string(row.status);
    if (reading.status != 0) return "refused";
    if (row.outcome == Outcome::incomplete) return reading.complete ? "taken for whole" : "";
    if (!reading.complete || reading.taken != row.bytes.size()) return "not taken to its end";
    if (reading.content != row.content) return "other content";
    return reading.keep_alive == row.closes ? "keep-alive is wrong" : "";
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestRowsTest);

}  // namespace
}  // namespace pulsewatch::testing
