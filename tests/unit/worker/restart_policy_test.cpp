#include "worker/restart_policy.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

class RestartPolicyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RestartPolicyTest);
  CPPUNIT_TEST(doublesToAMinute);
  CPPUNIT_TEST(goodBehaviourResets);
  CPPUNIT_TEST_SUITE_END();

 public:
  void doublesToAMinute() {
    RestartPolicy policy;
    const SteadyTime now{};
    for (const int wait : {1, 2, 4, 8, 16, 32, 60, 60, 60}) CPPUNIT_ASSERT(policy.died(now, now + seconds(59)) == seconds(wait));
  }

  void goodBehaviourResets() {
    RestartPolicy policy;
    const SteadyTime now{};
    for (int i = 0; i < 5; ++i) policy.died(now, now);
    CPPUNIT_ASSERT(policy.died(now, now + seconds(60)) == seconds(1));
    CPPUNIT_ASSERT(policy.died(now, now + seconds(1)) == seconds(2));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RestartPolicyTest);

}  // namespace

}  // namespace pulsewatch
