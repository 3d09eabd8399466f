// What http.auth.users may have for a password: bcrypt or yescrypt as crypt(5) has them, at a cost that keeps a guesser slow and the host
// quick. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

namespace pulsewatch {

// A sentence's end; "" for none. Nothing of the hash is in it.
std::string passwordHashFault(std::string_view hash);

}  // namespace pulsewatch
