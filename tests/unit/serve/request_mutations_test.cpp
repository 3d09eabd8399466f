// The tables' requests, damaged at random and cut into pieces at random: what must hold of any bytes holds.
#include "base/text.h"
#include "requests/reading.h"
#include "requests/request.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <random>

namespace pulsewatch::testing {
namespace {

constexpr int mutations = 20000;
constexpr std::size_t most_bytes = 2048;  // of a row

class Mutations {
 public:
  Mutations() {
    for (const Request& row : allRequests()) {
      if (row.bytes.size() <= most_bytes) seeds_.push_back(row.bytes);
    }
  }

  std::string next() {
    std::string bytes = seeds_[below(seeds_.size())];
    for (std::size_t i = below(4); i < 4; ++i) damage(bytes);
    return bytes;
  }

  std::vector<std::size_t> pieces(std::size_t size) {
    std::vector<std::size_t> ends;
    for (std::size_t end = below(40); end < size; end += 1 + below(40)) ends.push_back(end);
    return ends;
  }

 private:
  // The generator is the same everywhere; the library's distributions are not.
  std::size_t below(std::size_t bound) { return random_() % bound; }

  void damage(std::string& bytes) {
    static const std::vector<std::string> words = {"\r\n",
                                                   "\n",
                                                   "\r",
                                                   " ",
                                                   "\t",
                                                   ":",
                                                   ",",
                                                   ";",
                                                   "0",
                                                   "\r\n\r\n",
                                                   "chunked",
                                                   "0\r\n",
                                                   "\"",
                                                   "Content-Length: 3\r\n",
                                                   "Host: ",
                                                   "HTTP/1.0",
                                                   "\r\nHost: a\r\n",
                                                   "Transfer-Encoding: chunked\r\n"};
    const std::size_t at = below(bytes.size() + 1);
    const std::size_t count = 1 + below(8);
    switch (below(6)) {
      case 0:
        bytes.insert(at, words[below(words.size())]);
        break;
      case 1:
        bytes.erase(at, count);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, count * 4));
        break;
      case 3:
        bytes.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 4:
        if (at < bytes.size()) bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << below(8)));
        break;
      default: {
        const std::string& other = seeds_[below(seeds_.size())];
        bytes = bytes.substr(0, at) + other.substr(std::min(at, other.size()));
      }
    }
  }

  std::mt19937 random_{9112};
  std::vector<std::string> seeds_;
};

class RequestMutationsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestMutationsTest);
  CPPUNIT_TEST(test);
  CPPUNIT_TEST_SUITE_END();

 public:
  void test() {
    Mutations source;
    std::string wrong;
    int whole = 0;
    int refused = 0;
    for (int i = 0; i < mutations && wrong.size() < 10000; ++i) {
      const std::string bytes = source.next();
      const Reading reading = readRequest(bytes);
      const Reading pieces = readRequest(bytes, source.pieces(bytes.size()));
      std::string fault = readingFault(bytes, reading);
      if (fault.empty() && !(pieces == reading)) fault = "in pieces it is " + visibleText(shown(pieces));
      if (!fault.empty()) wrong += visibleText(bytes) + ": " + visibleText(fault) + ": " + visibleText(shown(reading)) + "\n";
      if (reading.complete) ++whole;
      if (reading.status != 0) ++refused;
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
    CPPUNIT_ASSERT_MESSAGE(std::to_string(whole) + " are whole", whole > mutations / 50);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(refused) + " are refused", refused > mutations / 4);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestMutationsTest);

}  // namespace
}  // namespace pulsewatch::testing
