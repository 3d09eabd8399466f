// A server's greeting, the first packet of a connection, looked at before libmariadb takes it: libmariadb would log in without TLS where
// TLS is required and not offered, and doesn't come back between the greeting and the TLS handshake.
//
// On the run's thread; nothing throws.
#pragma once

#include "common/deadline.h"

#include <optional>

namespace pulsewatch::mysql {

// Waits for the greeting and leaves it where it is. None when it doesn't come in time or is none.
std::optional<bool> greetingOffersTls(int fd, const net::Deadline& deadline);

// Ends a handshake in the server's good books, without saying who we are: logs in as nobody, which fails. A handshake that just stops is
// held against this host (max_connect_errors).
void endHandshake(int fd, const net::Deadline& deadline);

}  // namespace pulsewatch::mysql
