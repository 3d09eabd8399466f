// What a MariaDB holds against its clients, at the time of construction: connections that ended without a goodbye or a login, and the lines
// of its log (which tells of such ones when log_warnings is 2 or more). One thread.
#pragma once

#include "support/mariadb_server.h"

#include <cppunit/TestAssert.h>

#include <string>

namespace pulsewatch::testing {

struct AbortedCounts {
  explicit AbortedCounts(const MariaDbServer& server)
      : clients(server.status("Aborted_clients")),
        connects(server.status("Aborted_connects")),
        before_login(server.status("Aborted_connects_preauth")),
        log(server.log()) {}

  void assertUnchanged(const MariaDbServer& server) const {
    const AbortedCounts now(server);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("Aborted_clients", clients, now.clients);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("Aborted_connects", connects, now.connects);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("Aborted_connects_preauth", before_login, now.before_login);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the server's log", log, now.log);
  }

  long long clients;
  long long connects;
  long long before_login;
  std::string log;
};

}  // namespace pulsewatch::testing
