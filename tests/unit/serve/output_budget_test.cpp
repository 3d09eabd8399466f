#include "serve/output_budget.h"

#include "serve/connection.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

OutputBudget::Body bodyOf(std::size_t bytes) { return std::make_shared<const std::string>(bytes, 'x'); }

class OutputBudgetTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OutputBudgetTest);
  CPPUNIT_TEST(aBodyCountsOnce);
  CPPUNIT_TEST(theSameTextIsAnotherBody);
  CPPUNIT_TEST(fullIsNotMoreThanFull);
  CPPUNIT_TEST(whatIsRefusedLeavesNothing);
  CPPUNIT_TEST(nullTakesNoRoom);
  CPPUNIT_TEST(manyThreads);
  CPPUNIT_TEST(outputGivesBack);
  CPPUNIT_TEST(outputGoesOn);
  CPPUNIT_TEST(outputTellsOfPieces);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aBodyCountsOnce() {
    OutputBudget budget(100);
    const OutputBudget::Body shared = bodyOf(60);
    const OutputBudget::Body other = bodyOf(41);
    CPPUNIT_ASSERT(budget.take(shared) && budget.take(shared));
    CPPUNIT_ASSERT(budget.hasRoom(shared) && !budget.hasRoom(other) && !budget.take(other));
    budget.give(shared);
    CPPUNIT_ASSERT_MESSAGE("one reader is left", !budget.take(other));
    budget.give(shared);
    CPPUNIT_ASSERT(budget.take(other));
    CPPUNIT_ASSERT(!budget.hasRoom(shared));
  }

  void theSameTextIsAnotherBody() {
    OutputBudget budget(100);
    const OutputBudget::Body one = bodyOf(60);
    const OutputBudget::Body other = bodyOf(60);
    CPPUNIT_ASSERT(budget.take(one));
    CPPUNIT_ASSERT(!budget.take(other));
  }

  void fullIsNotMoreThanFull() {
    OutputBudget budget(100);
    const OutputBudget::Body all = bodyOf(100);
    const OutputBudget::Body byte = bodyOf(1);
    CPPUNIT_ASSERT(!budget.hasRoom(bodyOf(101)) && !budget.take(bodyOf(101)));
    CPPUNIT_ASSERT(budget.hasRoom(all) && budget.take(all));
    CPPUNIT_ASSERT(!budget.hasRoom(byte) && !budget.take(byte));
    budget.give(all);
    CPPUNIT_ASSERT(budget.take(byte));
  }

  void whatIsRefusedLeavesNothing() {
    OutputBudget budget(100);
    const OutputBudget::Body held = bodyOf(60);
    const OutputBudget::Body refused = bodyOf(50);
    CPPUNIT_ASSERT(budget.take(held));
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!budget.take(refused) && !budget.hasRoom(refused));
    budget.give(held);
    CPPUNIT_ASSERT(budget.take(refused) && budget.take(bodyOf(50)));
  }

  void nullTakesNoRoom() {
    OutputBudget budget(0);
    CPPUNIT_ASSERT(budget.take(nullptr) && budget.take(nullptr));
    CPPUNIT_ASSERT(!budget.hasRoom(bodyOf(1)));
  }

  // Never too much, and nothing lost.
  void manyThreads() {
    OutputBudget budget(100);
    const OutputBudget::Body shared = bodyOf(40);
    std::vector<std::thread> threads;
    std::atomic<int> own{0};
    std::atomic<bool> wrong{false};
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const OutputBudget::Body mine = bodyOf(60);
        for (int j = 0; j < 5000; ++j) {
          if (budget.take(shared)) budget.give(shared);
          if (!budget.take(mine)) continue;
          if (++own > 1) wrong = true;
          --own;
          budget.give(mine);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(!wrong);
    CPPUNIT_ASSERT(budget.take(bodyOf(100)));
  }

  void outputGivesBack() {
    OutputBudget budget(100);
    const OutputBudget::Body body = bodyOf(100);
    CPPUNIT_ASSERT(budget.take(body, 4));
    {
      const Output output("head", body, 0, budget);
      CPPUNIT_ASSERT(!budget.hasRoom(bodyOf(1)) && !budget.take(nullptr, 97));
    }
    CPPUNIT_ASSERT(budget.hasRoom(bodyOf(100)) && budget.take(nullptr, 100));
  }

  void outputGoesOn() {
    OutputBudget budget(100);
    const OutputBudget::Body body = std::make_shared<const std::string>("body");
    struct Row {
      std::size_t sent;
      std::string text;
      std::string body;
    };
    for (const Row& row : {Row{0, "head", "body"}, {1, "ead", "body"}, {4, "", "body"}, {5, "", "ody"}, {8, "", ""}}) {
      for (const bool at_once : {false, true}) {
        CPPUNIT_ASSERT(budget.take(body, 4));
        Output output("head", body, at_once ? row.sent : 0, budget);
        if (!at_once) output.sent(row.sent);
        CPPUNIT_ASSERT_EQUAL(row.text, std::string(output.text()));
        CPPUNIT_ASSERT_EQUAL(row.body, std::string(output.body()));
        CPPUNIT_ASSERT_EQUAL(row.sent == 8, output.empty());
      }
    }
    CPPUNIT_ASSERT(budget.take(nullptr, 4));
    Output alone("head", nullptr, 3, budget);
    CPPUNIT_ASSERT(!alone.empty() && alone.body().empty());
    alone.sent(1);
    CPPUNIT_ASSERT(alone.empty());
  }

  // Of head and body together, whatever had gone before.
  void outputTellsOfPieces() {
    constexpr std::size_t kPiece = Output::kPiece;
    OutputBudget budget(4 * kPiece);
    const OutputBudget::Body body = bodyOf(4 * kPiece);
    CPPUNIT_ASSERT(budget.take(body, 4));
    Output output("head", body, kPiece - 10, budget);
    CPPUNIT_ASSERT(!output.sent(9));
    CPPUNIT_ASSERT(output.sent(1));
    CPPUNIT_ASSERT(!output.sent(1));
    CPPUNIT_ASSERT(output.sent(2 * kPiece));
    CPPUNIT_ASSERT(!output.sent(kPiece - 2));
    CPPUNIT_ASSERT(output.sent(1));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OutputBudgetTest);

}  // namespace

}  // namespace pulsewatch
